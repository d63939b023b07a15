"""Defects in verifying addresses, and in choosing the primary one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mutants.access import answers_refusal
from conformance.mutants.addresses import SHOWN, address_is, each_of_list, find, first_alike
from conformance.mutants.builds import Build, Change, Mutant, together
from conformance.mutants.messages import Forward, Request, Response
from conformance.mutants.rules import (
    Body,
    bears,
    body,
    elsewhere,
    emails,
    finds,
    flagged,
    loosened,
    rule,
    saves_nothing,
    then,
)
from conformance.mutants.wires import data, dealt_with, incoming, member, refused, without
from mockserver.accounts import email_json
from mockserver.app import Rule
from mockserver.refusals import Unknown
from mockserver.world import Account, Email, World


def _verified(email: Email) -> Email:
    return replace(email, verified=True)


def _truth(name: str, *, forms: bool, keeps: bool) -> Change:
    """`false` for a member: read as true, or as absent; in JSON, or in forms only."""

    def edit(request: Request) -> Request:
        members = request.members() or {}
        if members.get(name) not in (False, "false") or name not in members:
            return request
        if keeps:
            return request.with_members({**members, name: "true" if request.is_form else True})
        return request.with_members({k: v for k, v in members.items() if k != name})

    return incoming(edit, ["update_email"], lambda request: request.is_form or not forms)


def _undoes(name: str) -> Change:
    """`false` for a member is carried out."""
    schema = {"type": "boolean"}

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            inner(world, username, {**sent, name: sent.get(name) or False})
            account = world.accounts[username]
            if sent.get(name) is False:
                found = tuple(
                    flagged(email, **{name: False}) if email.email == sent["email"] else email
                    for email in account.emails
                )
                world.put(replace(account, emails=found))
            email = find(world.accounts[username].emails, sent["email"])
            return email_json(email) if email is not None else inner(world, username, sent)

        return act

    return together(
        loosened("update_email", required=["email"], **{name: schema}), rule("update_email", wrap)
    )


def _refuses_late(name: str) -> Change:
    """`false` for a member is refused after the other member was carried out."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            members = request.members() if request.operation == "update_email" else None
            if response.status == 400 and members and members.get(name) in (False, "false"):
                rest = {key: value for key, value in members.items() if key != name}
                await forward(request.with_members(rest))
            return response

        build.layers.append(layer)

    return change


def _previous(edit: Callable[[Email], Email | None]) -> Change:
    """What happens to the address that was the primary one."""

    def fix(_: World, before: Account, after: Account, sent: Body) -> Account:
        old = next((email for email in before.emails if email.primary), None)
        new = next((email for email in after.emails if email.primary), None)
        if old is None or new is None or old.email == new.email:
            return after
        edited = [edit(email) if email.email == old.email else email for email in after.emails]
        return replace(after, emails=tuple(email for email in edited if email is not None))

    return then("update_email", fix, lambda sent: bool(sent.get("primary")))


