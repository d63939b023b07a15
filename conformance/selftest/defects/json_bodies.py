"""Defects in how JSON is read: malformed, no object, no UTF-8, empty, or an address of another type or missing."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import yaml

from conformance.selftest.changes import defect, row, table
from conformance.selftest.overrides import around, crashes, each, failing
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, refuse
from conformance.selftest.reference.routes import EMAILS, WRITING
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


def _rescued(method: str, act: Any) -> Any:
    """Do something else with what cannot be read."""

    def rescue(usual: Any, _self: Service, given: Any) -> Any:
        try:
            return usual(given)
        except ValueError:
            return act(given)

    return around(method, rescue)


_malformed, _no_utf8 = partial(_rescued, "load_json"), partial(_rescued, "json_text")

table(
    MALFORMED,
    {
        "malformed-taken: By turns, malformed JSON is {}, cut off, closed, or YAML.": (
            *map(_malformed, (lambda _: {}, _first, _closed, _as_yaml)),
        ),
        "malformed-crashes: By turns, it is 500, or comments or line feeds are taken.": (
            _malformed(failing(500)),
            _malformed(lambda text: json.loads(re.sub(r"/\*.*?\*/|//[^\n]*", "", text))),
            _malformed(lambda text: json.loads(text, strict=False)),
        ),
    },
    lambda kinds: each(WRITING, *kinds),
    also=(ANSWERS, EMPTY),
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


# -- no object, and no UTF-8 ----------------------------------------------------------------------


def _no_object(turned: Any) -> Any:
    """Turn JSON that is no object into something else."""
    return {
        "an_object": lambda self, call, loaded: Service.an_object(
            self, call, loaded if isinstance(loaded, dict) else turned(loaded)
        )
    }


def _patched(loaded: Json) -> Json:
    """Carry a JSON Patch out."""
    steps = [one for one in loaded if isinstance(one, dict)] if isinstance(loaded, list) else []
    return {str(one["path"])[1:]: one.get("value") for one in steps if "path" in one} or loaded


table(
    "",
    {
        f"falsy-is-empty ({NO_OBJECT}): [] and null are {{}}, or the first item counts.": (
            _no_object(lambda loaded: loaded or {}),
            *[
                _no_object(
                    lambda loaded: loaded[0] if isinstance(loaded, list) and loaded else loaded
                )
            ]
            * 3,
        ),
        f"text-read-again ({NO_OBJECT}): By turns, JSON in JSON, or a text, is taken.": (
            _no_object(lambda loaded: json.loads(loaded) if '{"' in str(loaded)[:2] else loaded),
            _no_object(lambda loaded: {"email": loaded} if isinstance(loaded, str) else loaded),
        ),
        f"no-object-crashes ({NO_OBJECT}): By turns, what is no object is 500, or a JSON Patch.": (
            _no_object(failing(500)),
            _no_object(_patched),
        ),
        f"utf8-ignored ({UTF8}): By turns, other bytes are replaced, dropped, 500, or read as they were meant.": (
            _no_utf8(lambda body: body.decode("utf-8", "replace")),
            _no_utf8(failing(500)),
            _no_utf8(
                lambda body: (
                    body.decode("utf-8", "surrogatepass").encode("utf-8", "ignore").decode()
                )
            ),
            _no_utf8(lambda body: body.replace(b"\xc0\xaf", b"/").decode()),
        ),
    },
    lambda kinds: each(WRITING, *kinds),
    also=ANSWERS,
)

# -- empty, and without an address ----------------------------------------------------------------

table(
    EMPTY,
    {
        "empty-is-411: By turns, an empty body is 411, or 500 without a type.": each(
            EMAILS,
            crashes("fields", lambda self, call: not call.body, 411),
            crashes("untyped_fields", lambda self, call: not call.body),
        ),
        f"missing-address-is-404 ({EMPTY} {MISSING}): By turns, no address is 404, or 500.": each(
            EMAILS, {"no_address": failing(404)}, {"no_address": failing(500)}
        ),
    },
    also=(ANSWERS, MISSING),
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
    "every-400-is-422 (*/invalid-body/* update-user/wrong-type): What should be 400 is 422.",
    also=(
        ANSWERS,
        "*/invalid-* */no-un* delete-email/{primary-refused,former-primary}",
        "*/duplicate */not-found/address */form-decoding",
    ),
    refuse=lambda self, call, refusal: Service.refuse(
        self, call, Refusal(422, refusal.reason) if refusal.status == 400 else refusal
    ),
)
row(
    "json-space-refused ({update-user,*-email}/success): JSON must begin with its brace.",
    json_text=lambda self, body: body.decode() if body[:1] in b'{["0tfn' else refuse(400),
)


# -- the member `email`: of another type, or missing -----------------------------------------------

OTHER_TYPE = "add-email/invalid-body/invalid-address */invalid-body/address-of-wrong-type"


class EachTaken(Service):
    """A service that deals with each address of a list."""

    def operate(self, call: Call) -> Reply:
        value = call.fields.get("email")
        reply = None
        for one in value if isinstance(value, list) else ():
            call.fields = {**call.fields, "email": one}
            reply = super().operate(call)
        return reply or super().operate(call)


def _query_run(self: Service, call: Call, value: Json) -> str:
    """Take an object for a query with operators."""
    if isinstance(value, dict) and any(key.startswith("$") for key in value):
        return self.searched(call)[-1].email
    return Service.address_of_other_type(self, call, value)


table(
    OTHER_TYPE,
    {
        "other-address-crashes: An address that is no text is 500.": {
            "address_of_other_type": failing(500)
        },
        "each-of-list-taken: A list is taken, or in an update a query with operators.": each(
            EMAILS, EachTaken, {"address_of_other_type": _query_run}
        ),
    },
    also="*-email/documented-answers",
)
row(
    "address-elsewhere (*/missing-address): It counts in the query, or in a form as a list.",
    **each(
        EMAILS,
        {
            "fields": lambda self, call: {
                **dict(parse_qsl(call.target.partition("?")[2])),
                **Service.fields(self, call),
            }
        },
        {
            "form_fields": lambda self, call: {
                name.removesuffix("[]"): value
                for name, value in Service.form_fields(self, call).items()
            }
        },
    ),
)
row(
    "empty-form-crashes (update-user/documented-answers *-email/invalid-body/empty): "
    "A form without a body is 500.",
    also="*/documented-answers */missing-address",
    **crashes("form_fields", lambda self, call: not call.body),
)
