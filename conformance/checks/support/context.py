"""The context of a check: logins, requests, the state of both accounts, addresses of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from accounts_contract import Contract, Operation
from conformance.account.restore_file import TAG_PATTERN, Record
from conformance.account.restorer import Part, Restorer, StateUnreadable
from conformance.account.state import AccountState, Email
from conformance.checks.support.descriptions import Descriptions
from conformance.checks.support.judge import NotConfigured, NotVerified
from conformance.settings import Settings
from conformance.target.credentials import Credentials, password_of, token_of
from conformance.target.target import Account, Scopes, Target, TokenCommandError
from conformance.wire.client import Body, Client
from conformance.wire.exchange import Exchange

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Prepared:
    """The findings before the first check, made once for all workers.

    Attributes:
        tag: Stands in everything that this run writes.
        record: How the accounts were; None if they could not be read.
        no_writes: Why nothing may be written; empty if it may.
        dead: Logins without effect that are no error, by their keys: why they cannot be judged.
        fixed_members: Members of the owner's profile that the target would not let us put back.
    """

    tag: str
    record: Record | None
    no_writes: str = ""
    dead: Mapping[str, str] = field(default_factory=dict)
    fixed_members: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return it as text, for the workers."""
        data = {
            "tag": self.tag,
            "record": self.record.to_json() if self.record else None,
            "no_writes": self.no_writes,
            "dead": dict(self.dead),
            "fixed_members": list(self.fixed_members),
        }
        return json.dumps(data)

    @classmethod
    def from_json(cls, text: str) -> Prepared:
        """Read it from the text of to_json()."""
        data = json.loads(text)
        record = Record.from_json(data["record"]) if data["record"] else None
        return cls(
            data["tag"], record, data["no_writes"], data["dead"], tuple(data["fixed_members"])
        )


