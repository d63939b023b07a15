"""Defects in how JSON is read: malformed, no object, no UTF-8, empty, without the address."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

import yaml

from conformance.selftest.changes import defect, ids, row
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, refuse
from conformance.selftest.reference.routes import EMAILS, WRITING
from conformance.selftest.reference.service import Service

MALFORMED = ids("invalid-body/malformed-json", WRITING)
NO_OBJECT = ids("invalid-body/not-an-object", WRITING)
UTF8 = ids("invalid-body/invalid-utf8", WRITING)
EMPTY = ids("invalid-body/empty", EMAILS)
MISSING = ids("invalid-body/missing-address", EMAILS)
ADDRESSES = (*EMPTY, *MISSING)
"""An empty body has no address either."""
ANSWERS = "*/documented-answers"
ACCEPTED = "delete-email/error-body"
"""It fails where a deletion succeeded that should have been refused."""
UPDATED = "update-user/documented-answers"
"""It fails where an update was taken that should have been refused."""

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


def _load(self: Service, text: str, read: Any) -> Any:
    """Read JSON, or what is none in another way."""
    try:
        return Service.load_json(self, text)
    except ValueError:
        return read(text)


row(
    "malformed-crashes",
    "Malformed JSON is answered with 500.",
    MALFORMED,
    also=(ANSWERS, *EMPTY),
    load_json=lambda self, text: _load(self, text, lambda text: refuse(500)),
)
row(
    "malformed-is-empty",
    "Malformed JSON counts as {}.",
    MALFORMED[0],
    misnamed=UPDATED,
    load_json=lambda self, text: _load(self, text, lambda text: {}),
)
for _name, _sentence, _read in (
    ("rest-ignored", "What follows the first JSON value is ignored.", _first),
    ("cut-json-closed", "JSON that is cut off is closed.", _closed),
    ("json-as-yaml", "JSON is read by a YAML parser.", _as_yaml),
    (
        "single-quotes-taken",
        "Single quotes are as good as double ones.",
        lambda text: json.loads(text.replace("'", '"')),
    ),
    (
        "comments-taken",
        "Comments in JSON are skipped.",
        lambda text: json.loads(re.sub(r"/\*.*?\*/|//[^\n]*", "", text)),
    ),
    (
        "raw-controls-taken",
        "Line feeds and tabs may stand in the texts of JSON as they are.",
        lambda text: json.loads(text, strict=False),
    ),
):
    row(
        _name,
        _sentence,
        MALFORMED,
        misnamed=ACCEPTED,
        load_json=lambda self, text, read=_read: _load(self, text, read),
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


row(
    "escapes-stay",
    "Escapes in JSON (\\u00e9) stay as they are.",
    "update-user/any-script",
    misnamed="delete-email/json-without-content-type",
    load_json=lambda self, text: Service.load_json(
        self, re.sub(r"\\u(?!0{2}[01]|d[89a-f])", r"\\\\u", text, flags=re.IGNORECASE)
    ),
)

# -- no object ------------------------------------------------------------------------------------

for _name, _kinds in (
    ("array", (list,)),
    ("scalar", (str, int, float)),
    ("null", (type(None),)),
):
    row(
        f"{_name}-crashes",
        f"JSON of the kind {_name} as a body is answered with 500.",
        NO_OBJECT,
        also=ANSWERS,
        an_object=lambda self, call, loaded, kinds=_kinds: (
            refuse(500) if isinstance(loaded, kinds) else Service.an_object(self, call, loaded)
        ),
    )
for _name, _sentence, _breaks, _misnamed, _turned in (
    (
        "no-object-is-empty",
        "A body that is no object counts as {}.",
        NO_OBJECT[0],
        UPDATED,
        lambda loaded: loaded if isinstance(loaded, dict) else {},
    ),
    (
        "falsy-is-empty",
        "A body that is [], 0 or null counts as {}.",
        NO_OBJECT[0],
        UPDATED,
        lambda loaded: loaded or {},
    ),
    (
        "first-item-taken",
        "Of an array as a body, the first item is taken.",
        NO_OBJECT,
        ACCEPTED,
        lambda loaded: loaded[0] if isinstance(loaded, list) and loaded else loaded,
    ),
    (
        "text-is-address",
        "A text as a body is taken for the address.",
        NO_OBJECT,
        (UPDATED, ACCEPTED),
        lambda loaded: {"email": loaded} if isinstance(loaded, str) else loaded,
    ),
    (
        "text-read-again",
        "A text as a body is read once more, so that JSON in JSON is taken.",
        NO_OBJECT,
        ACCEPTED,
        lambda loaded: json.loads(loaded) if str(loaded).startswith('{"') else loaded,
    ),
):
    row(
        _name,
        _sentence,
        _breaks,
        misnamed=_misnamed,
        an_object=lambda self, call, loaded, turned=_turned: Service.an_object(
            self, call, turned(loaded)
        ),
    )

# -- no UTF-8 -------------------------------------------------------------------------------------


def _decode(body: bytes, read: Any) -> Any:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return read(body)


row(
    "utf8-crashes",
    "JSON that is no UTF-8 is answered with 500.",
    UTF8,
    also=ANSWERS,
    json_text=lambda self, body: _decode(body, lambda body: refuse(500)),
)
for _name, _sentence, _read in (
    (
        "utf8-replaced",
        "Bytes in JSON that are no UTF-8 become replacement characters.",
        lambda body: body.decode("utf-8", "replace"),
    ),
    (
        "utf8-as-latin",
        "JSON that is no UTF-8 is read as Latin-1.",
        lambda body: body.decode("latin-1"),
    ),
    (
        "encoded-surrogates-dropped",
        "Encoded surrogates are taken for UTF-8, and dropped.",
        lambda body: body.decode("utf-8", "surrogatepass").encode("utf-8", "ignore").decode(),
    ),
):
    row(
        _name,
        _sentence,
        UTF8,
        misnamed=ACCEPTED,
        json_text=lambda self, body, read=_read: _decode(body, read),
    )

# -- empty, and without an address ----------------------------------------------------------------

row(
    "empty-is-411",
    "An empty body is answered with 411.",
    EMPTY,
    also=(ANSWERS, *MISSING),
    fields=lambda self, call: Service.fields(self, call) if call.body else refuse(411),
)
row(
    "nothing-at-all-crashes",
    "A request without a body and a media type is answered with 500.",
    EMPTY,
    also="update-user/documented-answers",
    untyped_fields=lambda self, call: (
        Service.untyped_fields(self, call) if call.body else refuse(500)
    ),
)
row(
    "missing-address-crashes",
    "A body without an address is answered with 500: the key is not there.",
    ADDRESSES,
    also=ANSWERS,
    no_address=lambda self, call: refuse(500),
)
row(
    "missing-address-is-404",
    "A body without an address is answered with 404.",
    ADDRESSES,
    misnamed=ANSWERS,
    no_address=lambda self, call: refuse(404),
)


@defect(
    "An empty body is answered with a success.",
    EMPTY,
    also=MISSING,
    misnamed=(ANSWERS, "*/error-body"),
)
class EmptyIsDone(Service):
    def operate(self, call: Call) -> Reply:
        if call.body or call.operation not in EMAILS:
            return super().operate(call)
        if call.operation == "delete_email":
            return Reply(204)
        shown: Json = {"email": "", "verified": False, "primary": False}
        return self.json_reply(201 if call.operation == "add_email" else 200, shown)


@defect(
    "Without an address, one is chosen: the primary, the last, or one made from the username.",
    ADDRESSES,
    misnamed=(ANSWERS, ACCEPTED),
)
class MissingAddressIsChosen(Service):
    def no_address(self, call: Call) -> str:
        known = [one.email for one in self.store.addresses(call.username)]
        if call.operation == "add_email":
            return f"{call.username}.{len(known)}@made.example.org"
        if call.operation == "delete_email":
            return known[-1]
        return self.account_email(self.stored_user(call.username))


@defect("An address in the query counts where the body has none.", MISSING)
class AddressInQuery(Service):
    def no_address(self, call: Call) -> str:
        query = re.search(r"[?&]email=([^&]*)", call.target)
        return unquote_plus(query[1]) if query else super().no_address(call)


row(
    "every-400-is-422",
    "What should be 400 is 422, as some frameworks have it.",
    (*MALFORMED, *NO_OBJECT, *UTF8, *ADDRESSES, "update-user/wrong-type"),
    also=(
        ANSWERS,
        "*/invalid-*",
        "*/no-un*",
        "delete-email/primary-refused",
        "delete-email/former-primary",
        "add-email/duplicate",
    ),
    misnamed="*/form-decoding",
    refuse=lambda self, call, refusal: Service.refuse(
        self, call, Refusal(422, refusal.reason) if refusal.status == 400 else refusal
    ),
)
