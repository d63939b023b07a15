"""Defects in how forms are read, and in which media types are read at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes

from conformance.selftest.changes import Ids, defect, ids, row
from conformance.selftest.reference.calls import Call, Reply, refuse
from conformance.selftest.reference.routes import WRITING
from conformance.selftest.reference.service import Service

FORM = ids("form", WRITING)
DECODING = ids("form-decoding", WRITING)
CHARSET = ids("json-charset", WRITING)
TEXT = "update-user/form-decoding"
SETS = ("update-user/sets-*", "update-user/any-script")
# What is tried with forms as well.
USED = (
    *(*SETS, *FORM, *DECODING, "*/success", "*/not-found/address", "delete-email/removes"),
    *("update-email/verifies", "update-email/makes-primary", "update-email/both"),
    *("update-email/answers-address", "update-email/unsets-previous"),
)
REFUSED = (
    *("*/invalid-*", "update-email/no-un*", "add-email/duplicate", "*/foreign-address"),
    *("delete-email/primary-refused", "*/documented-answers"),
)
NO_ADDRESS = "update-user/invalid-gravatar-email"
BY_CHARSET = "*/json-charset"
"""Its check sends a form as well."""
TAKEN = ("update-user/documented-answers", "update-user/refused-unchanged")
"""They fail where a body was taken that should have been refused."""
UNDONE = "update-email/others-untouched"
"""It fails where the address itself stayed as it was."""

# -- which bodies, and which of their members -----------------------------------------------------


def _fields(
    name: str, sentence: str, breaks: Ids, read: Any, also: Ids = (), misnamed: Ids = ()
) -> None:
    """Declare: what stands in a form is something else."""
    row(
        name,
        sentence,
        breaks,
        also=(*USED, *((also,) if isinstance(also, str) else also)),
        misnamed=misnamed,
        form_fields=lambda self, call: read(call, Service.form_fields(self, call)),
    )


def _first(count: int) -> Callable[[Call, dict[str, str]], dict[str, str]]:
    return lambda call, form: dict(list(form.items())[:count])


def _has_parameter(call: Call) -> bool:
    return ";" in call.headers.get("content-type", "")


_fields("forms-are-415", "Forms are 415.", FORM, lambda *_: refuse(415), REFUSED, BY_CHARSET)
_fields(
    "forms-of-post-only",
    "Forms are read in POST alone: in PATCH and DELETE they are empty, as in some frameworks.",
    ids("form", ["update_user", "update_email", "delete_email"]),
    lambda call, form: form if call.method == "POST" else {},
    NO_ADDRESS,
    (BY_CHARSET, TAKEN[0]),
)
_fields(
    "form-of-delete-unread",
    "The body of DELETE is read as JSON alone.",
    "delete-email/form",
    lambda call, form: {} if call.method == "DELETE" else form,
    misnamed=BY_CHARSET,
)
_fields(
    "form-first-member-only",
    "Of a form, only the first member is read.",
    ("update-email/form", "update-user/form"),
    _first(1),
    (NO_ADDRESS, "update-email/no-un*"),
    (*TAKEN, UNDONE),
)
_fields(
    "form-three-members",
    "Of a form, three members are read at most.",
    "update-user/form",
    _first(3),
    NO_ADDRESS,
    TAKEN,
)
_fields(
    "form-with-charset-is-415",
    "A form with a charset is answered with 415.",
    CHARSET,
    lambda call, form: refuse(415) if _has_parameter(call) else form,
)
row(
    "forms-read-as-json",
    "A form is read as JSON, whatever Content-Type says; so is all else.",
    FORM,
    also=(*USED, "*/media-type"),
    misnamed=BY_CHARSET,
    fields=lambda self, call: self.json_fields(call),
)


@defect(
    "A form is answered, and what it asks for is not done.",
    FORM,
    also=(*USED, "*/answers-stored", "list-emails/complete", "add-email/listed"),
    misnamed=UNDONE,
)
class FormsAnsweredOnly(Service):
    def operate(self, call: Call) -> Reply:
        reply = super().operate(call)
        if call.is_form:
            self.store.undo()
        return reply


JSON_ONLY = ("b*-accepted", "json-*", "forbidden/scope-subsets")
row(
    "update-takes-forms-only",
    "update_user takes forms only.",
    "update-user/success",
    also=(*SETS, *REFUSED, *(f"update-user/{one}" for one in (*JSON_ONLY, "wrong-type"))),
    json_fields=lambda self, call: (
        refuse(415) if call.operation == "update_user" else Service.json_fields(self, call)
    ),
)
row(
    "json-of-delete-unread",
    "delete_email reads no JSON.",
    "delete-email/success",
    also=tuple(
        f"delete-email/{one}"
        for one in (*JSON_ONLY, "removes", "former-primary", "not-found/address")
    ),
    misnamed=("add-email/success", "delete-email/removes-only-that"),
    json_fields=lambda self, call: (
        {} if call.operation == "delete_email" else Service.json_fields(self, call)
    ),
)
row(
    "json-with-charset-is-415",
    "JSON with a charset is answered with 415.",
    CHARSET,
    json_fields=lambda self, call: (
        refuse(415) if _has_parameter(call) else Service.json_fields(self, call)
    ),
)
row(
    "json-with-charset-unread",
    "JSON with a charset is not read: the body counts as empty.",
    CHARSET,
    json_fields=lambda self, call: {} if _has_parameter(call) else Service.json_fields(self, call),
)

# -- how a form is decoded ------------------------------------------------------------------------


def _text(
    name: str, sentence: str, breaks: Ids, read: Any, also: Ids = USED, misnamed: Ids = ()
) -> None:
    """Declare: the bytes of names and values are read otherwise."""
    row(
        name,
        sentence,
        breaks,
        also=also,
        misnamed=misnamed,
        form_text=lambda self, encoded: read(encoded).decode("utf-8", "replace"),
    )


def _spaced(raw: bytes) -> bytes:
    return raw.replace(b"+", b" ")


def _plus(raw: bytes) -> bytes:
    return unquote_to_bytes(_spaced(raw))


_text(
    "form-plus-stays",
    "In a form, + stays +.",
    DECODING,
    unquote_to_bytes,
    (*USED, NO_ADDRESS, "add-email/invalid-body/invalid-address"),
    (BY_CHARSET, TAKEN[1]),
)
_text(
    "form-plus-replaced-late",
    "In a form, %2B becomes +, and + a space after that.",
    DECODING,
    lambda raw: _spaced(unquote_to_bytes(raw)),
)
_text("form-decoded-twice", "Forms are decoded twice.", DECODING, lambda raw: _plus(_plus(raw)))
_text("form-not-decoded", "Escapes in a form stay.", DECODING, _spaced, misnamed=BY_CHARSET)
_text(
    "form-lower-escapes-stay",
    "In a form, escapes in lower case (%c3) stay.",
    DECODING,
    lambda raw: _plus(re.sub(rb"%(?=[0-9a-f]{2})(?![0-9A-F]{2})", b"%25", raw)),
)
_text(
    "form-semicolon-cut",
    "A value in a form ends at a semicolon, encoded or not.",
    TEXT,
    lambda raw: _plus(raw).partition(b";")[0],
)


@defect("In a form, a value ends at its second =.", TEXT)
class FormSecondSignCuts(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        pairs = (pair.split(b"=") for pair in call.body.split(b"&") if pair)
        return {self.form_text(one[0]): self.form_text(b"".join(one[1:2])) for one in pairs}


@defect("Forms are decoded before they are split.", TEXT, also=USED)
class FormSplitLate(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        decoded = unquote_plus(call.body.decode("ascii", "replace"))
        pairs = (part.partition("=") for part in decoded.split("&"))
        return {name: value for name, _sign, value in pairs}


row(
    "form-values-converted",
    "In a form, digits and true become a number and a boolean, and are refused as texts.",
    ("update-user/success", "update-user/any-script"),
    also=TEXT,
    text=lambda self, call, name, value: (
        refuse(400)
        if call.is_form and re.fullmatch("[0-9]+|true|false", str(value))
        else Service.text(self, call, name, value)
    ),
)

# -- the flags of a form --------------------------------------------------------------------------


def _flag(
    name: str, sentence: str, parts: Ids, read: Any, also: Ids = (), misnamed: Ids = ()
) -> None:
    """Declare: `verified` and `primary` are read otherwise."""
    row(
        name,
        sentence,
        tuple(f"update-email/{one}" for one in parts),
        also=also,
        misnamed=misnamed,
        form_flag=lambda self, call, name, value: read(name, value),
    )


_flag(
    "form-false-is-true",
    "In a form, false is true: it is a text.",
    ("no-unverify", "no-unset-primary"),
    lambda _name, value: bool(value),
)
_flag(
    "form-true-is-written-large",
    "In a form, true is written True.",
    ("form",),
    lambda _name, value: value == "True" or refuse(400),
    USED,
    BY_CHARSET,
)
_flag(
    "form-primary-refused",
    "In a form, primary is refused.",
    ("success", "makes-primary"),
    lambda name, value: refuse(400) if name == "primary" else value == "true" or refuse(400),
    USED,
)
_flag(
    "form-flags-ignored",
    "In a form, true counts as absent.",
    ("form",),
    lambda _name, _value: False,
    (*USED, "update-email/no-un*"),
    UNDONE,
)
