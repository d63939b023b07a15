"""Overrides of methods of the service, for the rows of tables: where something holds, another answer than the usual one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service

When = Callable[..., Any]
"""Takes what the overridden method takes, the service itself included."""
Override = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Around:
    """A method that gets the one that it overrides, before the service and all that is given."""

    act: Callable[..., Any]


class Memory(Service):
    """A service with a place for what a change remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.memory: dict[Any, Any] = {}


def made(name: str, base: type[Service], overrides: Mapping[str, Any]) -> type[Service]:
    """Return a service with other attributes and methods than its base."""
    service = type(name, (base,), {})
    for key, value in overrides.items():
        setattr(service, key, _bound(service, key, value))
    return service


def _bound(service: type[Service], name: str, value: Any) -> Any:
    if not isinstance(value, Around):
        return value

    def method(self: Service, *given: Any, **named: Any) -> Any:
        return value.act(getattr(super(service, self), name), self, *given, **named)

    return method


def by_form(_self: Service, call: Call, *_more: object) -> bool:
    """Tell whether it is a form."""
    return call.is_form


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


def each(operations: Sequence[str], *changes: Override | type[Service]) -> Override:
    """Return a service that is wrong otherwise in each of some operations; few changes come round again.

    So defects that break the same requirement of several operations are one, and each of them must be
    found; its sentence says "by turns".
    """
    kinds = [one if isinstance(one, type) else made("Part", Service, one) for one in changes]
    parts = dict(zip(operations, cycle(kinds), strict=False))

    def part(self: Service, call: Call) -> Service:
        chosen: Service = object.__new__(parts.get(call.operation, Service))
        chosen.__dict__ = self.__dict__  # the same store
        return chosen

    def perform(self: Service, call: Call) -> Reply:
        return part(self, call).perform(call)

    def refuse(self: Service, call: Call, refusal: Refusal) -> Reply:
        return part(self, call).refuse(call, refusal)

    return {"perform": perform, "refuse": refuse}


def around(method: str, act: When) -> Override:
    """Return a method that is given the usual one, before the service and all that it takes."""
    return {method: Around(act)}


def instead(method: str, when: When, act: When) -> Override:
    """Return a method that does something else than the usual one where something holds."""
    return around(method, lambda usual, *given: act(*given) if when(*given) else usual(*given[1:]))


def after(method: str, change: When) -> Override:
    """Return a method with another result: made from what is given, and from the usual one as the last."""
    return around(method, lambda usual, *given: change(*given, usual(*given[1:])))


def answering(method: str, change: When) -> Override:
    """Return an operation whose answer has other data, made as by `after`."""
    return after(
        method,
        lambda self, call, reply: self.json_reply(reply.status, change(self, call, reply.data())),
    )


def before(method: str, look: When) -> Override:
    """Return a method that looks at something else first."""
    return around(method, lambda usual, *given: (look(*given), usual(*given[1:]))[1])


def keeping(method: str, act: When) -> Override:
    """Return a method that does something first, which no refusal takes back."""
    return before(method, lambda self, *given: (act(self, *given), self.store.keep()))


def tidied(change: Callable[[str], str], members: Collection[str]) -> Override:
    """Bring the texts of some members into another form."""
    return after(
        "tidy", lambda _self, name, _value, tidy: change(tidy) if name in members else tidy
    )


def admits(method: str, when: When) -> Override:
    """Return a method that says yes where the usual one does, and where something else holds."""
    return instead(method, when, lambda *_given: True)


def crashes(method: str, when: When, status: int = 500) -> Override:
    """Return a method that ends the request with a status where something holds."""
    return instead(method, when, failing(status))


def refuses(
    method: str, status: int, *headers: tuple[str, str], when: When = lambda *_given: True
) -> Override:
    """Return a method that makes another refusal than the usual one where something holds."""
    return instead(method, when, lambda *_given: Refusal(status, "you cannot do this", *headers))
