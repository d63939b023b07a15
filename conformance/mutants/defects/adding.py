"""Defects in adding addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mutants.addresses import SHOWN, address_is, each_of_list, find, without_tag
from conformance.mutants.builds import Change, Mutant, together
from conformance.mutants.messages import Request
from conformance.mutants.rules import (
    Body,
    body,
    elsewhere,
    emails,
    flagged,
    loosened,
    refuses_address,
    rule,
    saves_nothing,
    then,
)
from conformance.mutants.wires import data, dealt_with, incoming, member, refused
from mockserver.accounts import email_json
from mockserver.app import Rule
from mockserver.refusals import Refusal
from mockserver.world import Email, World

_LISTED = ("add-email/listed",)


def _honours(name: str) -> Change:
    """What add_email reads from the body although it is not documented."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            shown = inner(world, username, sent)
            if sent.get(name) not in (True, "true"):
                return shown
            account = world.accounts[username]
            others = account.emails[:-1]
            if name == "primary":
                others = tuple(replace(one, primary=False) for one in others)
            new = flagged(account.emails[-1], **{name: True})
            world.put(replace(account, emails=(*others, new)))
            return email_json(new)

        return act

    return rule("add_email", wrap)


def _adds_as(**flags: bool) -> Change:
    """A new address is stored with other flags than it should."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            inner(world, username, sent)
            account = world.accounts[username]
            new = flagged(account.emails[-1], **flags)
            others = account.emails[:-1]
            if new.primary:
                others = tuple(replace(one, primary=False) for one in others)
            world.put(replace(account, emails=(*others, new)))
            return email_json(new)

        return act

    return rule("add_email", wrap)


def _address(edit: Callable[[str], str], name: str = "add_email") -> Change:
    """The address is changed on its way into the store."""
    return body(name, lambda sent: {**sent, "email": edit(str(sent["email"]))})


def _accepts(keep: Callable[[str], bool], name: str = "add_email") -> Change:
    """Another idea of what an address is."""
    return together(
        loosened(name, required=["email"], email={"type": "string"}),
        refuses_address(name, lambda address: not keep(address)),
    )


def _on_duplicate(edit: Callable[[tuple[Email, ...], str], tuple[Email, ...]]) -> Change:
    """An address that is refused because it is there already changes the addresses all the same."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            try:
                return inner(world, username, sent)
            except Refusal as refusal:
                account = world.accounts[username]
                if refusal.code == "email-taken" and find(account.emails, sent["email"]):
                    world.put(replace(account, emails=edit(account.emails, sent["email"])))
                raise

        return act

    return rule("add_email", wrap)


def _as_text(name: str, kinds: tuple[type, ...], make: Callable[[Any], Any]) -> Change:
    """An address of some types is made into a text."""

    def edit(request: Request) -> Request:
        members = request.members() or {}
        value = members.get("email")
        if request.is_form or "email" not in members or type(value) not in kinds:
            return request
        made = make(value)
        if made is None:
            return request.with_members({k: v for k, v in members.items() if k != "email"})
        return request.with_members({**members, "email": made})

    return incoming(edit, [name])


