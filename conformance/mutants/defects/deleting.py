"""Defects in deleting addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mutants.access import answers_refusal
from conformance.mutants.addresses import address_is, each_of_list, find, first_alike, without_tag
from conformance.mutants.builds import Build, Change, Mutant
from conformance.mutants.messages import Forward, Request, Response
from conformance.mutants.rules import (
    Body,
    bears,
    elsewhere,
    emails,
    finds,
    loosened,
    rule,
    saves_nothing,
    then,
)
from conformance.mutants.wires import dealt_with, refused
from mockserver.accounts import email_json
from mockserver.app import Rule
from mockserver.refusals import Unknown, invalid_member
from mockserver.world import Account, Email, World


def _deletes_everywhere(world: World, username: str, sent: Body) -> None:
    for account in list(world.accounts.values()):
        email = find(account.emails, sent["email"])
        if email is not None:
            world.put(replace(account, emails=tuple(e for e in account.emails if e is not email)))
            return
    raise Unknown("email-unknown", "nobody has this address")


def _deletes_primary(world: World, username: str, sent: Body) -> None:
    """Delete the primary address, and promote the next one."""
    account = world.accounts[username]
    rest = tuple(email for email in account.emails if not email.primary)
    first = tuple(replace(email, primary=True) for email in rest[:1])
    world.put(replace(account, emails=(*first, *rest[1:]) if rest else account.emails))


def _deletes_lowered(world: World, username: str, sent: Body) -> None:
    account = world.accounts[username]
    address = str(sent["email"]).strip().lower()
    if any(email.email == sent["email"] for email in account.emails):
        raise invalid_member("primary-email", "/email", "is the primary address")
    rest = tuple(email for email in account.emails if email.email.lower() != address)
    first = tuple(replace(email, primary=True) for email in rest[:1])
    world.put(replace(account, emails=(*first, *rest[1:]) if rest else account.emails))


def _by_profile(build: Build) -> None:
    """The primary address is the one that the account began with: it is kept in the profile."""
    first: dict[str, str] = {}

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> None:
            account = world.accounts[username]
            kept = first.setdefault(username, account.emails[0].email)
            email = find(account.emails, sent["email"])
            if sent["email"] == kept:
                raise invalid_member("primary-email", "/email", "is the primary address")
            if email is None or not email.primary:
                inner(world, username, sent)
                return
            world.put(replace(account, emails=tuple(e for e in account.emails if e is not email)))

        return act

    rule("delete_email", wrap)(build)


def _deletes(match: Callable[[Email, str], bool]) -> Change:
    """A deletion takes other addresses along."""

    def edit(found: tuple[Email, ...], address: str) -> tuple[Email, ...]:
        return tuple(email for email in found if email.primary or not match(email, address))

    return then("delete_email", emails(edit))


def _soft(build: Build) -> None:
    """A deleted address is marked as such, and the list shows it all the same."""
    gone: dict[str, list[Any]] = {}

    def wrap_delete(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> None:
            email = find(world.accounts[username].emails, sent["email"])
            inner(world, username, sent)
            if email is not None:
                gone.setdefault(username, []).append(email_json(email))

        return act

    def wrap_list(inner: Rule) -> Rule:
        return lambda world, username: inner(world, username) + gone.get(username, [])

    rule("delete_email", wrap_delete)(build)
    rule("list_emails", wrap_list)(build)


def _last_instead(account: Account, address: str) -> str | None:
    if find(account.emails, address) is None or account.emails[-1].primary:
        return None
    return account.emails[-1].email


def _primary_answer(status: int) -> Change:
    return answers_refusal("primary-email", status, ["delete_email"])


def _refusing_verified(inner: Rule, *, verified: bool) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        email = find(world.accounts[username].emails, sent["email"])
        if email is not None and email.verified is verified:
            raise invalid_member("made-up", "/email", "is refused")
        return inner(world, username, sent)

    return act


def _primary_when(deletable: Callable[[Request], bool], status: int = 204) -> Change:
    """Some requests delete the primary address, whatever is answered."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            if response.code == "primary-email" and deletable(request):
                _deletes_primary(build.sandbox.world, request.username, {})
                return Response(204) if status == 204 else response
            return response

        build.layers.append(layer)

    return change


def _spaced(build: Build) -> None:
    """An address is trimmed when it is deleted, but not when it is compared with the primary one."""
    loosened("delete_email", required=["email"], email={"type": "string"})(build)

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            address = sent["email"]
            primary = next((e for e in world.accounts[username].emails if e.primary), None)
            trimmed = address.strip()
            if primary is not None and primary.email == trimmed != address:
                return _deletes_primary(world, username, sent)
            return inner(world, username, {**sent, "email": trimmed})

        return act

    rule("delete_email", wrap)(build)


