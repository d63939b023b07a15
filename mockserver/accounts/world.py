"""A world: accounts, addresses, logins, tokens and OAuth 2 grants, as plain data.

The records are immutable, and a change replaces one record in one dictionary. So a change is done
whole or not at all, a copy of a world costs a few shallow copies of dictionaries, and two worlds
can be compared.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from mockserver.accounts.grants import AuthorizationCode, Client, RefreshToken

MOST_TOKENS = 10_000
"""The number of tokens from which no more are made."""

_ID = 16  # characters of its digest that name a token

_MOST_CODES = 1000  # the newest; far more than are on their way within their minute
_LONGEST = 5000  # characters; more than any name or password has, in whatever form it is sent

_MOST_KEPT = 256
"""Credentials whose caller a world keeps, each of so many bytes at most."""

_LONGEST_KEPT = 512

_DICTIONARIES = ("accounts", "logins", "tokens", "clients", "codes", "refresh_tokens", "_owners")
"""The dictionaries that copies of a world share until one of them changes something."""


@dataclass(frozen=True, slots=True)
class Email:
    """An address of an account."""

    email: str
    verified: bool
    primary: bool


@dataclass(slots=True)
class Account:
    """An account, which never changes. Its `emails` hold exactly one primary address.

    Attributes:
        members: Those of the user that are stored as they are, in the order of the contract.
        written: Views of it as they were written, by the function that makes them, with the schema that let them through.
    """

    # Final, and not frozen: that takes longer to make, and each change of a profile makes one.
    password: Final[str] = field(repr=False)
    is_active: Final[bool]
    members: Final[Mapping[str, Any]]
    emails: Final[tuple[Email, ...]]
    written: Final[dict[Callable[[Account], Any], tuple[Any, bytes]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def username(self) -> str:
        """The name in the paths."""
        return str(self.members["username"])

    @property
    def email(self) -> str:
        """The primary address."""
        for email in self.emails:
            if email.primary:
                return email.email
        raise ValueError("an account without a primary address")


class View(NamedTuple):
    """JSON data made of one account alone. As an account never changes, it need not be checked and written twice."""

    account: Account
    make: Callable[[Account], Any]


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password that open an account by HTTP Basic. The name need not be the username."""

    name: str
    password: str = field(repr=False)
    username: str


@dataclass(frozen=True, slots=True)
class Token:
    """A Bearer token. `expires_at` is in seconds since 1970 (UTC); None: it does not expire.

    Attributes:
        client_id: The client that it was issued to; None: it is of no client.
        grant: The grant that it comes from.
    """

    token: str = field(repr=False)
    username: str
    scopes: tuple[str, ...]
    expires_at: float | None = None
    revoked: bool = False
    client_id: str | None = None
    grant: str | None = None

    @property
    def id(self) -> str:
        """A name for the token that gives nothing away."""
        return token_digest(self.token)[:_ID]

    def is_expired(self, now: float) -> bool:
        """Return whether it is too old at a time, given in seconds since 1970."""
        return self.expires_at is not None and now >= self.expires_at


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has logged in; with a token, or by name and password (None).

    Attributes:
        scheme: The scheme of the login: "Basic" or "Bearer".
    """

    username: str
    token: Token | None
    scheme: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the scheme, once for all requests of the caller."""
        object.__setattr__(self, "scheme", "Basic" if self.token is None else "Bearer")


