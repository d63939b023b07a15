"""A user, as shown by get_user."""

from __future__ import annotations

from collections.abc import Callable

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import SETS, TWELVE
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User


def shown(name: str, sentence: str, change: Callable[[dict[str, Json]], object]) -> None:
    """Declare: a user is shown otherwise."""

    @defect(sentence, TWELVE, name)
    class Shown(Service):
        def user_view(self, call: Call, user: User) -> dict[str, Json]:
            view = super().user_view(call, user)
            change(view)
            return view


def without(name: str) -> None:
    """Declare: a member of the user is missing."""
    shown(f"user_without_{name}", f"A user has no {name}.", lambda view: view.pop(name))


def mistyped(name: str, how: str, value: Json) -> None:
    """Declare: a member of the user has another type."""
    shown(f"{name}_is_{how}", f"{name} is {how}.", lambda view: view.update({name: value}))


def renamed(name: str, other: str) -> None:
    """Declare: a member of the user has another name."""
    say = f"{name} is called {other}."
    shown(f"{name}_renamed", say, lambda view: view.update({other: view.pop(name)}))


for _name in ("id", "url", "type", "is_active", "gravatar_url", "email"):
    without(_name)
MISTYPED: tuple[tuple[str, str, Json], ...] = (
    ("id", "a_string", "501"),
    ("id", "a_fraction", 501.5),
    ("is_active", "a_number", 1),
    ("is_active", "a_string", "true"),
    ("date_joined", "a_number", 1553990399),
    ("date_joined", "local", "2019-03-30T23:59:59"),
    ("date_joined", "spaced", "2019-03-30 23:59:59 +0000"),
    ("date_joined", "a_day", "2019-03-30"),
    ("type", "null", None),
    ("email", "an_object", {"address": "mallory@example.org"}),
    ("gravatar_url", "null", None),
)
for _name, _how, _value in MISTYPED:
    mistyped(_name, _how, _value)
renamed("full_name", "fullName")
renamed("date_joined", "joined")


@defect("The answer to update_user has no date_joined.", SETS)
class UpdateWithoutDate(Service):
    def update_user(self, call: Call) -> Reply:
        view = super().update_user(call).data()
        kept = {name: value for name, value in dict_of(view).items() if name != "date_joined"}
        return self.json_reply(200, kept)


def dict_of(value: Json) -> dict[str, Json]:
    """What is known to be an object."""
    return value if isinstance(value, dict) else {}


@defect("A user is wrapped into an object.", TWELVE)
class UserWrapped(Service):
    def get_user(self, call: Call) -> Reply:
        return self.json_reply(200, {"user": super().get_user(call).data()})


@defect("A user is an array of one.", TWELVE)
class UserInArray(Service):
    def get_user(self, call: Call) -> Reply:
        return self.json_reply(200, [super().get_user(call).data()])


@defect("get_user shows what it showed the first time.", SETS)
class FirstReadStays(Service):
    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, Json] = {}

    def get_user(self, call: Call) -> Reply:
        reply = super().get_user(call)
        return self.json_reply(200, self.first.setdefault(call.username, reply.data()))


@defect("With Basic, get_user shows what a Basic login saw or wrote last.", SETS)
class CachePerScheme(Service):
    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Json] = {}

    def get_user(self, call: Call) -> Reply:
        reply = super().get_user(call)
        if call.caller.scheme == "bearer":
            return reply
        return self.json_reply(200, self.seen.setdefault(call.username, reply.data()))

    def update_user(self, call: Call) -> Reply:
        reply = super().update_user(call)
        if call.caller.scheme == "basic":
            self.seen[call.username] = reply.data()
        return reply
