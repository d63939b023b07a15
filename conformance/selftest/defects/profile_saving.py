"""Defects in what update_user saves, and in how it answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.defects.profile_reading import NOT_SEEN
from conformance.selftest.overrides import Memory
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Refusal, Reply, refuse
from conformance.selftest.reference.service import Service

OTHERS = "update-user/leaves-others"
STORED = "update-user/answers-stored"
ALL_SET = "update-user/sets-{full-name,location,company,profile-url,gravatar-email}"

# -- what becomes of the members -------------------------------------------------------------------


def _saving(change: Any) -> Any:
    """Save other changes than were sent."""
    return {
        "save_profile": lambda self, call, changes: Service.save_profile(
            self, call, change(call, changes)
        )
    }


table(
    "update-user/",
    {
        "company-ignored (sets-company): update_user ignores company.": (
            lambda _, sent: {name: sent[name] for name in sent if name != "company"}
        ),
        "company-lands-in-location (sets-company leaves-others): company becomes location.": (
            lambda _, sent: {"location" if k == "company" else k: sent[k] for k in sent}
        ),
        "fifth-member-lost (sets-several): Of five members at once, the last is not saved.": (
            lambda _, changes: dict(list(changes.items())[:4])
        ),
        "unknown-member-loses-all (sets-several): Beside an unknown one, nothing is saved.": (
            lambda call, changes: {} if set(call.fields) - set(PROFILE) else changes
        ),
    },
    _saving,
    also=(STORED, NOT_SEEN),
)
row(
    "others-cleared",
    "Members that are not sent become empty.",
    OTHERS,
    **_saving(lambda _, changes: dict.fromkeys(PROFILE[:4], "") | changes),
)
row(
    "form-clears-others",
    "A form empties the members that it does not have.",
    (OTHERS, "update-user/form"),
    also="update-user/sets-*",
    **_saving(lambda call, new: dict.fromkeys(PROFILE[:4] if call.is_form else (), "") | new),
)

# -- the answer ------------------------------------------------------------------------------------


def _answering(answer: Any) -> Any:
    """Answer an update otherwise."""
    return {
        "update_user": lambda self, call: self.json_reply(
            200, answer(self, call, Service.update_user(self, call).data())
        )
    }


row(
    "update-not-saved",
    "An update is answered, and not saved.",
    ALL_SET,
    also=(STORED, NOT_SEEN),
    **_answering(lambda self, call, view: (view, self.store.undo())[0]),
)
row(
    "update-not-saved-by-token",
    "With a token, an update is answered, and not saved.",
    STORED,
    also=NOT_SEEN,
    **_answering(
        lambda self, call, view: (view, call.caller.scheme == "bearer" and self.store.undo())[0]
    ),
)
row(
    "update-answers-changes",
    "The answer to an update has the changed members alone.",
    "update-user/members",
    **_answering(lambda self, call, view: {one: view[one] for one in view if one in call.fields}),
)


@defect("The answer to an update is the user as it was before.", STORED, also=NOT_SEEN)
class UpdateAnswersOld(Service):
    def update_user(self, call: Call) -> Reply:
        before = self.get_user(call)
        super().update_user(call)
        return before


@defect(
    "An update that changes nothing is 404: no row was touched.",
    "update-user/success",
)
class UnchangedIsNotFound(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        user = self.stored_user(call.username)
        if changes and all(getattr(user, name) == changes[name] for name in changes):
            raise Refusal(404, "no such user")
        super().save_profile(call, changes)


# -- what else is changed --------------------------------------------------------------------------


def _also(name: str, sentence: str, member: str, act: Any) -> None:
    """Declare a defect: where a member is saved, more is done to others."""

    def save_member(self: Service, call: Call, name: str, value: str) -> None:
        Service.save_member(self, call, name, value)
        if name == member:
            act(self, call, value)

    breaks = "update-user/others-untouched"
    row(name, sentence, breaks, save_member=save_member)


_also(
    *("location-of-all", "A location is written to every account.", "location"),
    lambda self, _, value: [
        self.store.change_user(one, location=value) for one in self.store.users
    ],
)
_also(
    *("others-rename-the-first", "The first one is renamed with others.", "full_name"),
    lambda self, _, value: self.store.change_user(self.seed.users[0].username, full_name=value),
)
_also(
    *("gravatar-becomes-address", "gravatar_email is added to the addresses.", "gravatar_email"),
    lambda self, call, value: self.find(call, value) or self.insert(call, value),
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
    "joined-just-now",
    "An update of the profile sets date_joined anew.",
    "update-user/read-only-members",
    also="update-user/*",
    save_profile=lambda self, call, changes: self.store.change_user(
        call.username, **changes, date_joined=f"{datetime.now(UTC):%FT%T.%fZ}"
    ),
)


row(
    "name-taken",
    "A full_name that somebody else has is refused.",
    "update-user/success",
    text=lambda self, call, name, value: (
        refuse(400)
        if name == "full_name"
        and any(
            one.full_name == value and one.username != call.username
            for one in self.store.users.values()
        )
        else Service.text(self, call, name, value)
    ),
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
