"""Assertions on the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from accounts_contract import Contract
from mockserver.control.refusing import invalid, unknown_operation
from mockserver.control.verification import verify
from mockserver.pipeline.exchange import Answer, Exchange
from mockserver.pipeline.operation import Handler
from mockserver.pipeline.problems import Problem
from mockserver.sandboxes.redaction import hide_value

_DEEPEST = 100  # levels of what was sent; a client may send more than can be written


def handlers(contract: Contract) -> Mapping[str, Handler]:
    """The operation, for the operations of a contract."""

    def verify_requests(exchange: Exchange, body: Any) -> Any:
        violations = [
            violation
            for index, expected in enumerate(body["requests"])
            for violation in unknown_operation(expected, f"/requests/{index}", contract)
        ]
        if violations:
            raise invalid(violations)
        return _verified(exchange, body)

    return {"verify_requests": verify_requests}


def _verified(exchange: Exchange, body: Any) -> Any:
    journal = exchange.sandbox.journal
    mismatches = verify(journal.entries(), body, journal.lost)
    if not mismatches:
        return {"verified": True}
    first = mismatches[0]
    detail = f"expectation {first['index'] + 1} of {len(body['requests'])}: {first['detail']}"
    problem = Problem(409, "not-as-expected", detail)
    exchange.refuse(problem)
    # What was sent stands in the differences, and may hold secrets.
    data = {**problem.data(), "mismatches": _redacted(mismatches, exchange.sandbox.redact)}
    headers = [(b"content-type", b"application/problem+json")]
    return Answer(409, headers, orjson.dumps(data))


def _redacted(data: Any, redact: Callable[[str], str], depth: int = _DEEPEST) -> Any:
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, (dict, list)) and not depth:
        return "(nested too deeply to be shown)"
    if isinstance(data, dict):
        return {
            name: _redacted(hide_value(name, value), redact, depth - 1)
            for name, value in data.items()
        }
    if isinstance(data, list):
        return [_redacted(value, redact, depth - 1) for value in data]
    return data
