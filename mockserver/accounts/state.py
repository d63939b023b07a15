"""A world as JSON data, and back: the format of the fixtures and of `/_mock/state`.

Its structure is the schema `State` of `openapi/control.yaml`; what a schema cannot say is checked
here: names that must be unique or must exist, and the one primary address.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields
from itertools import count, islice
from typing import Any
from urllib.parse import quote

from accounts_contract import Schema, Violation
from mockserver.accounts.grants import AuthorizationCode, Client, RefreshToken
from mockserver.accounts.operations import emails_json, gravatar_url
from mockserver.accounts.world import (
    Account,
    Email,
    Login,
    Token,
    World,
    format_time,
    normal_form,
    parse_time,
    token_digest,
)

_HIGHEST_ID = 2**53 - 1
_LONGEST_ADDRESS = 254
_MOST_TOLD = 1000  # violations
_MOST_MADE_UP = 100_000  # addresses of all accounts that `more_emails` makes up
_JOINED = "2014-01-01T00:00:00Z"

KEYS = {
    "accounts": "username",
    "logins": "name",
    "tokens": "token",
    "oauth_clients": "client_id",
    "authorization_codes": "code",
    "refresh_tokens": "token",
}
"""The members of a state, each a list, and the member by which its entries are told apart."""

_RECORDS: Mapping[str, tuple[type[Any], str, Callable[[World, Any], None]]] = {
    "logins": (Login, "logins", World.add_login),
    "tokens": (Token, "tokens", World.add_token),
    "oauth_clients": (Client, "clients", World.add_client),
    "authorization_codes": (AuthorizationCode, "codes", World.add_code),
    "refresh_tokens": (RefreshToken, "refresh_tokens", World.add_refresh_token),
}
"""The lists of a state whose entries have the members of a record: its class, where a world keeps it, and how."""

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
    violations = list(dict.fromkeys(islice(_breaches(data, schema), _MOST_TOLD)))
    broken = {violation.pointer for violation in violations}
    if isinstance(data, Mapping) and not isinstance(data.get("accounts"), list):
        raise StateError(violations)  # all else would seem to belong to nobody
    more = (one for one in _contradictions(data, scopes) if one.pointer not in broken)
    violations += islice(more, _MOST_TOLD)
    if violations:
        raise StateError(violations)
    world = World()
    stored = [one for one in schema.members_of_entries("accounts") if one not in _APART]
    accounts = [raw for _, raw in _entries(data, "accounts")]
    taken = {raw["id"] for raw in accounts if "id" in raw}
    highest = max(taken, default=0)
    free = (one for one in count(highest + 1 if highest < _HIGHEST_ID else 1) if one not in taken)
    for raw in accounts:
        world.put(_account(raw, raw["id"] if "id" in raw else next(free), stored))
    for kind, (record, _, add) in _RECORDS.items():
        for _, raw in _entries(data, kind):
            members = {name: _read(value, name) for name, value in raw.items()}
            if record is Token and "expires_in" in raw:
                world.lifetimes[token_digest(raw["token"])] = members.pop("expires_in")
            if record is RefreshToken:
                members.setdefault("grant", token_digest(raw["token"])[:16])
            add(world, record(**members))
    return world


def _breaches(data: Any, schema: Schema) -> Iterator[Violation]:
    """Give the breaches of the schema `State`, checked entry by entry: no part takes long."""
    lists = {
        name: data[name]
        for name in KEYS
        if isinstance(data, Mapping) and isinstance(data.get(name), list)
    }
    yield from schema.violations({**data, **{name: [] for name in lists}} if lists else data)
    for name, entries in lists.items():
        for index, entry in enumerate(entries):
            part = {"accounts": [], name: [entry]}
            if not schema.is_valid(part):
                for one in schema.violations(part):
                    pointer = one.pointer.replace(f"/{name}/0", f"/{name}/{index}", 1)
                    yield Violation(pointer, one.detail)


def apply_changes(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state that a scenario makes of another one.

    Args:
        data: A state, or a fixtures file.
        changes: The scenario: `accounts` with the members that change, and further entries of the other lists.
    """
    accounts = {raw["username"]: raw for _, raw in _entries(data, "accounts")}
    for _, change in _entries(changes, "accounts"):
        username = change["username"]
        accounts[username] = {**accounts.get(username, {}), **change}
    state: dict[str, Any] = {"accounts": list(accounts.values())}
    for kind, key in KEYS.items():
        if kind != "accounts":
            records = {raw[key]: raw for one in (data, changes) for _, raw in _entries(one, kind)}
            state[kind] = list(records.values())
    return state