def _flagged(name: str, when: Callable[[Body], bool], **flags: bool) -> Change:
    """The address that was sent gets other flags than it should; the answer shows them."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            shown = inner(world, username, sent)
            account = world.accounts[username]
            email = find(account.emails, shown["email"])
            if email is None or not when(sent):
                return shown
            changed = flagged(email, **flags)
            others = (
                replace(one, primary=False) if flags.get("primary") else one
                for one in account.emails
                if one is not email
            )
            world.put(replace(account, emails=(changed, *others)))
            return email_json(changed)

        return act

    return rule(name, wrap)


def _everywhere(world: World, username: str, sent: Body) -> Any:
    """Verify an address whoever has it."""
    for account in world.accounts.values():
        email = find(account.emails, sent["email"])
        if email is not None:
            changed = replace(email, verified=email.verified or sent.get("verified", False))
            rest = tuple(changed if one is email else one for one in account.emails)
            world.put(replace(account, emails=rest))
            return email_json(changed)
    raise Unknown("email-unknown", "nobody has this address")


def _takes_over(world: World, username: str, sent: Body) -> Any:
    """Move an address here from whoever has it."""
    for account in list(world.accounts.values()):
        email = find(account.emails, sent["email"])
        if email is not None and not email.primary:
            world.put(replace(account, emails=tuple(e for e in account.emails if e is not email)))
            own = world.accounts[username]
            world.put(replace(own, emails=(*own.emails, email)))
            return email_json(email)
    raise Unknown("email-unknown", "nobody has this address")


def _upserts(world: World, username: str, sent: Body) -> Any:
    account = world.accounts[username]
    email = Email(sent["email"], verified=bool(sent.get("verified")), primary=False)
    world.put(replace(account, emails=(*account.emails, email)))
    return email_json(email)


def _is_false(name: str) -> Callable[[Request], bool]:
    return lambda request: (request.members() or {}).get(name) in (False, "false")


MUTANTS = (
    Mutant("verify-not-saved", "A verification is answered, and not saved.", ("update-email/verifies",), saves_nothing("update_email", lambda sent: "verified" not in sent)),
    Mutant("verify-ignored", "\"verified\": true does nothing.", ("update-email/verifies",), body("update_email", lambda sent: {k: v for k, v in sent.items() if k != "verified"})),
    Mutant("verify-answers-old", "The answer to a verification is the address as it was before.", ("update-email/answers-address",), member("verified", lambda _: False, "update_email")),
    Mutant("verify-answers-list", "The answer to a verification is a list.", ("update-email/answers-address",), data(lambda found: [found], "update_email")),
    Mutant("verify-answers-little", "The answer to a verification lacks primary.", ("update-email/answers-address",), without("primary", "update_email")),
    Mutant("verify-makes-primary", "Verifying an address makes it the primary one.", ("update-email/verifying-keeps-primary",), _flagged("update_email", lambda sent: bool(sent.get("verified")), primary=True)),
    Mutant("verify-unsets-primary", "Verifying the primary address unsets it.", ("update-email/verifying-keeps-primary",), _flagged("update_email", lambda sent: "primary" not in sent, primary=False)),
    Mutant("primary-not-saved", "A new primary address is answered, and not saved.", ("update-email/makes-primary",), saves_nothing("update_email", lambda sent: "primary" not in sent)),
    Mutant("primary-ignored", "\"primary\": true does nothing.", ("update-email/makes-primary",), body("update_email", lambda sent: {k: v for k, v in sent.items() if k != "primary"})),
    Mutant("primary-refused", "No address can be made primary.", ("update-email/makes-primary",), refused(lambda request: "primary" in (request.members() or {}), 400, ["update_email"])),
    Mutant("primary-twice", "There are two primary addresses after a new one is set.", ("update-email/unsets-previous",), _previous(lambda email: replace(email, primary=True))),
    Mutant("primary-unverifies-previous", "The previous primary address is no longer verified.", ("update-email/unsets-previous",), _previous(lambda email: replace(email, verified=False))),
    Mutant("primary-deletes-previous", "The previous primary address is deleted.", ("update-email/unsets-previous",), _previous(lambda _: None)),
    Mutant("primary-unverifies-new", "The new primary address is no longer verified.", ("update-email/others-untouched",), _flagged("update_email", lambda sent: bool(sent.get("primary")) and "verified" not in sent, verified=False)),
    Mutant("both-verifies-only", "Of both members only verified is looked at.", ("update-email/both",), body("update_email", lambda sent: {k: v for k, v in sent.items() if k != "primary" or "verified" not in sent})),
    Mutant("both-makes-primary-only", "Of both members only primary is looked at.", ("update-email/both",), body("update_email", lambda sent: {k: v for k, v in sent.items() if k != "verified" or "primary" not in sent})),
    Mutant("both-refused", "Both members at once are refused.", ("update-email/both",), refused(lambda request: {"verified", "primary"} <= set(request.members() or {}), 400, ["update_email"])),
    Mutant("unverify-ignored", "\"verified\": false counts as absent.", ("update-email/no-unverify",), _truth("verified", forms=False, keeps=False)),
    Mutant("unverify-ignored-in-forms", "verified=false in a form counts as absent.", ("update-email/no-unverify",), _truth("verified", forms=True, keeps=False)),
    Mutant("unverify-form-is-true", "verified=false in a form verifies: the text is not empty.", ("update-email/no-unverify",), _truth("verified", forms=True, keeps=True)),
    Mutant("unverify-done", "\"verified\": false un-verifies the address.", ("update-email/no-unverify",), _undoes("verified")),
    Mutant("unverify-refused-late", "\"verified\": false is refused after the address was made primary.", ("update-email/no-unverify",), _refuses_late("verified")),
    Mutant("unverify-is-404", "\"verified\": false is answered with 404.", ("update-email/no-unverify",), refused(_is_false("verified"), 404, ["update_email"])),
    Mutant("unset-primary-ignored", "\"primary\": false counts as absent.", ("update-email/no-unset-primary",), _truth("primary", forms=False, keeps=False)),
    Mutant("unset-primary-form-is-true", "primary=false in a form makes the address primary.", ("update-email/no-unset-primary",), _truth("primary", forms=True, keeps=True)),
    Mutant("unset-primary-done", "\"primary\": false unsets the primary address.", ("update-email/no-unset-primary",), _undoes("primary")),
    Mutant("unset-primary-refused-late", "\"primary\": false is refused after the address was verified.", ("update-email/no-unset-primary",), _refuses_late("primary")),
    Mutant("unset-primary-is-422", "\"primary\": false is answered with 422.", ("update-email/no-unset-primary",), refused(_is_false("primary"), 422, ["update_email"])),
    Mutant("update-all-addresses", "A verification verifies every address of the account.", ("update-email/others-untouched",), then("update_email", emails(lambda found, _: tuple(map(_verified, found))), lambda sent: bool(sent.get("verified")))),
    Mutant("update-elsewhere", "A verification verifies the addresses of the others.", ("update-email/others-untouched",), elsewhere("update_email", lambda account, _: replace(account, emails=tuple(map(_verified, account.emails))), lambda sent: bool(sent.get("verified")))),
    Mutant("update-changes-company", "A verification empties the company.", ("update-email/others-untouched",), then("update_email", lambda _, __, after, ___: replace(after, company=""))),
    Mutant("update-unknown-upserts", "Updating an unknown address adds it.", ("update-email/not-found/address",), bears("update_email", "email-unknown", _upserts)),
    Mutant("update-unknown-is-400", "Updating an unknown address is answered with 400.", ("update-email/not-found/address",), answers_refusal("email-unknown", 400, ["update_email"])),
    Mutant("update-unknown-crashes", "Updating an unknown address is answered with 500.", ("update-email/not-found/address",), answers_refusal("email-unknown", 500, ["update_email"])),
    Mutant("update-unknown-is-200", "Updating an unknown address is answered as if it had been done.", ("update-email/not-found/address",), bears("update_email", "email-unknown", lambda _, __, sent: {"email": sent["email"], "verified": True, "primary": False})),
    Mutant("update-unknown-is-similar", "An unknown address is taken for one that begins like it.", ("update-email/not-found/address",), finds("update_email", first_alike)),
    Mutant("update-foreign", "Somebody else's address can be verified.", ("update-email/not-found/foreign-address",), bears("update_email", "email-unknown", _everywhere)),
    Mutant("update-takes-over", "Somebody else's address moves here when it is updated.", ("update-email/not-found/foreign-address",), bears("update_email", "email-unknown", _takes_over)),
    Mutant("update-takes-lists", "A list of addresses is taken, and all are updated.", ("update-email/invalid-body/address-of-wrong-type",), each_of_list("update_email")),
    Mutant("update-null-is-primary", "null as an address means the primary one.", ("update-email/invalid-body/address-of-wrong-type",), dealt_with(address_is(type(None)), "update_email", 200, SHOWN)),
    Mutant("update-object-crashes", "An object as an address is answered with 500.", ("update-email/invalid-body/address-of-wrong-type",), refused(address_is(dict), 500, ["update_email"])),
)  # fmt: skip  # one row, one line
