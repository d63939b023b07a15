"""Defects in how the profile is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.overrides import Memory
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


def _joined(change: Callable[[datetime, str], object]) -> Any:
    def changed(view: dict[str, Any]) -> dict[str, Any]:
        text = view["date_joined"]
        return view | {"date_joined": change(datetime.fromisoformat(text), text)}

    return _viewed(changed)


table(
    MEMBERS,
    {
        "id-is-text: The id is a text.": lambda view: view | {"id": "501"},
        "active-is-number: is_active is 1, as in a database.": lambda view: view | {"is_active": 1},
        "type-is-null: type is null.": lambda view: view | {"type": None},
        "user-lacks-gravatar-url: A user has no gravatar_url.": lambda view: _but(
            view, "gravatar_url"
        ),
    },
    _viewed,
    also="update-user/sets-gravatar-email",
)
row(
    "empty-text-left-out",
    "A text that is empty is left out of the user.",
    MEMBERS,
    **_viewed(lambda view: _but(view, *(name for name in view if view[name] == ""))),
)
table(
    JOINED,
    {
        "joined-as-in-mail: date_joined is written as in mail.": lambda at, _: format_datetime(at),
        "joined-without-zone: date_joined has no time zone.": lambda _, text: text.rstrip("Z"),
        "joined-with-space: date_joined has a space.": lambda _, text: text.replace("T", " "),
        "joined-in-month-13: date_joined is in month 13.": lambda _, text: (
            text[:5] + "13" + text[7:]
        ),
    },
    _joined,
)
row(
    "joined-at-midnight-is-a-day",
    "date_joined is a day where somebody joined at midnight.",
    JOINED,
    seed=Seed((MALLORY, replace(TRENTINO, date_joined="2021-12-01T00:00:00Z"), PEGGY)),
    **_joined(lambda _, text: text.removesuffix("T00:00:00Z")),
)

# -- whose user it is, and as of when --------------------------------------------------------------


def _read(change: Callable[..., Any]) -> Any:
    """Answer get_user with other data."""
    return {
        "get_user": lambda self, call: self.json_reply(
            200, change(self, call, Service.get_user(self, call).data())
        )
    }


row(
    "user-in-envelope",
    "A user stands in an object.",
    "get-user/members",
    **_read(lambda _, __, view: {"user": view}),
)
row(
    "user-differs-by-basic",
    "With Basic, a user has another id than with a token.",
    OWN,
    also=STORED,
    **_read(lambda _, call, view: view | {"id": view["id"] + 9 * (call.caller.scheme == "basic")}),
)
row(
    "first-user-always",
    "Everybody gets the profile of the first account.",
    OWN,
    also=(NOT_SEEN, "update-user/others-untouched"),
    **_read(
        lambda self, call, _: self.user_view(call, self.stored_user(self.seed.users[0].username))
    ),
)


class Cache(Memory):
    """A service that keeps the answers to some logins until the same login writes."""

    def key(self, call: Call) -> object:
        """Return the name under which an answer is kept; nothing where it is not."""
        return call.caller.scheme, call.username

    def get_user(self, call: Call) -> Reply:
        reply, key = super().get_user(call), self.key(call)
        return self.memory.setdefault(key, reply) if key else reply

    def update_user(self, call: Call) -> Reply:
        reply = super().update_user(call)
        self.memory[self.key(call)] = reply
        return reply


row(
    "cache-per-scheme",
    "What a Basic login, or a token, saw or wrote last is shown to its like.",
    STORED,
    also=(OWN, NOT_SEEN),
    base=Cache,
)
row(
    "cache-per-token",
    "What a token with several scopes saw or wrote last is shown to it again.",
    STORED,
    base=Cache,
    key=lambda self, call: call.caller if len(call.caller.scopes) > 1 else None,
)


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
