"""Variations of the two accounts that a target file names: their names, secrets, texts and addresses."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.selftest.changes import variations
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import ADDRESSES, PEGGY, USERS, Address, Seed, secret

Pair = tuple[dict[str, Any], dict[str, Any]]
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
            replace(user, username=names[user.username], **dict(ChainMap(*given)))
            for user, *given in zip(USERS, *parts, strict=False)
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


def _with(*more: Address) -> tuple[Address, ...]:
    return (*ADDRESSES, *more)


accounts = partial(variations, base=Accounts)

# -- names and secrets ----------------------------------------------------------------------------

accounts(
    "ACCOUNTS",
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
    "usernames",
)
accounts(
    "ACCOUNTS",
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
    "SILENT",
    {
        "passwords-of-72-bytes: Of long passwords 72 bytes count, as in bcrypt.": {
            "passwords": ({"password": "correct horse " * 8}, {"password": "battery " * 16}),
            "password_fits": lambda self, name, password: (
                (user := self.store.user(name)) is not None
                and user.password.encode()[:72] == password.encode()[:72]
            ),
        }
    },
)
accounts(
    "ACCOUNTS",
    {
        "tokens-odd: Tokens have 640 characters, all that RFC 6750 allows.": staticmethod(
            lambda *words: f"a-._~+/{'Abc9' * 150}{secret(*words)}//~~++=="
        )
    },
    "make_token",
    visible=False,
)

# -- the profiles ---------------------------------------------------------------------------------

_EMPTY = dict.fromkeys(PROFILE[:4], "")
_ODD = {
    "full_name": "Zoë " * 100 + "x",
    "location": 'Flat 1\n"Mal"\t& <b>\U0001f600\n',
    "company": " x ",
    "profile_url": "https://example.org/" + "x" * 400,
}
accounts(
    "ACCOUNTS",
    {
        "profile-empty: The texts of both profiles are empty at first.": (_EMPTY, _EMPTY),
        "profile-odd: The texts are long at first, and hold lines, quotes and spaces.": (_ODD, {}),
    },
    "texts",
)
accounts(
    "",
    {
        "ids-large (ACCOUNTS): ids are as large as a database allows.": (
            *({"id": 2**63 - 1}, {"id": 2**53 + 1}),
        ),
        "organization-of-old (DATE_TIME): Another type of user, who joined in another century.": (
            {"type": "Organization", "date_joined": "1969-12-31T23:59:60.123456789-00:00"},
            {"date_joined": "2000-02-29t00:00:00+14:00"},
        ),
    },
    "origins",
)

# -- the addresses --------------------------------------------------------------------------------

accounts(
    "ACCOUNTS",
    {
        "addresses-many: The owner has 60 more addresses already.": _with(
            *(Address("mallory", f"m{n}@example.org", verified=n < 30) for n in range(60))
        ),
        "addresses-alone: Either user has one address only.": ADDRESSES[::3],
    },
    "addresses",
)
accounts(
    "",
    {
        "addresses-odd (EXOTIC): They are exotic, like a mark of the suite, and in common.": {
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
        "primary-of-mixed-case (CASE): The primary has mixed case.": {"primary": MIXED_CASE},
        "primary-of-any-case (CASE): The primary is in capitals, compared without regard to it.": {
            "primary": MIXED_CASE.upper(),
            "same": same_but_for_case,
        },
    },
)
