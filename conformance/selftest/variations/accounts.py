"""Variations of the two accounts that a target file names: their names, secrets, texts and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.selftest.changes import variation_row, variations
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
        "usernames-in-case: The usernames differ in case alone.": ("mallory", "MALLORY"),
        "usernames-ids: Each username is the other user's id.": ("502", "501"),
        "usernames-addresses: Usernames are addresses.": (
            *("mallory@example.org", "trentino@example.org"),
        ),
        "usernames-nested: One username is the beginning of the other, which has dots.": (
            *("mallory.a-b", "mallory.a-b.json"),
        ),
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
variation_row(
    "tokens-odd",
    "Tokens are of 640 characters, with every character that RFC 6750 allows.",
    clauses.ACCOUNTS,
    visible=False,
    base=Accounts,
    make_token=staticmethod(lambda *words: f"a-._~+/{'Abc9' * 150}{secret(*words)}//~~++=="),
)

# -- the profiles ---------------------------------------------------------------------------------

_EMPTY = {"full_name": "", "location": "", "company": "", "profile_url": ""}
_ODD = {
    "full_name": "Zoë " * 100 + "x",
    "location": 'Flat 1\n"Mal"\t& <b>\U0001f600\n',
    "company": " x ",
    "profile_url": "https://example.org/" + "x" * 400,
}
accounts(
    clauses.ACCOUNTS,
    {
        "profile-empty: The texts of both profiles are empty at first.": (_EMPTY, _EMPTY),
        "profile-odd: The texts are long at first, and hold lines, quotes and spaces.": (_ODD, {}),
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
    },
    lambda addresses: {"addresses": addresses},
)
accounts(
    "",
    {
        "addresses-odd: They are of exotic spelling, like a mark of the suite, and in common.": (
            clauses.EXOTIC,
            {
                "addresses": _with(
                    Address("mallory", '"mallory archer"@example.org', verified=True),
                    Address("mallory", "mallory@[127.0.0.1]"),
                    Address("mallory", "Mallory@Example.ORG"),
                    Address("mallory", "zoë@exämple.org", verified=True),
                    Address("mallory", "conformancetester@example.org"),
                    Address("trentino", "root@localhost"),
                    Address("trentino", "mallory@example.org"),
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
