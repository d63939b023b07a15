"""Defects in how forms are read, and in which media types are read at all."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes

from conformance.selftest.changes import defect, row, table
from conformance.selftest.overrides import crashes
from conformance.selftest.reference.calls import Call, Reply, refuse
from conformance.selftest.reference.service import Service

FORM, DECODING = "*/form", "*/form-decoding"
TEXT = "update-user/form-decoding"
SETS = "update-user/{sets-*,any-script}"
# What is tried with forms as well.
USED = (
    f"{SETS} {FORM} {DECODING} */success */not-found/address delete-email/removes",
    "update-email/{verifies,makes-primary,both,answers-address,unsets-previous}",
)
REFUSED = (
    "*/invalid-* update-email/no-un* add-email/duplicate */foreign-address",
    "delete-email/primary-refused */documented-answers",
)
NO_ADDRESS = "update-user/invalid-gravatar-email"

# -- which bodies, and which of their members -----------------------------------------------------


def _fields(name: str, sentence: str, breaks: str, read: Any, also: Any = ()) -> None:
    """Declare a defect: what stands in a form is something else."""
    row(
        *(name, sentence, breaks),
        also=(*USED, *((also,) if isinstance(also, str) else also)),
        form_fields=lambda self, call: read(call, Service.form_fields(self, call)),
    )


def _has_parameter(_self: Service, call: Call) -> bool:
    return ";" in call.headers.get("content-type", "")


_fields("forms-are-415", "Forms are 415.", FORM, lambda *_: refuse(415), REFUSED)
_fields(
    "forms-of-post-only",
    "Forms are read in POST alone: in PATCH and DELETE they are empty, as in some frameworks.",
    "{update-user,update-email,delete-email}/form",
    lambda call, form: form if call.method == "POST" else {},
    NO_ADDRESS,
)
_fields(
    "form-first-member-only",
    "Of a form, only the first member is read.",
    "{update-email,update-user}/form",
    lambda call, form: dict(list(form.items())[:1]),
    f"{NO_ADDRESS} update-email/no-un*",
)
_fields(
    "form-three-members",
    "Of a form, three members are read at most.",
    "update-user/form",
    lambda call, form: dict(list(form.items())[:3]),
    NO_ADDRESS,
)
row(
    "forms-read-as-json",
    "A form is read as JSON, whatever Content-Type says; so is all else.",
    FORM,
    also=(*USED, "*/media-type"),
    fields=lambda self, call: self.json_fields(call),
)


@defect(
    "A form is answered, and what it asks for is not done.",
    FORM,
    also=(*USED, "*/answers-stored list-emails/complete add-email/listed"),
)
class FormsAnsweredOnly(Service):
    def operate(self, call: Call) -> Reply:
        reply = super().operate(call)
        if call.is_form:
            self.store.undo()
        return reply


row(
    "update-takes-forms-only",
    "update_user takes forms only.",
    "update-user/success",
    also=(SETS, *REFUSED, "update-user/{b*-accepted,json-*,forbidden/scope-subsets,wrong-type}"),
    **crashes("json_fields", lambda self, call: call.operation == "update_user", 415),
)
table(
    "*/",
    {
        "form-with-charset-is-415 (form): A form with a charset is 415.": crashes(
            "form_fields", _has_parameter, 415
        ),
        "json-with-charset-is-415 (json-charset): JSON with a charset is 415.": crashes(
            "json_fields", _has_parameter, 415
        ),
    },
    also=USED,
)

# -- how a form is decoded ------------------------------------------------------------------------


def _text(read: Any) -> Any:
    """Read the bytes of names and values otherwise."""
    return {"form_text": lambda self, encoded: read(encoded).decode("utf-8", "replace")}


def _spaced(raw: bytes) -> bytes:
    return raw.replace(b"+", b" ")


def _plus(raw: bytes) -> bytes:
    return unquote_to_bytes(_spaced(raw))


row(
    "form-plus-stays",
    "In a form, + stays +.",
    DECODING,
    also=(*USED, NO_ADDRESS, "add-email/invalid-body/invalid-address"),
    **_text(unquote_to_bytes),
)
table(
    DECODING,
    {
        "form-plus-replaced-late: In a form, %2B becomes +, and + a space after that.": (
            lambda raw: _spaced(unquote_to_bytes(raw))
        ),
        "form-decoded-twice: Forms are decoded twice.": lambda raw: _plus(_plus(raw)),
        "form-lower-escapes-stay: In a form, escapes in lower case (%c3) stay.": lambda raw: _plus(
            re.sub(rb"%(?=[0-9a-f]{2})(?![0-9A-F]{2})", b"%25", raw)
        ),
    },
    _text,
    also=USED,
)
row(
    "form-semicolon-cut",
    "A value in a form ends at a semicolon, encoded or not.",
    TEXT,
    also=USED,
    **_text(lambda raw: _plus(raw).partition(b";")[0]),
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
    TEXT,
    also=USED,
    **crashes(
        "text",
        lambda self, call, name, value: (
            call.is_form and re.fullmatch("[0-9]+|true|false", str(value))
        ),
        400,
    ),
)

# -- the flags of a form --------------------------------------------------------------------------


def _flag(read: Any) -> Any:
    """Read `verified` and `primary` otherwise."""
    return {"form_flag": lambda self, call, name, value: read(name, value)}


table(
    "update-email/{no-unverify,no-unset-primary}",
    {"form-false-is-true: In a form, false is true: it is a text.": lambda _, value: bool(value)},
    _flag,
)
table(
    "",
    {
        "form-not-decoded (*/form-decoding): Escapes in a form stay.": _text(_spaced),
        "form-true-is-written-large (update-email/form): In a form, true is written True.": _flag(
            lambda _name, value: value == "True" or refuse(400)
        ),
    },
    also=USED,
)

row(
    *("form-flags-ignored", "In a form, true counts as absent.", "update-email/form"),
    also=(*USED, "update-email/no-un*"),
    **_flag(lambda _name, _value: False),
)
row(
    "form-primary-refused",
    "In a form, primary is refused.",
    "update-email/{form,makes-primary}",
    also=USED,
    **crashes("form_flag", lambda self, call, name, value: name == "primary", 400),
)
