"""Reads the two accounts with whatever login works, and puts them back as they were."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from accounts_contract import Operation
from conformance.account.restore_file import Record
from conformance.account.state import (
    TEXT_MEMBERS,
    AccountState,
    Email,
    differences,
    documented_user,
)
from conformance.target.credentials import Credentials, logins_of
from conformance.target.target import Account
from conformance.wire.client import Body, Client
from conformance.wire.exchange import Exchange, NotJson
from conformance.wire.transport import TransportError

Part = Literal["all", "user", "emails"]


class StateUnreadable(Exception):
    """An account cannot be read; the message has the answer that shows it."""


@dataclass
class Restored:
    """What became of the clean-up: `problems` bar the way to exit 0, `notes` do not."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def ascii_body(value: Any) -> Body:
    """A value as JSON in ASCII: what is put back may have half a character in it."""
    return Body(json.dumps(value).encode("ascii"))


def is_ours(address: str, tag: str) -> bool:
    """Whether an address is of a run's own making."""
    return tag in address.lower()


class Steward:
    """Knows, for each account and operation, which login works."""

    def __init__(
        self, client: Client, operations: Mapping[str, Operation], accounts: Sequence[Account]
    ) -> None:
        self._client = client
        self._operations = operations
        self.accounts = {account.role: account for account in accounts}
        self._logins = {account.role: list(logins_of(account)) for account in accounts}
        self._found: dict[tuple[str, str], Credentials] = {}
        self._stuck: set[tuple[str, str]] = set()

    def read(
        self, role: str, known: AccountState | None = None, part: Part = "all"
    ) -> AccountState:
        """The account as it is now.

        Args:
            role: Whose.
            known: What the parts that are not read are taken from.
            part: What to read.

        Raises:
            StateUnreadable, TransportError: It cannot be read.
        """
        user: Any = known.user if known and part == "emails" else None
        if user is None:
            user = self._read_json(role, "get_user", dict)
        if known and part == "user":
            return AccountState(documented_user(user), known.emails)
        emails = self._read_json(role, "list_emails", list)
        # Members that are missing are judged elsewhere; here as much is read as can be.
        found = [
            Email(str(one.get("email")), one.get("verified") is True, one.get("primary") is True)
            for one in emails
            if isinstance(one, dict)
        ]
        return AccountState(documented_user(user), tuple(sorted(found)))

    def write(self, role: str, operation: str, value: Mapping[str, Any]) -> bool:
        """Send a JSON body with one login after the other, until one of them succeeds."""
        success = self._operations[operation].success
        return any(
            self._call(role, operation, login, ascii_body(value)).status == success
            for login in self._candidates(role, operation)
        )

    def settle(self, role: str, before: AccountState, now: AccountState, tag: str) -> None:
        """Put an account back between two checks, as far as that works. Raises TransportError."""
        self._put_back(role, before, now, tag)

    def restore(self, record: Record, role: str) -> Restored:
        """Put an account back as a record has it, and read it again to see that it is. Raises TransportError."""
        self._stuck.clear()
        outcome = Restored()
        before = record.accounts[role]
        name = self.accounts[role].username
        try:
            self._put_back(role, before, self.read(role), record.tag)
            now = self.read(role)
        except StateUnreadable as error:
            outcome.problems.append(f"{name} cannot be read: {error}")
            return outcome
        if before.user.get("gravatar_url") != now.user.get("gravatar_url"):
            outcome.notes.append(
                f"the gravatar_url of {name} was {before.user.get('gravatar_url')!r} and is now "
                f"{now.user.get('gravatar_url')!r}; set gravatar_email of the account in the target "
                "file to the address that it was made from"
            )
        left = differences(before, now, ignore=("gravatar_url",))
        outcome.problems += [f"{name}: {difference}" for difference in left]
        return outcome

    def _put_back(self, role: str, before: AccountState, now: AccountState, tag: str) -> None:
        texts = {
            member: before.user[member]
            for member in TEXT_MEMBERS
            if member in before.user and before.user[member] != now.user.get(member)
        }
        if texts and not self.write(role, "update_user", texts):
            for member, value in texts.items():
                self.write(role, "update_user", {member: value})
        self._put_back_emails(role, before, now, tag)
        if before.user.get("gravatar_url") != now.user.get("gravatar_url"):
            address = self.accounts[role].gravatar_email or before.user.get("email")
            self.write(role, "update_user", {"gravatar_email": address})

    def _put_back_emails(
        self, role: str, before: AccountState, now: AccountState, tag: str
    ) -> None:
        there = {email.email for email in now.emails}
        for email in before.emails:
            if email.email not in there:
                self.write(role, "add_email", {"email": email.email})
                if email.verified:
                    self.write(role, "update_email", {"email": email.email, "verified": True})
        primary = before.primary
        if primary is not None and now.primary != primary:
            self.write(role, "update_email", {"email": primary.email, "primary": True})
        known = {email.email for email in before.emails}
        for email in now.emails:
            if email.email in known or (role, email.email) in self._stuck:
                continue
            if not (is_ours(email.email, tag) or _is_no_address(email)):
                continue
            if not self.write(role, "delete_email", {"email": email.email}):
                self._stuck.add((role, email.email))  # not tried again before the end

    def _read_json(self, role: str, operation: str, wanted: type) -> Any:
        last: Exchange | None = None
        for login in self._candidates(role, operation):
            last = self._call(role, operation, login)
            if last.status != 200:
                continue
            try:
                value = last.json()
            except NotJson:
                continue
            if isinstance(value, wanted):
                self._found[role, operation] = login
                return value
        path = urlsplit(last.url).path if last is not None else ""
        answer = f"{last.request.method} {path} answered {last.describe()}" if last else "no login"
        raise StateUnreadable(answer)

    def _candidates(self, role: str, operation: str) -> list[Credentials]:
        """The logins that should open an operation: the one that did, Basic, then few scopes first."""
        needed = self._operations[operation].scopes
        fitting = [
            login
            for login in self._logins[role]
            if login.scopes is None or (login.scopes and needed <= login.scopes)
        ]
        fitting.sort(key=lambda login: (login.scopes is not None, len(login.scopes or ())))
        found = self._found.get((role, operation))
        return fitting if found is None else [found, *(one for one in fitting if one != found)]

    def _call(
        self, role: str, operation: str, login: Credentials, body: Body | None = None
    ) -> Exchange:
        username = self.accounts[role].username
        one = self._operations[operation]
        return self._client.call(one, username, login, body, linger=False)


def _is_no_address(email: Email) -> bool:
    """Whether it is one of the non-addresses that a check sent, and that a faulty target took."""
    local, _, domain = email.email.partition("@")
    return not (local and domain) or any(character.isspace() for character in email.email)


def restore_all(steward: Steward, record: Record) -> Restored:
    """Restore every account of a record; what cannot be reached is a problem, not an error."""
    outcome = Restored()
    for role in record.accounts:
        if role not in steward.accounts:
            outcome.problems.append(f"the target file has no account {role!r} any more")
            continue
        try:
            done = steward.restore(record, role)
        except TransportError as error:
            outcome.problems.append(f"{steward.accounts[role].username}: {error}")
            continue
        outcome.problems += done.problems
        outcome.notes += done.notes
    return outcome
