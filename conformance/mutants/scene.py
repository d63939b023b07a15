"""The accounts that the mutants serve, and the target that describes them to the suite."""

from __future__ import annotations

import base64
import hashlib
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from conformance.mutants.builds import packaged_contract
from conformance.target import Scopes
from mockserver.accounts import gravatar_url
from mockserver.sandbox import Fixtures, Sandboxes
from mockserver.world import Account, Email, Token, World

OWNER = "mallory"
OTHER = "trentino"
BYSTANDER = "peggy"
UNKNOWN = "nobody-of-that-name"
BASE_URL = "http://127.0.0.1:9"
"""Nobody is asked there: the suite's requests are answered in its own process."""

_LONG_AGO = 1_400_000_000.0

_ADDRESSES = {
    OWNER: (
        Email("mallory@example.com", verified=True, primary=True),
        Email("mallory@work.example.com", verified=True, primary=False),
        Email("mallory.new@example.com", verified=False, primary=False),
    ),
    OTHER: (
        Email("trentino@example.com", verified=True, primary=True),
        Email("trentino.new@example.com", verified=False, primary=False),
    ),
    BYSTANDER: (Email("peggy@example.com", verified=True, primary=True),),
}


def scene() -> World:
    """A world with two accounts to test with, one that nobody tests with, and every kind of token."""
    world = World()
    for number, (username, emails) in enumerate(_ADDRESSES.items(), 7):
        world.put(_account(number, username, emails))
        for scopes in scope_sets():
            world.add_token(Token(secret(username, *sorted(scopes)), username, tuple(scopes)))
        everything = tuple(packaged_contract().scopes)
        world.add_token(Token(secret(username, "expired"), username, everything, _LONG_AGO))
        world.add_token(Token(secret(username, "revoked"), username, everything, revoked=True))
    return world


def sandboxes() -> Sandboxes:
    """What the mock server serves: that world, and no other."""
    return Sandboxes(Fixtures(scene(), {}))


def write_target(path: Path) -> None:
    """Write the target file of the scene, with all that a target file may name."""
    data = {
        "base_url": BASE_URL,
        "accounts": {role: _login(name) for role, name in (("owner", OWNER), ("other", OTHER))},
        "unknown_username": UNKNOWN,
    }
    path.write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")


def secret(*words: str) -> str:
    """A password or token that nobody guesses, and that is the same in every process."""
    digest = hashlib.sha256(" ".join(words).encode("utf-8")).digest()
    return base64.b64encode(digest).decode("ascii").replace("+", "x").replace("/", "Y")[:40]


def scope_sets() -> list[Scopes]:
    """Every set of scopes, the empty one included; a set's own order is the contract's."""
    scopes = tuple(packaged_contract().scopes)
    return [
        frozenset(chosen)
        for size in range(len(scopes) + 1)
        for chosen in combinations(scopes, size)
    ]


def _account(number: int, username: str, emails: tuple[Email, ...]) -> Account:
    return Account(
        id=number,
        username=username,
        password=secret(username, "password"),
        url=f"https://www.docker.io/api/v1.1/users/{username}/",
        date_joined=f"2014-0{number - 5}-12T17:58:01.431312Z",
        type="User",
        full_name=f"{username.capitalize()} Example",
        location="San Francisco, CA",
        company="Examples, Ltd.",
        profile_url=f"https://{username}.example.com/",
        gravatar_url=gravatar_url(emails[0].email),
        is_active=True,
        emails=emails,
    )


def _login(username: str) -> dict[str, Any]:
    tokens = {
        " ".join(sorted(scopes)): secret(username, *sorted(scopes)) for scopes in scope_sets()
    }
    return {
        "username": username,
        "password": secret(username, "password"),
        "gravatar_email": _ADDRESSES[username][0].email,
        "expired_token": secret(username, "expired"),
        "revoked_token": secret(username, "revoked"),
        "tokens": tokens,
    }
