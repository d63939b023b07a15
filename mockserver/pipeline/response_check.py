"""The response check: an answer that the contract does not allow is not sent, and its change is taken back.

It acts on the way back, on refusals too.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import orjson

from accounts_contract import Operation, Schema
from mockserver.accounts.refusals import Refusal, Unknown
from mockserver.accounts.world import View
from mockserver.pipeline.answer import Answer
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.problems import Headers, Problem
from mockserver.pipeline.request import DONE, App, Receive, Scope, Send

# Statuses of the machinery itself; a contract need not list them for every operation.
_MACHINERY = frozenset({405, 413, 414, 415, 431})


class ResponseCheck:
    """The stage that writes the answers of an operation as its contract documents them, or refuses to."""

    __slots__ = ("_app", "_operation", "_responses", "_success")

    def __init__(self, app: App, *, operation: Operation) -> None:
        self._app = app
        self._operation = operation
        self._success = operation.success
        self._responses = {
            int(status): _documented(operation, int(status))
            for status in operation.responses
            if status.isdigit()
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, and check what comes back."""
        outcome: Outcome = scope[OUTCOME]
        try:
            running = self._app(scope, receive, send)
            if running is not DONE:
                return self._wait(running, outcome)
            self._check(outcome)
        except (Problem, Refusal) as error:
            self._take_back(outcome, error)
        return DONE

    async def _wait(self, running: Awaitable[None], outcome: Outcome) -> None:
        """Check what comes back as soon as it is there."""
        try:
            await running
            self._check(outcome)
        except (Problem, Refusal) as error:
            self._take_back(outcome, error)

    def _check(self, outcome: Outcome) -> None:
        """Answer with the result of the operation. Raises Problem: the contract does not allow it."""
        if outcome.answer is None:
            outcome.answer = self._answer(self._success, outcome.result)
            outcome.result = None  # an answer may wait long for its client

    def _take_back(self, outcome: Outcome, error: Problem | Refusal) -> None:
        """Answer with an error, and take the change back if there was one."""
        if isinstance(error, Problem):
            if outcome.undo is not None:
                outcome.undo()
            self._refuse(outcome, error)
        else:  # by a rule, which has changed nothing
            status = 404 if isinstance(error, Unknown) else 400
            self._refuse(outcome, Problem(status, error.code, error.detail, error.violations))

    def _answer(self, status: int, data: Any, extra: Headers | None = None) -> Answer:
        """Return the answer with some data. Raises Problem: the contract does not allow it."""
        documented = self._responses.get(status)
        if documented is None:
            documented = _documented(self._operation, status)
        media_type, schema = documented
        if media_type is None:
            if data is not None:
                raise _breach(self._operation, f"no body is documented for {status}")
            return Answer(status, extra or [], b"")
        raw = self._write_view(data, schema) if type(data) is View else self._write(data, schema)
        headers = [(b"content-type", media_type)]
        return Answer(status, headers + extra if extra else headers, raw)

    def _write_view(self, view: View, schema: Schema | None) -> bytes:
        """Return the bytes of a view, from the last time if the same schema has checked it."""
        account, make = view
        checked_by, raw = account.written.get(make, (None, b""))
        if checked_by is None or checked_by is not schema:
            raw = self._write(make(account), schema)
            account.written[make] = schema, raw
        return raw

    def _write(self, data: Any, schema: Schema | None) -> bytes:
        """Return the bytes of some data. Raises Problem: the schema does not allow it."""
        raw = data if isinstance(data, bytes) else orjson.dumps(data)
        if schema is not None:
            data = data.decode() if isinstance(data, bytes) else data
            if not schema.is_valid(data):
                first = schema.violations(data)[0]
                raise _breach(self._operation, f"{first.pointer or 'the body'} {first.detail}")
        return raw

    def _refuse(self, outcome: Outcome, problem: Problem) -> None:
        """Answer with a problem, if the contract documents it."""
        outcome.refuse(problem)
        if problem.status in _MACHINERY and self._operation.response(problem.status) is None:
            return
        try:
            if problem.status < 500:
                outcome.answer = self._answer(problem.status, problem.data(), problem.headers)
        except Problem as breach:
            outcome.refuse(breach)


def _documented(operation: Operation, status: int) -> tuple[bytes | None, Schema | None]:
    """Return the documented media type and schema of a status. Raises Problem: it has none."""
    response = operation.response(status)
    if response is None:
        raise _breach(operation, f"the status {status} is not documented")
    for name, media in response.content.items():
        return name.encode("latin-1"), media.schema
    return None, None


def _breach(operation: Operation, detail: str) -> Problem:
    """Return the 500 for a response that breaks the contract: a defect of the server or of the contract."""
    sentence = f"the response of {operation.id} breaks the contract: {detail}"
    return Problem(500, "response-breaks-contract", sentence)
