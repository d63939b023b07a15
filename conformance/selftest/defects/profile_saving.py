"""Defects in what update_user saves, and in how it answers."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.defects.profile_reading import NOT_SEEN
from conformance.selftest.overrides import (
    Memory,
    Override,
    answering,
    around,
    crashes,
    each,
    instead,
    nothing,
)
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service

STORED = "update-user/answers-stored"
ALL = "update-user/sets-{full-name,location,company,profile-url,gravatar-email}"

# -- the answer ------------------------------------------------------------------------------------


def _saving(change: Callable[[Call, Any], dict[str, str]]) -> Override:
    """Save other changes than were sent."""
    return around("save_profile", lambda usual, _, call, new: usual(call, change(call, new)))


table(
    "update-user/",
    {
        "company-lands-in-location (sets-company leaves-others): company becomes location.": _saving(
            lambda _, sent: {"location" if k == "company" else k: sent[k] for k in sent}
        ),
        "fifth-member-lost (sets-several): Of five members at once, the last is not saved.": _saving(
            lambda _, changes: dict(list(changes.items())[:4])
        ),
        "unknown-member-loses-all (sets-several): Beside an unknown one, nothing is saved.": _saving(
            lambda call, changes: {} if set(call.fields) - set(PROFILE) else changes
        ),
        "others-cleared (leaves-others): Members that are not sent become empty.": _saving(
            lambda _, changes: dict.fromkeys(PROFILE[:4], "") | changes
        ),
        "form-clears-others (leaves-others form): A form empties what it does not have.": _saving(
            lambda call, new: dict.fromkeys(PROFILE[:4] if call.is_form else (), "") | new
        ),
        "update-not-saved-by-token (answers-stored): With a token, an update is not saved.": answering(
            "update_user",
            lambda self, call, view: (view, call.caller.scheme == "bearer" and self.store.undo())[
                0
            ],
        ),
        "update-answers-changes (members): The answer to an update has only what is changed.": answering(
            "update_user",
            lambda self, call, view: {one: view[one] for one in view if one in call.fields},
        ),
    },
    also=(STORED, NOT_SEEN),
)


def _answers_old(self: Service, call: Call) -> Reply:
    """Answer with the user, or the address, from before."""
    if call.operation == "update_user":
        before = self.get_user(call)
    else:
        address = self.found(call, self.wanted_address(call))
        before = self.json_reply(200, self.email_view(call, address))
    Service.operate(self, call)
    return before


# Of the profile and of addresses alike.
table(
    "",
    {
        f"update-not-saved ({ALL} update-email/{{verifies,makes-primary}}): An update is not saved.": {
            "operate": lambda self, call: (Service.operate(self, call), self.store.undo())[0]
        },
        f"update-answers-old ({STORED} update-email/answers-address): The answer is what was before.": {
            "operate": _answers_old
        },
    },
    lambda override: each(["update_user", "update_email"], override),
    also=(NOT_SEEN, "update-user/answers-stored update-email/* *-email/success list-emails/*"),
)


@defect("An update that changes nothing is 404: no row was touched.", "update-user/success")
class UnchangedIsNotFound(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        user = self.stored_user(call.username)
        if changes and all(getattr(user, name) == changes[name] for name in changes):
            raise Refusal(404, "no such user")
        super().save_profile(call, changes)


@defect(
    "An update ends at the first member that is as it was.", "update-user/sets-several", also=ALL
)
class UnchangedEndsUpdate(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        user = self.stored_user(call.username)
        for name, value in changes.items():
            if getattr(user, name) == value:
                return
            self.save_member(call, name, value)


@defect(
    "Each login writes its own copy of the profile back.", "update-user/leaves-others", also=STORED
)
class LoginWritesItsCopy(Memory):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        user = self.stored_user(call.username)
        now = {name: getattr(user, name) for name in PROFILE[:4]}
        copy = self.memory.setdefault(call.headers["authorization"], now)
        copy.update(changes)
        super().save_profile(call, changes)
        self.store.change_user(call.username, **copy)


def _bare(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if one.isascii())


table(
    "update-user/any-script",
    {
        "capitals-alone-not-saved: A change of capitals alone is not saved.": str.casefold,
        "accents-alone-not-saved: A change of accents alone is not saved.": _bare,
    },
    lambda key: instead(
        "save_member",
        lambda self, call, name, value: (
            name in PROFILE[:3]
            and key(getattr(self.stored_user(call.username), name)) == key(value)
        ),
        nothing,
    ),
    also=(ALL, "update-user/{form*,answers-stored}"),
)


# -- what else is changed --------------------------------------------------------------------------


def _also(member: str, act: Any) -> Any:
    """Do more to others where a member is saved."""

    def save_member(self: Service, call: Call, name: str, value: str) -> None:
        Service.save_member(self, call, name, value)
        if name == member:
            act(self, call, value)

    return {"save_member": save_member}


table(
    "update-user/others-untouched",
    {
        "location-of-all: A location is written to every account.": _also(
            "location",
            lambda self, _, value: [
                self.store.change_user(one, location=value) for one in self.store.users
            ],
        ),
        "gravatar-becomes-address: gravatar_email is added to the addresses.": _also(
            "gravatar_email",
            lambda self, call, value: self.find(call, value) or self.insert(call, value),
        ),
    },
    also="update-user/form",
)

row(
    "others-reach-the-first (update-user/{others-untouched,sets-gravatar-email}): "
    "An update of any account but the first one renames that, and leaves its own gravatar_url.",
    **_also(
        "full_name",
        lambda self, _, value: self.store.change_user(self.seed.users[0].username, full_name=value),
    ),
    gravatar_key=lambda self, user: (
        user.gravatar_email if user.username == self.seed.users[0].username else user.username
    ),
)

# -- what is remembered, and what the account has elsewhere ----------------------------------------


@defect(
    "An update that was sent before is answered as it was then, and not done again.",
    "update-user/answers-stored",
    also="update-user/*",
)
class UpdateReplayed(Memory):
    def update_user(self, call: Call) -> Reply:
        key = (call.username, call.body)
        if key not in self.memory:
            self.memory[key] = super().update_user(call)
        reply: Reply = self.memory[key]
        return reply


row(
    "joined-just-now (update-user/read-only-members): An update sets date_joined anew.",
    also="update-user/*",
    save_profile=lambda self, call, changes: self.store.change_user(
        call.username, **changes, date_joined=f"{datetime.now(UTC):%FT%T.%fZ}"
    ),
)


def _has(self: Service, call: Call, name: str, value: Any) -> bool:
    """Tell whether somebody else has a value."""
    others = (one for one in self.store.users.values() if one.username != call.username)
    return any(getattr(one, name) == value for one in others)


table(
    "update-user/success",
    {
        "name-taken: A full_name that somebody else has is refused.": "full_name",
        "url-taken: A profile_url that somebody else has is refused.": "profile_url",
    },
    lambda member: crashes("text", lambda *given: given[2] == member and _has(*given), 400),
)


@defect(
    "update_user takes addresses, and they become those of the account.",
    "update-user/others-untouched",
)
class AddressesSettable(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, changes)
        given = call.fields.get("emails")
        for one in given if isinstance(given, list) else ():
            if isinstance(one, dict) and isinstance(one.get("email"), str):
                self.store.add_address(call.username, str(one["email"]), verified=True)
