"""Overrides of one method of the service, for rows: where something holds, another answer than the usual one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.selftest.reference.calls import Call, Refusal
from conformance.selftest.reference.service import Service

When = Callable[..., Any]
"""Takes what the overridden method takes, the service itself included."""
Override = dict[str, Any]


class Memory(Service):
    """A service with a place for what a defect remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.memory: dict[Any, Any] = {}


def by_form(_self: Service, call: Call, *_more: object) -> bool:
    """Tell whether it is a form."""
    return call.is_form


def by_basic(_self: Service, call: Call, *_more: object) -> bool:
    """Tell whether it comes with a Basic login."""
    return call.caller.scheme == "basic"


def is_first(self: Service, call: Call, *_more: object) -> bool:
    """Tell whether it is about the first of all accounts."""
    return self.seed.users[0].username == call.username


def by_percent(pattern: str, text: str) -> bool:
    """Tell whether a text is like a pattern in which % stands for anything."""
    return re.fullmatch(re.escape(pattern).replace("%", ".*"), text) is not None


def nothing(*_given: object, **_named: object) -> None:
    """Do nothing, whatever is given."""


def failing(status: int) -> When:
    """Return a method that refuses with a status, whatever it is given."""

    def method(*_given: object, **_named: object) -> Any:
        raise Refusal(status, "this was not foreseen")

    return method


def instead(method: str, when: When, act: When) -> Override:
    """Return a method that does something else than the usual one where something holds."""
    usual = getattr(Service, method)
    return {method: lambda *given: (act if when(*given) else usual)(*given)}


def admits(method: str, when: When) -> Override:
    """Return a method that says yes where the usual one does, and where something else holds."""
    return instead(method, when, lambda *_given: True)


def denies(method: str, when: When) -> Override:
    """Return a method that says yes where the usual one does, unless something else holds."""
    return instead(method, when, lambda *_given: False)


def crashes(method: str, when: When, status: int = 500) -> Override:
    """Return a method that ends the request with a status where something holds."""
    return instead(method, when, failing(status))


def refuses(
    method: str, status: int, *headers: tuple[str, str], when: When = lambda *_given: True
) -> Override:
    """Return a method that makes another refusal than the usual one where something holds."""
    return instead(method, when, lambda *_given: Refusal(status, "you cannot do this", *headers))


def before(method: str, look: When) -> Override:
    """Return a method that looks at something else first."""
    usual = getattr(Service, method)
    return {method: lambda *given: (look(*given), usual(*given))[1]}


def rescued(method: str, error: type[Exception], act: When) -> Override:
    """Return a method that does something else with what the usual one fails on."""
    usual = getattr(Service, method)

    def rescue(self: Service, given: Any) -> Any:
        try:
            return usual(self, given)
        except error:
            return act(given)

    return {method: rescue}