MUTANTS = (
    Mutant("add-verified", "A new address is verified at once.", ("add-email/not-verified",), _adds_as(verified=True)),
    Mutant("add-answers-verified", "The answer calls a new address verified; it is not.", ("add-email/not-verified",), member("verified", lambda _: True, "add_email")),
    Mutant("add-honours-verified", "\"verified\": true beside a new address is honoured.", ("add-email/not-verified",), _honours("verified")),
    Mutant("add-primary", "A new address becomes the primary one.", ("add-email/not-primary",), _adds_as(primary=True)),
    Mutant("add-honours-primary", "\"primary\": true beside a new address is honoured.", ("add-email/not-primary",), _honours("primary")),
    Mutant("add-answers-primary", "The answer calls a new address primary; it is not.", ("add-email/not-primary",), member("primary", lambda _: True, "add_email")),
    Mutant("add-not-saved", "A new address is answered, and not saved.", _LISTED, saves_nothing("add_email")),
    Mutant("add-drops-tag", "A new address loses what stands after its plus.", _LISTED, _address(without_tag)),
    Mutant("add-drops-dots", "A new address loses the dots before its @.", _LISTED, _address(lambda text: text.partition("@")[0].replace(".", "") + "@" + text.partition("@")[2])),
    Mutant("add-refuses-plus", "An address with a plus is refused.", ("add-email/success",), refuses_address("add_email", lambda text: "+" in text)),
    Mutant("add-refuses-underscore", "An address with an underscore is refused.", ("add-email/success",), refuses_address("add_email", lambda text: "_" in text)),
    Mutant("add-refuses-dash", "An address with a dash before its @ is refused.", ("add-email/success",), refuses_address("add_email", lambda text: "-" in text.partition("@")[0])),
    Mutant("add-refuses-digits-first", "An address that begins with a digit is refused.", ("add-email/success",), refuses_address("add_email", lambda text: text[:1].isdigit())),
    Mutant("add-refuses-two-dots", "An address with two dots before its @ is refused.", ("add-email/success",), refuses_address("add_email", lambda text: text.partition("@")[0].count(".") > 1)),
    Mutant("add-refuses-subdomain", "An address whose domain has three labels is refused.", ("add-email/success",), refuses_address("add_email", lambda text: text.partition("@")[2].count(".") > 1)),
    Mutant("add-cut-at-50", "A new address is cut after 50 characters.", _LISTED, _address(lambda text: text[:50])),
    Mutant("add-refuses-60", "An address of 60 characters or more is refused.", ("add-email/success",), refuses_address("add_email", lambda text: len(text) >= 60)),
    Mutant("add-refuses-long-tld", "An address whose last label has more than six letters is refused.", ("add-email/success",), refuses_address("add_email", lambda text: len(text.rpartition(".")[2]) > 6)),
    Mutant("add-refuses-short-local", "An address with one character before its @ is refused.", ("add-email/success",), refuses_address("add_email", lambda text: text.find("@") == 1)),
    Mutant("add-again-unverifies", "An address that is there already is refused, and no longer verified.", ("add-email/refused-unchanged/duplicate",), _on_duplicate(lambda found, address: tuple(replace(e, verified=False) if e.email == address else e for e in found))),
    Mutant("add-again-twice", "An address that is there already is refused, and there twice.", ("add-email/refused-unchanged/duplicate",), _on_duplicate(lambda found, address: (*found, Email(address, verified=False, primary=False)))),
    Mutant("add-answers-all", "The answer to a new address is the whole list.", ("add-email/answers-address",), data(lambda found: [found], "add_email")),
    Mutant("add-answers-little", "The answer to a new address has the address alone.", ("add-email/answers-address",), data(lambda found: {"email": found["email"]}, "add_email")),
    Mutant("add-answers-other-case", "The answer to a new address has it in capitals.", ("add-email/answers-address",), member("email", str.upper, "add_email")),
    Mutant("add-answers-id", "The answer to a new address is {\"id\": 17}.", ("add-email/answers-address",), data(lambda _: {"id": 17}, "add_email")),
    Mutant("add-replaces", "A new address takes the place of the others that are not primary.", ("add-email/others-untouched",), then("add_email", emails(lambda found, address: tuple(e for e in found if e.primary or e.email == address)))),
    Mutant("add-unverifies", "A new address un-verifies the others.", ("add-email/others-untouched",), then("add_email", emails(lambda found, _: tuple(replace(e, verified=e.primary) for e in found)))),
    Mutant("add-drops-oldest", "A fifth address makes the oldest one go that is not primary.", ("add-email/others-untouched",), then("add_email", emails(lambda found, _: tuple(e for i, e in enumerate(found) if e.primary or len(found) < 5 or i != 1)))),
    Mutant("add-for-everybody", "A new address is added to every account.", ("add-email/others-untouched",), elsewhere("add_email", lambda account, sent: replace(account, emails=(*account.emails, Email(sent["email"], verified=False, primary=False))))),
    Mutant("add-changes-company", "A new address is written into the company.", ("add-email/others-untouched",), then("add_email", lambda _, __, after, sent: replace(after, company=sent["email"]))),
    Mutant("add-unchecked", "Any text is taken as a new address.", ("add-email/invalid-body/invalid-address",), _accepts(bool)),
    Mutant("add-at-is-enough", "A new address must have an @ in it, and that is all.", ("add-email/invalid-body/invalid-address",), _accepts(lambda text: "@" in text)),
    Mutant("add-pattern-unanchored", "A new address is good if an address stands somewhere in it.", ("add-email/invalid-body/invalid-address",), _accepts(lambda text: bool(re.search(r"[^@\s]+@[^@\s]+", text)))),
    Mutant("add-pattern-unended", "A new address is good if it begins with one.", ("add-email/invalid-body/invalid-address",), _accepts(lambda text: bool(re.match(r"[^@\s]+@[^@\s]+", text)))),
    Mutant("add-takes-line-feeds", "An address may have a line feed in it.", ("add-email/invalid-body/invalid-address",), _accepts(lambda text: bool(re.fullmatch(r"[^@ \t]+@[^@ \t]+", text)))),
    Mutant("add-nothing-before-at", "A new address may have nothing before its @.", ("add-email/invalid-body/invalid-address",), _accepts(lambda text: bool(re.fullmatch(r"[^@\s]*@[^@\s]+", text)))),
    Mutant("add-takes-numbers", "A number is made into an address.", ("add-email/invalid-body/invalid-address",), _as_text("add_email", (int, float), lambda value: f"{value}@example.com")),
    Mutant("add-takes-lists", "A list of addresses is taken, and all are added.", ("add-email/invalid-body/invalid-address",), each_of_list("add_email")),
    Mutant("add-empty-accepted", "The empty text is answered with 201.", ("add-email/invalid-body/invalid-address",), dealt_with(lambda request: (request.members() or {}).get("email") == "", "add_email", 201, SHOWN)),
    Mutant("add-null-crashes", "null as a new address is answered with 500.", ("add-email/invalid-body/invalid-address",), refused(address_is(type(None)), 500, ["add_email"])),
    Mutant("add-invalid-is-422", "An invalid address is answered with 422.", ("add-email/invalid-body/invalid-address",), refused(lambda request: "@" not in str((request.members() or {}).get("email", "@")), 422, ["add_email"])),
)  # fmt: skip  # one row, one line
