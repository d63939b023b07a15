"""Variations of the profile: which texts are taken, what becomes of them, and the picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote

from conformance.selftest.changes import variation, variation_row
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Json, Refusal, refuse
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User
from conformance.selftest.variations import clauses
from conformance.selftest.variations.accounts import USUAL, Accounts

TEXTS = PROFILE[:-1]


def _without_controls(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) != "Cc")


def _has_no_controls(text: str) -> bool:
    return text == _without_controls(text)


def _is_stripped(text: str) -> bool:
    return text == text.strip()


# -- texts ----------------------------------------------------------------------------------------

# Where texts are refused or changed, the accounts begin with the usual ones: others could not be put back.
variation_row(
    "texts-short",
    "Texts have at most 64 characters, a profile_url too.",
    clauses.LENGTHS,
    longest_text=64,
    texts=USUAL,
)
variation_row("texts-long", "Texts have any length.", clauses.LENGTHS, longest_text=1_000_000)

for _name, _sentence, _clause, _welcome in (
    ("empty-texts-refused", "Empty texts are refused.", clauses.EMPTY_TEXT, bool),
    ("controls-refused", "Control characters are refused.", clauses.CONTROLS, _has_no_controls),
    ("space-around-refused", "White space around is refused.", clauses.SPACE, _is_stripped),
):

    @variation(_sentence, _clause, name=_name)
    class SomeTextsRefused(Service):
        texts = USUAL
        welcome: Callable[[str], bool] = staticmethod(_welcome)

        def text(self, call: Call, name: str, value: Json) -> str:
            text = super().text(call, name, value)
            if not self.welcome(text):
                raise Refusal(400, f"{name} is not welcome")
            return text


for _name, _sentence, _clause, _change in (
    ("controls-dropped", "Control characters are dropped.", clauses.CONTROLS, _without_controls),
    ("space-around-cut", "White space around a text is cut off.", clauses.SPACE, str.strip),
    ("texts-cut", "Texts are cut after 64 characters.", clauses.LENGTHS, lambda text: text[:64]),
):

    @variation(_sentence, _clause, name=_name)
    class TextsChanged(Service):
        texts = USUAL
        change: Callable[[str], str] = staticmethod(_change)

        def tidy(self, name: str, value: str) -> str:
            value = super().tidy(name, value)
            return self.change(value) if name in TEXTS else value


variation_row(
    "disposable",
    "The owner's texts are empty, spaced, long, and without a scheme, and no longer taken so.",
    clauses.ACCOUNTS,
    base=Accounts,
    disposable=True,
    texts=(
        {
            "full_name": " Mallory",
            "location": "x" * 90,
            "company": "",
            "profile_url": "mallory.example.org",
        },
        {},
    ),
    text=lambda self, call, name, value: (
        refuse(400)
        if isinstance(value, str) and not (0 < len(value) <= 64 and _is_stripped(value))
        else Service.text(self, call, name, value)
    ),
)


@variation("A profile_url without a path gets one.", clauses.URLS, visible=False)
class ProfileUrlCompleted(Service):
    def tidy(self, name: str, value: str) -> str:
        value = super().tidy(name, value)
        return f"{value}/" if name == "profile_url" and value.count("/") == 2 else value


@variation("A profile_url must have a path.", clauses.PATHLESS, visible=False)
class ProfileUrlNeedsPath(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        text = super().text(call, name, value)
        if name == "profile_url" and text and text.count("/") < 3:
            raise Refusal(400, "profile_url needs a path")
        return text


@variation("An empty gravatar_email stands for the account's.", clauses.EMPTY_TEXT, visible=False)
class EmptyGravatarResets(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        value = value or self.account_email(self.stored_user(call.username))
        return super().gravatar_address(call, value)


# -- the picture ----------------------------------------------------------------------------------


variation_row(
    "gravatar-sha256",
    "gravatar_url is a SHA-256.",
    clauses.GRAVATAR,
    gravatar_url=lambda self, call, user: (
        "https://secure.gravatar.com/avatar/"
        f"{sha256(self.gravatar_key(user).encode()).hexdigest()}?s=80"
    ),
)


@variation("gravatar_url has no scheme, and counts its changes.", clauses.GRAVATAR)
class GravatarCounting(Service):
    def gravatar_url(self, call: Call, user: User) -> str:
        return f"//img.example.org/{quote(self.gravatar_key(user))}?v={user.gravatar_changes}"


@variation("gravatar_url is signed anew for each answer.", clauses.SIGNED)
class GravatarSigned(Service):
    def gravatar_url(self, call: Call, user: User) -> str:
        return f"{super().gravatar_url(call, user)}?expires={self.calls}&signature={self.calls:x}"


@variation("gravatar_url is a number, the same for the same address.", clauses.GRAVATAR)
class GravatarNumbered(Service):
    def __init__(self) -> None:
        super().__init__()
        self.pictures: dict[str, int] = {}

    def gravatar_url(self, call: Call, user: User) -> str:
        number = self.pictures.setdefault(self.gravatar_key(user), len(self.pictures) + 1)
        return f"/media/avatars/{number}.png"


@variation("gravatar_url follows the primary at first.", clauses.GRAVATAR, visible=False)
class GravatarFollowsPrimary(Service):
    # The target file says that the picture is made from this one: it could not be put back for another.
    primary = Accounts.primary

    def gravatar_key(self, user: User) -> str:
        return user.gravatar_email if user.gravatar_changes else self.account_email(user)
