"""Defects in gravatar_email, and in the gravatar_url that is made from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.overrides import Memory, by_form, crashes, instead
from conformance.selftest.reference.calls import Call
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, User

SETS, INVALID = "update-user/sets-gravatar-email", "update-user/invalid-gravatar-email"

# -- gravatar_url ----------------------------------------------------------------------------------

table(
    SETS,
    {
        "gravatar-by-domain: Only the domain of an address makes its gravatar_url.": (
            lambda _, user: user.gravatar_email.rpartition("@")[2]
        ),
        "gravatar-by-local-part: The domain of an address makes no other gravatar_url.": (
            lambda _, user: user.gravatar_email.rpartition("@")[0]
        ),
        "gravatar-without-tag: What follows + in an address makes no other gravatar_url.": (
            lambda _, user: re.sub(r"\+[^@]*", "", user.gravatar_email)
        ),
        "location-renews-gravatar (update-user/leaves-others): A new location gives another.": (
            lambda _, user: user.gravatar_email + user.location
        ),
    },
    lambda key: {"gravatar_key": key},
    also="update-user/sets-several",
)


@defect("gravatar_url is made from the address before this one.", SETS)
class GravatarOneLate(Memory):
    def save_member(self, call: Call, name: str, value: str) -> None:
        if name == "gravatar_email":
            self.memory[call.username] = self.stored_user(call.username).gravatar_email
        super().save_member(call, name, value)

    def gravatar_key(self, user: User) -> str:
        return str(self.memory.get(user.username, user.gravatar_email))


row(
    "gravatar-becomes-email",
    "A new gravatar_email becomes the user's email.",
    "update-user/read-only-members",
    account_email=lambda self, user: (
        user.gravatar_email if user.gravatar_changes else Service.account_email(self, user)
    ),
)

# -- gravatar_email --------------------------------------------------------------------------------

table(
    INVALID,
    {
        "gravatar-unchecked: gravatar_email takes any text.": lambda *_: True,
        "gravatar-unchecked-in-form: In a form, gravatar_email takes any text.": by_form,
        "gravatar-pattern-unanchored: An address anywhere in it is enough.": (
            lambda self, call, value: re.search(r"[^@\s]+@[^@\s]+", value)
        ),
    },
    lambda when: instead("gravatar_address", when, lambda self, call, value: value),
)
row(
    "bad-gravatar-ignored",
    "A gravatar_email that is no address is ignored, 200.",
    INVALID,
    gravatar_address=lambda self, call, value: (
        value if self.is_address(value) else self.stored_user(call.username).gravatar_email
    ),
)


def _of(whose: Callable[[Call, Address], bool]) -> Any:
    return lambda self, call, value: any(
        one.email == value and whose(call, one) for one in self.store.rows if not one.is_primary
    )


table(
    "update-user/success",
    {
        "gravatar-underscore-refused: gravatar_email takes no _.": (
            lambda self, call, value: "_" in value
        ),
        "same-gravatar-refused: The same gravatar_email again is 400.": lambda self, call, value: (
            self.stored_user(call.username).gravatar_email == value
        ),
        "gravatar-own-refused: gravatar_email must be none of the account.": _of(
            lambda call, one: one.username == call.username
        ),
        "gravatar-foreign-refused: gravatar_email must be of nobody else.": _of(
            lambda call, one: one.username != call.username
        ),
    },
    lambda bad: crashes("gravatar_address", bad, 400),
)
