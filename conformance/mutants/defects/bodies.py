"""Defects in how bodies are read: JSON, forms, and what is neither."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlencode

import yaml

from conformance.mutants.access import ON_ADDRESSES, WRITES, answers_refusal, on_a_copy
from conformance.mutants.builds import Build, Change, Mutant, ids, together
from conformance.mutants.messages import JSON, Forward, Request, Response
from conformance.mutants.rules import loosened, rule
from conformance.mutants.wires import dealt_with, incoming, refused
from mockserver.app import Rule
from mockserver.world import World

_FORM = ids("form", WRITES)
_DECODING = ids("form-decoding", WRITES)
_CHARSET = ids("json-charset", WRITES)
_MALFORMED = ids("invalid-body/malformed-json", WRITES)
_NO_OBJECT = ids("invalid-body/not-an-object", WRITES)
_UTF8 = ids("invalid-body/invalid-utf8", WRITES)
_EMPTY = ids("invalid-body/empty", ON_ADDRESSES)
_MISSING = ids("invalid-body/missing-address", ON_ADDRESSES)
_PROFILE = ("update_user",)


def _is_form(request: Request) -> bool:
    return request.is_form


def _is_json(request: Request) -> bool:
    return request.media_type in ("", JSON) or request.media_type.endswith("+json")


def _parsed(request: Request) -> tuple[str, Any]:
    """What a JSON body is: "value" and the value, or "malformed", "encoding" or "empty"."""
    if not request.body.strip():
        return "empty", None
    try:
        return "value", json.loads(request.body.decode("utf-8"))
    except UnicodeDecodeError:
        return "encoding", None
    except (ValueError, RecursionError):
        return "malformed", None


def _malformed(request: Request) -> bool:
    return _is_json(request) and _parsed(request)[0] == "malformed"


def _badly_encoded(request: Request) -> bool:
    return _is_json(request) and _parsed(request)[0] == "encoding"


def _no_object(request: Request) -> bool:
    kind, value = _parsed(request)
    return _is_json(request) and kind == "value" and not isinstance(value, dict)


def _is(*kinds: type) -> Callable[[Request], bool]:
    return lambda request: _no_object(request) and isinstance(_parsed(request)[1], kinds)


def _empty(request: Request) -> bool:
    return not request.body


def _without_address(request: Request) -> bool:
    members = request.members()
    return members is not None and "email" not in members and bool(request.body)


def _charset(request: Request) -> bool:
    return request.media_type == JSON and "charset" in request.header("content-type").lower()


def _form_bytes(edit: Callable[[bytes], bytes]) -> Change:
    """The bytes of a form are changed before it is read."""
    return incoming(lambda request: request.with_body(edit(request.body)), WRITES, _is_form)


def _form_values(edit: Callable[[str], str]) -> Change:
    """The values of a form are changed once they are decoded."""

    def change(request: Request) -> Request:
        members = request.members() or {}
        return request.with_members({name: edit(value) for name, value in members.items()})

    return incoming(change, WRITES, _is_form)


def _split_late(raw: bytes) -> bytes:
    """Decode the form, and only then split it at its ampersands."""
    pairs = (part.partition("=") for part in unquote_plus(raw.decode("utf-8")).split("&"))
    return urlencode({name: value for name, _, value in pairs}).encode("ascii")


def _form_as_latin(raw: bytes) -> bytes:
    return urlencode(parse_qsl(raw.decode("ascii"), encoding="latin-1")).encode("ascii")


def _form_ascii_only(raw: bytes) -> bytes:
    return re.sub(rb"%[89A-Fa-f][0-9A-Fa-f]", b"%3F", raw)


def _read_leniently(read: Callable[[str], Any]) -> Change:
    """JSON that cannot be read is read by something more lenient."""

    def edit(request: Request) -> Request:
        try:
            value = read(request.body.decode("utf-8"))
        except (ValueError, RecursionError, yaml.YAMLError):
            return request
        return request.with_body(json.dumps(value, default=str).encode("ascii"))

    return incoming(edit, WRITES, _malformed)


def _first_value(text: str) -> Any:
    return json.JSONDecoder().raw_decode(text.lstrip())[0]


def _cut_off(text: str) -> Any:
    """Close what was not closed."""
    for end in ("}", '"}', "null}", '""}'):
        try:
            return json.loads(text + end)
        except ValueError:
            continue
    raise ValueError(text)


def _as_empty(when: Callable[[Request], bool], *operations: str) -> Change:
    """What cannot be read counts as an object without members."""
    return incoming(
        lambda request: request.with_body(b"" if request.is_form else b"{}"), operations, when
    )


def _reencoded(errors: str, encoding: str = "utf-8") -> Change:
    """Bytes that are no UTF-8 are made into something that is."""

    def edit(request: Request) -> Request:
        return request.with_body(request.body.decode(encoding, errors).encode("utf-8", "replace"))

    return incoming(edit, WRITES, _badly_encoded)


def _first_item(request: Request) -> Request:
    value = _parsed(request)[1]
    return request.with_body(json.dumps(value[0] if value else {}).encode("ascii"))


def _unwrapped(request: Request) -> Request:
    """JSON inside a JSON text is read."""
    return request.with_body(str(_parsed(request)[1]).encode("utf-8", "replace"))


def _bare_address(request: Request) -> Request:
    return request.with_body(json.dumps({"email": _parsed(request)[1]}).encode("ascii"))


def _defaults_to(name: str, choose: Callable[[World, str], str]) -> Change:
    """Without an address, one is chosen."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Any) -> Any:
            return inner(world, username, {"email": choose(world, username), **sent})

        return act

    return together(loosened(name), rule(name, wrap))


