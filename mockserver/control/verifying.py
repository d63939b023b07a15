"""Assertions on the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from accounts_contract import Contract
from mockserver.control.refusing import invalid, unknown_operation
from mockserver.control.verification import verify
from mockserver.pipeline.exchange import Answer, Exchange
from mockserver.pipeline.operation import Handler
from mockserver.pipeline.problems import Problem
from mockserver.sandboxes.hiding import Hide, hide_in_data


def handlers(contract: Contract, hide: Hide) -> Mapping[str, Handler]:
    """Return the operation, for the operations of a contract; `hide` hides the control token."""

    def verify_requests(exchange: Exchange, body: Any) -> Any:
        violations = [
            violation
            for index, expected in enumerate(body["requests"])
            for violation in unknown_operation(expected, f"/requests/{index}", contract)
        ]
        if violations:
            raise invalid(violations)
        return _verified(exchange, body, hide)

    return {"verify_requests": verify_requests}


def _verified(exchange: Exchange, body: Any, hide: Hide) -> Any:
    journal = exchange.sandbox.journal
    mismatches = verify(journal.entries(), body, journal.lost)
    if not mismatches:
        return {"verified": True}
    first = mismatches[0]
    detail = f"expectation {first['index'] + 1} of {len(body['requests'])}: {first['detail']}"
    problem = Problem(409, "not-as-expected", detail)
    exchange.refuse(problem)
    # What was sent stands in the differences, and may hold secrets.
    data = {**problem.data(), "mismatches": hide(hide_in_data(mismatches))}
    headers = [(b"content-type", b"application/problem+json")]
    return Answer(409, headers, orjson.dumps(data))
