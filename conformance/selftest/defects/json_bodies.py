"""Defects in how JSON is read: malformed, no object, no UTF-8, empty, without the address."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import partial
from typing import Any

import yaml

from conformance.selftest.changes import defect, ids, row, table
from conformance.selftest.overrides import crashes, failing, rescued
from conformance.selftest.reference.calls import Call, Json, Refusal, refuse
from conformance.selftest.reference.routes import WRITING
from conformance.selftest.reference.service import Service

MALFORMED, NO_OBJECT = "*/invalid-body/malformed-json", "*/invalid-body/not-an-object"
UTF8, EMPTY = "*/invalid-body/invalid-utf8", "*-email/invalid-body/empty"
MISSING, ANSWERS = "*/invalid-body/missing-address", "*/documented-answers"

# -- malformed ------------------------------------------------------------------------------------


def _closed(text: str) -> Any:
    """Close what was cut off."""
    for end in ("}", '"}', "null}", '""}'):
        with suppress(ValueError):
            return json.loads(text + end)
    raise ValueError(text)


def _as_yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(text) from error


def _first(text: str) -> Any:
    return json.JSONDecoder().raw_decode(text.lstrip())[0]


_malformed = partial(rescued, "load_json", ValueError)
_no_utf8 = partial(rescued, "json_text", UnicodeDecodeError)

row(
    *("malformed-crashes", "Malformed JSON is 500.", MALFORMED),
    also=(ANSWERS, EMPTY),
    **_malformed(failing(500)),
)
row(
    *("malformed-is-empty", "Malformed JSON counts as {}.", f"update-user{MALFORMED[1:]}"),
    **_malformed(lambda _: {}),
)
table(
    MALFORMED,
    {
        "rest-ignored: What follows the first value is ignored.": _first,
        "cut-json-closed: JSON that is cut off is closed.": _closed,
        "json-as-yaml: JSON is read by a YAML parser.": _as_yaml,
        "comments-taken: Comments may stand in JSON.": lambda text: json.loads(
            re.sub(r"/\*.*?\*/|//[^\n]*", "", text)
        ),
        "controls-taken: Line feeds may stand in texts in JSON.": lambda text: json.loads(
            text, strict=False
        ),
    },
    _malformed,
)


@defect("Malformed JSON is refused when its first value was carried out.", MALFORMED)
class MalformedPartlyDone(Service):
    def json_fields(self, call: Call) -> dict[str, Json]:
        try:
            return super().json_fields(call)
        except Refusal:
            with suppress(ValueError, RecursionError, Refusal):
                call.fields = self.an_object(call, _first(call.body.decode()))
                self.operate(call)
                self.store.keep()
            raise


# -- no object ------------------------------------------------------------------------------------


def _no_object(turned: Any) -> Any:
    """Turn JSON that is no object into something else."""

    def an_object(self: Service, call: Call, loaded: Json) -> dict[str, Json]:
        return Service.an_object(self, call, loaded if isinstance(loaded, dict) else turned(loaded))

    return {"an_object": an_object}


table(
    f"update-user{NO_OBJECT[1:]}",
    {
        "falsy-is-empty: [], 0 and null as a body count as {}.": lambda loaded: loaded or {},
    },
    _no_object,
)
table(
    NO_OBJECT,
    {
        "first-item-taken: Of an array as a body, the first item is taken.": lambda loaded: (
            loaded[0] if isinstance(loaded, list) and loaded else loaded
        ),
        "text-read-again: A text as a body is read once more: JSON in JSON is taken.": (
            lambda loaded: json.loads(loaded) if str(loaded).startswith('{"') else loaded
        ),
    },
    _no_object,
)
row(
    *("text-is-address", "A text as a body is taken for the address.", NO_OBJECT),
    **_no_object(lambda loaded: {"email": loaded} if isinstance(loaded, str) else loaded),
)

# -- no UTF-8 -------------------------------------------------------------------------------------

table(
    UTF8,
    {
        "utf8-replaced: What is no UTF-8 is replaced.": lambda body: body.decode(
            "utf-8", "replace"
        ),
        "encoded-surrogates-dropped: Encoded surrogates are taken for UTF-8, and dropped.": (
            lambda body: body.decode("utf-8", "surrogatepass").encode("utf-8", "ignore").decode()
        ),
    },
    _no_utf8,
)

# -- empty, and without an address ----------------------------------------------------------------

table(
    EMPTY,
    {
        "empty-is-411: An empty body is 411.": crashes(
            "fields", lambda self, call: not call.body, 411
        ),
        "nothing-at-all-crashes: A request without a body and a media type is 500.": crashes(
            "untyped_fields", lambda self, call: not call.body
        ),
    },
    also=(ANSWERS, MISSING),
)
table(
    "*/invalid-body/",
    {
        "no-object-crashes (not-an-object): A body that is an array, a scalar or null is 500.": (
            _no_object(failing(500))
        ),
        "utf8-crashes (invalid-utf8): JSON that is no UTF-8 is 500.": _no_utf8(failing(500)),
        "missing-address-crashes (empty missing-address): A body without an address is 500.": {
            "no_address": failing(500)
        },
    },
    also=ANSWERS,
)

row(
    *("missing-address-is-404", "A body without an address is 404.", f"{EMPTY} {MISSING}"),
    no_address=failing(404),
)


@defect(
    "Without an address, one is chosen: the primary, the last, or one made from the username.",
    f"{EMPTY} {MISSING}",
)
class MissingAddressIsChosen(Service):
    def no_address(self, call: Call) -> str:
        known = [one.email for one in self.store.addresses(call.username)]
        if call.operation == "add_email":
            return f"{call.username}.{len(known)}@made.example.org"
        if call.operation == "delete_email":
            return known[-1]
        return self.account_email(self.stored_user(call.username))


row(
    "every-400-is-422",
    "What should be 400 is 422, as some frameworks have it.",
    f"{MALFORMED} {NO_OBJECT} {UTF8} {EMPTY} {MISSING} update-user/wrong-type",
    also=(
        ANSWERS,
        "*/invalid-* */no-un* delete-email/{primary-refused,former-primary}",
        "*/duplicate */not-found/address",
    ),
    refuse=lambda self, call, refusal: Service.refuse(
        self, call, Refusal(422, refusal.reason) if refusal.status == 400 else refusal
    ),
)

# -- JSON of another kind --------------------------------------------------------------------------


@defect("A JSON Patch is carried out.", ids("invalid-body/not-an-object", WRITING))
class JsonPatchTaken(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        steps = loaded if isinstance(loaded, list) else []
        if steps and all(isinstance(one, dict) and {"op", "path"} <= one.keys() for one in steps):
            return {
                str(one["path"])[1:]: one.get("value") for one in steps if isinstance(one, dict)
            }
        return super().an_object(call, loaded)


row(
    "json-space-refused",
    "JSON must begin with its brace.",
    ids("success", WRITING),
    json_text=lambda self, body: body.decode() if body[:1] in b'{["0tfn' else refuse(400),
)
