"""Defects that show only the second time, for the second user, or by the second way in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mutants.access import READS
from conformance.mutants.addresses import added_unless_own
from conformance.mutants.builds import Build, Change, Mutant, ids, together
from conformance.mutants.messages import Forward, Request, Response, answer
from conformance.mutants.rules import Body, bears, elsewhere, rule
from conformance.mutants.scene import OWNER
from conformance.mutants.wires import data, incoming, refused
from mockserver.accounts import email_json
from mockserver.app import Rule
from mockserver.world import Account, Email, World


def by_basic(request: Request) -> bool:
    """Whether it comes with Basic credentials."""
    return request.header("authorization").startswith("Basic")


def by_token(request: Request) -> bool:
    """Whether it comes with a token, or with nothing."""
    return not by_basic(request)


def of_another(request: Request) -> bool:
    """Whether it is about another account than the first one."""
    return request.username != OWNER


def _unverified(found: Any) -> Any:
    return [{**one, "verified": False} for one in found]


def _with_another_id(found: Any) -> Any:
    return {**found, "id": found["id"] + 1000}


def _not_modified(build: Build) -> None:
    """An update that changes nothing is answered as such."""

    async def layer(request: Request, forward: Forward) -> Response:
        before = build.sandbox.world.accounts.get(request.username)
        response = await forward(request)
        same = build.sandbox.world.accounts.get(request.username) == before
        if request.operation == "update_user" and response.status == 200 and same:
            return answer(409)
        return response

    build.layers.append(layer)


def _to_the_first(name: str, edit: Callable[[Account, Body], Account]) -> Change:
    """What another account is told is done to the first one as well."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            result = inner(world, username, sent)
            if username != OWNER:
                world.put(edit(world.accounts[OWNER], sent))
            return result

        return act

    return rule(name, wrap)


def _named(account: Account, sent: Body) -> Account:
    return replace(account, full_name=sent.get("full_name", account.full_name))


def _with_address(account: Account, sent: Body) -> Account:
    email = Email(sent["email"], verified=False, primary=False)
    return replace(account, emails=(*account.emails, email))


def _without_address(account: Account, sent: Body) -> Account:
    kept = tuple(email for email in account.emails if email.email != sent["email"])
    return replace(account, emails=kept)


def _capital_hex_only(request: Request) -> Request:
    return request.with_body(re.sub(rb"%(?=[0-9]?[a-f]|[a-f])", b"%25", request.body))


def _percent_decoded(request: Request) -> Request:
    return request.with_body(request.body.replace(b"%41", b"A"))


def _partial_forms(build: Build) -> None:
    """A form is stored member by member, until one is found invalid."""

    async def layer(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        if request.operation == "update_user" and request.is_form and response.status == 400:
            for name, value in (request.members() or {}).items():
                await forward(request.with_members({name: value}))
        return response

    build.layers.append(layer)


def _remembers_deleted(build: Build) -> None:
    """An address that was deleted and added again is verified as it was."""
    gone: dict[tuple[str, str], Email] = {}

    def wrap_delete(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> None:
            emails = {email.email: email for email in world.accounts[username].emails}
            inner(world, username, sent)
            if sent["email"] in emails:
                gone[username, sent["email"]] = emails[sent["email"]]

        return act

    def wrap_add(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            shown = inner(world, username, sent)
            old = gone.get((username, sent["email"]))
            if old is None:
                return shown
            account = world.accounts[username]
            world.put(replace(account, emails=(*account.emails[:-1], old)))
            return email_json(old)

        return act

    rule("delete_email", wrap_delete)(build)
    rule("add_email", wrap_add)(build)


def _unsets_new(build: Build) -> None:
    """A false primary is refused for the address that was primary at first alone."""

    async def layer(request: Request, forward: Forward) -> Response:
        members = request.members() or {}
        is_unset = request.operation == "update_email" and members.get("primary") in (
            False,
            "false",
        )
        account = build.sandbox.world.accounts.get(request.username)
        if is_unset and account is not None:
            primary = next((one.email for one in account.emails if one.primary), "")
            if members.get("email") == primary != account.emails[0].email:
                return await forward(
                    request.with_members({k: v for k, v in members.items() if k != "primary"})
                )
        return await forward(request)

    build.layers.append(layer)


MUTANTS = (
    Mutant("user-differs-by-basic", "With Basic, the user has another id than with a token.", ("get-user/own-data",), data(_with_another_id, "get_user", when=by_basic)),
    Mutant("list-differs-by-token", "With a token, no address is verified.", ("list-emails/complete",), data(_unverified, "list_emails", when=by_token)),
    Mutant("others-cannot-read", "Reading any account but the first one is answered with 500.", ids("success", READS), refused(of_another, 500, READS, lambda status: status == 200)),
    Mutant("others-have-no-primary", "No address of any account but the first one is primary.", ("list-emails/one-primary",), data(lambda found: [{**one, "primary": False} for one in found], "list_emails", when=of_another)),
    Mutant("unchanged-is-409", "An update that changes nothing is answered with 409.", ("update-user/success",), _not_modified),
    Mutant("others-update-the-first", "The name of another account becomes that of the first one too.", ("update-user/others-untouched",), _to_the_first("update_user", _named)),
    Mutant("others-add-to-the-first", "An address of another account is added to the first one too.", ("add-email/others-untouched",), _to_the_first("add_email", _with_address)),
    Mutant("shared-deleted-for-all", "An address that two users have is deleted for both.", ("delete-email/removes-only-that",), together(bears("add_email", "email-taken", added_unless_own), elsewhere("delete_email", _without_address))),
    Mutant("empty-update-crashes", "An update by a form without a body is answered with 500.", ("update-user/documented-answers",), refused(lambda request: request.is_form and not request.body, 500, ["update_user"])),
    Mutant("form-capital-hex-only", "In a form, percent signs with small letters after them are not decoded.", ("update-user/form-decoding",), incoming(_capital_hex_only, ["update_user"], lambda request: request.is_form)),
    Mutant("text-decoded-in-json", "Percent signs with two digits after them are decoded, in JSON alone.", ("update-user/any-script",), incoming(_percent_decoded, ["update_user"], lambda request: not request.is_form)),
    Mutant("partial-in-forms", "A form is stored member by member, until one is found invalid.", ("update-user/refused-unchanged",), _partial_forms),
    Mutant("deleted-comes-back-verified", "An address that was deleted and added again is verified as it was.", ("add-email/not-verified",), _remembers_deleted),
    Mutant("new-primary-unset-ignored", "\"primary\": false counts as absent for an address that has become primary.", ("update-email/no-unset-primary",), _unsets_new),
)  # fmt: skip  # one row, one line
