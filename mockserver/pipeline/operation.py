"""The innermost stage: the operation is carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any

from accounts_contract import Operation
from mockserver.accounts.operations import Rule
from mockserver.pipeline.answer import Answer
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.request import DONE, REQUEST, Receive, Request, Scope, Send

Handler = Callable[[Request, Outcome], Any]
"""Takes a request, and its parameters and data in the outcome so far; gives JSON data back, or the bytes of another media type, or
None, or a whole Answer, or what can be awaited for one of these; or raises a Refusal."""


def by_name(*handlers: Handler) -> Mapping[str, Handler]:
    """Return handlers by their names, which are the ids of their operations."""
    return {one.__name__: one for one in handlers}


class AccountOperation:
    """An operation on the world of the request's sandbox."""

    __slots__ = ("_has_body", "_rule", "_username", "_writes")

    def __init__(self, operation: Operation, rule: Rule) -> None:
        self._rule = rule
        self._username = operation.owner or "username"
        self._writes = operation.writes
        self._has_body = operation.body is not None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Carry the operation out; a write can be taken back."""
        request: Request = scope[REQUEST]
        outcome: Outcome = scope[OUTCOME]
        world, params = request.sandbox.world, outcome.params
        if self._writes:
            before = world.accounts.get(params[self._username])
            if before is not None:
                outcome.undo = partial(world.put_back, before)
        if not self._has_body:
            outcome.result = self._rule(world, *params.values())
            return DONE
        members = outcome.data if isinstance(outcome.data, dict) else {}
        outcome.result = self._rule(world, *params.values(), members)
        return DONE


class HandledOperation:
    """An operation of the control API or the token flow."""

    __slots__ = ("_handler",)

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Carry the operation out."""
        outcome: Outcome = scope[OUTCOME]
        result = self._handler(scope[REQUEST], outcome)
        if isawaitable(result):
            return _keep_later(outcome, result)
        _keep(outcome, result)
        return DONE


def _keep(outcome: Outcome, result: Any) -> None:
    if isinstance(result, Answer):
        outcome.answer = result
    else:
        outcome.result = result


async def _keep_later(outcome: Outcome, result: Awaitable[Any]) -> None:
    _keep(outcome, await result)