def _last_address(world: World, username: str) -> str:
    return world.accounts[username].emails[-1].email


def _primary_address(world: World, username: str) -> str:
    return next(email.email for email in world.accounts[username].emails if email.primary)


def _partly_unreadable(build: Build) -> None:
    """Malformed JSON is refused when its first members have been saved."""

    async def layer(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        if request.operation in WRITES and response.status == 400 and _malformed(request):
            try:
                value = _first_value(request.body.decode("utf-8"))
            except ValueError:
                try:
                    value = _cut_off(request.body.decode("utf-8"))
                except ValueError:
                    return response
            if isinstance(value, dict):
                await forward(request.with_body(json.dumps(value).encode("ascii")))
        return response

    build.layers.append(layer)


def _answers_forms_only(build: Build) -> None:
    async def layer(request: Request, forward: Forward) -> Response:
        if request.operation in WRITES and request.is_form:
            return await on_a_copy(build, request, forward)
        return await forward(request)

    build.layers.append(layer)


_SHOWN = {"email": "new@example.com", "verified": False, "primary": False}

MUTANTS = (
    # -- forms ------------------------------------------------------------------------------------
    Mutant("form-is-415", "Forms are answered with 415.", _FORM, refused(_is_form, 415, WRITES)),
    Mutant("form-is-400", "Forms are answered with 400.", _FORM, refused(_is_form, 400, WRITES)),
    Mutant("form-of-post-only", "Forms are read in POST alone: in PATCH and DELETE they are empty, as in some frameworks.", ids("form", ["update_user", "update_email", "delete_email"]), _as_empty(lambda request: request.is_form and request.method != "POST", *WRITES)),
    Mutant("form-of-delete-ignored", "The body of DELETE is read as JSON alone.", ids("form", ["delete_email"]), _as_empty(_is_form, "delete_email")),
    Mutant("form-parsed-as-json", "A form is read as JSON, whatever Content-Type says.", _FORM, incoming(lambda request: request.with_header("content-type", JSON), WRITES, _is_form)),
    Mutant("form-answered-only", "A form is answered, and what it asks for is not done.", _FORM, _answers_forms_only),
    Mutant("form-booleans-refused", "true in a form is a text, and refused.", ids("form", ["update_email"]), refused(lambda request: request.is_form and bool({"verified", "primary"} & set(request.members() or {})), 400, ["update_email"])),
    Mutant("form-booleans-ignored", "true in a form is a text, and counts as absent.", ids("form", ["update_email"]), incoming(lambda request: request.with_members({k: v for k, v in (request.members() or {}).items() if k == "email"}), ["update_email"], _is_form)),
    Mutant("form-first-member-only", "Of a form only the first member is read.", ids("form", ["update_email"]), _form_bytes(lambda raw: raw.partition(b"&")[0])),
    Mutant("form-plus-stays", "A plus in a form stays a plus.", _DECODING, _form_bytes(lambda raw: raw.replace(b"+", b"%2B"))),
    Mutant("form-plus-is-space-twice", "%2B in a form becomes a plus, and that a space.", _DECODING, _form_values(lambda value: value.replace("+", " "))),
    Mutant("form-decoded-twice", "Forms are decoded twice.", ids("form-decoding", _PROFILE), _form_values(unquote)),
    Mutant("form-not-decoded", "Forms are not percent-decoded.", _DECODING, _form_bytes(lambda raw: raw.replace(b"%", b"%25"))),
    Mutant("form-split-late", "Forms are decoded before they are split.", ids("form-decoding", _PROFILE), _form_bytes(_split_late)),
    Mutant("form-as-latin", "Percent-encoded bytes in forms are read as Latin-1.", ids("form-decoding", _PROFILE), _form_bytes(_form_as_latin)),
    Mutant("form-ascii-only", "What is not ASCII in a form becomes question marks.", ids("form-decoding", _PROFILE), _form_bytes(_form_ascii_only)),
    Mutant("form-semicolon-splits", "A semicolon in a form separates members, encoded or not.", ids("form-decoding", _PROFILE), _form_values(lambda value: value.partition(";")[0])),
    Mutant("form-equals-cut", "A value in a form ends at its first equals sign.", ids("form-decoding", _PROFILE), _form_values(lambda value: value.partition("=")[0])),
    # -- JSON -------------------------------------------------------------------------------------
    Mutant("json-charset-is-415", "application/json with a charset is answered with 415: the whole header is compared.", _CHARSET, refused(_charset, 415, WRITES)),
    Mutant("json-charset-ignored", "application/json with a charset is not read: the body counts as empty.", _CHARSET, _as_empty(_charset, *WRITES)),
    Mutant("json-charset-crashes", "application/json with a charset is answered with 500.", _CHARSET, refused(_charset, 500, WRITES)),
    Mutant("malformed-crashes", "Malformed JSON is answered with 500: the parser's error is not caught.", _MALFORMED, refused(_malformed, 500, WRITES)),
    Mutant("malformed-is-422", "Malformed JSON is answered with 422.", _MALFORMED, refused(_malformed, 422, WRITES)),
    Mutant("malformed-is-empty", "Malformed JSON counts as {}.", ids("invalid-body/malformed-json", _PROFILE), _as_empty(_malformed, *WRITES)),
    Mutant("malformed-rest-ignored", "What stands after the first JSON value is ignored, as by a decoder of streams.", _MALFORMED, _read_leniently(_first_value)),
    Mutant("malformed-closed", "Truncated JSON is closed, and read.", _MALFORMED, _read_leniently(_cut_off)),
    Mutant("malformed-as-yaml", "JSON is read by a YAML parser.", _MALFORMED, _read_leniently(yaml.safe_load)),
    Mutant("malformed-single-quotes", "JSON with single quotes is read.", _MALFORMED, _read_leniently(lambda text: json.loads(text.replace("'", '"')))),
    Mutant("malformed-comments", "Comments in JSON are skipped.", _MALFORMED, _read_leniently(lambda text: json.loads(re.sub(r"/\*.*?\*/|//[^\n]*", "", text)))),
    Mutant("malformed-controls", "Line feeds and tabs may stand in the texts of JSON as they are.", _MALFORMED, _read_leniently(lambda text: json.loads(text, strict=False))),
    Mutant("malformed-partly-done", "Malformed JSON is refused when what can be read of it was done.", _MALFORMED, _partly_unreadable),
    Mutant("array-crashes", "A list as a body is answered with 500.", _NO_OBJECT, refused(_is(list), 500, WRITES)),
    Mutant("array-first-item", "Of a list as a body the first item is read.", _NO_OBJECT, incoming(_first_item, WRITES, _is(list))),
    Mutant("scalar-crashes", "A text or a number as a body is answered with 500.", _NO_OBJECT, refused(_is(str, int, float), 500, WRITES)),
    Mutant("text-is-address", "A text as a body is taken for the address.", ids("invalid-body/not-an-object", ["add_email", "delete_email"]), incoming(_bare_address, ["add_email", "delete_email"], _is(str))),
    Mutant("text-is-parsed-again", "A text as a body is parsed once more, so that JSON in JSON is read.", _NO_OBJECT, incoming(_unwrapped, WRITES, _is(str))),
    Mutant("null-crashes", "null as a body is answered with 500.", _NO_OBJECT, refused(_is(type(None)), 500, WRITES)),
    Mutant("null-is-empty", "null as a body counts as {}.", ids("invalid-body/not-an-object", _PROFILE), _as_empty(_is(type(None)), *WRITES)),
    Mutant("array-is-empty", "A list as a body counts as {}.", ids("invalid-body/not-an-object", _PROFILE), _as_empty(_is(list), *WRITES)),
    Mutant("scalar-is-empty", "A number or a boolean as a body counts as {}.", ids("invalid-body/not-an-object", _PROFILE), _as_empty(_is(bool, int, float, str), *WRITES)),
    Mutant("no-object-is-422", "A body that is no object is answered with 422.", _NO_OBJECT, refused(_no_object, 422, WRITES)),
    Mutant("utf8-replaced", "Bytes that are no UTF-8 become replacement characters.", ids("invalid-body/invalid-utf8", _PROFILE), _reencoded("replace")),
    Mutant("utf8-ignored", "Bytes that are no UTF-8 are dropped.", _UTF8, _reencoded("ignore")),
    Mutant("utf8-as-latin", "Bytes that are no UTF-8 are read as Latin-1.", ids("invalid-body/invalid-utf8", _PROFILE), _reencoded("strict", "latin-1")),
    Mutant("utf8-crashes", "Bytes that are no UTF-8 are answered with 500.", _UTF8, refused(_badly_encoded, 500, WRITES)),
    # -- nothing ----------------------------------------------------------------------------------
    Mutant("empty-crashes", "An empty body is answered with 500.", _EMPTY, refused(_empty, 500, WRITES)),
    Mutant("empty-is-411", "An empty body is answered with 411.", _EMPTY, refused(_empty, 411, WRITES)),
    Mutant("empty-is-422", "An empty body is answered with 422.", _EMPTY, refused(_empty, 422, WRITES)),
    Mutant("empty-is-done", "An empty body is answered with a success.", _EMPTY, together(dealt_with(_empty, "add_email", 201, _SHOWN), dealt_with(_empty, "update_email", 200, _SHOWN), dealt_with(_empty, "delete_email", 204))),
    Mutant("missing-crashes", "A body without an address is answered with 500: the key is not there.", _MISSING, refused(_without_address, 500, ON_ADDRESSES)),
    Mutant("missing-is-422", "A body without an address is answered with 422.", _MISSING, refused(_without_address, 422, ON_ADDRESSES)),
    Mutant("missing-is-404", "A body without an address is answered with 404.", ids("invalid-body/missing-address", ["delete_email", "update_email"]), refused(_without_address, 404, ["delete_email", "update_email"])),
    Mutant("missing-deletes-last", "Without an address, the last one is deleted.", ids("invalid-body/missing-address", ["delete_email"]), _defaults_to("delete_email", _last_address)),
    Mutant("missing-updates-primary", "Without an address, the primary one is updated.", ids("invalid-body/missing-address", ["update_email"]), _defaults_to("update_email", _primary_address)),
    Mutant("missing-adds-user", "Without an address, one is made from the username.", ids("invalid-body/missing-address", ["add_email"]), _defaults_to("add_email", lambda world, username: f"{username}.{len(world.accounts[username].emails)}@made.example.com")),
    Mutant("every-400-is-422", "What should be 400 is 422, as some frameworks have it.", (*_MALFORMED, *_MISSING, "update-user/wrong-type", "delete-email/primary-refused"), answers_refusal(("body-", "primary-", "email-taken"), 422, WRITES)),
)  # fmt: skip  # one row, one line
