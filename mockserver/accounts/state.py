"""A world as JSON data, and back: the format of the fixtures and of `/_mock/state`.

Its structure is the schema `State` of `openapi/control.yaml`; what a schema cannot say is checked
here: names that must be unique or must exist, and the one primary address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import count, islice
from typing import Any

from accounts_contract import Schema, Violation
from mockserver.accounts.operations import emails_json, gravatar_url
from mockserver.accounts.world import (
    Account,
    Email,
    Login,
    Token,
    World,
    format_time,
    parse_time,
    token_digest,
)

_HIGHEST_ID = 2**53 - 1
_LONGEST_ADDRESS = 254
_MOST_TOLD = 1000  # violations
_MOST_MADE_UP = 100_000  # addresses of all accounts that `more_emails` makes up
_JOINED = "2014-01-01T00:00:00Z"
_APART = ("password", "is_active", "emails", "more_emails")
"""Members of an account in the state that are not stored as members of the user."""


class StateError(Exception):
    """Data that describes no world, with everything that is wrong with it."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(f"{one.pointer}: {one.detail}" for one in violations))
        self.violations = violations


def world_from_state(data: Any, schema: Schema, scopes: Collection[str]) -> World:
    """Return the world that JSON data describes.

    Args:
        data: What a fixtures file or the body of `PUT /_mock/state` holds.
        schema: The schema `State`.
        scopes: The scopes that the contract declares.

    Raises:
        StateError: The data breaks the format.
    """
    violations = schema.violations(data)
    broken = {violation.pointer for violation in violations}
    more = (one for one in _contradictions(data, scopes) if one.pointer not in broken)
    violations += islice(more, _MOST_TOLD)
    if violations:
        raise StateError(violations)
    world = World()
    members = [one for one in schema.members_within("accounts", "[]") if one not in _APART]
    taken = {raw["id"] for raw in data["accounts"] if "id" in raw}
    highest = max(taken, default=0)
    free = (one for one in count(highest + 1 if highest < _HIGHEST_ID else 1) if one not in taken)
    for raw in data["accounts"]:
        world.put(_account(raw, raw["id"] if "id" in raw else next(free), members))
    for raw in data.get("logins", ()):
        world.add_login(Login(raw["name"], raw["password"], raw["username"]))
    for raw in data.get("tokens", ()):
        expires_at = raw.get("expires_at")
        world.add_token(
            Token(
                raw["token"],
                raw["username"],
                tuple(dict.fromkeys(raw["scopes"])),
                None if expires_at is None else parse_time(expires_at),
                raw.get("revoked", False),
            )
        )
    return world


