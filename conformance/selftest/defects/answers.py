"""Defects in what is answered: statuses and bodies of success, and requests that break the server."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote_plus

from conformance.selftest.changes import defect, ids, row
from conformance.selftest.reference.bodies import MEMBERS
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, refuse
from conformance.selftest.reference.routes import EMAILS, OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service

WRITTEN = ("update_user", "add_email", "update_email")
"""The operations that write, and answer with JSON."""


def _answers(
    name: str,
    sentence: str,
    part: str,
    operations: Sequence[str],
    edit: Callable[[Reply], Any],
    **found: Any,
) -> None:
    """Declare: the answers of success of some operations are edited on their way out."""

    def operate(self: Service, call: Call) -> Reply:
        reply = Service.operate(self, call)
        if call.operation in operations:
            edit(reply)
        return reply

    row(name, sentence, ids(part, operations), operate=operate, **found)


DONE = (
    *("*/b*-accepted", "*/forbidden/scope-subsets", "*/documented-answers", "*/form", "*/json*"),
    *("*/form-decoding", "update-user/sets-*", "update-user/any-script", "update-email/verif*"),
    *("update-email/makes-primary", "get-user/date-joined", "delete-email/former-primary"),
)
"""What is tried with requests that succeed."""

# -- the status of success ------------------------------------------------------------------------


def _status(status: int, body: bytes | None = None) -> Callable[[Reply], None]:
    def edit(reply: Reply) -> None:
        reply.status = status
        reply.body = reply.body if body is None else body

    return edit


def _redirected(reply: Reply) -> None:
    reply.status, reply.body, reply.headers = 303, b"", [("Location", "./")]


for _name, _sentence, _operations, _edit in (
    ("reads-are-206", "What is read is answered with 206.", READING, _status(206)),
    ("writes-are-202", "What is written is answered with 202.", WRITING, _status(202)),
    ("all-is-200", "Adding and deleting are 200.", ["add_email", "delete_email"], _status(200)),
    ("add-is-303", "A new address is a redirection to the list.", ["add_email"], _redirected),
    (
        "answers-are-204",
        "Updates, and the list, are answered with 204 and no body.",
        ["update_user", "list_emails", "update_email"],
        _status(204, b""),
    ),
    ("delete-crashes-late", "A deletion is done, and 500.", ["delete_email"], _status(500)),
):
    _answers(_name, _sentence, "success", _operations, _edit, also=DONE)
_answers(
    "delete-is-204-with-body",
    "A deletion is answered with 204 and a body.",
    "no-body",
    ["delete_email"],
    _status(204, b"{}"),
    also="delete-email/form",
)
row(
    "unknown-address-is-200",
    "An unknown address is answered with 200, and an error in the body.",
    ids("not-found/address", ["update_email", "delete_email"]),
    unknown_address=lambda self, call, email: Refusal(200, "not found"),
)


@defect(
    "The seventh writing request, and each seventh after it, is 500.",
    ids("documented-answers", WRITING),
)
class SeventhCrashes(Service):
    writes = 0

    def check_members(self, call: Call) -> None:
        self.writes += 1
        if self.writes % 7 == 0:
            raise Refusal(500, "the database is locked")


# -- the body of success --------------------------------------------------------------------------


def _typed(media_type: str) -> Callable[[Reply], None]:
    return lambda reply: reply.header("Content-Type", media_type)


def _untyped(reply: Reply) -> None:
    reply.headers = []


def _raw(edit: Callable[[bytes], bytes]) -> Callable[[Reply], None]:
    def change(reply: Reply) -> None:
        reply.body = edit(reply.body)

    return change


ANSWERING = (*READING, *WRITTEN)
for _name, _sentence, _operations, _edit in (
    ("answers-as-html", "Answers say that they are HTML.", ANSWERING, _typed("text/html")),
    ("answers-without-type", "Answers have no Content-Type.", ANSWERING, _untyped),
    (
        "answer-as-printed",
        "The user lacks the comma that the documentation forgot.",
        ["get_user"],
        _raw(lambda body: re.sub(rb'("gravatar_url": "[^"]*"),', rb"\1", body)),
    ),
    (
        "answers-in-python",
        "What is read is written as a Python literal.",
        READING,
        _raw(lambda body: repr(json.loads(body)).encode()),
    ),
    (
        "answers-in-callback",
        "The answers to writes are wrapped into a function call.",
        WRITTEN,
        _raw(lambda body: b"callback(" + body + b");"),
    ),
    (
        "answers-guarded",
        "What is read begins with a guard against scripts.",
        READING,
        _raw(lambda body: b")]}',\n" + body),
    ),
    ("answers-empty", "The answers to writes have no body.", WRITTEN, _raw(lambda body: b"")),
):
    _answers(_name, _sentence, "json", _operations, _edit)
_answers(
    "answers-in-quotes",
    "What is read is JSON inside a JSON text.",
    "members",
    READING,
    _raw(lambda body: json.dumps(body.decode()).encode()),
)
_answers(
    "answers-in-latin",
    "The answer to an update is sent in Latin-1.",
    "any-script",
    ["update_user"],
    _raw(lambda body: body.decode().encode("latin-1", "replace")),
)


@defect("Who does not ask for JSON is sent HTML.", ids("json", READING))
class HtmlUnlessJsonIsAccepted(Service):
    def operate(self, call: Call) -> Reply:
        reply = super().operate(call)
        if call.operation in READING and call.headers.get("accept") != "application/json":
            reply.header("Content-Type", "text/html")
        return reply


# -- requests that break the server ---------------------------------------------------------------


def _texts(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for one in value.values() for text in _texts(one))]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def _with_text(bad: Callable[[str], object]) -> Callable[[Call], bool]:
    return lambda call: any(bad(text) for text in _texts(dict(call.fields)))


def _huge_number(call: Call) -> bool:
    numbers = [one for one in call.fields.values() if isinstance(one, int | float)]
    return any(math.isinf(one) or abs(one) > 2**63 for one in numbers)


def _in_form(bad: Callable[[bytes], object]) -> Callable[[Call], bool]:
    return lambda call: call.is_form and bool(bad(call.body))


def _no_utf8(body: bytes) -> bool:
    return "\ufffd" in unquote_plus(body.decode("ascii", "replace"))


def _repeated(body: bytes) -> bool:
    names = [part.partition(b"=")[0] for part in body.split(b"&")]
    return len(names) != len(set(names))


KNOWN = {name for names in MEMBERS.values() for name in names}
for _name, _what, _operations, _bad in (
    ("deep-json", "Deep JSON", WRITING, lambda call: max(map(call.body.count, (b"[", b"{"))) > 200),
    ("long-text", "A very long text", WRITING, _with_text(lambda text: len(text) > 5000)),
    ("nul", "A NUL in a text", WRITING, _with_text(lambda text: "\0" in text)),
    (
        "lone-surrogate",
        "A lone surrogate",
        WRITING,
        _with_text(lambda text: re.search("[\ud800-\udfff]", text)),
    ),
    (
        "other-domain",
        "An address whose domain is not ASCII",
        ["add_email"],
        _with_text(lambda text: "@" in text and not text.rpartition("@")[2].isascii()),
    ),
    ("huge-number", "A number beyond 64 bits", WRITING, _huge_number),
    (
        "nested-address",
        "A list or an object as an address",
        EMAILS,
        lambda call: isinstance(call.fields.get("email"), list | dict),
    ),
    ("unknown-member", "An unknown member", WRITING, lambda call: call.fields.keys() - KNOWN),
    ("form-bytes", "A form that is no UTF-8", WRITING, _in_form(_no_utf8)),
    (
        "form-escape",
        "A percent sign without two digits in a form",
        WRITING,
        _in_form(lambda body: re.search(rb"%(?![0-9A-Fa-f]{2})", body)),
    ),
    (
        "form-sign-missing",
        "A member without = in a form",
        WRITING,
        _in_form(lambda body: any(b"=" not in one for one in body.split(b"&"))),
    ),
    ("form-repeated-member", "A member twice in a form", WRITING, _in_form(_repeated)),
):
    row(
        f"{_name}-crashes",
        f"{_what} is answered with 500.",
        ids("documented-answers", _operations),
        check_members=lambda self, call, bad=_bad, operations=_operations: (
            refuse(500) if call.operation in operations and bad(call) else None
        ),
    )
row(
    "long-address-is-422",
    "An address of more than 254 characters is answered with 422.",
    "add-email/documented-answers",
    malformed_address=lambda self, call, value: refuse(422 if len(value) > 254 else 400),
)
row(
    "conflict-is-409",
    "An address that the user has already is answered with 409.",
    ("add-email/documented-answers", "add-email/duplicate"),
    add_again=lambda self, call, taken: refuse(409),
)
for _name, _sentence, _odd in (
    (
        "odd-username-crashes",
        "odd characters",
        lambda name: not re.fullmatch(r"[\w.@+-]*", name, re.ASCII),
    ),
    ("nul-username-crashes", "a NUL", lambda name: "\0" in name),
    ("long-username-crashes", "over 200 characters", lambda name: len(name) > 200),
):
    row(
        _name,
        f"A username with {_sentence} is answered with 500.",
        ids("documented-answers", OPERATIONS),
        unknown_user=lambda self, call, odd=_odd: Refusal(500 if odd(call.username) else 404, ""),
    )
