"""Defects in what is answered: statuses, media types, bodies, and requests that break the server."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mutants.access import ALL, READS, WRITES, answers_refusal
from conformance.mutants.addresses import own, shown_again
from conformance.mutants.builds import Build, Change, Mutant, ids
from conformance.mutants.messages import FORM, JSON, Forward, Request, Response, answer
from conformance.mutants.rules import Body, bears
from conformance.mutants.wires import incoming, media_type, outgoing, raw, refused, status
from mockserver.accounts import email_json
from mockserver.world import Email, World

_ANSWERING = ("get_user", "update_user", "list_emails", "add_email", "update_email")
_WRITTEN = ("update_user", "add_email", "update_email")
_JSON = ids("json", _ANSWERING)
_DOCUMENTED = ids("documented-answers", WRITES)


def _texts(value: Any, depth: int = 0) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and depth < 20:
        return [*value, *(text for one in value.values() for text in _texts(one, depth + 1))]
    if isinstance(value, list) and depth < 20:
        return [text for one in value for text in _texts(one, depth + 1)]
    return []


def _any_text(bad: Callable[[str], bool]) -> Callable[[Request], bool]:
    return lambda request: any(map(bad, _texts(request.members())))


def _is_deep(request: Request) -> bool:
    return request.body.count(b"[") > 200 or request.body.count(b"{") > 200


def _is_long(request: Request) -> bool:
    return any(len(text) > 5000 for text in _texts(request.members()))


def _lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _huge_number(request: Request) -> bool:
    def is_huge(value: Any) -> bool:
        if isinstance(value, float):
            return math.isinf(value) or abs(value) > 1e20
        return isinstance(value, int) and abs(value) > 2**63

    return any(map(is_huge, (request.members() or {}).values()))


def _repeated(request: Request) -> bool:
    names = [part.partition(b"=")[0] for part in request.body.split(b"&")]
    return request.is_form and len(names) != len(set(names))


def _bad_percent(request: Request) -> bool:
    return request.is_form and bool(re.search(rb"%(?![0-9A-Fa-f]{2})", request.body))


def _nested_text(request: Request) -> bool:
    return isinstance((request.members() or {}).get("email"), list | dict)


def _odd_name(request: Request) -> bool:
    return not re.fullmatch(r"[\w.@+-]*", request.username, re.ASCII)


def _long_name(request: Request) -> bool:
    return len(request.username) > 200


def _with_nul(request: Request) -> bool:
    return "\0" in request.username


def _crashes_at(when: Callable[[Request], bool]) -> Change:
    """Some paths break the server, once the caller has logged in."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            if response.status in (200, 404) and request.operation and when(request):
                return answer(500)
            return response

        build.layers.append(layer)

    return change


def _as_printed(found: bytes) -> bytes:
    """As the documentation prints its example: a comma is missing after gravatar_url."""
    return re.sub(rb'("gravatar_url":\s*"[^"]*"),', rb"\1", found)


def _emptied(response: Response) -> Response:
    return response.with_body(b"")


def _with_body(response: Response) -> Response:
    return Response(200).with_header("content-type", "application/json").with_json({"deleted": 1})


def _as_python(found: bytes) -> bytes:
    return repr(json.loads(found)).encode("utf-8")


def _in_quotes(found: bytes) -> bytes:
    return json.dumps(found.decode("utf-8")).encode("ascii")


def _latin(found: bytes) -> bytes:
    return found.decode("utf-8").encode("latin-1", "replace")


def _is_other(request: Request) -> bool:
    return request.media_type not in ("", JSON, FORM, "multipart/form-data")


def _added_again(world: World, username: str, sent: Body) -> Any:
    own(world, username, sent)
    again = Email(sent["email"], verified=False, primary=False)
    account = world.accounts[username]
    world.put(replace(account, emails=(*account.emails, again)))
    return email_json(again)


