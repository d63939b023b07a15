"""Overrides of one method of the service, for rows: where something holds, another answer than the usual one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from conformance.catalogue.requirements import slug
from conformance.selftest.changes import Ids
from conformance.selftest.reference.calls import Call, Refusal
from conformance.selftest.reference.routes import OPERATIONS, WRITING
from conformance.selftest.reference.service import Service

When = Callable[..., Any]
"""Takes what the overridden method takes, the service itself included."""
Override = dict[str, Any]


def admits(method: str, when: When) -> Override:
    """Return a method that says yes where the usual one does, and where something else holds."""
    usual = getattr(Service, method)
    return {method: lambda *given: when(*given) or usual(*given)}


def denies(method: str, when: When) -> Override:
    """Return a method that says yes where the usual one does, unless something else holds."""
    usual = getattr(Service, method)
    return {method: lambda *given: not when(*given) and usual(*given)}


def crashes(method: str, when: When, status: int = 500) -> Override:
    """Return a method that ends the request with a status where something holds."""
    usual = getattr(Service, method)

    def crash(*given: Any) -> Any:
        if when(*given):
            raise Refusal(status, "this was not thought of")
        return usual(*given)

    return {method: crash}


def refuses(
    method: str,
    status: int,
    *headers: tuple[str, str],
    operations: Collection[str] = OPERATIONS,
    when: When = lambda *given: True,
) -> Override:
    """Return a method that makes another refusal than the usual one, in some operations."""
    usual = getattr(Service, method)

    def refuse(service: Service, call: Call, *more: Any) -> Any:
        if call.operation in operations and when(service, call, *more):
            return Refusal(status, "you cannot do this", *headers)
        return usual(service, call, *more)

    return {method: refuse}


def before(method: str, look: When) -> Override:
    """Return a method that looks at something else first."""
    usual = getattr(Service, method)

    def looks(*given: Any) -> Any:
        look(*given)
        return usual(*given)

    return {method: looks}


def accepted(breaks: Ids) -> tuple[str, ...]:
    """Return the ids that find a change where a request should have been refused, and was not.

    They are misnamed: they are of requests that were refused.
    """
    names = [slug(one) for one in WRITING if any(id_.startswith(slug(one)) for id_ in breaks)]
    return tuple(f"{name}/refused-unchanged/access" for name in names)
