"""Defects in the addresses: listing, adding, verifying, choosing the primary one, and deleting."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from conformance.mutants.access import answers_refusal, as_owner
from conformance.mutants.builds import Build, Change, Mutant, together
from conformance.mutants.messages import Forward, Request, Response, answer
from conformance.mutants.rules import (
    bears,
    body,
    elsewhere,
    emails,
    finds,
    flagged,
    loosened,
    refuses_address,
    rule,
    saves_nothing,
    then,
)
from conformance.mutants.wires import data, incoming, member, refused, without
from mockserver.accounts import email_json
from mockserver.app import Rule
from mockserver.refusals import Refusal, Unknown, invalid_member
from mockserver.world import Account, Email, World

Body = Mapping[str, Any]
Emails = tuple[Email, ...]

_LISTED = ("add-email/listed",)
_OWN = ("list-emails/own-only",)
_COMPLETE = ("list-emails/complete",)
_MEMBERS = ("list-emails/members",)


def _find(found: Emails, address: str) -> Email | None:
    return next((email for email in found if email.email == address), None)


def _verified(email: Email) -> Email:
    return replace(email, verified=True)


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


def _on_duplicate(edit: Callable[[Emails, str], Emails]) -> Change:
    """An address that is refused because it is there already changes the addresses all the same."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            try:
                return inner(world, username, sent)
            except Refusal as refusal:
                account = world.accounts[username]
                if refusal.code == "email-taken" and _find(account.emails, sent["email"]):
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


def _wrong_type(request: Request) -> bool:
    members = request.members()
    if request.is_form or members is None or "email" not in members:
        return False
    return not isinstance(members["email"], str)


def _no_address(request: Request) -> bool:
    members = request.members()
    return members is not None and "email" not in members


def _is_list(request: Request) -> bool:
    members = request.members() or {}
    return isinstance(members.get("email"), list)


def _each_of_list(name: str) -> Change:
    """A list of addresses is taken, and each of them is dealt with."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            if request.operation != name or not _is_list(request):
                return await forward(request)
            members = request.members() or {}
            response = await forward(request.with_members({**members, "email": "x"}))
            for address in members["email"]:
                if isinstance(address, str):
                    response = await forward(request.with_members({**members, "email": address}))
            return response

        build.layers.append(layer)

    return change


def _dealt_with(
    name: str, found: Callable[[Request], bool], status: int, data: Any = None
) -> Change:
    """Some requests that should be refused with 400 are answered as if they had been done."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            if request.operation == name and response.status == 400 and found(request):
                return Response(204) if status == 204 else answer(status, data)
            return response

        build.layers.append(layer)

    return change


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
            email = _find(world.accounts[username].emails, sent["email"])
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
            email = next((one for one in account.emails if one.email == shown["email"]), None)
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
        email = _find(account.emails, sent["email"])
        if email is not None:
            changed = replace(email, verified=email.verified or sent.get("verified", False))
            rest = tuple(changed if one is email else one for one in account.emails)
            world.put(replace(account, emails=rest))
            return email_json(changed)
    raise Unknown("email-unknown", "nobody has this address")


def _takes_over(world: World, username: str, sent: Body) -> Any:
    """Move an address here from whoever has it."""
    for account in list(world.accounts.values()):
        email = _find(account.emails, sent["email"])
        if email is not None and not email.primary:
            world.put(replace(account, emails=tuple(e for e in account.emails if e is not email)))
            own = world.accounts[username]
            world.put(replace(own, emails=(*own.emails, email)))
            return email_json(email)
    raise Unknown("email-unknown", "nobody has this address")


def _deletes_everywhere(world: World, username: str, sent: Body) -> None:
    for account in list(world.accounts.values()):
        email = _find(account.emails, sent["email"])
        if email is not None:
            world.put(replace(account, emails=tuple(e for e in account.emails if e is not email)))
            return
    raise Unknown("email-unknown", "nobody has this address")


def _upserts(world: World, username: str, sent: Body) -> Any:
    account = world.accounts[username]
    email = Email(sent["email"], verified=bool(sent.get("verified")), primary=False)
    world.put(replace(account, emails=(*account.emails, email)))
    return email_json(email)


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
            email = _find(account.emails, sent["email"])
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

    def edit(found: Emails, address: str) -> Emails:
        return tuple(email for email in found if email.primary or not match(email, address))

    return then("delete_email", emails(edit))


