"""Defects in the list of addresses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.mutants.access import as_owner
from conformance.mutants.addresses import without_tag
from conformance.mutants.builds import Build, Mutant, together
from conformance.mutants.messages import Forward, Request, Response
from conformance.mutants.rules import rule
from conformance.mutants.wires import data, member, without
from mockserver.accounts import email_json
from mockserver.app import Rule
from mockserver.world import World

_OWN = ("list-emails/own-only",)
_COMPLETE = ("list-emails/complete",)
_MEMBERS = ("list-emails/members",)


def _all_of_everybody(inner: Rule) -> Rule:
    return lambda world, username: [
        email_json(email) for account in world.accounts.values() for email in account.emails
    ]


def _one_more(inner: Rule) -> Rule:
    """The list has the addresses of the account with the next number too."""

    def act(world: World, username: str) -> Any:
        names = list(world.accounts)
        follower = names[(names.index(username) + 1) % len(names)]
        return inner(world, username) + inner(world, follower)[-1:]

    return act


def _twice_when_verified(found: list[Any]) -> list[Any]:
    return [one for email in found for one in ([email, email] if email["verified"] else [email])]


def _stale_list(build: Build) -> None:
    """The first reading after a change still gives the old list."""
    old: list[Response] = []

    async def layer(request: Request, forward: Forward) -> Response:
        if request.operation == "list_emails":
            response = await forward(request)
            return old.pop() if old and response.status == 200 else response
        if request.operation in ("add_email", "delete_email"):
            reading = replace(as_owner(request, build.sandbox.world), method="GET", body=b"")
            before = await forward(reading)
            response = await forward(request)
            if response.status in (201, 204) and before.status == 200:
                old[:] = [before]
            return response
        return await forward(request)

    build.layers.append(layer)


MUTANTS = (
    Mutant("list-of-everybody", "The list has the addresses of all users.", _OWN, rule("list_emails", _all_of_everybody)),
    Mutant("list-with-neighbour", "The list has the last address of the next account too.", _OWN, rule("list_emails", _one_more)),
    Mutant("list-of-verified", "Addresses that are not verified are not listed.", _COMPLETE, data(lambda found: [one for one in found if one["verified"]], "list_emails")),
    Mutant("list-of-three", "The list ends after three addresses.", _COMPLETE, data(lambda found: found[:3], "list_emails")),
    Mutant("list-without-primary", "The primary address is not listed.", ("list-emails/one-primary",), data(lambda found: [one for one in found if not one["primary"]], "list_emails")),
    Mutant("list-has-twice", "Verified addresses stand twice in the list, as from a join.", _COMPLETE, data(_twice_when_verified, "list_emails")),
    Mutant("list-masked", "The addresses in the list are masked.", _COMPLETE, member("email", lambda text: text[:2] + "***" + text[text.index("@"):], "list_emails")),
    Mutant("list-without-tags", "What stands after a plus is not listed.", _COMPLETE, member("email", without_tag, "list_emails")),
    Mutant("list-stale", "The first reading after a change still gives the old list.", _COMPLETE, _stale_list),
    Mutant("list-in-pages", "The list stands inside an object with a count, as in pages.", _MEMBERS, data(lambda found: {"count": len(found), "results": found}, "list_emails")),
    Mutant("list-of-texts", "The list has texts instead of objects.", _MEMBERS, data(lambda found: [one["email"] for one in found], "list_emails")),
    Mutant("list-by-address", "The list is an object by address.", _MEMBERS, data(lambda found: {one["email"]: one for one in found}, "list_emails")),
    Mutant("list-lacks-verified", "The addresses in the list do not say whether they are verified.", _MEMBERS, without("verified", "list_emails")),
    Mutant("list-flags-are-numbers", "verified and primary are 1 and 0.", _MEMBERS, together(member("verified", int, "list_emails"), member("primary", int, "list_emails"))),
    Mutant("list-primary-is-text", "primary is a text.", _MEMBERS, member("primary", lambda value: str(value).lower(), "list_emails")),
    Mutant("list-primary-renamed", "primary is called is_primary.", _MEMBERS, data(lambda found: [{("is_primary" if k == "primary" else k): v for k, v in one.items()} for one in found], "list_emails")),
    Mutant("list-false-left-out", "What is false is left out of the list.", _MEMBERS, data(lambda found: [{k: v for k, v in one.items() if v is not False} for one in found], "list_emails")),
    Mutant("list-without-any-primary", "No address of the list is primary.", ("list-emails/one-primary",), member("primary", lambda _: False, "list_emails")),
    Mutant("list-all-verified-primary", "Every verified address is primary.", ("list-emails/one-primary",), data(lambda found: [{**one, "primary": one["verified"]} for one in found], "list_emails")),
)  # fmt: skip  # one row, one line
