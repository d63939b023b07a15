"""The outcome of a request: each stage leaves its findings here, for those after it, log and journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time
from typing import Any, NamedTuple

import orjson

from mockserver.accounts.world import Caller
from mockserver.pipeline.answer import Answer
from mockserver.pipeline.problems import Headers, Problem
from mockserver.pipeline.request import Request
from mockserver.sandboxes.coverage import CORRUPTED, FORCED, Coverage
from mockserver.sandboxes.faults import Fired
from mockserver.sandboxes.journal import MAX_KEPT, Record, pack

OUTCOME = "mockserver.outcome"
"""The key of the outcome in the ASGI scope."""


class Reason(NamedTuple):
    """The reason for a refusal: the code of a problem, and its sentence."""

    code: str
    detail: str


class Outcome:
    """The outcome of one request.

    Attributes:
        operation: The id of the operation; None before it is found, or where the path leads nowhere.
        params: The path parameters, decoded.
        caller: The caller, once logged in.
        guarded: Whether the operation is closed to pages of other origins.
        body: The body of the request, as far as it was read.
        was_read: Whether the body, or a part of it, was read.
        data: The body as JSON data, once the contract has found it valid.
        result: The result of the operation, not yet checked and written.
        answer: The answer.
        undo: Takes back the changes of the operation.
        reason: The reason for a refusal.
        fault: The fault that has fired.
        notes: Remarks for log and journal, such as the members that were ignored.
    """

    __slots__ = (
        "answer",
        "body",
        "caller",
        "data",
        "fault",
        "guarded",
        "notes",
        "operation",
        "params",
        "reason",
        "result",
        "undo",
        "was_read",
    )

    def __init__(self) -> None:
        self.operation: str | None = None
        self.params: Mapping[str, str] = {}
        self.caller: Caller | None = None
        self.guarded = False
        self.body = b""
        self.was_read = False
        self.data: Any = None
        self.result: Any = None
        self.answer: Answer | None = None
        self.undo: Callable[[], None] | None = None
        self.reason: Reason | None = None
        self.fault: Fired | None = None
        self.notes: list[str] = []

    def refuse(self, problem: Problem) -> Answer:
        """Answer with a problem."""
        self.reason = Reason(problem.code, problem.detail)
        headers = [(b"content-type", b"application/problem+json"), *problem.headers]
        self.answer = Answer(problem.status, headers, problem.body())
        return self.answer


def count(coverage: Coverage, outcome: Outcome, answer: Answer) -> None:
    """Count the answer that a request has met."""
    caller, fault, reason = outcome.caller, outcome.fault, outcome.reason
    code = None if reason is None else reason.code
    way = None if caller is None else caller.scheme
    if fault is not None:
        if fault.kind is not None:
            code, way = None, CORRUPTED
        elif code == "wanted":
            code, way = _code_of(answer.body), FORCED
    met = (outcome.operation, answer.status, code, way)
    try:
        coverage.numbers[met] += 1
    except KeyError:
        coverage.begin(met)


def _code_of(body: bytes) -> str | None:
    """Return the code of an error that a fault has sent, the `error` of OAuth's; None if it has none."""
    try:
        data = orjson.loads(body)
        code = data.get("code", data.get("error"))
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return code[:64] if isinstance(code, str) else None


def record(
    request: Request, outcome: Outcome, answer: Answer, sent: Headers, seconds: float
) -> Record:
    """Return the journal's record of a request that was answered, so many seconds after it came."""
    caller, fault = outcome.caller, outcome.fault
    code, detail = outcome.reason or (None, None)
    body, shown = outcome.body, b"" if request.method == "HEAD" else answer.body
    return pack(
        (
            time() - seconds,
            seconds,
            request.method,
            request.path,
            request.query,
            outcome.operation,
            None if caller is None else caller.username,
            None if caller is None else caller.scheme,
            answer.status,
            code,
            detail,
            outcome.notes,
            None if fault is None else tuple(fault),
            request.fields,
            body[:MAX_KEPT],
            len(body),
            sent,
            shown[:MAX_KEPT],
            len(shown),
        )
    )
