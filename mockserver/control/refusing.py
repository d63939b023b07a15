"""Refusals of a body that breaks more than its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accounts_contract import Contract, Violation
from mockserver.accounts.refusals import Invalid


def invalid(violations: Sequence[Violation]) -> Invalid:
    """Return a refusal that names all violations, the first of them in its sentence."""
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    detail = f"{first.pointer.removeprefix('/') or 'the body'} {first.detail}{more}"
    return Invalid("body-invalid", detail, violations)


def unknown_operation(
    condition: Mapping[str, Any], pointer: str, contract: Contract
) -> Iterator[Violation]:
    """Give the violation of a rule or an expectation that names an unknown operation.

    Args:
        condition: The rule or the expectation.
        pointer: Where it stands in the body.
        contract: The contract with the operations.
    """
    operation = condition.get("operation")
    if operation is not None and operation not in contract.operations:
        known = ", ".join(contract.operations)
        yield Violation(f"{pointer}/operation", f"is no operation of the contract ({known})")
