"""Defects in gravatar_email, and in the gravatar_url that is made from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import defect, table
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


# -- gravatar_email --------------------------------------------------------------------------------


def _of(whose: Callable[[Call, Address], bool]) -> Any:
    return lambda self, call, value: any(
        one.email == value and whose(call, one) for one in self.store.rows if not one.is_primary
    )


table(
    "update-user/",
    {
        "gravatar-becomes-email (read-only-members): A new gravatar_email becomes the user's email.": {
            "account_email": lambda self, user: (
                user.gravatar_email if user.gravatar_changes else Service.account_email(self, user)
            )
        },
        "gravatar-unchecked (invalid-gravatar-email): gravatar_email takes any text.": instead(
            "gravatar_address", lambda *_: True, lambda *given: given[-1]
        ),
        "gravatar-unchecked-in-form (invalid-gravatar-email): A form takes any text.": instead(
            "gravatar_address", by_form, lambda *given: given[-1]
        ),
        "gravatar-pattern-unanchored (invalid-gravatar-email): One anywhere in it is enough.": instead(
            "gravatar_address",
            lambda self, call, value: re.search(r"[^@\s]+@[^@\s]+", value),
            lambda *given: given[-1],
        ),
        "bad-gravatar-ignored (invalid-gravatar-email): A bad gravatar_email is ignored, 200.": {
            "gravatar_address": lambda self, call, value: (
                value if self.is_address(value) else self.stored_user(call.username).gravatar_email
            )
        },
        "gravatar-underscore-refused (success): gravatar_email takes no _.": crashes(
            "gravatar_address", lambda self, call, value: "_" in value, 400
        ),
        "same-gravatar-refused (success): The same gravatar_email again is 400.": crashes(
            "gravatar_address",
            lambda self, call, value: self.stored_user(call.username).gravatar_email == value,
            400,
        ),
        "gravatar-own-refused (success): gravatar_email must be none of the account.": crashes(
            "gravatar_address", _of(lambda call, one: one.username == call.username), 400
        ),
        "gravatar-foreign-refused (success): gravatar_email must be of nobody else.": crashes(
            "gravatar_address", _of(lambda call, one: one.username != call.username), 400
        ),
    },
)
