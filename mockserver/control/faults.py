"""Fault rules: add, list, remove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accounts_contract import Contract, Violation
from mockserver.accounts.refusals import Invalid, Unknown
from mockserver.control.refusing import invalid, unknown_operation
from mockserver.pipeline.operation import Handler
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.request import Request
from mockserver.sandboxes.faults import Faults

Json = dict[str, Any]

_MAX_FAULTS = 100


def handlers(contract: Contract) -> Mapping[str, Handler]:
    """Return the operations, for the operations of a contract."""

    def list_faults(request: Request, _: Outcome) -> list[Json]:
        return [fault.json() for fault in request.sandbox.faults.rules.values()]

    def add_fault(request: Request, outcome: Outcome) -> Json:
        body = outcome.data
        violations = list(_contradictions(body, contract))
        if violations:
            raise invalid(violations)
        faults = request.sandbox.faults
        if len(faults.rules) >= _MAX_FAULTS:
            raise Invalid("too-many-faults", f"there are {_MAX_FAULTS} faults already; remove some")
        return faults.add(body).json()

    def clear_faults(request: Request, _: Outcome) -> None:
        request.sandbox.faults = Faults()

    def remove_fault(request: Request, outcome: Outcome) -> None:
        if request.sandbox.faults.rules.pop(outcome.params["id"], None) is None:
            raise Unknown("fault-unknown", "no fault has this id; GET /_mock/faults lists them")

    return {
        "list_faults": list_faults,
        "add_fault": add_fault,
        "clear_faults": clear_faults,
        "remove_fault": remove_fault,
    }


def _contradictions(rule: Mapping[str, Any], contract: Contract) -> Iterator[Violation]:
    """Give the contradictions in a rule that a schema cannot rule out."""
    yield from unknown_operation(rule, "", contract)
    if not any(name in rule for name in ("code", "wait", "fault")):
        yield Violation("", "must say what goes wrong: code, wait or fault")
    for name in ("retry_after", "body"):
        if name in rule and "code" not in rule:
            yield Violation(f"/{name}", "goes with code, which is missing")
