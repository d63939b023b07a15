"""Variations of the two accounts that a target file names: their names, secrets, texts and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.selftest.changes import variations
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import ADDRESSES, PEGGY, USERS, Address, Seed, secret
from conformance.selftest.variations import clauses

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Members of the owner, and of the other user, with other values than usual."""
USUAL: Pair = ({}, {})
MIXED_CASE = "Mallory.Archer@Example.org"


class Accounts(Service):
    """The reference with another seed, of which a variation changes one part."""

    usernames = ("mallory", "trentino")
    passwords = origins = texts = USUAL
    primary = "mallory@example.org"
    addresses = ADDRESSES
    make_token = staticmethod(secret)

    def __init__(self) -> None:
        names = dict(zip(("mallory", "trentino"), self.usernames, strict=True))
        parts = (self.passwords, self.origins, self.texts)
        users = [
            replace(user, username=names[user.username], **_joined(part[number] for part in parts))
            for number, user in enumerate(USERS[:2])
        ]
        users[0] = replace(users[0], signup_email=self.primary)
        first = replace(self.addresses[0], email=self.primary)
        addresses = tuple(
            replace(one, username=names.get(one.username, one.username))
            for one in (first, *self.addresses[1:])
        )
        self.seed = Seed((*users, PEGGY), addresses, self.make_token)
        super().__init__()


def same_but_for_case(_self: Service, stored: str, wanted: str) -> bool:
    """Compare without regard to case."""
    return stored.lower() == wanted.lower()


def _joined(parts: Any) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


def _with(*more: Address) -> tuple[Address, ...]:
    return (*ADDRESSES, *more)


accounts = partial(variations, base=Accounts)

# -- names and secrets ----------------------------------------------------------------------------

accounts(
    clauses.ACCOUNTS,
    {
        "usernames-odd: Usernames are of other scripts, with spaces, + and %.": (
            *("zoë o'neil+%41", "王.小明 & co"),
        ),
        "usernames-nested: One username is the beginning of the other.": ("mall", "mallory"),
    },
    lambda usernames: {"usernames": usernames},
)
accounts(
    clauses.ACCOUNTS,
    {
        "passwords-odd: Passwords hold colons and other letters.": (
            ":a:b c:ß王:",
            " ' OR 1=1 --é ",
        ),
        "passwords-same: Both users have the same password, which is one letter.": ("x", "x"),
        "passwords-usernames: The password is the username.": ("mallory", "trentino"),
    },
    lambda passwords: {"passwords": tuple({"password": one} for one in passwords)},
)
accounts(
    clauses.ACCOUNTS,
    {
        "tokens-odd: Tokens have every character that RFC 6750 allows.": lambda *words: (
            f"a-._~+/{secret(*words)}//~~++=="
        ),
        "tokens-long: Tokens are of 640 characters.": lambda *words: "Abc9" * 150 + secret(*words),
    },
    lambda make: {"make_token": staticmethod(make)},
    visible=False,
)

# -- the profiles ---------------------------------------------------------------------------------

_EMPTY = {"full_name": "", "location": "", "company": "", "profile_url": ""}
_LONG = {"full_name": "Zoë " * 100 + "x", "profile_url": "https://example.org/" + "x" * 400}
_LINES = {"full_name": '"Mal"\t& <b>\U0001f600', "location": "Flat 1\nReading\n", "company": " x "}
accounts(
    clauses.ACCOUNTS,
    {
        "profile-empty: The texts of both profiles are empty at first.": (_EMPTY, _EMPTY),
        "profile-long: The texts of the profile are long at first.": (_LONG, {}),
        "profile-in-lines: They hold lines and quotes at first.": (_LINES, {}),
    },
    lambda texts: {"texts": texts},
)
accounts(
    "",
    {
        "ids-large: ids are as large as a database allows.": (
            clauses.ACCOUNTS,
            ({"id": 2**63 - 1}, {"id": 2**53 + 1}),
        ),
        "organization-of-old: The user has a type of its own, and joined in another century.": (
            clauses.DATE_TIME,
            (
                {"type": "Organization", "date_joined": "1969-12-31T23:59:60.123456789-00:00"},
                {"date_joined": "2000-02-29t00:00:00+14:00"},
            ),
        ),
    },
    lambda members: {"origins": members},
)

# -- the addresses --------------------------------------------------------------------------------

accounts(
    clauses.ACCOUNTS,
    {
        "addresses-many: The owner has 60 more addresses already.": _with(
            *(Address("mallory", f"m{n}@example.org", verified=n < 30) for n in range(60))
        ),
        "addresses-alone: Either user has one address only.": ADDRESSES[::3],
        "addresses-in-common: Both users have an address in common.": _with(
            Address("trentino", "mallory@example.org")
        ),
        "addresses-like-a-mark: An address of the owner reads like a mark of the suite.": _with(
            Address("mallory", "conformancetester@example.org")
        ),
    },
    lambda addresses: {"addresses": addresses},
)
accounts(
    "",
    {
        "addresses-exotic: The owner has addresses of exotic spelling already.": (
            clauses.EXOTIC,
            {
                "addresses": _with(
                    Address("mallory", '"mallory archer"@example.org', verified=True),
                    Address("mallory", "mallory@[127.0.0.1]"),
                    Address("mallory", "Mallory@Example.ORG"),
                    Address("mallory", "zoë@exämple.org", verified=True),
                    Address("trentino", "root@localhost"),
                )
            },
        ),
        "primary-of-mixed-case: The primary has mixed case.": (
            clauses.CASE,
            {"primary": MIXED_CASE},
        ),
        "primary-of-any-case: The primary is in capitals, and compared without regard to it.": (
            clauses.CASE,
            {"primary": MIXED_CASE.upper(), "same": same_but_for_case},
        ),
    },
)
