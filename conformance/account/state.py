"""The state of an account, as it is read from the target, and the differences of two readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from conformance.catalogue.requirements import packaged_contract

SIGNED = "gravatar_url"
"""The member that a target may make anew for each answer."""


@cache
def members(schema: str) -> Mapping[str, frozenset[str]]:
    """Return the members of a schema of the contract, in their order, with their JSON types."""
    return packaged_contract().schema(schema, "response").member_types


def user_members() -> Mapping[str, frozenset[str]]:
    """Return the documented members of a user, with their JSON types."""
    return members("User")


@cache
def text_members() -> tuple[str, ...]:
    """Return the members of a user that can be set and are read again as they were set."""
    return tuple(name for name in members("UserUpdate") if name in user_members())


@dataclass(frozen=True, slots=True, order=True)
class Email:
    """An address of an account."""

    email: str
    verified: bool
    primary: bool

    def __str__(self) -> str:
        marks = ["verified" if self.verified else "not verified"]
        return f"{self.email} ({', '.join(marks + ['primary'] * self.primary)})"


@dataclass(frozen=True)
class AccountState:
    """The documented members of a user and the addresses, in no order."""

    user: Mapping[str, Any]
    emails: tuple[Email, ...]

    @property
    def primary(self) -> Email | None:
        """The primary address; None unless there is exactly one."""
        primaries = [email for email in self.emails if email.primary]
        return primaries[0] if len(primaries) == 1 else None

    def find(self, address: str) -> Email | None:
        """Return the address that is spelled so."""
        return next((email for email in self.emails if email.email == address), None)

    def with_user(self, **members: Any) -> AccountState:
        """Return a copy with members of the user replaced."""
        return replace(self, user={**self.user, **members})

    def with_email(self, email: Email) -> AccountState:
        """Return a copy with an address added, or put in the place of the one that is spelled so."""
        kept = [other for other in self.emails if other.email != email.email]
        if email.primary:
            kept = [replace(other, primary=False) for other in kept]
        return replace(self, emails=tuple(sorted([*kept, email])))

    def without_email(self, address: str) -> AccountState:
        """Return a copy without an address."""
        kept = tuple(email for email in self.emails if email.email != address)
        return replace(self, emails=kept)


def read_emails(value: Any) -> tuple[Email, ...]:
    """Return the addresses of a list; what is missing in it, or of another type, is judged elsewhere."""
    found = [
        Email(str(one.get("email")), one.get("verified") is True, one.get("primary") is True)
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict)
    ]
    return tuple(sorted(found))


def documented_user(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the documented members of a user, without those that an implementation adds."""
    return {name: value[name] for name in user_members() if name in value}


def steady(user: Mapping[str, Any], *, signed: bool) -> dict[str, Any]:
    """Return a user without what varies where `gravatar_url` is signed anew for each answer: its query, or all of it."""
    url, query, _ = str(user.get(SIGNED)).partition("?")
    if signed and query:
        return {**user, SIGNED: url}
    return {name: one for name, one in user.items() if not (signed and name == SIGNED)}


def user_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, ignore: Sequence[str] = ()
) -> list[str]:
    """Describe the members that differ."""
    return [
        f"{name} was {before.get(name)!r} and is {after.get(name)!r}"
        for name in user_members()
        if name not in ignore and before.get(name) != after.get(name)
    ]


def email_differences(before: Sequence[Email], after: Sequence[Email]) -> list[str]:
    """Describe the addresses that differ; the order means nothing."""
    problems = []
    by_address = {email.email: email for email in after}
    known = {email.email for email in before}
    for email in before:
        now = by_address.get(email.email)
        if now is None:
            problems.append(f"{email.email} is gone")
        elif now != email:
            problems.append(f"{email} is now {now}")
    problems += [f"{email} was not there" for email in after if email.email not in known]
    if len(by_address) < len(after):
        problems.append("an address is listed twice")
    return problems


def differences(
    before: AccountState, after: AccountState, *, ignore: Sequence[str] = ()
) -> list[str]:
    """Describe the differences of two readings of an account; `ignore` names members of the user."""
    return [
        *user_differences(before.user, after.user, ignore=ignore),
        *email_differences(before.emails, after.emails),
    ]
