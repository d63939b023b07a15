"""Reads the two accounts with whatever login works, and puts them back as they were."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from accounts_contract import Operation
from conformance.account.restore_file import Record, is_foreign
from conformance.account.state import (
    AccountState,
    differences,
    documented_user,
    read_emails,
    steady,
)
from conformance.target.credentials import NOBODY, Credentials, logins_of
from conformance.target.target import Account
from conformance.wire.client import Body, Call, Client
from conformance.wire.exchange import Exchange
from conformance.wire.transport import TransportError

Part = Literal["all", "user", "emails"]
_PAUSE = 0.05  # seconds between two readings of a target that may lag
_ROUNDS = 2  # of restoring: a faulty target may change one thing when another is put back
_SHOWN = 300  # characters of an answer in a message


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

    def write(self, operation: str, value: Mapping[str, Any]) -> bool:
        """Send a JSON body with a login that works; return whether it succeeded."""
        return self.restorer.write(self.account.role, operation, value) is not None


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
        self._refused: dict[tuple[str, str], Exchange] = {}
        """The last write that no login could do, by role and operation."""
        self.lag = client.target.consistency
        """The seconds for which a read may show the state before a write; more, once more was seen."""
        self.signed = False
        """True if `gravatar_url` is made anew for each answer."""
        self.failures = 0
        """The writes that no login could do."""
        self._read_ahead: dict[tuple[str, str], Exchange] = {}
        """Answers that came already, to the logins that open the reading operations."""
        self.readings: dict[tuple[str, str], Exchange] = {}
        """The last exchange that read a part of an account, by role and operation."""

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
        if known and part == "emails":
            user = known.user
        else:
            found_user = documented_user(self._read_json(role, self._keeping.reads["user"], dict))
            if not found_user:
                raise StateUnreadable("an object without any of a user's members was answered")
            user = steady(found_user, signed=self.signed)
        if known and part == "user":
            return AccountState(user, known.emails)
        emails = self._read_json(role, self._keeping.reads["emails"], list)
        return AccountState(user, read_emails(emails))

    def read_all(
        self, parts: Mapping[str, Part], known: Mapping[str, AccountState], connections: int
    ) -> dict[str, AccountState]:
        """Return accounts as they are now, read at once over several connections.

        Args:
            parts: What to read of each role.
            known: What the parts that are not read are taken from.
            connections: The most requests that may be on their way at once.

        Raises:
            StateUnreadable, TransportError: One cannot be read.
        """
        wants = [
            (role, self._keeping.reads[one])
            for role, part in parts.items()
            for one in self._keeping.reads
            if part in ("all", one) or role not in known
        ]
        if len(wants) > 1 and self._found.keys() >= set(wants):
            calls = [self._prepared(*want, self._found[want]) for want in wants]
            answers = self._client.send_together(calls, connections)
            self._read_ahead = dict(zip(wants, answers, strict=True))
        try:
            return {role: self.read(role, known.get(role), part) for role, part in parts.items()}
        finally:
            self._read_ahead = {}

    def write(
        self, role: str, operation: str, value: Mapping[str, Any], *, once: bool = False
    ) -> Exchange | None:
        """Send a JSON body with one login after the other, until one of them succeeds.

        Args:
            role: To whose account.
            operation: The operationId.
            value: The body.
            once: Whether a write that failed before is not tried again until the accounts are restored.

        Returns:
            The exchange that succeeded; None if none did.
        """
        success = self._operations[operation].success
        body = ascii_body(value)
        key = (role, operation, body.content)
        if once and key in self._stuck:
            return None
        for login in self._candidates(role, operation):
            sent = self._client.exchange(self._prepared(role, operation, login, body))
            if sent.status == success:
                self._refused.pop((role, operation), None)
                return sent
            self._refused[role, operation] = sent
        self.failures += 1
        if once:
            self._stuck.add(key)
        return None

    def write_all(
        self, role: str, operation: str, values: Sequence[Mapping[str, Any]], *, once: bool = False
    ) -> list[Exchange]:
        """Send bodies that do not depend on each other, at once over several connections.

        What the first login cannot do is tried by `write`, whose arguments these are.

        Returns:
            The exchanges that succeeded, in the order of the bodies.
        """
        login, *_ = (*self._candidates(role, operation), NOBODY)
        new = [
            value
            for value in values
            if not (once and (role, operation, ascii_body(value).content) in self._stuck)
        ]
        calls = [self._prepared(role, operation, login, ascii_body(value)) for value in new]
        sent = self._client.send_together(calls, self._client.target.connections)
        done = [
            exchange
            if exchange.status == self._operations[operation].success
            else self.write(role, operation, value, once=once)
            for value, exchange in zip(new, sent, strict=True)
        ]
        return [exchange for exchange in done if exchange is not None]

    def settle(self, role: str, before: AccountState, now: AccountState, tag: str) -> None:
        """Put an account back between two checks, as far as that works. Raises TransportError."""
        for undo in self._keeping.undo:
            undo(Undoing(self, self.accounts[role], before, now, tag))

    def restore(self, record: Record, role: str) -> Restored:
        """Put an account back as a record has it, and read it again to see that it is."""
        self._stuck.clear()
        self._refused.clear()
        account = self.accounts[role]
        try:
            outcome = self._restored(record, role)
        except (StateUnreadable, TransportError) as error:
            outcome = Restored([f"{account.username}: {error}"])
        if outcome.problems and account.disposable:
            left = "; ".join(outcome.problems)
            return Restored([], [*outcome.notes, f"left as it is, for it is disposable: {left}"])
        if outcome.problems and self._refused:
            outcome.problems += [
                f"{account.username}: {self._shown(one)}" for one in self._refused.values()
            ]
            outcome.notes.append(
                f"put back by hand what the target does not take back; or, if nothing of {account.username} "
                f"needs to be put back, set accounts.{role}.disposable: true in the target file"
            )
        return outcome

    def _restored(self, record: Record, role: str) -> Restored:
        name = self.accounts[role].username
        ignored = tuple(self._keeping.derived)
        time.sleep(self.lag)
        now = self.read(role)
        before = _due(record.accounts[role], now, record.tag)
        for _ in range(_ROUNDS):
            self.settle(role, before, now, record.tag)
            deadline = time.monotonic() + self.lag
            now = self.read(role)
            while differences(before, now, ignore=ignored) and time.monotonic() < deadline:
                time.sleep(_PAUSE)
                now = self.read(role)
            if not differences(before, now, ignore=ignored):
                break
        return Restored(
            [f"{name}: {one}" for one in differences(before, now, ignore=ignored)],
            [
                f"the {made} of {name} was {before.user.get(made)!r} and is now "
                f"{now.user.get(made)!r}; set {source} of the account in the target file to the "
                "address that it was made from"
                for made, source in self._keeping.derived.items()
                if not self.signed and before.user.get(made) != now.user.get(made)
            ],
        )

    def _shown(self, refused: Exchange) -> str:
        """Describe a write that the target did not take."""
        body = (refused.request.body or b"").decode("ascii")
        text = f"{refused.request.method} {body} is answered {refused.describe()}"
        return self._client.target.redact(text)[:_SHOWN]

    def _read_json(self, role: str, operation: str, wanted: type) -> Any:
        last: Exchange | None = None
        for login in self._candidates(role, operation):
            ahead = self._read_ahead.pop((role, operation), None)
            last = ahead or self._client.exchange(self._prepared(role, operation, login))
            if last.status == 200 and isinstance(value := last.data, wanted):
                self._found[role, operation] = login
                self.readings[role, operation] = last
                return value
        path = urlsplit(last.url).path if last is not None else ""
        answer = f"{last.request.method} {path} answered {last.describe()}" if last else "no login"
        raise StateUnreadable(answer)

    def _candidates(self, role: str, operation: str) -> list[Credentials]:
        """Return the logins that should open an operation: the one that did, few scopes first, then Basic."""
        needed = self._operations[operation].scopes
        fitting = [
            login
            for login in self._logins[role]
            if login.scopes is None or (login.scopes and needed <= login.scopes)
        ]
        fitting.sort(key=lambda login: (login.scopes is None, len(login.scopes or ())))
        found = self._found.get((role, operation))
        return fitting if found is None else [found, *(one for one in fitting if one != found)]

    def _prepared(
        self, role: str, operation: str, login: Credentials, body: Body | None = None
    ) -> Call:
        username = self.accounts[role].username
        return self._client.prepare(
            self._operations[operation], username, login, body, linger=False
        )


def _due(before: AccountState, now: AccountState, tag: str) -> AccountState:
    """Return the state to be reached: an address that another run had added, and has removed, is not added again."""
    there = {one.email for one in now.emails}
    return replace(
        before,
        emails=tuple(
            one for one in before.emails if one.email in there or not is_foreign(one.email, tag)
        ),
    )


def restore_all(restorer: Restorer, record: Record) -> Restored:
    """Restore every account of a record; what cannot be reached is a problem, not an error."""
    outcome = Restored()
    for role in record.accounts:
        if role not in restorer.accounts:
            outcome.problems.append(f"the target file has no account {role!r} any more")
            continue
        done = restorer.restore(record, role)
        outcome.problems += done.problems
        outcome.notes += done.notes
    return outcome
