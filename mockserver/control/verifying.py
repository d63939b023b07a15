"""Assertions on the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts_contract import Contract
from mockserver.control.refusing import invalid, unknown_operation
from mockserver.control.verification import verify
from mockserver.pipeline.operation import Handler
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import Request
from mockserver.sandboxes.hiding import Hide, hide_in_data


def handlers(contract: Contract, hide: Hide) -> Mapping[str, Handler]:
    """Return the operation, for the operations of a contract; `hide` hides the control token."""

    def verify_requests(request: Request, outcome: Outcome) -> Any:
        body = outcome.data
        violations = [
            violation
            for index, expected in enumerate(body["requests"])
            for violation in unknown_operation(expected, f"/requests/{index}", contract)
        ]
        if violations:
            raise invalid(violations)
        return _verified(request, body, hide)

    return {"verify_requests": verify_requests}


def _verified(request: Request, body: Any, hide: Hide) -> Any:
    journal = request.sandbox.journal
    mismatches = verify(journal.entries(), body, journal.lost)
    if not mismatches:
        return {"verified": True}
    first = mismatches[0]
    detail = f"expectation {first['index'] + 1} of {len(body['requests'])}: {first['detail']}"
    # The differences repeat requests, which may hold secrets.
    raise Problem(
        409, "not-as-expected", detail, more={"mismatches": hide(hide_in_data(mismatches))}
    )
