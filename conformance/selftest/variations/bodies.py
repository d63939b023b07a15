"""Variations of the reading of bodies, from bytes to members."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from conformance.selftest.changes import variation, variations
from conformance.selftest.overrides import after, around, before, crashes
from conformance.selftest.reference.bodies import MEMBERS, PROFILE
from conformance.selftest.reference.calls import Call, Json, refuse
from conformance.selftest.reference.service import Service


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _unless(right: Any) -> Any:
    """Refuse what was read if it is not right."""
    return lambda self, call, read: read if right(call, read) else refuse(400)


variations(
    "UNKNOWN_MEMBERS",
    {
        "unknown-members-refused: Unknown members are refused.": crashes(
            "check_members",
            lambda self, call: call.fields.keys() - set(MEMBERS[call.operation]),
            400,
        ),
        "nothing-known-refused: An update without any known member is refused.": crashes(
            "check_members",
            lambda self, call: (
                call.operation == "update_user" and not call.fields.keys() & set(PROFILE)
            ),
            400,
        ),
        "twice-named-refused: A name that stands twice in an object is refused.": before(
            "load_json", lambda self, text: json.loads(text, object_pairs_hook=_once)
        ),
        "twice-named-in-form-refused: A name that stands twice in a form is refused.": after(
            "form_fields",
            _unless(
                lambda call, fields: len(fields) >= len([*filter(None, call.body.split(b"&"))])
            ),
        ),
    },
)
variations(
    "UNKNOWN_MEMBERS",
    {
        "members-of-any-case: The names of members in JSON are read without regard to case, as in Go.": (
            lambda self, call, loaded, read: {name.lower(): value for name, value in read.items()}
        )
    },
    lambda change: after("an_object", change),
    visible=False,
)
variations(
    "",
    {
        "empty-update-refused (EMPTY_UPDATE): An update without any member is refused.": after(
            "profile_changes", _unless(lambda call, changes: changes)
        ),
        "surrogates-replaced (SURROGATES): Lone surrogates become question marks.": after(
            "tidy", lambda *given: given[-1].encode("utf-8", "replace").decode()
        ),
        "form-bytes-replaced (FORM_BYTES): Bytes in a form that are no UTF-8 are replaced.": {
            "form_text": lambda self, encoded: unquote_to_bytes(encoded.replace(b"+", b" ")).decode(
                "utf-8", "replace"
            )
        },
        "json-lenient (SILENT): JSON may begin with a byte order mark, and hold NaN.": (
            after("json_text", lambda *given: given[-1].removeprefix("\ufeff"))
            | {"load_json": lambda self, text: json.loads(text)}
        ),
        "form-semicolon-separates (SILENT): A semicolon separates the members of a form too, as it once did.": around(
            "form_fields",
            lambda usual, self, call: usual(replace(call, body=call.body.replace(b";", b"&"))),
        ),
    },
)


@variation("What looks like true is true, and what is null or empty is absent.", "SILENT")
class FlagsLenient(Service):
    def json_flag(self, call: Call, name: str, value: Json) -> bool:
        return value is not None and super().json_flag(call, name, value in ("true", 1) or value)

    def form_flag(self, call: Call, name: str, value: str) -> bool:
        return bool(value) and super().form_flag(call, name, value.lower())
