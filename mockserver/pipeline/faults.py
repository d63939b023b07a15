"""Faults on demand: a wait, a forced status, a corrupted answer.

A fault with a status answers in place of the operation; one that corrupts lets it run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import orjson

from accounts_contract import Operation
from mockserver.pipeline.access import AccessRule
from mockserver.pipeline.answer import Answer
from mockserver.pipeline.outcome import OUTCOME, Outcome, Reason
from mockserver.pipeline.prefer import parse_prefer
from mockserver.pipeline.problems import Headers, Problem
from mockserver.pipeline.request import REQUEST, App, Receive, Request, Scope, Send
from mockserver.sandboxes.faults import PREFER, Effect, Fired

_RETRY_AFTER = 1  # seconds; for a 429 or 503 whose rule names no other number
_NO_BODY = (204, 205, 304)  # statuses whose answers have none
_GARBAGE = b'{"garbage": \x00\xff\xfe, "this": is no JSON'


class FaultStage:
    """The stage that makes things go wrong on demand.

    Args:
        app: The next stage.
        operation: The operation, as the contract has it.
        access: The access rule: a forced status asks for no login, but the journal names the caller.
        headers: The header fields that belong to a status, such as the challenge of a 401.
    """

    __slots__ = ("_admit", "_app", "_challenges", "_examples", "_headers", "_operation")

    def __init__(
        self, app: App, *, operation: Operation, access: AccessRule, headers: Mapping[int, Headers]
    ) -> None:
        self._app = app
        self._operation = operation
        self._admit = access.admit
        self._headers = headers
        self._examples = examples_of(operation)
        # Some clients read there, and not in the body, that a session has ended (RFC 6750, section 3.1).
        self._challenges = {
            body: access.challenge_of(orjson.loads(body))
            for statuses in self._examples.values()
            for _, body in statuses.values()
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on; first see to its fault, if there may be one."""
        request: Request = scope[REQUEST]
        if request.sandbox.faults.rules or b"prefer" in request.headers:
            return self._serve(request, scope, receive, send)
        return self._app(scope, receive, send)

    async def _serve(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        outcome: Outcome = scope[OUTCOME]
        chosen = self._choose(request, outcome)
        if chosen is None:
            await self._app(scope, receive, send)
            return
        effect, source = chosen
        status = effect.get("code")
        if status is None and "example" in effect:
            status = min(self._examples[effect["example"]])
        fired = outcome.fault = Fired.of(source, effect)
        if effect["wait"]:
            await asyncio.sleep(effect["wait"])
        if status is None:
            await self._app(scope, receive, send)
        else:
            outcome.answer = await self._force(request, outcome, effect, fired, status)
        answer = outcome.answer
        if answer is None:
            return
        if "fault" in effect:
            corrupt(answer, effect["fault"])
        for name, value in effect.get("headers", {}).items():
            field = (name.lower().encode("ascii"), value.encode("ascii"))
            answer.headers = [one for one in answer.headers if one[0] != field[0]] + [field]
        if source == PREFER:
            answer.headers = [*answer.headers, _applied(effect, answer)]

    def _choose(self, request: Request, outcome: Outcome) -> tuple[Effect, str] | None:
        """Return the effect that a request prefers itself, or else that of a rule, and its source."""
        prefer = request.headers.get(b"prefer")
        if prefer is not None:
            effect, notes = parse_prefer(prefer.decode("latin-1"), self._examples)
            outcome.notes += notes
            if effect is not None:
                return effect, PREFER
        owner = outcome.params.get(self._operation.owner or "")
        faults = request.sandbox.faults
        return faults.fire(self._operation.id, request.method, owner, self._examples)

    async def _force(
        self, request: Request, outcome: Outcome, effect: Effect, fired: Fired, status: int
    ) -> Answer:
        with suppress(Problem):
            self._admit(request, outcome)
        if self._operation.body is not None:
            with suppress(Problem):  # too large a body is no reason to answer anything else
                await request.read(outcome)
        is_preferred = fired.source == PREFER
        source = "the header field Prefer" if is_preferred else f"the fault rule {fired.source}"
        outcome.reason = Reason("wanted", f"forced by {source}: {fired.effect}")
        headers = list(self._headers.get(status, ()))
        retry_after = effect.get("retry_after", _RETRY_AFTER if status in (429, 503) else None)
        if retry_after is not None:
            headers.append((b"retry-after", str(retry_after).encode("ascii")))
        if "example" in effect:
            media_type, body = self._examples[effect["example"]][status]
        else:
            media_type, body = _forced_body(self._operation, effect, status, f"forced by {source}")
        challenge = self._challenges.get(body)
        if challenge is not None:
            headers = [one for one in headers if one[0] != b"www-authenticate"] + challenge
        if media_type:
            headers.append((b"content-type", media_type))
        return Answer(status, headers, body)


def examples_of(operation: Operation) -> dict[str, dict[int, tuple[bytes, bytes]]]:
    """Return the documented examples of an operation: by name and status, the media type and the body."""
    found: dict[str, dict[int, tuple[bytes, bytes]]] = {}
    for status, response in operation.responses.items():
        for media in response.content.values() if status.isdigit() else ():
            for name, example in media.examples.items():
                body = media.name.encode("latin-1"), orjson.dumps(example)
                found.setdefault(name, {})[int(status)] = body
    return found


def corrupt(answer: Answer, kind: str) -> None:
    """Corrupt an answer as one of `faults.KINDS` says."""
    if kind in ("reset", "truncate"):
        answer.broken = kind
    elif kind == "garbage":
        answer.body = _GARBAGE
    else:
        answer.body = orjson.dumps(_off_contract(answer.body))
    if answer.body and answer.status in _NO_BODY:
        answer.status = 200  # these have no body that could be corrupted
        answer.headers = [*answer.headers, (b"content-type", b"application/json")]


def _applied(effect: Effect, answer: Answer) -> tuple[bytes, bytes]:
    """Return the field that confirms what a request has preferred, and got (RFC 7240, section 3)."""
    granted = [
        f"code={answer.status}" if effect.get("code") == answer.status else "",
        f"example={effect['example']}" if "example" in effect else "",
        f"wait={effect['wait']:g}" if effect["wait"] else "",
        f"fault={effect['fault']}" if "fault" in effect else "",
    ]
    return b"preference-applied", ", ".join(filter(None, granted)).encode("ascii")


def _forced_body(
    operation: Operation, effect: Effect, status: int, reason: str
) -> tuple[bytes, bytes]:
    """Return media type and body for a forced status: the rule's own, the documented example, or a problem."""
    if status in _NO_BODY:
        return b"", b""
    response = operation.response(status)
    documented = list(response.content.values()) if response is not None else []
    if "body" in effect:
        name = documented[0].name if documented else "application/json"
        return name.encode("latin-1"), orjson.dumps(effect["body"])
    for media in documented:
        for example in media.examples.values():
            return media.name.encode("latin-1"), orjson.dumps(example)
    if status < 400 or (response is not None and not documented):
        return b"", b""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return b"", b""
    problem = Problem(status, "wanted", f"{phrase}: {reason}")
    return b"application/problem+json", problem.body()


def _off_contract(body: bytes) -> Any:
    """Return JSON data that no schema of ours allows: without its first member, or of another kind."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:  # it has no body, or a page
        data = None
    if isinstance(data, dict) and data:
        data.pop(next(iter(data)))
        return data
    return {"unexpected": data}
