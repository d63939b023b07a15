"""The operations of the Accounts API as plain rules on a world.

Each takes the world, the parameters in the path, in their order, and the documented members of the body,
which the contract has found valid; changes the world or refuses; and gives back what there is to answer,
as JSON data or as a view of an account.

Where the text of the API is silent, the mock server: stores empty strings; refuses an address that
anybody has, compared without regard to case; lets an unverified address become primary; has the
user's `email` follow the primary address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mockserver.accounts.refusals import Unknown, invalid_member
from mockserver.accounts.world import Account, Email, View, World

Json = dict[str, Any]

_FIXED = ("id", "username")  # by them an account is known


def get_user(world: World, username: str) -> View:
    """Return the profile of an account, as documented."""
    return View(_account(world, username), user_json)


def update_user(world: World, username: str, body: Mapping[str, Any]) -> View:
    """Set the members that are present, and answer with the user as now stored.

    "gravatar_email (string) – (optional) the new Gravatar email address": it is not kept, but
    changes `gravatar_url`. Members that the contract does not list never change.
    """
    account = _account(world, username)
    members = account.members
    changes = {name: body[name] for name in body if name in members and name not in _FIXED}
    if "gravatar_email" in body:
        changes["gravatar_url"] = gravatar_url(str(body["gravatar_email"]))
    if changes:
        account = Account(
            account.password, account.is_active, {**members, **changes}, account.emails
        )
        world.put(account)
    return View(account, user_json)


def list_emails(world: World, username: str) -> View:
    """Return all addresses of the account."""
    return View(_account(world, username), emails_json)


def add_email(world: World, username: str, body: Mapping[str, Any]) -> Json:
    """Add an address: "The email address must be verified separately".

    Raises:
        Invalid: Somebody has the address already.
    """
    account = _account(world, username)
    address = _address(body)
    owner = world.owner_of(address)
    if owner is not None:
        who = "this account" if owner.username == username else "another account"
        raise invalid_member("email-taken", "/email", f"is taken: {who} has this address already")
    email = Email(address, verified=False, primary=False)
    world.put(replace(account, emails=(*account.emails, email)))
    world.claim(address, username)
    return email_json(email)


def update_email(world: World, username: str, body: Mapping[str, Any]) -> Json:
    """Mark an address as verified, or make it the primary one, which unsets the previous one.

    Raises:
        Unknown: The account has no such address.
    """
    account = _account(world, username)
    email = _email(account, _address(body))
    changed = replace(
        email,
        verified=email.verified or body.get("verified", False),
        primary=email.primary or body.get("primary", False),
    )
    if changed != email:
        unset = changed.primary and not email.primary
        emails = tuple(
            changed if other is email else replace(other, primary=False) if unset else other
            for other in account.emails
        )
        world.put(replace(account, emails=emails))
    return email_json(changed)


def delete_email(world: World, username: str, body: Mapping[str, Any]) -> None:
    """Remove an address: "You cannot delete a user's primary email address".

    Raises:
        Unknown: The account has no such address.
        Invalid: It is the primary one.
    """
    account = _account(world, username)
    email = _email(account, _address(body))
    if email.primary:
        detail = "is the primary address, which cannot be deleted; make another one primary first"
        raise invalid_member("primary-email", "/email", detail)
    world.put(
        replace(account, emails=tuple(other for other in account.emails if other is not email))
    )
    world.release(email.email)


def user_json(account: Account) -> Json:
    """Return the documented user."""
    return {**account.members, "email": account.email, "is_active": account.is_active}


def emails_json(account: Account) -> list[Json]:
    """Return the documented addresses of an account."""
    return [email_json(email) for email in account.emails]


def email_json(email: Email) -> Json:
    """Return the documented address."""
    return {"email": email.email, "verified": email.verified, "primary": email.primary}


def gravatar_url(address: str) -> str:
    """Return the picture of an address in the documented form, with the MD5 that Gravatar asks for."""
    digest = hashlib.md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()
    return f"https://secure.gravatar.com/avatar/{digest}.jpg?s=80&r=g&d=mm"


def _account(world: World, username: str) -> Account:
    account = world.accounts.get(username)
    if account is None:
        raise Unknown("user-unknown", f"no account has the username {username!r}")
    return account


def _email(account: Account, address: str) -> Email:
    """Return the address of the account that is spelled so; failing that, one that differs only in case."""
    for email in account.emails:
        if email.email == address:
            return email
    lowered = address.lower()
    for email in account.emails:
        if email.email.lower() == lowered:
            return email
    raise Unknown("email-unknown", f"the account {account.username} has no such address")


def _address(body: Mapping[str, Any]) -> str:
    # The contract demands it; a copy of the contract may not.
    address = body.get("email")
    if not isinstance(address, str):
        raise invalid_member("body-invalid", "/email", "must be given, as a text")
    return address


Rule = Callable[..., Any]
"""Takes a world, the parameters in the path and, where the operation reads one, a body; gives JSON data, a View or None."""

RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        get_user,
        update_user,
        list_emails,
        add_email,
        update_email,
        delete_email,
    )
}
"""The rule of each operation, by its id in the contract."""
