"""Defects in how the profile is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from conformance.selftest.changes import defect, row
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import MALLORY, PEGGY, TRENTINO, Seed

MEMBERS = ("get-user/members", "update-user/members")
JOINED, OWN, STORED = "get-user/date-joined", "get-user/own-data", "update-user/answers-stored"
BY_THE_WAY = (
    *("update-user/form", "update-user/form-decoding", "update-user/any-script"),
    *("update-user/sets-several", "update-user/sets-profile-url"),
)
"""Checks that blame what they are about for whatever they meet."""
NOT_SEEN = (
    "update-user/sets-*",
    "update-user/any-script",
    "update-user/form*",
    "update-user/json-*",
)
"""That something was saved is not seen where it is not shown."""

# -- the members -----------------------------------------------------------------------------------


def _shown(
    name: str, sentence: str, breaks: Any, change: Callable[[dict[str, Any]], Any], **more: Any
) -> None:
    """Declare: a user is shown otherwise, by get_user and by update_user."""

    def user_view(self: Service, call: Call, user: Any) -> Any:
        return change(Service.user_view(self, call, user))

    row(name, sentence, breaks, user_view=user_view, **more)


def _has(name: str, sentence: str, **members: Json) -> None:
    _shown(name, sentence, MEMBERS, lambda view: {**view, **members}, misnamed=BY_THE_WAY)


def _joined(name: str, sentence: str, change: Callable[[str], Json]) -> None:
    _shown(
        f"joined-{name}",
        f"date_joined is {sentence}.",
        JOINED,
        lambda view: {**view, "date_joined": change(view["date_joined"])},
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _but(view: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in names}


_has("id-is-text", "The id is a text.", id="501")
_has("id-is-fraction", "The id is no whole number.", id=501.5)
_has("active-is-number", "is_active is 1, as a database has it.", is_active=1)
_has("type-is-null", "type is null.", type=None)
_joined("as-digits", "a number of seconds", lambda text: str(_moment(text).timestamp()))
_joined("as-in-mail", "written as in mail", lambda text: format_datetime(_moment(text)))
_joined("without-zone", "without a time zone", lambda text: text.removesuffix("Z"))
_joined("without-time", "a day", lambda text: text[:10])
_joined("with-space", "written as databases do", lambda text: text.replace("T", " "))
_joined("in-month-13", "in a month of no calendar", lambda text: f"{text[:5]}13{text[7:]}")
_shown(
    "user-lacks-gravatar-url",
    "A user has no gravatar_url.",
    MEMBERS,
    lambda view: _but(view, "gravatar_url"),
    also="update-user/sets-gravatar-email",
    misnamed=BY_THE_WAY,
)
_shown(
    "empty-text-left-out",
    "A text that is empty is left out of the user.",
    MEMBERS,
    lambda view: _but(view, *(name for name in view if view[name] == "")),
)
row(
    "joined-at-midnight-is-a-day",
    "date_joined is a day where somebody joined at midnight.",
    JOINED,
    seed=Seed((MALLORY, replace(TRENTINO, date_joined="2021-12-01T00:00:00Z"), PEGGY)),
    user_view=lambda self, call, user: {
        **Service.user_view(self, call, user),
        "date_joined": user.date_joined.removesuffix("T00:00:00Z"),
    },
)

# -- whose user it is, and as of when --------------------------------------------------------------


def _read(name: str, sentence: str, breaks: Any, change: Callable[..., Any], **more: Any) -> None:
    """Declare: get_user answers with other data; `change` takes the service, the call and the data."""

    def get_user(self: Service, call: Call) -> Reply:
        return self.json_reply(200, change(self, call, Service.get_user(self, call).data()))

    row(name, sentence, breaks, get_user=get_user, **more)


_read(
    "user-in-envelope",
    "A user stands in an object.",
    (MEMBERS[0], JOINED),
    lambda _, __, view: {"user": view},
    also=(STORED, *NOT_SEEN),
)
_read("user-in-list", "A user stands in a list.", (MEMBERS[0], JOINED), lambda _, __, view: [view])
_read(
    "user-differs-by-basic",
    "With Basic, a user has another id than with a token.",
    OWN,
    lambda _, call, view: {**view, "id": view["id"] + 1000 * (call.caller.scheme == "basic")},
    also=STORED,
    misnamed=BY_THE_WAY,
)
_read(
    "first-user-always",
    "Everybody gets the profile of the first account.",
    OWN,
    lambda self, call, _: self.user_view(call, self.stored_user(self.seed.users[0].username)),
    also=(*NOT_SEEN, "update-user/others-untouched"),
)


@defect(
    "What a Basic login, or a token, saw or wrote last is shown to its like.",
    STORED,
    also=(OWN, *NOT_SEEN),
)
class CachePerScheme(Service):
    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], Reply] = {}

    def get_user(self, call: Call) -> Reply:
        return self.kept.setdefault((call.caller.scheme, call.username), super().get_user(call))

    def update_user(self, call: Call) -> Reply:
        reply = super().update_user(call)
        self.kept[call.caller.scheme, call.username] = reply
        return reply


@defect(
    "The first reading after an update still shows the user from before.",
    STORED,
    also=(*NOT_SEEN, "update-user/leaves-others"),
    misnamed=("add-email/form", "*/others-untouched", "update-user/refused-unchanged*"),
)
class UpdateReadStale(Service):
    def __init__(self) -> None:
        super().__init__()
        self.old: dict[str, Reply] = {}

    def get_user(self, call: Call) -> Reply:
        return self.old.pop(call.username, None) or super().get_user(call)

    def update_user(self, call: Call) -> Reply:
        before, reply = super().get_user(call), super().update_user(call)
        self.old[call.username] = before
        return reply


@defect("Somebody who does not ask for JSON gets a page.", ("get-user/json", "list-emails/json"))
class PageUnlessJson(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        if reply.status == 200 and "json" not in call.headers.get("accept", ""):
            reply.header("Content-Type", "text/html")
        return reply
