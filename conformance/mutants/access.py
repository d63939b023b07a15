"""Building blocks: who is let in, and in which order a request is looked at."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accounts_contract import Operation
from accounts_contract.contract import Requirement
from conformance.mutants.builds import Build, Change
from conformance.mutants.messages import Forward, Request, Response, answer
from mockserver.credentials import BasicCredentials, BearerToken, Malformed, parse_authorization
from mockserver.world import Token, World

PROFILE = ("get_user", "update_user")
EMAILS = ("list_emails", "add_email", "update_email", "delete_email")
ALL = PROFILE + EMAILS
READS = ("get_user", "list_emails")
WRITES = ("update_user", "add_email", "update_email", "delete_email")
ON_ADDRESSES = ("add_email", "update_email", "delete_email")

SCOPE = {
    "get_user": "profile_read",
    "update_user": "profile_write",
    "list_emails": "email_read",
    "add_email": "email_write",
    "update_email": "email_write",
    "delete_email": "email_write",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, and what its Authorization says to those who read it without judging it."""

    request: Request
    world: World
    scheme: str
    value: str
    name: str
    password: str
    token: Token | None
    """The record of the token, be it good, expired or revoked; None for an unknown one."""

    @property
    def asks_as(self) -> str:
        """The account that the name or the token belongs to; empty if there is none."""
        if self.token is not None:
            return self.token.username
        return self.name if self.name in self.world.accounts else ""

    @property
    def right(self) -> str:
        """The right password of the name; empty if there is no such account."""
        account = self.world.accounts.get(self.name)
        return "" if account is None else account.password

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes of the token; none for Basic."""
        return frozenset(() if self.token is None else self.token.scopes)


def visit(request: Request, world: World) -> Visit:
    """Read what a request says about its caller."""
    raw = request.header("authorization")
    scheme, _, value = raw.partition(" ")
    name = password = ""
    token = None
    try:
        credentials = parse_authorization(raw.encode("latin-1"))
    except Malformed:
        pass
    else:
        if isinstance(credentials, BasicCredentials):
            name, password = credentials.readings[0]
        elif isinstance(credentials, BearerToken):
            token = world.find_token(credentials.token)
    return Visit(request, world, scheme.lower(), value.strip(), name, password, token)


def basic(world: World, username: str) -> str:
    """The Authorization of a user by name and password."""
    account = world.accounts[username]
    pair = f"{account.username}:{account.password}"
    return f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"


def asked_by(request: Request, world: World, username: str) -> Request:
    """The request as a user would send it with a good login."""
    return request.with_header("authorization", basic(world, username))


def as_owner(request: Request, world: World) -> Request:
    """The request as the owner of the account in its path would send it."""
    known = request.username in world.accounts
    username = request.username if known else next(iter(world.accounts))
    return asked_by(request.with_username(username), world, username)


Who = Callable[[Visit], str | bool]


def admits(who: Who, operations: Collection[str] = ALL) -> Change:
    """Lets in whom it should not: as the user that `who` names; True: as the one who is asking."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            if request.operation in operations:
                world = build.sandbox.world
                seen = visit(request, world)
                found = who(seen)
                username = seen.asks_as if found is True else found
                if username and username in world.accounts:
                    request = asked_by(request, world, username)
            return await forward(request)

        build.layers.append(layer)

    return change


def refuses(
    who: Callable[[Visit], bool],
    status: int,
    operations: Collection[str] = ALL,
    headers: Sequence[tuple[str, str]] = (),
) -> Change:
    """Answers some callers with a status before anything else is done."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            if request.operation in operations and who(visit(request, build.sandbox.world)):
                response = answer(status)
                for name, value in headers:
                    response = response.with_header(name, value)
                return response
            return await forward(request)

        build.layers.append(layer)

    return change


def acts_on_caller(operations: Collection[str] = ALL) -> Change:
    """The username in the path is only looked up: what is read and changed is the caller's account."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            world = build.sandbox.world
            caller = visit(request, world).asks_as
            if request.operation in operations and caller and request.username in world.accounts:
                request = request.with_username(caller)
            return await forward(request)

        build.layers.append(layer)

    return change


def answers_refusal(
    code: str | Sequence[str],
    status: int,
    operations: Collection[str] = ALL,
    data: Any = None,
    location: str = "",
) -> Change:
    """A refusal of the mock server, named by its code or the beginning of it, has another status."""
    codes = (code,) if isinstance(code, str) else tuple(code)

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            if request.operation in operations and response.code.startswith(codes):
                response = answer(status, data)
                if location:
                    response = response.with_header("location", location)
            return response

        build.layers.append(layer)

    return change


async def on_a_copy(build: Build, request: Request, forward: Forward) -> Response:
    """What a request would be answered, and nothing is changed by it."""
    world = build.sandbox.world
    build.sandbox.world = world.copy()
    try:
        return await forward(request)
    finally:
        build.sandbox.world = world


def looks_first_for(
    statuses: Collection[int],
    before: Sequence[str],
    operations: Collection[str] = ALL,
    codes: Sequence[str] = ("",),
    when: Callable[[Request], bool] = lambda _: True,
) -> Change:
    """The refusals of some statuses (and codes) come before those of the codes in `before`."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            concerned = request.operation in operations and when(request)
            if concerned and response.code.startswith(tuple(before)):
                trial = as_owner(request, build.sandbox.world)
                would = await on_a_copy(build, trial, forward)
                if would.status in statuses and would.code.startswith(tuple(codes)):
                    return would
            return response

        build.layers.append(layer)

    return change


def acts_all_the_same(codes: Sequence[str], operations: Collection[str] = WRITES) -> Change:
    """Answers the refusal, and carries the request out."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            if request.operation in operations and response.code.startswith(tuple(codes)):
                await forward(as_owner(request, build.sandbox.world))
            return response

        build.layers.append(layer)

    return change


def operation(edit: Callable[[Operation], Operation], *operations: str) -> Change:
    """A contract with some of its operations edited."""

    def change(build: Build) -> None:
        edited = {name: edit(build.contract.operations[name]) for name in operations}
        build.contract = replace(build.contract, operations={**build.contract.operations, **edited})

    return change


def security(*ways: str | frozenset[str]) -> Callable[[Operation], Operation]:
    """Other ways to be let in: "basic", or the scopes of a token."""
    requirements = tuple(
        Requirement("basic", "basic")
        if isinstance(way, str)
        else Requirement("oauth2", "bearer", way)
        for way in ways
    )
    return lambda raw: replace(raw, security=requirements)


def without_owner(raw: Operation) -> Operation:
    """The operation without its x-owner: everybody's account is open to everybody."""
    return replace(raw, owner=None)