@dataclass(slots=True)
class World:
    """Everything that the mock server knows.

    Attributes:
        accounts: By username.
        logins: Further logins beside each account's own, by their name.
        tokens: By the SHA-256 of the token, so that looking one up takes no longer for a near miss.
        lifetimes: Seconds from the beginning of the world after which tokens expire, by the same.
        clients: The OAuth 2 clients, by their id.
        codes: Authorization codes, by their SHA-256.
        refresh_tokens: By their SHA-256.

    Copies share their dictionaries until one of them changes something.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    logins: dict[str, Login] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    lifetimes: dict[str, float] = field(default_factory=dict)
    _shared: bool = field(default=False, compare=False, repr=False)
    _owners: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _callers: dict[bytes, Caller] = field(default_factory=dict, compare=False, repr=False)

    def copy(self) -> World:
        """Return an independent copy, which costs next to nothing until it or this one changes."""
        self._shared = True
        return World(
            self.accounts,
            self.logins,
            self.tokens,
            self.clients,
            self.codes,
            self.refresh_tokens,
            _shared=True,
            _owners=self._owners,
            _callers=self._callers,
        )

    def begin(self, now: float) -> World:
        """Return a copy that begins at a time, given in seconds since 1970."""
        world = self.copy()
        for digest, seconds in self.lifetimes.items():
            world.add_token(replace(self.tokens[digest], expires_at=now + seconds))
        return world

    def _own(self) -> None:
        if self._shared:
            for name in _DICTIONARIES:
                setattr(self, name, dict(getattr(self, name)))
            self._shared = False

    def caller(self, credentials: bytes, now: float) -> Caller | None:
        """Return the caller who was found to have sent these credentials before, if they are still good."""
        known = self._callers.get(credentials)
        if known is None or (known.token is not None and known.token.is_expired(now)):
            return None
        return known

    def remember(self, credentials: bytes, caller: Caller) -> None:
        """Keep who a caller is until any login or token changes: copies with the same ones know it too."""
        if len(credentials) <= _LONGEST_KEPT:
            if len(self._callers) >= _MOST_KEPT:
                self._callers.clear()
            self._callers[credentials] = caller

    def put(self, account: Account) -> None:
        """Store an account in place of the one with its username."""
        self._own()
        username = account.username
        before = self.accounts.get(username)
        if (
            before is None
            or before.password != account.password
            or before.is_active != account.is_active
        ):
            self._callers = {}
        if before is None:
            self._owners.update((email.email.lower(), username) for email in account.emails)
        self.accounts[username] = account

    def put_back(self, account: Account) -> None:
        """Store an account as it was before a change that is taken back."""
        self.put(account)
        self._owners.update((email.email.lower(), account.username) for email in account.emails)

    def claim(self, email: str, username: str) -> None:
        """Note that an address belongs to an account which has just got it."""
        self._owners[email.lower()] = username

    def release(self, email: str) -> None:
        """Note that an address belongs to nobody any more."""
        self._owners.pop(email.lower(), None)

    def add_login(self, login: Login) -> None:
        """Store a login in place of the one of its name."""
        self._own()
        self._callers = {}
        self.logins[login.name] = login

    def add_token(self, token: Token) -> None:
        """Store a token in place of the one of the same value."""
        self._own()
        self._callers = {}
        self.tokens[token_digest(token.token)] = token

    def add_client(self, client: Client) -> None:
        """Store a client in place of the one of its id."""
        self._own()
        self.clients[client.client_id] = client

    def add_code(self, code: AuthorizationCode) -> None:
        """Store a code in place of the one of the same value; the oldest goes when there are too many."""
        self._own()
        self.codes[token_digest(code.code)] = code
        if len(self.codes) > _MOST_CODES:
            del self.codes[next(iter(self.codes))]

    def add_refresh_token(self, token: RefreshToken) -> None:
        """Store a refresh token in place of the one of the same value."""
        self._own()
        self.refresh_tokens[token_digest(token.token)] = token

    def revoke_grant(self, grant: str) -> None:
        """Revoke all tokens that come from a grant."""
        for token in [one for one in self.tokens.values() if one.grant == grant]:
            self.add_token(replace(token, revoked=True))
        for refresh in [one for one in self.refresh_tokens.values() if one.grant == grant]:
            self.add_refresh_token(replace(refresh, revoked=True))

    def find_token(self, token: str) -> Token | None:
        """Return the record of a token, if there is one."""
        return self.tokens.get(token_digest(token))

    def find_token_by_id(self, name: str) -> Token | None:
        """Return the token that has an id, if there is one."""
        named = (token for digest, token in self.tokens.items() if digest[:_ID] == name)
        return next(named, None)

    def find_login(self, name: str) -> Login | None:
        """Return the login of a name: one of the further ones, or an account's own."""
        if name in self.logins:
            return self.logins[name]
        account = self.accounts.get(name)
        return None if account is None else Login(name, account.password, name)

    def owner_of(self, email: str) -> Account | None:
        """Return the account that has an address, compared without regard to case."""
        lowered = email.lower()
        account = self.accounts.get(self._owners.get(lowered, ""))
        # It may have got the address by a change that was taken back.
        if account is None or all(lowered != own.email.lower() for own in account.emails):
            return None
        return account


def normal_form(text: str) -> str:
    """Return a name, or a password, in the one form in which it is compared (RFC 7617, section 2.1: NFC).

    Making it takes quadratic time, and what is longer than any name or password stays as it is.
    """
    if text.isascii() or len(text) > _LONGEST:
        return text
    return unicodedata.normalize("NFC", text)


def token_digest(token: str) -> str:
    """Return the SHA-256 of a token, in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def format_time(seconds: float) -> str:
    """Return seconds since 1970 as an RFC 3339 date-time in UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


def parse_time(text: str) -> float:
    """Return an RFC 3339 date-time as seconds since 1970. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("it has no time zone")
    seconds = moment.timestamp()
    format_time(seconds)  # What cannot be written in UTC again is no time that we can keep.
    return seconds
