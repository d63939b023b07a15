"""Users, addresses and tokens in SQLite, in memory: one store per running server."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE users (
    username TEXT PRIMARY KEY, id INTEGER, password TEXT, date_joined TEXT, type TEXT,
    full_name TEXT, location TEXT, company TEXT, profile_url TEXT,
    gravatar_email TEXT, gravatar_changes INTEGER DEFAULT 0, signup_email TEXT, is_active INTEGER);
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY, username TEXT, email TEXT, verified INTEGER, is_primary INTEGER);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, username TEXT, scopes TEXT, expires REAL, revoked INTEGER);
"""
SCOPES = ("profile_read", "profile_write", "email_read", "email_write")
OTHER_TOKENS = ("all", "none", "expired", "revoked")
USERS: tuple[tuple[str | int, ...], ...] = (
    (
        *("mallory", 501, "mallory-pw", "2019-03-30T23:59:59.5Z", "User"),
        *("Mallory Archer", "Reading, UK", "Interception Ltd", "https://mallory.example.org/"),
        *("mallory@example.org", 0, "mallory@example.org", 1),
    ),
    (
        *("trentino", 777, "trentino-pw", "2021-12-01T00:00:00Z", "User"),
        *("Trentino Rossi", "Trento", "Fiducia", "http://trentino.example.net/about"),
        *("avatar@trentino.example.net", 0, "trentino@example.net", 1),
    ),
)
ADDRESSES = (
    ("mallory", "mallory@example.org", 1, 1),
    ("mallory", "mallory.spare@example.org", 0, 0),
    ("trentino", "trentino@example.net", 1, 1),
)
DAY = 86400.0


@dataclass(frozen=True)
class Seed:
    """What a store holds at the start: the first two users are those whom a target file names."""

    users: tuple[tuple[str | int, ...], ...] = USERS
    addresses: tuple[tuple[str, str, int, int], ...] = ADDRESSES
    prefixes: tuple[str, str] = ("", "")
    """What the tokens of the two begin with, if not with the username."""

    def token(self, username: str, kind: str) -> str:
        """A token of a user: for a scope, `all` scopes, `none`, `expired` or `revoked`."""
        names = [str(user[0]) for user in self.users]
        prefix = self.prefixes[names.index(username)] if username in names[:2] else ""
        return f"{prefix or username}-{kind}"


SEED = Seed()


@dataclass(frozen=True)
class User:
    """One account, as stored."""

    username: str
    id: int
    password: str
    date_joined: str
    type: str
    full_name: str
    location: str
    company: str
    profile_url: str
    gravatar_email: str
    gravatar_changes: int
    signup_email: str
    is_active: int


@dataclass(frozen=True)
class Address:
    """One e-mail address of one account, as stored."""

    id: int
    username: str
    email: str
    verified: int
    is_primary: int


@dataclass(frozen=True)
class Token:
    """One access token, alive or not."""

    token: str
    username: str
    scopes: str
    expires: float
    revoked: int


class Store:
    """The database, filled with the accounts."""

    def __init__(self, seed: Seed = SEED) -> None:
        self.seed = seed
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.db.executescript(SCHEMA)
        self.db.executemany("INSERT INTO users VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", seed.users)
        self.db.executemany(
            "INSERT INTO addresses (username, email, verified, is_primary) VALUES (?, ?, ?, ?)",
            seed.addresses,
        )
        for username, *_rest in seed.users:
            self._give_tokens(str(username))

    def _give_tokens(self, username: str) -> None:
        everything = " ".join(SCOPES)
        named = {kind: self.seed.token(username, kind) for kind in (*SCOPES, *OTHER_TOKENS)}
        for scope in SCOPES:
            self.add_token(named[scope], username, scope)
        self.add_token(named["all"], username, everything)
        self.add_token(named["none"], username, "")
        self.add_token(named["expired"], username, everything, lifetime=-DAY)
        self.add_token(named["revoked"], username, everything, revoked=1)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: whatever is raised takes back what was written."""
        self.db.execute("BEGIN")
        try:
            yield
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise
        if self.db.in_transaction:
            self.db.execute("COMMIT")

    def keep(self) -> None:
        """Commit what was written so far, whatever becomes of the request."""
        self.db.execute("COMMIT")
        self.db.execute("BEGIN")

    def run(self, sql: str, *values: object) -> int:
        """One statement; the number of rows that it touched."""
        return self.db.execute(sql, values).rowcount

    def user(self, username: str) -> User | None:
        row = self.db.execute("SELECT * FROM users WHERE username = ?", (username,)).fetchone()
        return User(*row) if row else None

    def users(self) -> list[User]:
        return [User(*row) for row in self.db.execute("SELECT * FROM users")]

    def set_column(self, username: str, column: str, value: object) -> None:
        step = f"UPDATE users SET {column} = ? WHERE username = ?"  # noqa: S608 - a name of ours
        self.run(step, value, username)

    def addresses(self, username: str | None = None) -> list[Address]:
        """Those of one user, or of all."""
        rows = self.db.execute("SELECT * FROM addresses ORDER BY id")
        found = [Address(*row) for row in rows]
        return [one for one in found if username in {None, one.username}]

    def address(self, number: int) -> Address:
        row = self.db.execute("SELECT * FROM addresses WHERE id = ?", (number,)).fetchone()
        return Address(*row)

    def add_address(self, username: str, email: str) -> Address:
        cursor = self.db.execute(
            "INSERT INTO addresses (username, email, verified, is_primary) VALUES (?, ?, 0, 0)",
            (username, email),
        )
        return self.address(int(cursor.lastrowid or 0))

    def token(self, token: str) -> Token | None:
        row = self.db.execute("SELECT * FROM tokens WHERE token = ?", (token,)).fetchone()
        return Token(*row) if row else None

    def tokens(self) -> list[Token]:
        return [Token(*row) for row in self.db.execute("SELECT * FROM tokens")]

    def add_token(
        self, token: str, username: str, scopes: str, *, lifetime: float = DAY, revoked: int = 0
    ) -> None:
        values = (token, username, scopes, time.time() + lifetime, revoked)
        self.db.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?)", values)
