"""Defects in how forms are read, and in which media types are read at all."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes

from conformance.selftest.changes import row, table
from conformance.selftest.overrides import crashes, each, failing
from conformance.selftest.reference.calls import Call, refuse
from conformance.selftest.reference.routes import WRITING
from conformance.selftest.reference.service import Service

FORM = "*/form"
SETS = "update-user/{sets-*,any-script}"
# What is tried with forms as well.
USED = (
    f"{SETS} {FORM} */form-decoding */success */not-found/address delete-email/removes",
    "update-email/{verifies,makes-primary,both,answers-address,unsets-previous}",
)
REFUSED = (
    "*/invalid-* update-email/no-un* add-email/duplicate */foreign-address",
    "delete-email/primary-refused */documented-answers",
)
NO_ADDRESS = "update-user/{invalid-gravatar-email,others-untouched} add-email/others-untouched"

# -- which bodies, and which of their members -----------------------------------------------------

table(
    "",
    {
        "forms-are-415 (*/form): Forms are 415.": lambda *_: refuse(415),
        # As some frameworks do.
        "forms-of-post-only ({update-*,delete-email}/form): In PATCH and DELETE, forms are empty.": (
            lambda call, form: form if call.method == "POST" else {}
        ),
        "form-first-member-only (update-{email,user}/form): Of a form, one member is read.": (
            lambda call, form: dict(list(form.items())[:1])
        ),
    },
    lambda read: {
        "form_fields": lambda self, call: read(call, Service.form_fields(self, call)),
    },
    also=(*USED, *REFUSED, NO_ADDRESS),
)


row(
    f"forms-answered-only ({FORM}): A form is answered, and what it asks for is not done.",
    also=(*USED, "*/answers-stored list-emails/complete add-email/listed"),
    operate=lambda self, call: (Service.operate(self, call), call.is_form and self.store.undo())[0],
)
row(
    "update-takes-forms-only (update-user/success): update_user takes forms only.",
    also=(SETS, *REFUSED, "update-user/{b*-accepted,json-*,forbidden/scope-subsets,wrong-type}"),
    **each(["update_user"], {"json_fields": failing(415)}),
)
row(
    f"charset-is-415 ({FORM} */json-charset): A body with a charset is 415.",
    also=USED,
    **crashes("fields", lambda self, call: ";" in call.headers.get("content-type", ""), 415),
)

# -- how a form is decoded ------------------------------------------------------------------------


def _text(read: Any) -> Any:
    """Read the bytes of names and values otherwise."""
    return {"form_text": lambda self, encoded: read(encoded).decode("utf-8", "replace")}


def _spaced(raw: bytes) -> bytes:
    return raw.replace(b"+", b" ")


def _plus(raw: bytes) -> bytes:
    return unquote_to_bytes(_spaced(raw))


def _second_sign_cuts(self: Service, call: Call) -> dict[str, str]:
    pairs = (pair.split(b"=") for pair in call.body.split(b"&") if pair)
    return {self.form_text(one[0]): self.form_text(b"".join(one[1:2])) for one in pairs}


def _split_late(self: Service, call: Call) -> dict[str, str]:
    decoded = unquote_plus(call.body.decode("ascii", "replace"))
    pairs = (part.partition("=") for part in decoded.split("&"))
    return {name: value for name, _sign, value in pairs}


table(
    "*/form-decoding",
    {
        "form-decoded-otherwise: By turns, + stays, or is decoded late, or all is twice.": each(
            WRITING,
            _text(unquote_to_bytes),
            _text(lambda raw: _spaced(unquote_to_bytes(raw))),
            _text(lambda raw: _plus(_plus(raw))),
        ),
        "form-lower-escapes-stay: In a form, escapes in lower case (%c3) stay.": _text(
            lambda raw: _plus(re.sub(rb"%(?=[0-9a-f]{2})(?![0-9A-F]{2})", b"%25", raw))
        ),
    },
    also=(*USED, NO_ADDRESS, "add-email/invalid-body/invalid-address"),
)
table(
    "update-user/form-decoding",
    {
        "form-semicolon-cut: A value in a form ends at a semicolon, encoded or not.": _text(
            lambda raw: _plus(raw).partition(b";")[0]
        ),
        "form-second-sign-cuts: In a form, a value ends at its second =.": {
            "form_fields": _second_sign_cuts
        },
        "form-split-late: Forms are decoded before they are split.": {"form_fields": _split_late},
        "form-values-converted: In a form, digits and true are no texts, and refused.": crashes(
            "text",
            lambda self, call, name, value: (
                call.is_form and re.fullmatch("[0-9]+|true|false", str(value))
            ),
            400,
        ),
    },
    also=USED,
)

# -- the flags of a form --------------------------------------------------------------------------

table(
    "update-email/form",
    {
        "form-true-is-written-large: In a form, true is written True.": (
            lambda name, value: value == "True" or refuse(400)
        ),
        "form-flags-ignored: In a form, true counts as absent.": lambda name, value: False,
        "form-primary-refused: In a form, primary is refused.": (
            lambda name, value: name == "verified" or refuse(400)
        ),
    },
    lambda read: {"form_flag": lambda self, call, name, value: read(name, value)},
    also=(*USED, "update-email/no-un*"),
)
