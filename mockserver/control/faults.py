"""Fault rules: add, list, remove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accounts_contract import Contract, Violation
from mockserver.accounts.refusals import Invalid, Unknown
from mockserver.control.refusing import invalid, unknown_operation
from mockserver.pipeline.faults import examples_of
from mockserver.pipeline.operation import Handler, by_name
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.request import TOKEN, Request
from mockserver.sandboxes.faults import Faults, has_example

Json = dict[str, Any]

_MAX_FAULTS = 100
_EFFECTS = ("code", "example", "headers", "wait", "fault")
_OURS = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding"})


def handlers(contract: Contract) -> Mapping[str, Handler]:
    """Return the operations, for the operations of a contract."""

    def list_faults(request: Request, _: Outcome) -> list[Json]:
        return [fault.json() for fault in request.sandbox.faults.rules.values()]

    def add_fault(request: Request, outcome: Outcome) -> Json:
        body = outcome.data
        violations = list(contradictions(body, contract))
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

    return by_name(list_faults, add_fault, clear_faults, remove_fault)


def contradictions(rule: Mapping[str, Any], contract: Contract) -> Iterator[Violation]:
    """Give the contradictions in a rule that a schema cannot rule out."""
    yield from unknown_operation(rule, "", contract)
    if not any(name in rule for name in _EFFECTS):
        yield Violation("", f"must say what goes wrong: {', '.join(_EFFECTS)}")
    if "example" in rule:
        yield from _unknown_example(rule, contract)
        if "body" in rule:
            yield Violation("/body", "cannot stand beside example, which is a body too")
    for name in ("retry_after", "body"):
        if name in rule and "code" not in rule and "example" not in rule:
            yield Violation(f"/{name}", "goes with code, which is missing")
    for name in rule.get("headers", ()):
        if not TOKEN.fullmatch(name.encode()) or name.lower() in _OURS:
            detail = "must be the name of a header field, and none that frames the answer"
            yield Violation(f"/headers/{name}", detail)


def _unknown_example(rule: Mapping[str, Any], contract: Contract) -> Iterator[Violation]:
    """Give the violation of a rule whose example no operation that it may fire for has."""
    meant = [one for one in contract.operations.values() if rule.get("operation") in (None, one.id)]
    examples = [examples_of(one) for one in meant]
    if any(has_example(one, rule["example"], rule.get("code")) for one in examples):
        return
    known = dict.fromkeys(
        name for one in examples for name in one if has_example(one, name, rule.get("code"))
    )
    yield Violation(
        "/example", f"is no documented example (there are: {', '.join(known) or 'none'})"
    )
