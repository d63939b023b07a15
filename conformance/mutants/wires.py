"""Building blocks: a request changed on its way in, or an answer on its way out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from conformance.mutants.access import ALL
from conformance.mutants.builds import Build, Change
from conformance.mutants.messages import Forward, Request, Response, answer

Matches = Callable[[Request], bool]


def anything(_: Request) -> bool:
    """Every request."""
    return True


def incoming(
    edit: Callable[[Request], Request],
    operations: Collection[str] = ALL,
    when: Matches = anything,
) -> Change:
    """Requests are read as something else than what was sent."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            if request.operation in operations and when(request):
                request = edit(request)
            return await forward(request)

        build.layers.append(layer)

    return change


def refused(
    when: Matches,
    status: int,
    operations: Collection[str] = ALL,
    otherwise: Callable[[int], bool] = lambda status: status not in (401, 403, 404),
) -> Change:
    """Some requests have another status, unless access to them is refused; nothing is done then."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            if request.operation not in operations or not when(request):
                return await forward(request)
            world = build.sandbox.world
            build.sandbox.world = world.copy()
            try:
                response = await forward(request)
            finally:
                build.sandbox.world = world
            return answer(status) if otherwise(response.status) else response

        build.layers.append(layer)

    return change


def dealt_with(when: Matches, name: str, status: int, data: Any = None) -> Change:
    """Some requests that should be refused with 400 are answered as if they had been done."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            if request.operation == name and response.status == 400 and when(request):
                return Response(204) if status == 204 else answer(status, data)
            return response

        build.layers.append(layer)

    return change


def outgoing(
    edit: Callable[[Response], Response],
    operations: Collection[str] = ALL,
    statuses: Collection[int] = (200, 201, 204),
    when: Matches = anything,
) -> Change:
    """Answers of some statuses are changed on their way out."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            if request.operation in operations and response.status in statuses and when(request):
                response = edit(response)
            return response

        build.layers.append(layer)

    return change


def data(edit: Callable[[Any], Any], *operations: str, when: Matches = anything) -> Change:
    """The JSON of a success is changed on its way out."""
    return outgoing(
        lambda response: response.with_json(edit(response.json())), operations, (200, 201), when
    )


def member(name: str, value: Callable[[Any], Any], *operations: str) -> Change:
    """One member of a success has another value; in a list, in each of its objects."""

    def edit(found: Any) -> Any:
        if isinstance(found, list):
            return [edit(one) for one in found]
        return {**found, name: value(found[name])}

    return data(edit, *operations)


def without(name: str, *operations: str) -> Change:
    """One member of a success is missing; in a list, in each of its objects."""

    def edit(found: Any) -> Any:
        if isinstance(found, list):
            return [edit(one) for one in found]
        return {key: value for key, value in found.items() if key != name}

    return data(edit, *operations)


def media_type(
    value: str | None, *operations: str, statuses: Collection[int] = (200, 201)
) -> Change:
    """A success has another Content-Type; None: it has none."""

    def edit(response: Response) -> Response:
        values = () if value is None else (value,)
        return response.with_header("content-type", *values)

    return outgoing(edit, operations, statuses)


def status(new: int, *operations: str, statuses: Collection[int] = (200, 201, 204)) -> Change:
    """A success has another status."""

    def edit(response: Response) -> Response:
        return Response(new, response.headers, response.body)

    return outgoing(edit, operations, statuses)


def raw(edit: Callable[[bytes], bytes], *operations: str) -> Change:
    """The bytes of a success are changed on their way out."""
    return outgoing(
        lambda response: response.with_body(edit(response.body)), operations, (200, 201)
    )