class CheckContext:
    """The run as one process sees it."""

    def __init__(
        self,
        settings: Settings,
        target: Target,
        contract: Contract,
        client: Client,
        prepared: Prepared,
        descriptions: Descriptions,
        worker: str = "",
    ) -> None:
        self.settings = settings
        self.target = target
        self.contract = contract
        self.operations: Mapping[str, Operation] = contract.operations
        self.client = client
        self.prepared = prepared
        self.tag = prepared.tag
        self.descriptions = descriptions
        self.restorer = Restorer(client, contract.operations, target.accounts, descriptions.keeping)
        self.disturbed = ""
        """The trace of another run; empty if none was seen."""
        self._state: dict[str, AccountState] = {}
        self._resting: dict[str, AccountState] = (
            dict(prepared.record.accounts) if prepared.record else {}
        )
        self._known = {text for state in self._resting.values() for text in texts_of(state)}
        """The texts that were there before: no mark in them tells of another run."""
        self._dirty = True
        self._worker = worker
        self._numbers = itertools.count(1)
        self._minted: dict[tuple[str, Scopes], Credentials] = {}

    # -- as whom ----------------------------------------------------------------------------------

    def account(self, role: str) -> Account:
        """Return the owner or the other user. Raises NotVerified."""
        if role == "other" and self.target.other is None:
            raise NotVerified("the target file has no accounts.other; add a second user")
        return self.target.owner if role == "owner" else self.target.accounts[1]

    def basic(self, role: str) -> Credentials:
        """Return the Basic login of an account. Raises NotVerified."""
        login = password_of(self.account(role))
        if login is None:
            raise NotVerified(f"the target file has no accounts.{role}.password; add it")
        return self._alive(login)

    def token(self, role: str, scopes: Scopes) -> Credentials:
        """Return a listed token of an account, or a minted one. Raises NotVerified, NotConfigured."""
        account = self.account(role)
        if scopes in account.tokens:
            return self._alive(token_of(account, scopes, account.tokens[scopes]))
        key = (role, scopes)
        if key not in self._minted:
            name = " ".join(sorted(scopes))
            if self.target.token_command is None and len(scopes) not in (
                0,
                1,
                len(self.contract.scopes),
            ):
                raise NotConfigured(
                    f"accounts.{role}.tokens has none for {name!r}, and there is no token_command"
                )
            if self.target.token_command is None:
                raise NotVerified(f'accounts.{role}.tokens has none for "{name}"; add one')
            try:
                self._minted[key] = token_of(account, scopes, self.target.mint(account, scopes))
            except TokenCommandError as error:
                raise NotVerified(f"{error} (for {name!r})") from None
        return self._minted[key]

    def scopes(self, operation: str) -> Scopes:
        """Return the scopes that an operation demands of a token."""
        return self.operations[operation].scopes

    def login(self, operation: str, role: str = "owner") -> Credentials:
        """Return a login that opens an operation: the token with its scope alone, else what else there is."""
        # None stands for Basic.
        for scopes in (self.scopes(operation), None, frozenset(self.contract.scopes)):
            try:
                return self.basic(role) if scopes is None else self.token(role, scopes)
            except (NotVerified, NotConfigured):
                continue
        raise NotVerified(f"the target file has no login of accounts.{role} that opens {operation}")

    def _alive(self, login: Credentials) -> Credentials:
        if login.key in self.prepared.dead:
            raise NotVerified(self.prepared.dead[login.key])
        return login

    # -- requests ---------------------------------------------------------------------------------

    def call(
        self,
        operation: str,
        credentials: Credentials,
        value: Any = None,
        *,
        form: bool = False,
        body: Body | None = None,
        username: str | None = None,
        query: str = "",
        accept: str | None = JSON,
    ) -> Exchange:
        """Send a request: to the owner's account, with a value as JSON or a form, or with a raw body.

        Raises:
            TransportError: There is no answer that could be judged.
            NotVerified: It might do what nothing undoes.
        """
        one = self.operations[operation]
        if body is None and value is not None:
            body = form_body(value) if form else json_body(value)
        self._spare(one, credentials, username or self.target.owner.username)
        if one.writes:
            self._dirty = True
        path = self.path(operation, username)
        return self.client.send(
            one.method.upper(), path + query, credentials, body, operation, accept=accept
        )

    def _spare(self, operation: Operation, credentials: Credentials, username: str) -> None:
        """Refuse to do what nothing undoes, with the account's own login. Raises NotVerified."""
        reason = self.descriptions[operation.id].irreversible
        opens = credentials.scopes is None or operation.scopes <= credentials.scopes
        account = self.restorer.accounts.get(credentials.role)
        if reason and opens and account is not None and account.username == username:
            raise NotVerified(f"{operation.id} is not sent with the login of its account: {reason}")

    def path(self, operation: str, username: str | None = None) -> str:
        """Return the path of a correct request, to the owner's account or to another one."""
        one = self.operations[operation]
        further = self.descriptions[operation].parameters
        owner = self.target.owner.username
        is_other = self.has_other and username == self.account("other").username != owner
        values = further(self, "other" if is_other else "owner") if further is not None else {}
        return one.fill({str(one.owner): username or owner, **values})

    def send(
        self, method: str, operation: str, credentials: Credentials, username: str = ""
    ) -> Exchange:
        """Send another method to the path of an operation."""
        self._dirty = True
        return self.client.send(method, self.path(operation, username), credentials)

    # -- what is stored ---------------------------------------------------------------------------

    def observe(self, role: str = "owner", part: Part = "all") -> AccountState:
        """Return the account, or a part of it, as it is now. Raises NotVerified, TransportError."""
        self.account(role)
        try:
            state = self.restorer.read(role, self._state.get(role), part)
        except StateUnreadable as error:
            raise NotVerified(f"the account cannot be read back: {error}") from None
        self._notice_others(state)
        self._state[role] = state
        if role == "owner":
            self._dirty = False
        return state

    def before(self, role: str = "owner") -> AccountState:
        """Return the account as it was last read."""
        return self._state[role] if role in self._state else self.observe(role)

    @property
    def has_other(self) -> bool:
        """Return whether the target file has a second account."""
        return self.target.other is not None

    def address(self, hint: str = "", domain: str = "example.com") -> str:
        """Return a new address that is valid by anyone's reading, and ours."""
        return f"{self.tag}.{self._worker}{next(self._numbers)}{hint}@{domain}"

    def text(self, words: str) -> str:
        """Return a text for the profile that is ours."""
        return f"{words} {self.tag}"

    def added(self, role: str = "owner", *, verified: bool = False) -> Email:
        """Return a new address of an account, for a check to work on. Raises NotVerified."""
        self.account(role)
        address = self.address()
        self._dirty = True
        done = self.restorer.write(role, "add_email", {"email": address})
        if done and verified:
            done = self.restorer.write(role, "update_email", {"email": address, "verified": True})
        found = self.observe(role).find(address)
        if not done or found is None or found.verified is not verified:
            what = "a verified address" if verified else "an address"
            raise NotVerified(f"the check needs {what}, and adding one did not work")
        return found

    def make(self, operation: str, value: Mapping[str, Any], role: str = "owner") -> bool:
        """Prepare something with whatever login works, and read the account again."""
        self._dirty = True
        done = self.restorer.write(role, operation, value)
        self.observe(role)
        return done

    def standing(self) -> Email:
        """Return an address of the owner, neither verified nor primary, that stays for the next checks."""
        resting = self._resting.get("owner")
        for email in resting.emails if resting else ():
            plain = not email.verified and not email.primary
            if plain and self.tag in email.email and self.before().find(email.email) == email:
                return email
        email = self.added()
        if resting is not None:
            self._resting["owner"] = resting.with_email(email)
        return email

    # -- between checks ---------------------------------------------------------------------------

    def begin(self, *, fresh: bool) -> None:
        """Prepare for a check that writes. Raises NotVerified if nothing may be written."""
        if self.prepared.no_writes:
            raise NotVerified(self.prepared.no_writes)
        if fresh:
            self._state.clear()
            self._resting = dict(self.prepared.record.accounts) if self.prepared.record else {}

    def settle(self) -> None:
        """Put back what a check that writes has left. Raises TransportError, NotVerified."""
        if self._dirty:
            self._state.pop("owner", None)
            self._state.pop("other", None)
        for role, resting in self._resting.items():
            if role not in self.restorer.accounts:
                continue
            if role == "other" and role not in self._state and not self._dirty:
                continue
            if self.before(role) != resting:
                self.restorer.settle(role, resting, self.before(role), self.tag)
                now = self.observe(role)
                left = [one for one in now.emails if one not in resting.emails]
                if any(self.tag in one.email.lower() for one in left):
                    # What cannot be deleted is there to stay; its own check reports that.
                    for one in left:
                        self._resting[role] = self._resting[role].with_email(one)
                    continue
                kept = [one for one in resting.emails if self.tag in one.email]
                if any(one not in now.emails for one in kept) and self.prepared.record:
                    self._resting[role] = self.prepared.record.accounts[role]

    def look_for_others(self) -> str:
        """Return the sign of another run that is at work on these accounts, or nothing."""
        for role in () if self.disturbed else self.restorer.accounts:
            try:
                self._notice_others(self.restorer.read(role))
            except StateUnreadable:
                continue
        return self.disturbed

    def _notice_others(self, state: AccountState) -> None:
        if self.prepared.record is None or self.disturbed:
            return
        for text in texts_of(state):
            if text not in self._known and is_foreign(text, self.tag):
                self.disturbed = (
                    f"another conformance run is at work on these accounts: {text[:80]!r} is its mark; "
                    "let one run end before the next begins"
                )


def is_foreign(text: str, tag: str) -> bool:
    """Return whether a text has the mark of another run."""
    return any(found != tag for found in TAG_PATTERN.findall(text.lower()))


def texts_of(state: AccountState) -> list[str]:
    """Return all texts of an account."""
    return [
        *(value for value in state.user.values() if isinstance(value, str)),
        *(email.email for email in state.emails),
    ]


def json_body(value: Any, media_type: str | None = JSON) -> Body:
    """Return a value as JSON, its text as UTF-8."""
    return Body(json.dumps(value, ensure_ascii=False).encode("utf-8"), media_type)


def form_body(value: Mapping[str, Any], media_type: str = FORM) -> Body:
    """Return members as a URL-encoded form: true and false as words, a space as +."""
    pairs = {
        name: str(text).lower() if isinstance(text, bool) else text for name, text in value.items()
    }
    return Body(urlencode(pairs).encode("ascii"), media_type)