def state_of(world: World) -> dict[str, Any]:
    """Return a world as JSON data, from which `world_from_state` makes an equal one."""
    return {name: list(entries) for name, entries in entries_of(world).items()}


def entries_of(world: World) -> dict[str, Iterator[Any]]:
    """Return the lists of a state, each entry made when it is asked for."""
    accounts = map(_account_state, world.accounts.values())
    records = {
        kind: map(_written, getattr(world, name).values())
        for kind, (_, name, _) in _RECORDS.items()
    }
    return {"accounts": accounts, **records}


def _read(value: Any, name: str) -> Any:
    """Return a member of a state as a record has it."""
    if isinstance(value, list):
        return tuple(dict.fromkeys(value))
    return parse_time(value) if name == "expires_at" and value is not None else value


def _written(record: Any) -> dict[str, Any]:
    """Return a record as an entry of a state, without members that have no value."""
    entry: dict[str, Any] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if one.name == "expires_at":
            entry["expires_at"] = None if value is None else format_time(value)
        elif value is not None:
            entry[one.name] = list(value) if isinstance(value, tuple) else value
    return entry


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
        "url": f"https://www.docker.io/api/v1.1/users/{quote(username, safe='')}/",
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
    clients = {str(raw.get("client_id")) for _, raw in _entries(data, "oauth_clients")}
    for kind, key in KEYS.items():
        seen: set[Any] = set()
        for index, raw in _entries(data, kind) if kind != "accounts" else ():
            here = f"/{kind}/{index}"
            what = "login" if kind == "logins" else key
            yield from _once(seen, token_digest(str(raw.get(key))), f"{here}/{key}", what)
            yield from _exists("account", usernames, raw, "username", here)
            yield from _exists("account", usernames, raw, "auto_approve", here)
            if kind in ("authorization_codes", "refresh_tokens"):
                yield from _exists("client", clients, raw, "client_id", here)
            if isinstance(raw.get("scopes"), list):
                yield from unknown_scopes(raw["scopes"], scopes, f"{here}/scopes")
            yield from _time(raw.get("expires_at"), f"{here}/expires_at")
            if "expires_in" in raw and raw.get("expires_at") is not None:
                detail = "cannot stand beside expires_at; leave one out"
                yield Violation(f"{here}/expires_in", detail)


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
    """Return the objects in a list that is a member of some data, with their indexes, and names in their normal form."""
    entries = data.get(name) if isinstance(data, Mapping) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, Mapping):
            names = {
                key: normal_form(entry[key])
                for key in ("username", "name", "auto_approve")
                if isinstance(entry.get(key), str) and not entry[key].isascii()
            }
            yield index, {**entry, **names} if names else entry


def _once(seen: set[Any], value: Any, pointer: str, what: str) -> Iterator[Violation]:
    if not isinstance(value, str | int):
        return
    if value in seen:
        yield Violation(pointer, f"the same {what} stands further up already")
    seen.add(value)


def _exists(
    what: str, known: Collection[Any], raw: Mapping[str, Any], member: str, here: str
) -> Iterator[Violation]:
    """Find the fault of a member that names an account or a client that is not there."""
    name = raw.get(member)
    if isinstance(name, str) and name not in known:
        few = len(known) <= 10  # sorting many for each fault would take long
        shown = ", ".join(sorted(map(str, known))) or "none" if few else f"{len(known):,}"
        called = "username" if what == "account" else "client_id"
        yield Violation(
            f"{here}/{member}", f"no {what} has the {called} {name!r} (there are: {shown})"
        )


def _time(value: Any, pointer: str) -> Iterator[Violation]:
    try:
        if isinstance(value, str):
            parse_time(value)
    except (ValueError, OverflowError):
        yield Violation(pointer, "must be a date-time of RFC 3339 from the years 1 to 9999")
