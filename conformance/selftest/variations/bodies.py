"""Variations of the reading of bodies, from bytes to members."""

from __future__ import annotations

import json
from urllib.parse import unquote_to_bytes

from conformance.selftest.changes import variation, variation_row
from conformance.selftest.reference.bodies import MEMBERS, PROFILE
from conformance.selftest.reference.calls import Call, Json, Refusal
from conformance.selftest.reference.service import Service
from conformance.selftest.variations import clauses


@variation("Unknown members are refused.", clauses.UNKNOWN_MEMBERS)
class UnknownMembersRefused(Service):
    def check_members(self, call: Call) -> None:
        if set(call.fields) - set(MEMBERS[call.operation]):
            raise Refusal(400, f"this takes nothing but {', '.join(MEMBERS[call.operation])}")


@variation("A name that stands twice in an object is refused.", clauses.UNKNOWN_MEMBERS)
class TwiceNamedRefused(Service):
    def load_json(self, text: str) -> Json:
        def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
            if len(dict(pairs)) < len(pairs):
                raise ValueError("a name stands twice")
            return dict(pairs)

        json.loads(text, object_pairs_hook=once)
        return super().load_json(text)


@variation("A name that stands twice in a form is refused.", clauses.UNKNOWN_MEMBERS)
class TwiceNamedInFormRefused(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        fields = super().form_fields(call)
        if len(fields) < sum(1 for pair in call.body.split(b"&") if pair):
            raise Refusal(400, "a name stands twice")
        return fields


@variation("An update without any member is refused.", clauses.EMPTY_UPDATE)
class EmptyUpdateRefused(Service):
    def profile_changes(self, call: Call) -> dict[str, str]:
        changes = super().profile_changes(call)
        if not changes:
            raise Refusal(400, "there is nothing to update")
        return changes


@variation("What looks like true is true, and what is null or empty is absent.", clauses.SILENT)
class FlagsLenient(Service):
    def json_flag(self, call: Call, name: str, value: Json) -> bool:
        return value is not None and super().json_flag(call, name, value in ("true", 1) or value)

    def form_flag(self, call: Call, name: str, value: str) -> bool:
        return bool(value) and super().form_flag(call, name, value.lower())


@variation("JSON may begin with a byte order mark, and hold NaN.", clauses.SILENT)
class JsonLenient(Service):
    def json_text(self, body: bytes) -> str:
        return super().json_text(body).removeprefix("\ufeff")

    def load_json(self, text: str) -> Json:
        loaded: Json = json.loads(text)
        return loaded


@variation("Lone surrogates become question marks.", clauses.SURROGATES)
class SurrogatesReplaced(Service):
    def tidy(self, name: str, value: str) -> str:
        return super().tidy(name, value).encode("utf-8", "replace").decode()


@variation("Bytes in a form that are no UTF-8 are replaced.", clauses.FORM_BYTES)
class FormBytesReplaced(Service):
    def form_text(self, encoded: bytes) -> str:
        return unquote_to_bytes(encoded.replace(b"+", b" ")).decode("utf-8", "replace")


@variation("An update without any known member is refused.", clauses.UNKNOWN_MEMBERS)
class NothingKnownRefused(Service):
    def check_members(self, call: Call) -> None:
        super().check_members(call)
        if call.operation == "update_user" and not call.fields.keys() & set(PROFILE):
            raise Refusal(400, "there is nothing to update")


variation_row(
    "members-of-any-case",
    "The names of members in JSON are read without regard to case, as in Go.",
    clauses.UNKNOWN_MEMBERS,
    visible=False,
    an_object=lambda self, call, loaded: {
        name.lower(): value for name, value in Service.an_object(self, call, loaded).items()
    },
)


variation_row(
    "form-semicolon-separates",
    "A semicolon separates the members of a form too, as it once did.",
    clauses.SILENT,
    form_fields=lambda self, call: Service.form_fields(
        self, Call(call.method, call.target, call.headers, call.body.replace(b";", b"&"))
    ),
)