def apply_changes(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state that a scenario makes of another one.

    Args:
        data: A state, or a fixtures file.
        changes: The scenario: `accounts` with the members that change, further `logins` and `tokens`.
    """
    accounts = {raw["username"]: raw for raw in data["accounts"]}
    for change in changes.get("accounts", ()):
        username = change["username"]
        accounts[username] = {**accounts.get(username, {}), **change}
    state: dict[str, Any] = {"accounts": list(accounts.values())}
    for kind, key in (("logins", "name"), ("tokens", "token")):
        records = {raw[key]: raw for raw in (*data.get(kind, ()), *changes.get(kind, ()))}
        state[kind] = list(records.values())
    return state


def state_of(world: World) -> dict[str, Any]:
    """Return a world as JSON data, from which `world_from_state` makes an equal one."""
    return {
        "accounts": [_account_state(account) for account in world.accounts.values()],
        "logins": [
            {"name": login.name, "password": login.password, "username": login.username}
            for login in world.logins.values()
        ],
        "tokens": [
            {
                "token": token.token,
                "username": token.username,
                "scopes": list(token.scopes),
                "expires_at": None if token.expires_at is None else format_time(token.expires_at),
                "revoked": token.revoked,
            }
            for token in world.tokens.values()
        ],
    }


def unknown_scopes(asked: list[Any], scopes: Collection[str], pointer: str) -> Iterator[Violation]:
    """Return a violation for each scope that the contract does not declare."""
    for index, scope in enumerate(asked):
        if isinstance(scope, str) and scope not in scopes:
            known = ", ".join(scopes)
            detail = f"{scope!r} is no scope of the contract ({known})"
            yield Violation(f"{pointer}/{index}", detail)


def _account(raw: Mapping[str, Any], number: int, members: Collection[str]) -> Account:
    emails = tuple(
        Email(email["email"], email.get("verified", False), email.get("primary", False))
        for email in raw["emails"]
    )
    primary = next(email.email for email in emails if email.primary)
    username = raw["username"]
    emails += tuple(Email(one, verified=False, primary=False) for one in _made_up(raw))
    defaults = {
        "id": number,
        "url": f"https://www.docker.io/api/v1.1/users/{username}/",
        "date_joined": _JOINED,
        "type": "User",
        "gravatar_url": gravatar_url(primary),
    }
    kept = {name: raw.get(name, defaults.get(name, "")) for name in members}
    return Account(raw["password"], raw.get("is_active", True), kept, emails)


def _made_up(raw: Mapping[str, Any]) -> Iterator[str]:
    """Return the addresses that `more_emails` adds to an account."""
    for number in range(1, raw.get("more_emails", 0) + 1):
        yield f"more-{number}@{raw['username']}.example.com"


def _account_state(account: Account) -> dict[str, Any]:
    return {
        **account.members,
        "password": account.password,
        "is_active": account.is_active,
        "emails": emails_json(account),
    }


def _contradictions(data: Any, scopes: Collection[str]) -> Iterator[Violation]:
    """Find contradictions that no schema can describe. Where the data breaks the schema too, as much as can be made out."""
    usernames: set[str] = set()
    ids: set[int] = set()
    addresses: set[str] = set()
    made_up = 0
    for index, raw in _entries(data, "accounts"):
        here = f"/accounts/{index}"
        yield from _once(usernames, raw.get("username"), f"{here}/username", "username")
        yield from _once(ids, raw.get("id"), f"{here}/id", "id")
        primaries = 0
        for number, email in _entries(raw, "emails"):
            primaries += email.get("primary") is True
            address = str(email.get("email")).lower()
            yield from _once(addresses, address, f"{here}/emails/{number}/email", "address")
        if primaries != 1:
            how_many = "none is" if primaries == 0 else f"{primaries} are"
            detail = (
                f"exactly one address must be primary, and {how_many}; set primary: true on one"
            )
            yield Violation(f"{here}/emails", detail)
        more = raw.get("more_emails")
        if isinstance(more, int) and isinstance(raw.get("username"), str):
            made_up += more
            yield from _more(raw, made_up, addresses, f"{here}/more_emails")
    names: set[str] = set()
    for index, raw in _entries(data, "logins"):
        here = f"/logins/{index}"
        yield from _once(names, raw.get("name"), f"{here}/name", "login")
        yield from _owned(raw, usernames, here)
    tokens: set[str] = set()
    for index, raw in _entries(data, "tokens"):
        here = f"/tokens/{index}"
        yield from _once(tokens, token_digest(str(raw.get("token"))), f"{here}/token", "token")
        yield from _owned(raw, usernames, here)
        if isinstance(raw.get("scopes"), list):
            yield from unknown_scopes(raw["scopes"], scopes, f"{here}/scopes")
        yield from _time(raw.get("expires_at"), f"{here}/expires_at")


def _more(
    raw: Mapping[str, Any], made_up: int, addresses: set[str], pointer: str
) -> Iterator[Violation]:
    """Find the faults of the addresses that are made up for an account, `made_up` of them so far."""
    if made_up > _MOST_MADE_UP:
        yield Violation(pointer, f"makes more than {_MOST_MADE_UP:,} addresses, with those before")
        return
    for address in _made_up(raw):
        if address.count("@") > 1 or len(address) > _LONGEST_ADDRESS:
            detail = "needs a username that can stand in an address, shorter and without @"
            yield Violation(pointer, detail)
            return
        yield from _once(addresses, address.lower(), pointer, "address")


def _entries(data: Any, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Return the objects in a list that is a member of some data, with their indexes."""
    entries = data.get(name) if isinstance(data, Mapping) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, Mapping):
            yield index, entry


def _once(seen: set[Any], value: Any, pointer: str, what: str) -> Iterator[Violation]:
    if not isinstance(value, str | int):
        return
    if value in seen:
        yield Violation(pointer, f"the same {what} stands further up already")
    seen.add(value)


def _owned(raw: Mapping[str, Any], usernames: set[str], here: str) -> Iterator[Violation]:
    username = raw.get("username")
    if isinstance(username, str) and username not in usernames:
        known = ", ".join(sorted(map(str, usernames))[:10]) or "none"
        detail = f"no account has the username {username!r} (there are: {known})"
        yield Violation(f"{here}/username", detail)


def _time(value: Any, pointer: str) -> Iterator[Violation]:
    try:
        if isinstance(value, str):
            parse_time(value)
    except (ValueError, OverflowError):
        yield Violation(pointer, "must be a date-time of RFC 3339 from the years 1 to 9999")