MUTANTS = (
    Mutant("delete-not-done", "A deletion is answered, and not done.", ("delete-email/removes",), saves_nothing("delete_email")),
    Mutant("delete-soft", "A deleted address is still listed.", ("delete-email/removes",), _soft),
    Mutant("delete-unverified-only", "A verified address cannot be deleted.", ("delete-email/removes",), rule("delete_email", lambda inner: _refusing_verified(inner, verified=True))),
    Mutant("delete-verified-only", "An address that is not verified cannot be deleted.", ("delete-email/removes",), rule("delete_email", lambda inner: _refusing_verified(inner, verified=False))),
    Mutant("delete-again-is-204", "A deleted address can be deleted again.", ("delete-email/not-found/address", "delete-email/removes"), bears("delete_email", "email-unknown", lambda _, __, ___: None)),
    Mutant("delete-takes-all", "A deletion takes every address along that is not primary.", ("delete-email/removes-only-that",), _deletes(lambda _, __: True)),
    Mutant("delete-takes-prefixes", "A deletion takes addresses along that begin alike.", ("delete-email/removes-only-that",), _deletes(lambda email, address: email.email.startswith(address) or address.startswith(email.email))),
    Mutant("delete-takes-same-name", "A deletion takes addresses along that have the same name before the @.", ("delete-email/removes-only-that",), _deletes(lambda email, address: email.email.partition("@")[0] == address.partition("@")[0])),
    Mutant("delete-takes-tags", "A deletion takes addresses along that differ only in what stands after a plus.", ("delete-email/removes-only-that",), _deletes(lambda email, address: without_tag(email.email) == without_tag(address))),
    Mutant("delete-takes-wildcards", "In a deletion an underscore stands for any character, as in LIKE.", ("delete-email/removes-only-that",), _deletes(lambda email, address: bool(re.fullmatch(re.escape(address).replace("_", "."), email.email)))),
    Mutant("delete-takes-unverified", "A deletion takes an unverified address along.", ("delete-email/removes-only-that",), _deletes(lambda email, _: not email.verified)),
    Mutant("delete-takes-last", "A deletion takes the last address instead.", ("delete-email/removes-only-that",), finds("delete_email", _last_instead)),
    Mutant("delete-takes-others-alike", "A deletion takes the last address of the others along.", ("delete-email/removes-only-that",), elsewhere("delete_email", lambda account, _: replace(account, emails=tuple(e for i, e in enumerate(account.emails) if e.primary or i < len(account.emails) - 1)))),
    Mutant("delete-empties-profile", "A deletion empties the location.", ("delete-email/removes-only-that",), then("delete_email", lambda _, __, after, ___: replace(after, location=""))),
    Mutant("delete-unverifies", "A deletion un-verifies the addresses that are left.", ("delete-email/removes-only-that",), then("delete_email", emails(lambda found, _: tuple(replace(e, verified=False) for e in found)))),
    Mutant("primary-deletable", "The primary address can be deleted; the next one is promoted.", ("delete-email/primary-refused",), bears("delete_email", "primary-email", _deletes_primary)),
    Mutant("primary-deletable-by-form", "A form can delete the primary address.", ("delete-email/primary-refused",), _primary_when(lambda request: request.is_form)),
    Mutant("primary-deletable-by-token", "A token can delete the primary address.", ("delete-email/primary-refused",), _primary_when(lambda request: request.header("authorization").startswith("Bearer"))),
    Mutant("primary-deletable-by-basic", "With Basic, the primary address can be deleted.", ("delete-email/primary-refused",), _primary_when(lambda request: request.header("authorization").startswith("Basic"))),
    Mutant("primary-refused-and-deleted", "Deleting the primary address is refused with 400, and done.", ("delete-email/primary-refused",), _primary_when(lambda _: True, status=400)),
    Mutant("primary-deletion-is-403", "Deleting the primary address is answered with 403.", ("delete-email/primary-refused",), _primary_answer(403)),
    Mutant("primary-deletion-is-409", "Deleting the primary address is answered with 409.", ("delete-email/primary-refused",), _primary_answer(409)),
    Mutant("primary-deletion-is-204", "Deleting the primary address is answered with 204, and not done.", ("delete-email/primary-refused",), bears("delete_email", "primary-email", lambda _, __, ___: None)),
    Mutant("primary-deletable-in-capitals", "The primary address can be deleted when it is spelled otherwise.", ("delete-email/primary-spelled-otherwise",), bears("delete_email", "primary-email", _deletes_lowered)),
    Mutant("primary-deletable-with-spaces", "The primary address can be deleted with white space around it.", ("delete-email/primary-spelled-otherwise",), _spaced),
    Mutant("primary-fixed", "It is the first address of the account that cannot be deleted, whichever is primary.", ("delete-email/former-primary",), _by_profile),
    Mutant("delete-unknown-is-400", "Deleting an unknown address is answered with 400.", ("delete-email/not-found/address",), answers_refusal("email-unknown", 400, ["delete_email"])),
    Mutant("delete-unknown-is-410", "Deleting an unknown address is answered with 410.", ("delete-email/not-found/address",), answers_refusal("email-unknown", 410, ["delete_email"])),
    Mutant("delete-unknown-is-similar", "An unknown address is taken for one that begins like it.", ("delete-email/not-found/address",), finds("delete_email", lambda account, address: first_alike(replace(account, emails=tuple(e for e in account.emails if not e.primary)), address))),
    Mutant("delete-foreign", "Somebody else's address can be deleted.", ("delete-email/not-found/foreign-address",), bears("delete_email", "email-unknown", _deletes_everywhere)),
    Mutant("delete-takes-lists", "A list of addresses is taken, and all are deleted.", ("delete-email/invalid-body/address-of-wrong-type",), each_of_list("delete_email")),
    Mutant("delete-null-is-204", "null as an address is answered with 204.", ("delete-email/invalid-body/address-of-wrong-type",), dealt_with(address_is(type(None)), "delete_email", 204)),
    Mutant("delete-number-crashes", "A number as an address is answered with 500.", ("delete-email/invalid-body/address-of-wrong-type",), refused(address_is(int), 500, ["delete_email"])),
)  # fmt: skip  # one row, one line
