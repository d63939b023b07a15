"""Defects in how the profile is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.overrides import Memory, each
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import MALLORY, PEGGY, TRENTINO, Seed

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


def _but(view: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in names}


table(
    MEMBERS,
    {
        "id-is-text: The id is a text, or in an update is_active 1, as in a database.": each(
            ["get_user", "update_user"],
            _viewed(lambda view: view | {"id": "501"}),
            _viewed(lambda view: view | {"is_active": 1}),
        ),
        "user-lacks-gravatar-url: A user has no gravatar_url, or a type of null.": each(
            ["get_user", "update_user"],
            _viewed(lambda view: _but(view, "gravatar_url")),
            _viewed(lambda view: view | {"type": None}),
        ),
    },
    also="update-user/{sets-gravatar-email,answers-stored}",
)
row(
    f"empty-text-left-out ({MEMBERS}): A text that is empty is left out of the user.",
    **_viewed(lambda view: _but(view, *(name for name in view if view[name] == ""))),
)
table(
    JOINED,
    {
        "joined-as-in-mail: date_joined is written as in mail.": lambda text: format_datetime(
            datetime.fromisoformat(text)
        ),
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
    also=(OWN, NOT_SEEN),
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
    also=(NOT_SEEN, "update-user/leaves-others"),
)
class UpdateReadStale(Memory):
    def get_user(self, call: Call) -> Reply:
        return self.memory.pop(call.username, None) or super().get_user(call)

    def update_user(self, call: Call) -> Reply:
        before, reply = super().get_user(call), super().update_user(call)
        self.memory[call.username] = before
        return reply
