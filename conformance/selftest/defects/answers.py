"""Defects in what is answered: statuses and bodies, errors, other methods, and requests that break the server."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from conformance.selftest.changes import defect, row, table
from conformance.selftest.overrides import Override, after, crashes, each, failing
from conformance.selftest.reference.bodies import MEMBERS, utf8
from conformance.selftest.reference.calls import Call, Refusal, Reply, refuse
from conformance.selftest.reference.routes import EMAILS, OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service

WRITTEN = ("update_user", "add_email", "update_email")
"""The operations that write, and answer with JSON."""
ANSWERING = (*READING, *WRITTEN)
DOCUMENTED = "{update-user,*-email}/documented-answers"


def _with(**members: Any) -> Override:
    """Give successful answers another status, other headers, or another body."""
    return after("operate", lambda _self, _call, reply: replace(reply, **members))


def _written(write: Callable[[bytes], bytes]) -> Override:
    """Write the bodies of successful answers otherwise."""
    return after("operate", lambda _self, _call, reply: replace(reply, body=write(reply.body)))


# -- the status of success ------------------------------------------------------------------------

table(
    "",
    {
        "reads-are-206 ({get-user,list-emails}/success): What is read is answered with 206.": each(
            READING, _with(status=206)
        ),
        "other-success ({update-*,*-email}/success): Updates are 204, adding and deleting 200.": each(
            WRITING, _with(status=204, body=b""), _with(status=200)
        ),
    },
    # What is tried with requests that succeed.
    also=(
        "*/b*-accepted */forbidden/scope-subsets */documented-answers */form* */json*",
        "get-user/date-joined update-user/{sets-*,any-script} delete-email/former-primary",
        "update-email/{verif*,makes-primary,both}",
    ),
)
row(
    "delete-is-204-with-body (delete-email/no-body): A deletion is answered with 204 and a body.",
    also="delete-email/form",
    **each(["delete_email"], _with(body=b"{}")),
)


@defect("The seventh writing request, and each seventh after it, is 500.", DOCUMENTED, also="*")
class SeventhCrashes(Service):
    writes = 0

    def check_members(self, call: Call) -> None:
        self.writes += 1
        if self.writes % 7 == 0:
            refuse(500)


# -- the body of success --------------------------------------------------------------------------


def _unless_asked(_self: Service, call: Call, reply: Reply) -> Reply:
    if reply.body and "json" not in call.headers.get("accept", ""):
        reply.header("Content-Type", "text/html")
    return reply


table(
    "",
    {
        "answers-empty ({update-*,add-email}/json): Writes are answered with nothing.": each(
            WRITTEN, _with(body=b"")
        ),
        "answers-broken ({get-user,list-emails}/json): The user lacks a comma, the list has a NaN.": each(
            READING,
            # The comma that the page forgot.
            _written(lambda body: re.sub(rb'("gravatar_url": "[^"]*"),', rb"\1", body)),
            _written(lambda body: body.replace(b"}", b', "karma": NaN}')),
        ),
        "answers-with-mark (*/no-byte-order-mark): A byte order mark stands before the JSON.": each(
            ANSWERING, _written(lambda body: b"\xef\xbb\xbf" + body)
        ),
        "answers-in-quotes ({get-user,list-emails}/members): Reads are JSON in a text.": each(
            READING, _written(lambda body: json.dumps(body.decode()).encode())
        ),
    },
    # Nothing of it can be seen in an answer that cannot be read.
    also=(
        "*/members */answers-address */answers-stored get-user/date-joined update-email/both",
        "update-user/{sets-*,any-script}",
    ),
)


# -- requests that break the server ---------------------------------------------------------------

KNOWN = {name for names in MEMBERS.values() for name in names}


def _members(bad: Callable[[Any, Call], object]) -> Any:
    return crashes("check_members", bad)


def _text(bad: Callable[[str], object]) -> Any:
    return _members(
        lambda _self, call: any(
            isinstance(one, str) and bad(one) for one in (*call.fields, *call.fields.values())
        )
    )


def _form(bad: Callable[[bytes], object]) -> Any:
    return _members(lambda _self, call: call.is_form and bad(call.body))


def _huge_number(_self: Service, call: Call) -> bool:
    numbers = [one for one in call.fields.values() if isinstance(one, int | float)]
    return any(math.isinf(one) or abs(one) > 2**63 for one in numbers)


def _repeated(body: bytes) -> bool:
    names = [part.partition(b"=")[0] for part in body.split(b"&")]
    return len(names) != len(set(names))


table(
    DOCUMENTED,
    {
        "odd-json-crashes: By turns, deep JSON, a huge number, a NUL or a lone surrogate is 500.": (
            _members(lambda _self, call: max(map(call.body.count, (b"[", b"{"))) > 200),
            _members(_huge_number),
            _text(lambda text: "\0" in text),
            _text(lambda text: not utf8(text)),
        ),
        "odd-members-crash: By turns, a very long text or an unknown member is 500.": (
            _text(lambda text: len(text) > 5000),
            _members(lambda _self, call: call.fields.keys() - KNOWN),
        ),
        "odd-forms-crash: By turns, a bare % or name, a name twice, or no UTF-8 is 500.": (
            _form(lambda body: re.search(rb"%(?![0-9A-Fa-f]{2})", body)),
            _form(lambda body: any(one and b"=" not in one for one in body.split(b"&"))),
            _form(_repeated),
            crashes(
                "form_text",
                lambda _self, raw: "\ufffd" in unquote_plus(raw.decode("ascii", "replace")),
            ),
        ),
    },
    lambda kinds: each(WRITING, *kinds),
    also="*/missing-address */success update-user/form-decoding",
)
table(
    "",
    {
        "answers-of-other-types (*/json): By turns, answers are HTML, or have no type.": each(
            ANSWERING, _with(headers=[("Content-Type", "text/html")]), _with(headers=[])
        ),
        "html-unless-json-is-accepted (*/json): Who does not ask for JSON is sent HTML.": after(
            "operate", _unless_asked
        ),
        "odd-address-crashes (*-email/documented-answers): Beyond ASCII, one is 500, a long one 422.": each(
            EMAILS,
            crashes(
                "wanted_address",
                lambda self, call: not str(call.fields.get("email")).rpartition("@")[2].isascii(),
            ),
            *[crashes("malformed_address", lambda _self, _call, one: len(one) > 254, 422)] * 2,
        ),
        "conflict-is-409 (add-email/{documented-answers,duplicate}): Adding again is 409.": {
            "add_again": failing(409)
        },
    },
)
table(
    "",
    {
        "odd-username-crashes (*/documented-answers): By turns, a NUL, or 200 characters are 500.": each(
            OPERATIONS,
            crashes("unknown_user", lambda self, call: "\0" in call.username),
            crashes("unknown_user", lambda self, call: len(call.username) > 200),
        ),
        "template-crashes (get-user/documented-answers): A username in double braces is 500.": crashes(
            "check_existence", lambda self, call: "{{" in call.username
        ),
    },
    also="*/forbidden/owner-* */not-found/username",
)


# -- what should be, by wider standards ------------------------------------------------------------


def _explaining(body: bytes, *headers: tuple[str, str]) -> dict[str, object]:
    """Write errors otherwise."""

    def explain(self: Service, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.headers += headers
        reply.body = body

    return {"explain": explain}


table(
    "",
    {
        "errors-are-no-objects (*/error-body): By turns, errors are pages, empty, or JSON lists.": each(
            OPERATIONS,
            _explaining(b"<h1>Error</h1>", ("Content-Type", "text/html")),
            _explaining(b""),
            _explaining(b'["refused"]', ("Content-Type", "application/json")),
        ),
        "other-types-read (*/media-type): By turns, other types are read as JSON, or 400.": each(
            WRITING,
            {"other_media_type": lambda self, call: self.json_fields(call)},
            {"other_media_type": failing(400)},
        ),
        "untyped-refused (*/json-without-content-type): By turns, such JSON is 400, or a form.": each(
            WRITING,
            {"untyped_fields": failing(400)},
            {"untyped_fields": lambda self, call: {**self.form_fields(call)}},
        ),
        "other-methods-are-404 ({user,emails}/other-methods): Other methods are 404, or 405 alone.": {
            "other_method": lambda self, call, allowed: refuse(
                405 if "/emails/" in call.target else 404
            )
        },
        "duplicate-is-added (add-email/duplicate): An address that is there already is added again.": {
            "add_again": lambda self, call, taken: self.json_reply(
                201, self.email_view(call, self.insert(call, taken.email))
            )
        },
    },
)
