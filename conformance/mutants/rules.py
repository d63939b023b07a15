"""Building blocks: one operation carried out differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from accounts_contract import Operation
from accounts_contract.schemas import SchemaSet
from conformance.mutants.access import operation
from conformance.mutants.builds import Build, Change, packaged_contract
from mockserver.accounts import user_json
from mockserver.app import Rule
from mockserver.refusals import Refusal, invalid_member
from mockserver.world import Account, Email, World

Body = Mapping[str, Any]
Wrapper = Callable[[Rule], Rule]

TEXTS = ("full_name", "location", "company", "profile_url")


def rule(name: str, wrap: Wrapper) -> Change:
    """An operation with something around its rule."""

    def change(build: Build) -> None:
        build.rules[name] = wrap(build.rules[name])

    return change


def body(name: str, edit: Callable[[dict[str, Any]], Body]) -> Change:
    """An operation that understands something else than what was sent, once it is found valid."""

    def wrap(inner: Rule) -> Rule:
        return lambda world, username, sent: inner(world, username, edit(dict(sent)))

    return rule(name, wrap)


def stores(edit: Callable[[str], str], *members: str) -> Change:
    """A profile whose texts are changed on their way into the store."""
    chosen = members or TEXTS

    def mangled(sent: dict[str, Any]) -> Body:
        return {name: edit(value) if name in chosen else value for name, value in sent.items()}

    return body("update_user", mangled)


def saves_nothing(name: str, keep: Callable[[Body], bool] = lambda _: False) -> Change:
    """An operation that answers as if it had been done, and does not do it unless `keep` says so."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            return inner(world if keep(sent) else world.copy(), username, sent)

        return act

    return rule(name, wrap)


After = Callable[[World, Account, Account, Body], Account]
"""Takes the world, the account before and after, and the body; gives the account to store."""


def then(name: str, fix: After, when: Callable[[Body], bool] = lambda _: True) -> Change:
    """An operation that does something more, or something else, to the account. The answer stays."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            before = world.accounts[username]
            result = inner(world, username, sent)
            if when(sent):
                world.put(fix(world, before, world.accounts[username], sent))
            return result

        return act

    return rule(name, wrap)


def emails(edit: Callable[[tuple[Email, ...], str], tuple[Email, ...]]) -> After:
    """What `then` stores, where only the addresses are edited; `edit` takes them and the address sent."""
    return lambda _, __, after, sent: replace(
        after, emails=edit(after.emails, str(sent.get("email", "")))
    )


def elsewhere(
    name: str,
    edit: Callable[[Account, Body], Account],
    when: Callable[[Body], bool] = lambda _: True,
) -> Change:
    """An operation that changes other accounts too."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            result = inner(world, username, sent)
            if when(sent):
                for account in list(world.accounts.values()):
                    if account.username != username:
                        world.put(edit(account, sent))
            return result

        return act

    return rule(name, wrap)


def refuses_address(name: str, bad: Callable[[str], bool], detail: str = "is refused") -> Change:
    """An operation that finds some addresses invalid."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            if bad(str(sent.get("email", ""))):
                raise invalid_member("made-up", "/email", detail)
            return inner(world, username, sent)

        return act

    return rule(name, wrap)


def bears(name: str, code: str, instead: Callable[[World, str, Body], Any]) -> Change:
    """An operation that does something where it should refuse for the reason of a code."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            try:
                return inner(world, username, sent)
            except Refusal as refusal:
                if refusal.code != code:
                    raise
                return instead(world, username, sent)

        return act

    return rule(name, wrap)


def finds(name: str, choose: Callable[[Account, str], str | None]) -> Change:
    """An operation that takes another address than the one that was sent; None: the one sent."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            chosen = choose(world.accounts[username], str(sent.get("email", "")))
            return inner(world, username, sent if chosen is None else {**sent, "email": chosen})

        return act

    return rule(name, wrap)


def loosened(name: str, required: Sequence[str] = (), **members: Any) -> Change:
    """A contract that lets other members pass: each with a schema of its own; None: not described."""

    def edit(raw: Operation) -> Operation:
        data = packaged_contract().document.data
        described: dict[str, Any] = dict(_members(raw))
        described.update(members)
        described = {key: schema for key, schema in described.items() if schema is not None}
        schema: dict[str, Any] = {"type": "object", "properties": described}
        if required:
            schema["required"] = list(required)
        compiled = SchemaSet(data, "request").compile(schema)
        assert raw.body is not None
        content = {
            media: replace(kind, schema=compiled) for media, kind in raw.body.content.items()
        }
        return replace(raw, body=replace(raw.body, content=content))

    return operation(edit, name)


def _members(raw: Operation) -> Mapping[str, Any]:
    schemas = packaged_contract().document.data["components"]["schemas"]
    names = {
        "update_user": "UserUpdate",
        "add_email": "NewEmail",
        "update_email": "EmailUpdate",
        "delete_email": "EmailRemoval",
    }
    properties: Mapping[str, Any] = schemas[names[raw.id]]["properties"]
    return properties


def set_profile(world: World, username: str, **changes: Any) -> Any:
    """Change some fields of an account, and give the user as now stored."""
    world.put(replace(world.accounts[username], **changes))
    return user_json(world.accounts[username])


def flagged(email: Email, **flags: bool) -> Email:
    """An address with other flags."""
    verified = flags.get("verified", email.verified)
    return replace(email, verified=verified, primary=flags.get("primary", email.primary))
