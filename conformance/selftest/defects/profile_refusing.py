"""Defects in what update_user must refuse, and in what it must never change."""

from __future__ import annotations

import json
from typing import Any

from conformance.selftest.changes import defect, table
from conformance.selftest.overrides import Memory, by_form, instead
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.routes import WRITING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User

TYPE, UNCHANGED = "update-user/wrong-type", "update-user/refused-unchanged"
DOCUMENTED, READ_ONLY = "update-user/documented-answers", "update-user/read-only-members"

# -- wrong types -----------------------------------------------------------------------------------


def _taking(kinds: Any, make: Any, members: Any = PROFILE[:4]) -> Any:
    """Take values of other types; `make` takes the user, the member and the value."""

    def text(self: Service, call: Call, member: str, value: Json) -> str:
        if member in members and isinstance(value, kinds):
            value = make(self.stored_user(call.username), member, value)
        return Service.text(self, call, member, value)

    return {"text": text}


# -- refused, and done in part -------------------------------------------------------------------


def _one_by_one(self: Service, call: Call) -> dict[str, str]:
    """Save the members one by one, until one of them is refused."""
    for member in [one for one in call.fields if one in PROFILE]:
        self.save_member(call, member, self.text(call, member, call.fields[member]))
        self.store.keep()
    return {}


# -- members that never change ---------------------------------------------------------------------

WRITTEN: dict[str, Json] = {"true": True, "false": False}


@defect(
    "Members of the user that are none of the five can be set, and are shown so.",
    READ_ONLY,
    also="get-user/own-data",
)
class ReadOnlySettable(Memory):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, changes)
        shown = self.user_view(call, self.stored_user(call.username))
        for member, value in call.fields.items():
            if call.is_form and isinstance(value, str):
                value = int(value) if value.isdecimal() else WRITTEN.get(value, value)
            if member not in PROFILE and type(value) is type(shown.get(member)):
                self.memory.setdefault(call.username, {})[member] = value

    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return {**super().user_view(call, user), **self.memory.get(user.username, {})}


table(
    "update-user/",
    {
        "number-is-text (wrong-type): A number or a boolean is a text.": _taking(
            (int, float), lambda user, member, value: json.dumps(value)
        ),
        "array-is-text (wrong-type): An array of texts is joined.": _taking(
            list, lambda user, member, value: ", ".join(map(str, value))
        ),
        "array-of-one-read (wrong-type): An array of one address, or of one URL, counts as that.": _taking(
            list, lambda user, member, value: value[0] if len(value) == 1 else value, PROFILE[3:]
        ),
        "null-empties (wrong-type): null empties a text.": _taking(type(None), lambda *_: ""),
        "null-ignored (wrong-type): null counts as not sent.": _taking(
            type(None), lambda user, member, value: getattr(user, member), PROFILE
        ),
        "other-gravatar-crashes (wrong-type documented-answers): "
        "A gravatar_email that is no string is 500.": {
            "not_text": lambda self, call, name: Refusal(
                500 if name == "gravatar_email" else 400, "wrong"
            )
        },
        "saved-until-refused (refused-unchanged): JSON is saved by members, until one is refused.": instead(
            "profile_changes", lambda self, call: not call.is_form, _one_by_one
        ),
        "form-saved-until-refused (refused-unchanged): The members of a form are saved so.": instead(
            "profile_changes", by_form, _one_by_one
        ),
        "password-settable (read-only-members): The password can be set.": {
            "save_profile": lambda self, call, changes: self.store.change_user(
                call.username,
                **changes,
                **({"password": str(call.fields["password"])} if "password" in call.fields else {}),
            )
        },
    },
)

# -- refused, and done later or taken back ---------------------------------------------------------


@defect(
    "The valid members of a refused update are saved with the next one.",
    "update-user/leaves-others",
)
class RefusedSavedLater(Memory):
    def profile_changes(self, call: Call) -> dict[str, str]:
        pending = self.memory.setdefault(call.username, {})
        for name in PROFILE:
            if name in call.fields:
                pending[name] = self.text(call, name, call.fields[name])
        return {**self.memory.pop(call.username)}


@defect(
    "A refused request takes the one before it back.",
    "update-user/refused-unchanged",
    also=("update-user/*", "add-email/*", "update-email/*", "delete-email/*"),
)
class RefusalTakesLastBack(Service):
    def answer(self, call: Call) -> Reply:
        before = (dict(self.store.users), list(self.store.rows))
        reply = super().answer(call)
        if reply.status < 300 and call.operation in WRITING:
            self.last = before
        elif reply.status == 400:
            self.store.users, self.store.rows = getattr(self, "last", before)
        return reply
