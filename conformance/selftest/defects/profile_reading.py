"""Defects in how the profile is shown, and in gravatar_email, which makes the gravatar_url."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.overrides import Memory, by_form, crashes, each, instead
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import MALLORY, PEGGY, TRENTINO, Address, Seed, User

MEMBERS = "{get,update}-user/members"
JOINED, OWN, STORED = "get-user/date-joined", "get-user/own-data", "update-user/answers-stored"
NOT_SEEN = "update-user/{sets-*,any-script,form*,json-*}"
"""That something was saved is not seen where it is not shown."""

# -- the members -----------------------------------------------------------------------------------


def _viewed(change: Callable[[dict[str, Any]], Any]) -> Any:
    """Show a user otherwise, by get_user and by update_user."""
    return {
        "user_view": lambda self, call, user: change(Service.user_view(self, call, user)),
    }


row(
    f"id-is-text ({MEMBERS}): The id is a text, or in an update is_active 1, as in a database.",
    also=STORED,
    **each(
        ["get_user", "update_user"],
        _viewed(lambda view: view | {"id": "501"}),
        _viewed(lambda view: view | {"is_active": 1}),
    ),
)
row(
    f"empty-text-left-out ({MEMBERS}): A text that is empty is left out of the user.",
    **_viewed(lambda view: {name: view[name] for name in view if view[name] != ""}),
)
table(
    JOINED,
    {
        "joined-without-zone: date_joined has no time zone.": lambda text: text.rstrip("Z"),
        "joined-with-space: date_joined has a space.": lambda text: text.replace("T", " "),
        "joined-in-month-13: date_joined is in month 13.": lambda text: text[:5] + "13" + text[7:],
        "joined-at-midnight-is-a-day: At midnight, date_joined is a day.": lambda text: (
            text.removesuffix("T00:00:00Z")
        ),
    },
    lambda change: {
        "seed": Seed((MALLORY, replace(TRENTINO, date_joined="2021-12-01T00:00:00Z"), PEGGY)),
        **_viewed(lambda view: view | {"date_joined": change(view["date_joined"])}),
    },
    also="update-user/members",
)

# -- whose user it is, and as of when --------------------------------------------------------------

table(
    OWN,
    {
        "user-in-envelope (get-user/members): A user stands in an object.": (
            lambda self, call, view: {"user": view}
        ),
        "user-differs-by-basic: With Basic, a user has another id than with a token.": (
            lambda self, call, view: view | {"id": view["id"] + 9 * (call.caller.scheme == "basic")}
        ),
        "first-user-always: Everybody gets the profile of the first account.": (
            lambda self, call, _: self.user_view(
                call, self.stored_user(self.seed.users[0].username)
            )
        ),
    },
    lambda change: {
        "get_user": lambda self, call: self.json_reply(
            200, change(self, call, Service.get_user(self, call).data())
        )
    },
    also=(STORED, NOT_SEEN, "update-user/others-untouched"),
)


@defect(
    "What a Basic login, or a token, saw or wrote last is shown to its like.",
    STORED,
    also=(OWN, NOT_SEEN, "update-user/read-only-members"),
)
class CachePerScheme(Memory):
    def get_user(self, call: Call) -> Reply:
        key = call.caller.scheme, call.username
        reply: Reply = self.memory.setdefault(key, super().get_user(call))
        return reply

    def update_user(self, call: Call) -> Reply:
        self.memory[call.caller.scheme, call.username] = reply = super().update_user(call)
        return reply


@defect(
    "The first reading after an update still shows the user from before.",
    STORED,
    # What comes late looks like the work of what was sent meanwhile.
    also=(
        NOT_SEEN,
        "update-user/{leaves-others,refused-unchanged,others-untouched}",
        "update-email/others-untouched",
    ),
)
class UpdateReadStale(Memory):
    def get_user(self, call: Call) -> Reply:
        return self.memory.pop(call.username, None) or super().get_user(call)

    def update_user(self, call: Call) -> Reply:
        before, reply = super().get_user(call), super().update_user(call)
        self.memory[call.username] = before
        return reply


# -- gravatar_url ----------------------------------------------------------------------------------

table(
    "update-user/sets-gravatar-email",
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
    "gravatar_key",
    also="update-user/{sets-several,form}",
)


@defect("gravatar_url is made from the address before this one.", "update-user/sets-gravatar-email")
class GravatarOneLate(Memory):
    def save_member(self, call: Call, name: str, value: str) -> None:
        if name == "gravatar_email":
            self.memory[call.username] = self.stored_user(call.username).gravatar_email
        super().save_member(call, name, value)

    def gravatar_key(self, user: User) -> str:
        return str(self.memory.get(user.username, user.gravatar_email))


# -- gravatar_email --------------------------------------------------------------------------------

row(
    "gravatar-becomes-email (update-user/read-only-members): It becomes the user's email.",
    also="update-user/form",
    account_email=lambda self, user: (
        user.gravatar_email if user.gravatar_changes else Service.account_email(self, user)
    ),
)


def _of(whose: Callable[[Call, Address], bool]) -> Any:
    return lambda self, call, value: any(
        one.email == value and whose(call, one) for one in self.store.rows if not one.is_primary
    )


table(
    "update-user/",
    {
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
