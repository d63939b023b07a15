"""The innermost stage: the operation is carried out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from accounts_contract import Operation
from mockserver.pipeline.answer import Answer
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.request import REQUEST, Receive, Request, Scope, Send

Rule = Callable[..., Any]
"""Takes a world, a username and, where the operation has one, a body; gives JSON data or None."""

Handler = Callable[[Request, Outcome], Any]
"""Takes a request, and its parameters and data in the outcome so far; gives JSON data back, or the bytes of another media type, or
None, or a whole Answer; or raises a Refusal."""


class AccountOperation:
    """An operation on the world of the request's sandbox."""

    __slots__ = ("_rule", "_username", "_writes")

    def __init__(self, operation: Operation, rule: Rule) -> None:
        self._rule = rule
        self._username = operation.owner or "username"
        self._writes = operation.body is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry the operation out; a write can be taken back."""
        request: Request = scope[REQUEST]
        outcome: Outcome = scope[OUTCOME]
        world, name = request.sandbox.world, outcome.params[self._username]
        if not self._writes:
            outcome.result = self._rule(world, name)
            return
        before = world.accounts.get(name)
        if before is not None:
            outcome.undo = partial(world.put, before)
        body = outcome.data if isinstance(outcome.data, dict) else {}
        outcome.result = self._rule(world, name, body)


class ControlOperation:
    """An operation of the control API."""

    __slots__ = ("_handler",)

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry the operation out."""
        outcome: Outcome = scope[OUTCOME]
        result = self._handler(scope[REQUEST], outcome)
        if isinstance(result, Answer):
            outcome.answer = result
        else:
            outcome.result = result
