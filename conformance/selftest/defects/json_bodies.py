"""Defects in how JSON is read: malformed, no object, no UTF-8, empty, without the address."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from types import NoneType
from typing import Any, NoReturn

import yaml

from conformance.selftest.changes import Ids, defect, ids, row
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
UPDATED = "update-user/documented-answers"
"""It fails where an update was taken that should have been refused."""


def crash(_read: object) -> NoReturn:
    """Fail as a parser does whose error nobody catches."""
    refuse(500)


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


def _malformed(
    name: str, sentence: str, read: Any, breaks: Ids = MALFORMED, misnamed: Ids = (), also: Ids = ()
) -> None:
    """Declare: what is no JSON is read all the same."""

    def load_json(self: Service, text: str) -> Any:
        try:
            return Service.load_json(self, text)
        except ValueError:
            return read(text)

    row(name, sentence, breaks, also=also, misnamed=misnamed, load_json=load_json)


_malformed("malformed-crashes", "Malformed JSON is 500.", crash, also=(ANSWERS, *EMPTY))
_malformed(
    "malformed-is-empty", "Malformed JSON counts as {}.", lambda _: {}, MALFORMED[0], UPDATED
)
_malformed("rest-ignored", "What follows the first value is ignored.", _first)
_malformed("cut-json-closed", "JSON that is cut off is closed.", _closed)
_malformed("json-as-yaml", "JSON is read by a YAML parser.", _as_yaml)
for _name, _what, _read in (
    ("single-quotes", "Single quotes", lambda text: json.loads(text.replace("'", '"'))),
    ("comments", "Comments", lambda text: json.loads(re.sub(r"/\*.*?\*/|//[^\n]*", "", text))),
    ("controls", "Line feeds in texts", lambda text: json.loads(text, strict=False)),
):
    _malformed(f"{_name}-taken", f"{_what} may stand in JSON.", _read)


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


def _no_object(
    name: str,
    sentence: str,
    turned: Any,
    breaks: Ids = NO_OBJECT,
    misnamed: Ids = (),
    also: Ids = (),
) -> None:
    """Declare: JSON that is no object is turned into something else."""

    def an_object(self: Service, call: Call, loaded: Json) -> dict[str, Json]:
        return Service.an_object(self, call, loaded if isinstance(loaded, dict) else turned(loaded))

    row(name, sentence, breaks, also=also, misnamed=misnamed, an_object=an_object)


for _name, _kinds in (("array", list), ("scalar", str | int | float), ("null", NoneType)):
    _no_object(
        f"{_name}-crashes",
        f"JSON that is a body of the kind {_name} is answered with 500.",
        lambda loaded, kinds=_kinds: crash(loaded) if isinstance(loaded, kinds) else loaded,
        also=ANSWERS,
    )
_no_object(
    "no-object-is-empty", "What is no object counts as {}.", lambda _: {}, NO_OBJECT[0], UPDATED
)
_no_object(
    "falsy-is-empty", "[], 0 and null count as {}.", lambda it: it or {}, NO_OBJECT[0], UPDATED
)
_no_object(
    "first-item-taken",
    "Of an array as a body, the first item is taken.",
    lambda loaded: loaded[0] if isinstance(loaded, list) and loaded else loaded,
)
_no_object(
    "text-is-address",
    "A text as a body is taken for the address.",
    lambda loaded: {"email": loaded} if isinstance(loaded, str) else loaded,
    misnamed=UPDATED,
)
_no_object(
    "text-read-again",
    "A text as a body is read once more, so that JSON in JSON is taken.",
    lambda loaded: json.loads(loaded) if str(loaded).startswith('{"') else loaded,
)

# -- no UTF-8 -------------------------------------------------------------------------------------


def _no_utf8(name: str, sentence: str, read: Any, also: Ids = (), misnamed: Ids = ()) -> None:
    """Declare: bytes that are no UTF-8 are read all the same."""

    def json_text(self: Service, body: bytes) -> Any:
        try:
            return Service.json_text(self, body)
        except UnicodeDecodeError:
            return read(body)

    row(name, sentence, UTF8, also=also, misnamed=misnamed, json_text=json_text)


_no_utf8("utf8-crashes", "JSON that is no UTF-8 is 500.", crash, ANSWERS, ())
_no_utf8(
    "utf8-replaced", "What is no UTF-8 is replaced.", lambda body: body.decode("utf-8", "replace")
)
_no_utf8(
    "utf8-as-latin", "What is no UTF-8 is read as Latin-1.", lambda body: body.decode("latin-1")
)
_no_utf8(
    "encoded-surrogates-dropped",
    "Encoded surrogates are taken for UTF-8, and dropped.",
    lambda body: body.decode("utf-8", "surrogatepass").encode("utf-8", "ignore").decode(),
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
    also=UPDATED,
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
    misnamed=ANSWERS,
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
    misnamed=ANSWERS,
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
