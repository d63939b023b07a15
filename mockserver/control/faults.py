"""Faults: add, list, remove."""

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
    """The operations, for the operations of a contract."""

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
        # Faults and expectations name requests in the same words, those of this contract.
    }


def _contradictions(wanted: Mapping[str, Any], contract: Contract) -> Iterator[Violation]:
    """What a schema cannot say about a rule."""
    yield from unknown_operation(wanted, "", contract)
    if not any(name in wanted for name in ("code", "wait", "fault")):
        yield Violation("", "must say what goes wrong: code, wait or fault")
    for name in ("retry_after", "body"):
        if name in wanted and "code" not in wanted:
            yield Violation(f"/{name}", "goes with code, which is missing")