def _soft(build: Build) -> None:
    """A deleted address is marked as such, and the list shows it all the same."""
    gone: dict[str, list[Any]] = {}

    def wrap_delete(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> None:
            email = _find(world.accounts[username].emails, sent["email"])
            inner(world, username, sent)
            if email is not None:
                gone.setdefault(username, []).append(email_json(email))

        return act

    def wrap_list(inner: Rule) -> Rule:
        return lambda world, username: inner(world, username) + gone.get(username, [])

    rule("delete_email", wrap_delete)(build)
    rule("list_emails", wrap_list)(build)


def _last_instead(account: Account, address: str) -> str | None:
    if _find(account.emails, address) is None or account.emails[-1].primary:
        return None
    return account.emails[-1].email


def _like(account: Account, address: str) -> str | None:
    return next((one.email for one in account.emails if address[:5] in one.email), None)


def _without_tag(address: str) -> str:
    return re.sub(r"\+[^@]*", "", address)


def _is_false(name: str) -> Callable[[Request], bool]:
    return lambda request: (request.members() or {}).get(name) in (False, "false")


def _primary_answer(status: int) -> Change:
    return answers_refusal("primary-email", status, ["delete_email"])


def _refusing_verified(inner: Rule, *, verified: bool) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        email = _find(world.accounts[username].emails, sent["email"])
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


_SHOWN = {"email": "new@example.com", "verified": True, "primary": False}

MUTANTS = (
    # -- the list ---------------------------------------------------------------------------------
    Mutant("list-of-everybody", "The list has the addresses of all users.", _OWN, rule("list_emails", _all_of_everybody)),
    Mutant("list-with-neighbour", "The list has the last address of the next account too.", _OWN, rule("list_emails", _one_more)),
    Mutant("list-of-verified", "Addresses that are not verified are not listed.", _COMPLETE, data(lambda found: [one for one in found if one["verified"]], "list_emails")),
    Mutant("list-of-three", "The list ends after three addresses.", _COMPLETE, data(lambda found: found[:3], "list_emails")),
    Mutant("list-without-primary", "The primary address is not listed.", ("list-emails/one-primary",), data(lambda found: [one for one in found if not one["primary"]], "list_emails")),
    Mutant("list-has-twice", "Verified addresses stand twice in the list, as from a join.", _COMPLETE, data(_twice_when_verified, "list_emails")),
    Mutant("list-masked", "The addresses in the list are masked.", _COMPLETE, member("email", lambda text: text[:2] + "***" + text[text.index("@"):], "list_emails")),
    Mutant("list-without-tags", "What stands after a plus is not listed.", _COMPLETE, member("email", _without_tag, "list_emails")),
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
    # -- adding -----------------------------------------------------------------------------------
    Mutant("add-verified", "A new address is verified at once.", ("add-email/not-verified",), _adds_as(verified=True)),
    Mutant("add-answers-verified", "The answer calls a new address verified; it is not.", ("add-email/not-verified",), member("verified", lambda _: True, "add_email")),
    Mutant("add-honours-verified", "\"verified\": true beside a new address is honoured.", ("add-email/not-verified",), _honours("verified")),
    Mutant("add-primary", "A new address becomes the primary one.", ("add-email/not-primary",), _adds_as(primary=True)),
    Mutant("add-honours-primary", "\"primary\": true beside a new address is honoured.", ("add-email/not-primary",), _honours("primary")),
    Mutant("add-answers-primary", "The answer calls a new address primary; it is not.", ("add-email/not-primary",), member("primary", lambda _: True, "add_email")),
    Mutant("add-not-saved", "A new address is answered, and not saved.", _LISTED, saves_nothing("add_email")),
    Mutant("add-drops-tag", "A new address loses what stands after its plus.", _LISTED, _address(_without_tag)),
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
    Mutant("add-takes-lists", "A list of addresses is taken, and all are added.", ("add-email/invalid-body/invalid-address",), _each_of_list("add_email")),
    Mutant("add-empty-accepted", "The empty text is answered with 201.", ("add-email/invalid-body/invalid-address",), _dealt_with("add_email", lambda request: (request.members() or {}).get("email") == "", 201, _SHOWN)),
    Mutant("add-null-crashes", "null as a new address is answered with 500.", ("add-email/invalid-body/invalid-address",), refused(lambda request: _wrong_type(request) and (request.members() or {})["email"] is None, 500, ["add_email"])),
    Mutant("add-invalid-is-422", "An invalid address is answered with 422.", ("add-email/invalid-body/invalid-address",), refused(lambda request: "@" not in str((request.members() or {}).get("email", "@")), 422, ["add_email"])),
    # -- verifying, and the primary address -------------------------------------------------------
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
    Mutant("update-unknown-is-similar", "An unknown address is taken for one that begins like it.", ("update-email/not-found/address",), finds("update_email", _like)),
    Mutant("update-foreign", "Somebody else's address can be verified.", ("update-email/not-found/foreign-address",), bears("update_email", "email-unknown", _everywhere)),
    Mutant("update-takes-over", "Somebody else's address moves here when it is updated.", ("update-email/not-found/foreign-address",), bears("update_email", "email-unknown", _takes_over)),
    Mutant("update-takes-lists", "A list of addresses is taken, and all are updated.", ("update-email/invalid-body/address-of-wrong-type",), _each_of_list("update_email")),
    Mutant("update-null-is-primary", "null as an address means the primary one.", ("update-email/invalid-body/address-of-wrong-type",), _dealt_with("update_email", lambda request: _wrong_type(request) and (request.members() or {})["email"] is None, 200, _SHOWN)),
    Mutant("update-object-crashes", "An object as an address is answered with 500.", ("update-email/invalid-body/address-of-wrong-type",), refused(lambda request: isinstance((request.members() or {}).get("email"), dict), 500, ["update_email"])),
    # -- deleting ---------------------------------------------------------------------------------
    Mutant("delete-not-done", "A deletion is answered, and not done.", ("delete-email/removes",), saves_nothing("delete_email")),
    Mutant("delete-soft", "A deleted address is still listed.", ("delete-email/removes",), _soft),
    Mutant("delete-unverified-only", "A verified address cannot be deleted.", ("delete-email/removes",), rule("delete_email", lambda inner: _refusing_verified(inner, verified=True))),
    Mutant("delete-verified-only", "An address that is not verified cannot be deleted.", ("delete-email/removes",), rule("delete_email", lambda inner: _refusing_verified(inner, verified=False))),
    Mutant("delete-again-is-204", "A deleted address can be deleted again.", ("delete-email/not-found/address", "delete-email/removes"), bears("delete_email", "email-unknown", lambda _, __, ___: None)),
    Mutant("delete-takes-all", "A deletion takes every address along that is not primary.", ("delete-email/removes-only-that",), _deletes(lambda _, __: True)),
    Mutant("delete-takes-prefixes", "A deletion takes addresses along that begin alike.", ("delete-email/removes-only-that",), _deletes(lambda email, address: email.email.startswith(address) or address.startswith(email.email))),
    Mutant("delete-takes-same-name", "A deletion takes addresses along that have the same name before the @.", ("delete-email/removes-only-that",), _deletes(lambda email, address: email.email.partition("@")[0] == address.partition("@")[0])),
    Mutant("delete-takes-tags", "A deletion takes addresses along that differ only in what stands after a plus.", ("delete-email/removes-only-that",), _deletes(lambda email, address: _without_tag(email.email) == _without_tag(address))),
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
    Mutant("delete-unknown-is-similar", "An unknown address is taken for one that begins like it.", ("delete-email/not-found/address",), finds("delete_email", lambda account, address: _like(replace(account, emails=tuple(e for e in account.emails if not e.primary)), address))),
    Mutant("delete-foreign", "Somebody else's address can be deleted.", ("delete-email/not-found/foreign-address",), bears("delete_email", "email-unknown", _deletes_everywhere)),
    Mutant("delete-takes-lists", "A list of addresses is taken, and all are deleted.", ("delete-email/invalid-body/address-of-wrong-type",), _each_of_list("delete_email")),
    Mutant("delete-null-is-204", "null as an address is answered with 204.", ("delete-email/invalid-body/address-of-wrong-type",), _dealt_with("delete_email", lambda request: _wrong_type(request) and (request.members() or {})["email"] is None, 204)),
    Mutant("delete-number-crashes", "A number as an address is answered with 500.", ("delete-email/invalid-body/address-of-wrong-type",), refused(lambda request: _wrong_type(request) and isinstance((request.members() or {})["email"], int), 500, ["delete_email"])),
)  # fmt: skip
