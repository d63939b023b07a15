"""Defects in what update_user must refuse, and in what it must never change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from conformance.selftest.changes import defect, row
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Json, Refusal, Route
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User

TYPE, UNCHANGED = "update-user/wrong-type", "update-user/refused-unchanged"
DOCUMENTED = "update-user/documented-answers"
READ_ONLY = "update-user/read-only-members"
TEXTS = PROFILE[:4]

# -- wrong types -----------------------------------------------------------------------------------


def _takes(
    name: str,
    sentence: str,
    members: Iterable[str],
    kinds: type | tuple[type, ...],
    make: Callable[[User, str, Any], str],
) -> None:
    """Declare: values of other types are taken; `make` takes the user, the member and the value."""

    def text(self: Service, call: Call, member: str, value: Json) -> str:
        if member in members and isinstance(value, kinds):
            value = make(self.stored_user(call.username), member, value)
        return Service.text(self, call, member, value)

    row(name, sentence, TYPE, misnamed=(DOCUMENTED, UNCHANGED), text=text)


def _as_text(_user: User, _member: str, value: Any) -> str:
    return json.dumps(value)


def _joined(_user: User, _member: str, value: Any) -> str:
    return ", ".join(map(str, value))


def _as_before(user: User, member: str, _value: Any) -> str:
    return str(getattr(user, member))


NOTHING = type(None)

_takes("number-is-text", "A number or a boolean is a text.", TEXTS, (int, float), _as_text)
_takes("boolean-is-company", "A boolean is a company.", ["company"], bool, _as_text)
_takes("array-is-text", "An array of texts is joined.", TEXTS, list, _joined)
_takes("object-is-location", "An object is a location.", ["location"], dict, _as_text)
_takes("null-empties", "null empties a text.", TEXTS, NOTHING, lambda *_: "")
_takes("null-ignored", "null counts as not sent.", PROFILE, NOTHING, _as_before)
row(
    "other-gravatar-crashes",
    "A gravatar_email that is no string is 500.",
    (TYPE, DOCUMENTED),
    not_text=lambda self, call, name: Refusal(500 if name == "gravatar_email" else 400, "wrong"),
)
row(
    "wrong-type-is-422",
    "A wrong type is 422.",
    (TYPE, DOCUMENTED),
    not_text=lambda self, call, name: Refusal(422, "wrong type"),
)

# -- refused, and done in part -------------------------------------------------------------------


def _one_by_one(name: str, bodies: str, *, form: bool) -> None:
    """Declare: the members of some bodies are saved one by one, until one of them is refused."""

    def profile_changes(self: Service, call: Call) -> dict[str, str]:
        if call.is_form is not form:
            return Service.profile_changes(self, call)
        for member in [one for one in call.fields if one in PROFILE]:
            self.save_member(call, member, self.text(call, member, call.fields[member]))
            self.store.keep()
        return {}

    sentence = f"The members of {bodies} are saved one by one, until one is refused."
    row(name, sentence, UNCHANGED, profile_changes=profile_changes)


_one_by_one("saved-until-refused", "JSON", form=False)
_one_by_one("form-saved-until-refused", "a form", form=True)


@defect("An update that is refused for its gravatar_email has saved the rest.", UNCHANGED)
class SavedBeforeGravatar(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        for name in (one for one in TEXTS if one in call.fields):
            self.save_member(call, name, self.text(call, name, call.fields[name]))
        self.store.keep()
        return super().gravatar_address(call, value)


# -- members that never change ---------------------------------------------------------------------


def _settable(
    member: str, sentence: str, act: Callable[..., object], kind: Any = str, **more: Any
) -> None:
    """Declare: a member that is none of the five can be set; `act` takes service, call and value."""

    def save_profile(self: Service, call: Call, changes: dict[str, str]) -> None:
        Service.save_profile(self, call, changes)
        if isinstance(call.fields.get(member, ...), kind):
            act(self, call, call.fields[member])

    name = f"{member}-settable".replace("_", "-")
    row(name, sentence, READ_ONLY, save_profile=save_profile, **more)


def _shown_so(member: str) -> None:
    """Declare: a member can be set, and is shown so from then on."""
    written: dict[str, Json] = {"true": True, "false": False}

    def keep(self: Any, call: Call, value: Any) -> None:
        shown = self.user_view(call, self.stored_user(call.username))[member]
        if call.is_form:
            value = int(value) if value.isdecimal() else written.get(value, value)
        if type(value) is type(shown):
            self.chosen = {**self.chosen, call.username: value}

    def user_view(self: Any, call: Call, user: User) -> dict[str, Json]:
        view = Service.user_view(self, call, user)
        return {**view, member: self.chosen.get(user.username, view[member])}

    _settable(member, f"{member} can be set.", keep, (str, int), chosen={}, user_view=user_view)


def _move(self: Service, call: Call, new: str) -> None:
    old, store = call.username, self.store
    if store.user(new) is None:
        store.users[new] = replace(store.users.pop(old), username=new)
        store.change(lambda one: one.username == old, username=new)
        for text, token in store.tokens.items():
            if token.username == old:
                store.tokens[text] = replace(token, username=new)
        call.route = Route("update_user", new)


for _member in ("id", "is_active", "type", "date_joined", "url", "gravatar_url"):
    _shown_so(_member)
_settable(
    "email",
    "email can be set: it renames the primary address.",
    lambda self, call, value: self.store.change(
        lambda one: one.username == call.username and one.is_primary, email=value
    ),
)
_settable(
    "password",
    "The password can be set.",
    lambda self, call, value: self.store.change_user(call.username, password=value),
)
_settable("username", "The username can be set: the account moves.", _move)
