"""Defects in gravatar_email, and in the gravatar_url that is made from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import defect, row
from conformance.selftest.reference.calls import Call, Refusal
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User

SETS, SEVERAL = "update-user/sets-gravatar-email", "update-user/sets-several"
INVALID, UNCHANGED = "update-user/invalid-gravatar-email", "update-user/refused-unchanged"
FORM, DOCUMENTED = "update-user/form", "update-user/documented-answers"

# -- gravatar_url ----------------------------------------------------------------------------------


def _made(name: str, sentence: str, key: Callable[..., str], **more: Any) -> None:
    """Declare: gravatar_url is made from something else; `key` takes the service and the user."""
    row(name, sentence, SETS, gravatar_key=key, **more)


_made(
    "gravatar-by-domain",
    "gravatar_url knows the domain of the address only.",
    lambda _, user: user.gravatar_email.rpartition("@")[2],
    also=SEVERAL,
    misnamed=FORM,
)
_made(
    "gravatar-by-local-part",
    "gravatar_url knows nothing of the domain.",
    lambda _, user: user.gravatar_email.rpartition("@")[0],
)
_made(
    "gravatar-without-tag",
    "gravatar_url knows nothing of what follows + in an address.",
    lambda _, user: re.sub(r"\+[^@]*", "", user.gravatar_email),
)
_made(
    "gravatar-without-dots",
    "gravatar_url knows nothing of the dots before the @.",
    lambda _, user: re.sub(r"\.(?=.*@)", "", user.gravatar_email),
)
_made(
    "others-gravatar-stays",
    "The gravatar_url of any account but the first one stays.",
    lambda self, user: (
        user.gravatar_email if user.username == self.seed.users[0].username else user.username
    ),
)


@defect("gravatar_url is made from the address before this one.", SETS)
class GravatarOneLate(Service):
    def __init__(self) -> None:
        super().__init__()
        self.previous: dict[str, str] = {}

    def save_member(self, call: Call, name: str, value: str) -> None:
        if name == "gravatar_email":
            self.previous[call.username] = self.stored_user(call.username).gravatar_email
        super().save_member(call, name, value)

    def gravatar_key(self, user: User) -> str:
        return self.previous.get(user.username, user.gravatar_email)


row(
    "location-renews-gravatar",
    "A new location gives another gravatar_url.",
    "update-user/leaves-others",
    gravatar_key=lambda self, user: user.gravatar_email + user.location,
    misnamed=(SEVERAL, FORM, "update-user/form-decoding", "update-user/any-script"),
)
row(
    "gravatar-becomes-email",
    "A new gravatar_email becomes the user's email.",
    "update-user/read-only-members",
    account_email=lambda self, user: (
        user.gravatar_email if user.gravatar_changes else Service.account_email(self, user)
    ),
    misnamed=(SEVERAL, FORM),
)

# -- gravatar_email --------------------------------------------------------------------------------


def _takes(name: str, sentence: str, takes: Callable[[Call, str], Any], *misnamed: str) -> None:
    """Declare: some addresses are taken that are none."""

    def gravatar_address(self: Service, call: Call, value: str) -> str:
        return value if takes(call, value) else Service.gravatar_address(self, call, value)

    names = (UNCHANGED, *misnamed)
    row(name, sentence, INVALID, misnamed=names, gravatar_address=gravatar_address)


_takes("gravatar-unchecked", "gravatar_email takes any text.", lambda _, __: True, DOCUMENTED)
_takes(
    "gravatar-unchecked-in-form",
    "In a form, gravatar_email takes any text.",
    lambda call, _: call.is_form,
    DOCUMENTED,
)
_takes("gravatar-needs-at-only", "An @ makes a gravatar_email.", lambda _, text: "@" in text)
_takes(
    "gravatar-pattern-unanchored",
    "A gravatar_email is good if an address stands somewhere in it.",
    lambda _, text: re.search(r"[^@\s]+@[^@\s]+", text),
)
row(
    "bad-gravatar-ignored",
    "A gravatar_email that is no address is ignored, 200.",
    INVALID,
    gravatar_address=lambda self, call, value: (
        value if self.is_address(value) else self.stored_user(call.username).gravatar_email
    ),
    misnamed=(DOCUMENTED, UNCHANGED),
)


def _refuses(name: str, sentence: str, bad: Callable[[User, str], Any]) -> None:
    """Declare: some addresses are refused that are good; `bad` takes the user and the address."""

    def gravatar_address(self: Service, call: Call, value: str) -> str:
        if bad(self.stored_user(call.username), value):
            raise Refusal(400, "not this gravatar_email, please")
        return Service.gravatar_address(self, call, value)

    row(name, sentence, "update-user/success", gravatar_address=gravatar_address)


_refuses("gravatar-underscore-refused", "gravatar_email takes no _.", lambda _, text: "_" in text)
_refuses(
    "same-gravatar-refused",
    "The same gravatar_email again is 400.",
    lambda user, text: user.gravatar_email == text,
)
