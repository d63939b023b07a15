"""Users, addresses and tokens, in memory: one store per service."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any

SCOPES = ("profile_read", "profile_write", "email_read", "email_write")
DAY = 86400.0


@dataclass(frozen=True)
class User:
    """One account, as stored."""

    username: str
    id: int
    password: str
    date_joined: str
    full_name: str
    location: str
    company: str
    profile_url: str
    gravatar_email: str
    signup_email: str
    type: str = "User"
    is_active: bool = True
    gravatar_changes: int = 0


@dataclass(frozen=True)
class Address:
    """One e-mail address of one account, as stored."""

    username: str
    email: str
    verified: bool = False
    is_primary: bool = False
    id: int = 0


@dataclass(frozen=True)
class Token:
    """One access token, alive or not; `expires` is in seconds since the epoch."""

    token: str
    username: str
    scopes: frozenset[str]
    expires: float
    revoked: bool = False


def secret(*words: str) -> str:
    """Return a password or token that nobody guesses, the same in every process."""
    digest = hashlib.sha256(" ".join(words).encode()).digest()
    return base64.b64encode(digest).decode().replace("+", "x").replace("/", "Y")[:40]


@cache
def scope_sets() -> tuple[tuple[str, ...], ...]:
    """Return every set of scopes, the empty one included, each in the order of SCOPES."""
    sizes = range(len(SCOPES) + 1)
    return tuple(chosen for size in sizes for chosen in combinations(SCOPES, size))


def user(username: str, number: int, **members: Any) -> User:
    """Return a user whose members have usual values, but for those that are given."""
    given = {
        "password": secret(username, "password"),
        "date_joined": f"201{number}-03-30T23:59:59.5Z",
        "full_name": f"{username.title()} Archer",
        "location": "Reading, UK",
        "company": "Interception Ltd",
        "profile_url": f"https://{username}.example.org/",
        "gravatar_email": f"{username}@example.org",
        "signup_email": f"{username}@example.org",
    }
    return User(username, 500 + number, **{**given, **members})


MALLORY, TRENTINO, PEGGY = user("mallory", 1), user("trentino", 2), user("peggy", 3)
USERS = (MALLORY, TRENTINO, PEGGY)
ADDRESSES = (
    Address("mallory", "mallory@example.org", verified=True, is_primary=True),
    Address("mallory", "mallory@work.example.org", verified=True),
    Address("mallory", "mallory.spare@example.org"),
    Address("trentino", "trentino@example.org", verified=True, is_primary=True),
    Address("trentino", "trentino.new@example.org"),
    Address("peggy", "peggy@example.org", verified=True, is_primary=True),
)


@dataclass(frozen=True)
class Seed:
    """The data that a store begins with: a target file names the first two users, and nobody the others.

    `make_token` takes a username and a kind (scopes with spaces between, `expired` or `revoked`).
    """

    users: tuple[User, ...] = USERS
    addresses: tuple[Address, ...] = ADDRESSES
    make_token: Callable[..., str] = secret

    def token(self, username: str, kind: str) -> str:
        """Return a user's token for scopes with spaces between, or the `expired` or `revoked` one."""
        return self.make_token(username, *kind.split())


class Store:
    """The data of one service; records are immutable, and replaced."""

    def __init__(self, seed: Seed) -> None:
        self.users = {one.username: one for one in seed.users}
        self.rows = [replace(one, id=number) for number, one in enumerate(seed.addresses, 1)]
        self.tokens: dict[str, Token] = {}
        self._next = len(self.rows) + 1
        self._before = (self.users, self.rows)
        for username in self.users:
            for scopes in scope_sets():
                self.add_token(seed.token(username, " ".join(scopes)), username, scopes)
            self.add_token(seed.token(username, "expired"), username, SCOPES, lifetime=-DAY)
            self.add_token(seed.token(username, "revoked"), username, SCOPES, revoked=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Take back, for any exception, all that was written since the beginning or the last `keep`."""
        self.keep()
        try:
            yield
        except BaseException:
            self.undo()
            raise

    def keep(self) -> None:
        """Keep what was written so far, whatever becomes of the request."""
        self._before = (dict(self.users), list(self.rows))

    def undo(self) -> None:
        """Take back what was written since the last `keep`."""
        self.users, self.rows = dict(self._before[0]), list(self._before[1])

    def user(self, username: str) -> User | None:
        """Return a user, or None."""
        return self.users.get(username)

    def change_user(self, username: str, **members: Any) -> None:
        """Give members of a user other values."""
        self.users[username] = replace(self.users[username], **members)

    def addresses(self, username: str | None = None) -> list[Address]:
        """Return the addresses of one user, or of all, in the order in which they came."""
        return [one for one in self.rows if username is None or one.username == username]

    def address(self, number: int) -> Address:
        """Return an address by its id."""
        return next(one for one in self.rows if one.id == number)

    def change(self, which: Callable[[Address], bool], **members: Any) -> None:
        """Give members of some addresses other values."""
        self.rows = [replace(one, **members) if which(one) else one for one in self.rows]

    def remove(self, which: Callable[[Address], bool]) -> None:
        """Remove some addresses."""
        self.rows = [one for one in self.rows if not which(one)]

    def add_address(self, username: str, email: str, **members: Any) -> Address:
        """Add an address, neither verified nor primary unless it is said."""
        added = Address(username, email, id=self._next, **members)
        self._next += 1
        self.rows.append(added)
        return added

    def add_token(
        self,
        token: str,
        username: str,
        scopes: tuple[str, ...],
        *,
        lifetime: float = DAY,
        revoked: bool = False,
    ) -> None:
        """Issue a token that lives for some seconds."""
        expires = time.time() + lifetime
        self.tokens[token] = Token(token, username, frozenset(scopes), expires, revoked)
