"""Defects in what update_user saves, and in how it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import defect, row
from conformance.selftest.defects.profile_reading import BY_THE_WAY, NOT_SEEN
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service

SUCCESS, STORED, SHOWN = (f"update-user/{one}" for one in ("success", "answers-stored", "members"))
SEVERAL, OTHERS = "update-user/sets-several", "update-user/leaves-others"
UNTOUCHED, READ_ONLY = "update-user/others-untouched", "update-user/read-only-members"
DOCUMENTED, FORM = "update-user/documented-answers", "update-user/form"
ACCEPTED = ("update-user/*-accepted", "update-user/forbidden/scope-subsets", "update-user/json-*")
ALL_SET = tuple(f"update-user/sets-{member.replace('_', '-')}" for member in PROFILE)

# -- what becomes of the members -------------------------------------------------------------------


def _saves(
    name: str,
    sentence: str,
    breaks: Any,
    change: Callable[[Call, dict[str, str]], Any],
    also: Any = (STORED, *NOT_SEEN),
    misnamed: Any = (),
) -> None:
    """Declare: other changes are saved than were sent."""

    def save_profile(self: Service, call: Call, changes: dict[str, str]) -> None:
        Service.save_profile(self, call, change(call, changes))

    row(name, sentence, breaks, also=also, misnamed=misnamed, save_profile=save_profile)


def _but(changes: dict[str, Any], *members: str) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name not in members}


def _ignored(member: str, requirement: str) -> None:
    name, sentence = f"{member.replace('_', '-')}-ignored", f"update_user ignores {member}."
    _saves(name, sentence, requirement, lambda _, changes: _but(changes, member))


for _member, _requirement in zip(PROFILE, ALL_SET, strict=True):
    _ignored(_member, _requirement)
_saves(
    "company-lands-in-location",
    "company is stored as the location.",
    (ALL_SET[2], OTHERS),
    lambda _, sent: {"location" if name == "company" else name: sent[name] for name in sent},
)
_saves(
    "fifth-member-lost",
    "Of five members at once, the last is not saved.",
    SEVERAL,
    lambda _, changes: dict(list(changes.items())[:4]),
)
_saves(
    "location-lost-beside-company",
    "location is not saved where company is sent too.",
    SEVERAL,
    lambda _, changes: _but(changes, *(["location"] if "company" in changes else [])),
)
_saves(
    "unknown-member-loses-all",
    "Beside an unknown member, nothing is saved, 200.",
    SEVERAL,
    lambda call, changes: {} if set(call.fields) - set(PROFILE) else changes,
)
_saves(
    "others-cleared",
    "Members that are not sent become empty.",
    OTHERS,
    lambda _, changes: {**dict.fromkeys(PROFILE[:4], ""), **changes},
    also=(),
    misnamed=(*BY_THE_WAY, "update-user/sets-full-name", READ_ONLY),
)
_saves(
    "form-clears-others",
    "A form empties the members that it does not have.",
    (OTHERS, FORM),
    lambda call, changes: {**dict.fromkeys(PROFILE[:4] if call.is_form else (), ""), **changes},
    misnamed=("update-user/form-decoding", "update-user/any-script", READ_ONLY),
    also="update-user/sets-*",
)
_saves(
    "name-clears-company",
    "A new full_name empties the company.",
    OTHERS,
    lambda _, changes: {**({"company": ""} if "full_name" in changes else {}), **changes},
    also=(),
    misnamed=(FORM, SEVERAL, "update-user/sets-full-name", READ_ONLY),
)

# -- the answer ------------------------------------------------------------------------------------


def _answers(
    name: str, sentence: str, breaks: Any, answer: Callable[..., Reply], **more: Any
) -> None:
    """Declare: an update is answered otherwise; `answer` takes service, call, and the user shown."""

    def update_user(self: Service, call: Call) -> Reply:
        return answer(self, call, Service.update_user(self, call).data())

    row(name, sentence, breaks, update_user=update_user, **more)


def _forgets(
    name: str, sentence: str, breaks: Any, when: Callable[[Call], bool], **more: Any
) -> None:
    """Declare: some updates are answered and not saved."""

    def answer(self: Service, call: Call, view: Any) -> Reply:
        if when(call):
            self.store.undo()
        return self.json_reply(200, view)

    _answers(name, sentence, breaks, answer, **more)


_forgets(
    "update-not-saved",
    "An update is answered, and not saved.",
    ALL_SET,
    lambda _: True,
    also=(STORED, *NOT_SEEN),
)
_forgets(
    "update-not-saved-by-token",
    "With a token, an update is answered, and not saved.",
    STORED,
    lambda call: call.caller.scheme == "bearer",
    also=NOT_SEEN,
)
_answers(
    "update-answers-changes",
    "The answer to an update has the changed members alone.",
    SHOWN,
    lambda self, call, view: self.json_reply(
        200, {one: view[one] for one in view if one in call.fields}
    ),
    misnamed=BY_THE_WAY,
)
_answers(
    "update-answers-id-as-text",
    "The answer to an update has the id as a text.",
    (SHOWN, STORED),
    lambda self, _, view: self.json_reply(200, {**view, "id": str(view["id"])}),
    misnamed=BY_THE_WAY,
)
_answers(
    "update-is-204",
    "update_user answers with 204.",
    (SUCCESS, DOCUMENTED, "update-user/json"),
    lambda *_: Reply(204),
    misnamed=(*ACCEPTED, *BY_THE_WAY, "update-email/others-untouched"),
)


@defect("The answer to an update is the user as it was before.", STORED, also=NOT_SEEN)
class UpdateAnswersOld(Service):
    def update_user(self, call: Call) -> Reply:
        before = self.get_user(call)
        super().update_user(call)
        return before


@defect(
    "An update that changes nothing is 404: no row was touched.",
    SUCCESS,
    misnamed=(FORM, DOCUMENTED, "update-user/json-charset"),
)
class UnchangedIsNotFound(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        user = self.stored_user(call.username)
        if changes and all(getattr(user, name) == changes[name] for name in changes):
            raise Refusal(404, "no such user")
        super().save_profile(call, changes)


# -- what else is changed --------------------------------------------------------------------------


def _also(
    name: str, sentence: str, member: str, act: Callable[[Any, Call, str], object], **more: Any
) -> None:
    """Declare: where a member is saved, more is done to others."""

    def save_member(self: Service, call: Call, name: str, value: str) -> None:
        Service.save_member(self, call, name, value)
        if name == member:
            act(self, call, value)

    row(name, sentence, UNTOUCHED, save_member=save_member, **more)


_also(
    "location-of-all",
    "A location is written to every account.",
    "location",
    lambda self, _, value: [
        self.store.change_user(one, location=value) for one in self.store.users
    ],
    misnamed=(FORM, "update-user/form-decoding", SEVERAL, "update-user/any-script"),
)
_also(
    "others-rename-the-first",
    "The name of others becomes that of the first one too.",
    "full_name",
    lambda self, _, value: self.store.change_user(self.seed.users[0].username, full_name=value),
)
_also(
    "gravatar-becomes-address",
    "gravatar_email is added to the addresses.",
    "gravatar_email",
    lambda self, call, value: self.find(call, value) or self.insert(call, value),
    misnamed=(FORM, SEVERAL),
)
_also(
    "gravatar-unverifies",
    "A new gravatar_email un-verifies the addresses.",
    "gravatar_email",
    lambda self, call, _: self.store.change(
        lambda one: one.username == call.username, verified=False
    ),
)
