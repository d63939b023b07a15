"""Reads the two accounts with whatever login works, and puts them back as they were."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from accounts_contract import Operation
from conformance.account.restore_file import Record
from conformance.account.state import (
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
    """The outcome of a clean-up: `problems` bar the way to exit 0, `notes` do not."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def ascii_body(value: Any) -> Body:
    """Return a value as JSON in ASCII: a text that is put back may have half a character in it."""
    return Body(json.dumps(value).encode("ascii"))


@dataclass(frozen=True, slots=True)
class Undoing:
    """One account to be put back, in the hands of the operation whose effects are undone.

    Attributes:
        account: The account, as the target file has it.
        before: The state to be reached.
        now: The state before anything was undone.
        tag: The mark of the run, which stands in all that it wrote.
    """

    restorer: Restorer
    account: Account
    before: AccountState
    now: AccountState
    tag: str

    def write(self, operation: str, value: Mapping[str, Any], *, once: bool = False) -> bool:
        """Send a JSON body with a login that works; return whether it succeeded.

        Args:
            operation: The operationId.
            value: The body.
            once: Whether a write that failed before is not tried again until the end of the run.
        """
        return self.restorer.write(self.account.role, operation, value, once=once)


Undo = Callable[[Undoing], None]


@dataclass(frozen=True)
class Keeping:
    """The way to read and to put back an account, as the descriptions of the operations have it.

    Attributes:
        reads: The operation that reads each part of the state.
        undo: One for each operation that writes, in the order of undoing.
        derived: Members of the user that no request sets; by which key of the target file they are made again.
    """

    reads: Mapping[Part, str]
    undo: Sequence[Undo]
    derived: Mapping[str, str]


class Restorer:
    """The way to read, write and restore the accounts, with the logins that work."""

    def __init__(
        self,
        client: Client,
        operations: Mapping[str, Operation],
        accounts: Sequence[Account],
        keeping: Keeping,
    ) -> None:
        self._keeping = keeping
        self._client = client
        self._operations = operations
        self.accounts = {account.role: account for account in accounts}
        self._logins = {account.role: list(logins_of(account)) for account in accounts}
        self._found: dict[tuple[str, str], Credentials] = {}
        self._stuck: set[tuple[str, str, bytes]] = set()

    def read(
        self, role: str, known: AccountState | None = None, part: Part = "all"
    ) -> AccountState:
        """Return the account as it is now.

        Args:
            role: Whose.
            known: What the parts that are not read are taken from.
            part: What to read.

        Raises:
            StateUnreadable, TransportError: It cannot be read.
        """
        user: Any = known.user if known and part == "emails" else None
        if user is None:
            user = self._read_json(role, self._keeping.reads["user"], dict)
        if known and part == "user":
            return AccountState(documented_user(user), known.emails)
        emails = self._read_json(role, self._keeping.reads["emails"], list)
        # Members that are missing are judged elsewhere; here as much is read as can be.
        found = [
            Email(str(one.get("email")), one.get("verified") is True, one.get("primary") is True)
            for one in emails
            if isinstance(one, dict)
        ]
        return AccountState(documented_user(user), tuple(sorted(found)))

    def write(
        self, role: str, operation: str, value: Mapping[str, Any], *, once: bool = False
    ) -> bool:
        """Send a JSON body with one login after the other, until one of them succeeds.

        Args:
            role: To whose account.
            operation: The operationId.
            value: The body.
            once: Whether a write that failed before is not tried again until the accounts are restored.
        """
        success = self._operations[operation].success
        body = ascii_body(value)
        key = (role, operation, body.content)
        if once and key in self._stuck:
            return False
        done = any(
            self._call(role, operation, login, body).status == success
            for login in self._candidates(role, operation)
        )
        if once and not done:
            self._stuck.add(key)
        return done

    def settle(self, role: str, before: AccountState, now: AccountState, tag: str) -> None:
        """Put an account back between two checks, as far as that works. Raises TransportError."""
        for undo in self._keeping.undo:
            undo(Undoing(self, self.accounts[role], before, now, tag))

    def restore(self, record: Record, role: str) -> Restored:
        """Put an account back as a record has it, and read it again to see that it is. Raises TransportError."""
        self._stuck.clear()
        outcome = Restored()
        before = record.accounts[role]
        name = self.accounts[role].username
        try:
            self.settle(role, before, self.read(role), record.tag)
            now = self.read(role)
        except StateUnreadable as error:
            outcome.problems.append(f"{name} cannot be read: {error}")
            return outcome
        for made, source in self._keeping.derived.items():
            if before.user.get(made) != now.user.get(made):
                outcome.notes.append(
                    f"the {made} of {name} was {before.user.get(made)!r} and is now "
                    f"{now.user.get(made)!r}; set {source} of the account in the target file to the "
                    "address that it was made from"
                )
        left = differences(before, now, ignore=tuple(self._keeping.derived))
        outcome.problems += [f"{name}: {difference}" for difference in left]
        return outcome

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
        """Return the logins that should open an operation: the one that did, Basic, then few scopes first."""
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


def restore_all(restorer: Restorer, record: Record) -> Restored:
    """Restore every account of a record; what cannot be reached is a problem, not an error."""
    outcome = Restored()
    for role in record.accounts:
        if role not in restorer.accounts:
            outcome.problems.append(f"the target file has no account {role!r} any more")
            continue
        try:
            done = restorer.restore(record, role)
        except TransportError as error:
            outcome.problems.append(f"{restorer.accounts[role].username}: {error}")
            continue
        outcome.problems += done.problems
        outcome.notes += done.notes
    return outcome
