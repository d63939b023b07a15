"""Building blocks: addresses that are looked up, added or shown otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from conformance.mutants.builds import Build, Change
from conformance.mutants.messages import Forward, Request, Response
from conformance.mutants.rules import Body
from mockserver.accounts import email_json
from mockserver.refusals import invalid_member
from mockserver.world import Account, Email, World

SHOWN: Mapping[str, Any] = {"email": "new@example.com", "verified": True, "primary": False}
"""What is answered of an address that is not there."""


def find(emails: Iterable[Email], address: str) -> Email | None:
    """The address that is spelled so."""
    return next((email for email in emails if email.email == address), None)


def first_alike(account: Account, address: str) -> str | None:
    """The first address that has the beginning of another one in it."""
    return next((one.email for one in account.emails if address[:5] in one.email), None)


def without_tag(address: str) -> str:
    """An address without what stands after its plus."""
    return re.sub(r"\+[^@]*", "", address)


def added_unless_own(world: World, username: str, sent: Body) -> Any:
    """Add an address that another account may have, or that differs in case from one that is there."""
    account = world.accounts[username]
    if find(account.emails, sent["email"]) is not None:
        raise invalid_member("email-taken", "/email", "is taken")
    email = Email(sent["email"], verified=False, primary=False)
    world.put(replace(account, emails=(*account.emails, email)))
    return email_json(email)


def own(world: World, username: str, sent: Body) -> Email:
    """The address that the user has already; one of somebody else stays refused."""
    address = sent["email"].lower()
    for email in world.accounts[username].emails:
        if email.email.lower() == address:
            return email
    raise invalid_member("email-taken", "/email", "is taken")


def shown_again(world: World, username: str, sent: Body) -> Any:
    """Show the address that the user has already."""
    return email_json(own(world, username, sent))


def address_is(*kinds: type) -> Callable[[Request], bool]:
    """Whether a JSON body has an address of some types."""

    def matches(request: Request) -> bool:
        members = request.members() or {}
        return not request.is_form and "email" in members and isinstance(members["email"], kinds)

    return matches


def each_of_list(name: str) -> Change:
    """A list of addresses is taken, and each of them is dealt with."""
    is_list = address_is(list)

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            if request.operation != name or not is_list(request):
                return await forward(request)
            members = request.members() or {}
            response = await forward(request.with_members({**members, "email": "x"}))
            for address in members["email"]:
                if isinstance(address, str):
                    response = await forward(request.with_members({**members, "email": address}))
            return response

        build.layers.append(layer)

    return change
