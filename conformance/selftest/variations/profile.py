"""Variations of the profile: which texts are taken, what becomes of them, and the picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from conformance.selftest.changes import variations
from conformance.selftest.overrides import Memory, after, around, tidied
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Json, refuse
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User
from conformance.selftest.variations.accounts import USUAL, Accounts

TEXTS = PROFILE[:-1]


def _without_controls(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) != "Cc")


def _is_stripped(text: str) -> bool:
    return text == text.strip()


def _welcoming(is_welcome: Callable[[str, str], object]) -> Any:
    """Refuse some texts, once they are found to be such."""

    def text(_self: Service, _call: Call, name: str, _value: Json, text: str) -> str:
        return text if is_welcome(name, text) else refuse(400)

    return after("text", text)


# -- texts ----------------------------------------------------------------------------------------

# Where texts are refused or changed, the accounts begin with the usual ones: others could not be put back.
variations(
    "",
    {
        "texts-short (LENGTHS): Texts have at most 64 characters, a profile_url too.": {
            "longest_text": 64
        },
        "empty-texts-refused (EMPTY_TEXT): Empty texts are refused.": _welcoming(
            lambda _, text: text
        ),
        "controls-refused (CONTROLS): Control characters are refused.": _welcoming(
            lambda _, text: text == _without_controls(text)
        ),
        "space-around-refused (SPACE): White space around is refused.": _welcoming(
            lambda _, text: _is_stripped(text)
        ),
        "controls-dropped (CONTROLS): Control characters are dropped.": tidied(
            _without_controls, TEXTS
        ),
        "space-around-cut (SPACE): White space around a text is cut off.": tidied(str.strip, TEXTS),
        "texts-cut (LENGTHS): Texts are cut after 64 characters.": tidied(
            lambda text: text[:64], TEXTS
        ),
    },
    lambda overrides: {"texts": USUAL, **overrides},
)
variations(
    "",
    {
        "texts-long (LENGTHS): Texts have any length.": {"longest_text": 1_000_000},
        "disposable (ACCOUNTS): The owner's texts are of a kind that is no longer taken.": {
            "disposable": True,
            "texts": (
                {
                    "full_name": " Mallory",
                    "location": "x" * 90,
                    "company": "",
                    "profile_url": "mallory.example.org",
                },
                {},
            ),
            **_welcoming(lambda _, text: 0 < len(text) <= 64 and _is_stripped(text)),
        },
    },
    base=Accounts,
)
variations(
    "",
    {
        "profile-url-completed (URLS): A profile_url without a path gets one.": tidied(
            lambda text: f"{text}/" if text.count("/") == 2 else text, ["profile_url"]
        ),
        "profile-url-needs-path (PATHLESS): A profile_url must have a path.": _welcoming(
            lambda name, text: name != "profile_url" or text.count("/") != 2
        ),
        "empty-gravatar-resets (EMPTY_TEXT): An empty gravatar_email is the account's.": around(
            "gravatar_address",
            lambda usual, self, call, value: usual(
                call, value or self.account_email(self.stored_user(call.username))
            ),
        ),
        "gravatar-follows-primary (GRAVATAR): gravatar_url follows the primary at first.": {
            # The target file says that the picture is made from this one: it could not be put
            # back for another.
            "primary": Accounts.primary,
            "gravatar_key": lambda self, user: (
                user.gravatar_email if user.gravatar_changes else self.account_email(user)
            ),
        },
    },
    visible=False,
)

# -- the picture ----------------------------------------------------------------------------------


def _sha256(self: Service, _call: Call, user: User) -> str:
    digest = sha256(self.gravatar_key(user).encode()).hexdigest()
    return f"https://secure.gravatar.com/avatar/{digest}?s=80"


def _numbered(self: Any, _call: Call, user: User) -> str:
    number = self.memory.setdefault(self.gravatar_key(user), len(self.memory) + 1)
    return f"/media/avatars/{number}.png"


def _counting(self: Service, _call: Call, user: User) -> str:
    return f"//img.example.org/{quote(self.gravatar_key(user))}?v={user.gravatar_changes}"


variations(
    "GRAVATAR",
    {
        "gravatar-sha256: gravatar_url is a SHA-256.": _sha256,
        "gravatar-counting: gravatar_url has no scheme, and counts its changes.": _counting,
        "gravatar-numbered: gravatar_url is a number, the same for the same address.": _numbered,
    },
    "gravatar_url",
    base=Memory,
)
variations(
    "SIGNED",
    {
        "gravatar-signed: gravatar_url is signed anew for each answer.": after(
            "gravatar_url",
            lambda self, *given: f"{given[-1]}?expires={self.calls}&signature={self.calls:x}",
        )
    },
)