def _other_methods(code: int) -> Change:
    """What methods are answered that a path does not take."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            return answer(code) if response.status == 405 else response

        build.layers.append(layer)

    return change


MUTANTS = (
    # -- statuses of success ----------------------------------------------------------------------
    Mutant("get-is-203", "The user is answered with 203.", ("get-user/success",), status(203, "get_user")),
    Mutant("update-is-204", "An update is answered with 204, and no body.", ("update-user/success",), outgoing(lambda _: Response(204), ["update_user"])),
    Mutant("update-is-202", "An update is answered with 202.", ("update-user/success",), status(202, "update_user")),
    Mutant("list-is-206", "The list is answered with 206.", ("list-emails/success",), status(206, "list_emails")),
    Mutant("empty-list-is-204", "The list is answered with 204, and no body.", ("list-emails/success",), outgoing(lambda _: Response(204), ["list_emails"])),
    Mutant("add-is-200", "A new address is answered with 200.", ("add-email/success",), status(200, "add_email")),
    Mutant("add-is-202", "A new address is answered with 202: a mail was sent.", ("add-email/success",), status(202, "add_email")),
    Mutant("add-is-303", "A new address is answered with a redirection to the list.", ("add-email/success",), outgoing(lambda response: Response(303).with_header("location", "./"), ["add_email"])),
    Mutant("verify-is-201", "An updated address is answered with 201.", ("update-email/success",), status(201, "update_email")),
    Mutant("verify-is-204", "An updated address is answered with 204, and no body.", ("update-email/success",), outgoing(lambda _: Response(204), ["update_email"])),
    Mutant("delete-is-200", "A deletion is answered with 200 and an empty body.", ("delete-email/success",), outgoing(lambda _: Response(200).with_body(b""), ["delete_email"])),
    Mutant("delete-is-202", "A deletion is answered with 202.", ("delete-email/success",), outgoing(lambda _: Response(202).with_body(b""), ["delete_email"])),
    Mutant("delete-has-body", "A deletion is answered with 200 and a body.", ("delete-email/success",), outgoing(_with_body, ["delete_email"])),
    Mutant("delete-is-204-with-body", "A deletion is answered with 204 and a body.", ("delete-email/no-body",), outgoing(lambda response: response.with_body(b"{}"), ["delete_email"])),
    Mutant("delete-crashes-late", "A deletion is done, and answered with 500.", ("delete-email/success",), outgoing(lambda _: answer(500), ["delete_email"])),
    # -- JSON -------------------------------------------------------------------------------------
    Mutant("answer-as-html", "Answers say that they are HTML.", _JSON, media_type("text/html; charset=utf-8", *_ANSWERING)),
    Mutant("answer-as-text", "Answers say that they are plain text.", _JSON, media_type("text/plain", *_ANSWERING)),
    Mutant("answer-without-type", "Answers have no Content-Type.", _JSON, media_type(None, *_ANSWERING)),
    Mutant("answer-as-form", "The answer to a write has the Content-Type of a form.", ids("json", _WRITTEN), media_type("application/x-www-form-urlencoded", *_WRITTEN)),
    Mutant("answer-as-printed", "The user lacks the comma that the documentation forgot.", ids("json", ["get_user"]), raw(_as_printed, "get_user")),
    Mutant("answer-in-python", "What is read is written as Python's repr.", ids("json", READS), raw(_as_python, *READS)),
    Mutant("answer-in-quotes", "What is read is JSON inside a JSON text.", ids("members", READS), raw(_in_quotes, *READS)),
    Mutant("answer-in-callback", "The answers to writes are wrapped in a callback (JSONP).", ids("json", _WRITTEN), raw(lambda found: b"callback(" + found + b");", *_WRITTEN)),
    Mutant("answer-guarded", "What is read begins with a guard against scripts.", ids("json", READS), raw(lambda found: b")]}',\n" + found, *READS)),
    Mutant("answer-empty", "The answers to writes have no body.", ids("json", _WRITTEN), outgoing(_emptied, _WRITTEN, (200, 201))),
    Mutant("answer-in-latin", "The answer to an update is sent in Latin-1.", ("update-user/any-script",), raw(_latin, "update_user")),
    # -- requests that break the server -----------------------------------------------------------
    Mutant("deep-json-crashes", "Deep JSON is answered with 500.", _DOCUMENTED, refused(_is_deep, 500, WRITES)),
    Mutant("long-text-crashes", "A very long text is answered with 500: it does not fit its column.", _DOCUMENTED, refused(_is_long, 500, WRITES)),
    Mutant("nul-crashes", "A NUL in a text is answered with 500, as by some databases.", _DOCUMENTED, refused(_any_text(lambda text: "\0" in text), 500, WRITES)),
    Mutant("lone-surrogate-crashes", "A lone surrogate is answered with 500: it cannot be encoded.", _DOCUMENTED, refused(_any_text(_lone_surrogate), 500, WRITES)),
    Mutant("huge-number-crashes", "A number beyond 64 bits is answered with 500.", ids("documented-answers", ["update_user"]), refused(_huge_number, 500, WRITES)),
    Mutant("nested-address-crashes", "A list or an object as an address is answered with 500.", ids("documented-answers", ["add_email", "update_email", "delete_email"]), refused(_nested_text, 500, ["add_email", "update_email", "delete_email"])),
    Mutant("repeated-member-crashes", "A form with a member twice is answered with 500.", _DOCUMENTED, refused(_repeated, 500, WRITES)),
    Mutant("bad-percent-crashes", "A percent sign without two digits in a form is answered with 500.", _DOCUMENTED, refused(_bad_percent, 500, WRITES)),
    Mutant("other-domain-crashes", "An address whose domain is not ASCII is answered with 500.", ids("documented-answers", ["add_email"]), refused(_any_text(lambda text: "@" in text and not text.rpartition("@")[2].isascii()), 500, ["add_email"])),
    Mutant("long-address-is-422", "An address of more than 254 characters is answered with 422.", ids("documented-answers", ["add_email"]), refused(lambda request: len(str((request.members() or {}).get("email", ""))) > 254, 422, ["add_email"])),
    Mutant("conflict-is-409", "An address that the user has already is answered with 409.", ids("documented-answers", ["add_email"]), answers_refusal("email-taken", 409, ["add_email"])),
    Mutant("odd-username-crashes", "A username with odd characters in it is answered with 500.", ids("documented-answers", READS), _crashes_at(_odd_name)),
    Mutant("nul-username-crashes", "A NUL in a username is answered with 500, as by some databases.", ids("documented-answers", READS), _crashes_at(_with_nul)),
    Mutant("long-username-crashes", "A very long username is answered with 500.", ids("documented-answers", READS), _crashes_at(_long_name)),
    Mutant("refusal-is-200", "A refused deletion is answered with 200 and an error in the body.", ("delete-email/not-found/address",), answers_refusal("email-unknown", 200, ["delete_email"], data={"error": "not found"})),
    # -- what should be ---------------------------------------------------------------------------
    Mutant("no-challenge", "A 401 has no WWW-Authenticate.", ids("unauthenticated/challenge", ALL), outgoing(lambda response: response.with_header("www-authenticate"), ALL, (401,))),
    Mutant("basic-challenge-only", "A 401 challenges for Basic alone.", ids("unauthenticated/challenge", ALL), outgoing(lambda response: response.with_header("www-authenticate", 'Basic realm="x"'), ALL, (401,))),
    Mutant("no-scope-challenge", "A 403 for a missing scope has no challenge.", ids("forbidden/challenge", ALL), outgoing(lambda response: response.with_header("www-authenticate"), ALL, (403,))),
    Mutant("scope-not-named", "A 403 for a missing scope does not name it.", ids("forbidden/challenge", ALL), outgoing(lambda response: response.with_header("www-authenticate", 'Bearer error="insufficient_scope"'), ALL, (403,))),
    Mutant("errors-are-html", "Errors are HTML pages.", ids("error-body", ALL), outgoing(lambda response: response.with_header("content-type", "text/html").with_body(b"<h1>Error</h1>"), ALL, range(400, 500))),
    Mutant("errors-are-empty", "Errors have no body.", ids("error-body", ALL), outgoing(lambda response: response.with_header("content-type").with_body(b""), ALL, range(400, 500))),
    Mutant("errors-are-lists", "Errors are JSON lists of texts.", ids("error-body", ALL), outgoing(lambda response: response.with_json(["refused"]), ALL, range(400, 500))),
    Mutant("other-types-read", "A body of any other media type is read as JSON.", ids("media-type", WRITES), incoming(lambda request: request.with_header("content-type", JSON), WRITES, _is_other)),
    Mutant("other-types-are-400", "A body of another media type is answered with 400.", ids("media-type", WRITES), answers_refusal("media-type-unsupported", 400, WRITES)),
    Mutant("typeless-is-refused", "JSON without Content-Type is answered with 400.", ids("json-without-content-type", WRITES), refused(lambda request: not request.has("content-type"), 400, WRITES)),
    Mutant("typeless-is-form", "JSON without Content-Type is read as a form.", ids("json-without-content-type", WRITES), incoming(lambda request: request.with_header("content-type", FORM), WRITES, lambda request: not request.has("content-type"))),
    Mutant("duplicate-is-added", "An address that the user has already is added again.", ("add-email/duplicate",), bears("add_email", "email-taken", _added_again)),
    Mutant("duplicate-is-201", "An address that the user has already is answered with 201; it stands in the list once.", ("add-email/duplicate",), bears("add_email", "email-taken", shown_again)),
    Mutant("other-methods-are-404", "Other methods are answered with 404.", ("user/other-methods", "emails/other-methods"), _other_methods(404)),
    Mutant("other-methods-without-allow", "A 405 has no Allow.", ("user/other-methods", "emails/other-methods"), _other_methods(405)),
)  # fmt: skip  # one row, one line
