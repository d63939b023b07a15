"""Defects in what is answered: statuses and bodies of success, and requests that break the server."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import unquote_plus

from conformance.selftest.changes import defect, ids, row, table
from conformance.selftest.overrides import crashes, refuses
from conformance.selftest.reference.bodies import MEMBERS, utf8
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, refuse
from conformance.selftest.reference.routes import OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service

WRITTEN = ("update_user", "add_email", "update_email")
"""The operations that write, and answer with JSON."""
ANSWERING = (*READING, *WRITTEN)
DOCUMENTED = ids("documented-answers", WRITING)


def _edited(
    operations: Collection[str], status: int = 0, *, write: Any = bytes, headers: Any = None
) -> dict[str, Any]:
    """Return a method that edits the successful answers of some operations on their way out."""

    def operate(self: Service, call: Call) -> Reply:
        reply = Service.operate(self, call)
        if call.operation in operations:
            reply.status, reply.body = status or reply.status, write(reply.body)
            reply.headers = reply.headers if headers is None else [*headers]
        return reply

    return {"operate": operate}


def _nothing(_body: bytes) -> bytes:
    return b""


# -- the status of success ------------------------------------------------------------------------

# What is tried with requests that succeed.
DONE = (
    "*/b*-accepted */forbidden/scope-subsets */documented-answers */form* */json* get-user/date-joined",
    "update-user/{sets-*,any-script} update-email/{verif*,makes-primary,both} delete-email/former-primary",
)

table(
    "",
    {
        "reads-are-206 ({get-user,list-emails}/success): What is read is answered with 206.": (
            _edited(READING, 206)
        ),
        "writes-are-202 ({update-user,*-email}/success): What is written is answered with 202.": (
            _edited(WRITING, 202)
        ),
        "all-is-200 ({add,delete}-email/success): Adding and deleting are 200.": (
            _edited(["add_email", "delete_email"], 200)
        ),
        "updates-are-204 (update-{user,email}/success): Updates are 204.": (
            _edited(["update_user", "update_email"], 204, write=_nothing)
        ),
    },
    also=DONE,
)
row(
    "delete-crashes-late",
    "A deletion is done, and answered with 500.",
    "delete-email/success",
    also=(*DONE, "delete-email/invalid-body/missing-address"),
    **_edited(["delete_email"], 500),
)
row(
    "delete-is-204-with-body",
    "A deletion is answered with 204 and a body.",
    "delete-email/no-body",
    also="delete-email/form",
    **_edited(["delete_email"], write=lambda _: b"{}"),
)
row(
    "unknown-address-is-200",
    "An unknown address is answered with 200, and an error in the body.",
    "{update,delete}-email/not-found/address",
    also=(
        "*/not-found/foreign-address delete-email/{removes,documented-answers}",
        "update-email/answers-address",
    ),
    **refuses("unknown_address", 200),
)


@defect("The seventh writing request, and each seventh after it, is 500.", DOCUMENTED, also="*")
class SeventhCrashes(Service):
    writes = 0

    def check_members(self, call: Call) -> None:
        self.writes += 1
        if self.writes % 7 == 0:
            raise Refusal(500, "the database is locked")


# -- the body of success --------------------------------------------------------------------------

# Nothing of it can be seen in an answer that cannot be read.
SHOWN = (
    "*/members */answers-address */answers-stored get-user/date-joined update-email/both",
    "update-user/{sets-*,any-script}",
)
FORMS = "*/form update-user/form-decoding"
"""Their checks read the answers, too."""
WRONG = f"{FORMS} update-user/{{sets-*,any-script}} update-email/both"


table(
    ids("json", ANSWERING),
    {
        "answers-as-html: Answers are HTML.": [("Content-Type", "text/html")],
        "answers-untyped: Answers have no type.": [],
    },
    lambda headers: _edited(ANSWERING, headers=headers),
)
row(
    *("answers-empty", "Writes are answered with nothing.", ids("json", WRITTEN)),
    also=SHOWN,
    **_edited(WRITTEN, write=_nothing),
)
table(
    "",
    {
        "answer-as-printed (get-user/json): The user lacks the comma that the page forgot.": (
            _edited(
                ["get_user"],
                write=lambda body: re.sub(rb'("gravatar_url": "[^"]*"),', rb"\1", body),
            )
        ),
        "answers-with-mark (*/no-byte-order-mark): A byte order mark stands before the JSON.": (
            _edited(ANSWERING, write=lambda body: b"\xef\xbb\xbf" + body)
        ),
        "answers-in-quotes ({get-user,list-emails}/members): Reads are JSON in a text.": _edited(
            READING, write=lambda body: json.dumps(body.decode()).encode()
        ),
    },
    also=SHOWN,
)


@defect("Who does not ask for JSON is sent HTML.", ids("json", ANSWERING))
class HtmlUnlessJsonIsAccepted(Service):
    def operate(self, call: Call) -> Reply:
        reply = super().operate(call)
        if reply.body and "json" not in call.headers.get("accept", ""):
            reply.header("Content-Type", "text/html")
        return reply


# -- requests that break the server ---------------------------------------------------------------

KNOWN = {name for names in MEMBERS.values() for name in names}


def _text(bad: Callable[[str], object]) -> Any:
    return lambda _self, call: any(
        isinstance(one, str) and bad(one) for one in (*call.fields, *call.fields.values())
    )


def _form(bad: Callable[[bytes], object]) -> Any:
    return lambda _self, call: call.is_form and bool(bad(call.body))


def _huge_number(_self: Service, call: Call) -> bool:
    numbers = [one for one in call.fields.values() if isinstance(one, int | float)]
    return any(math.isinf(one) or abs(one) > 2**63 for one in numbers)


def _repeated(body: bytes) -> bool:
    names = [part.partition(b"=")[0] for part in body.split(b"&")]
    return len(names) != len(set(names))


table(
    DOCUMENTED,
    {
        "deep-json-crashes: Deep JSON is 500.": lambda _self, call: (
            max(map(call.body.count, (b"[", b"{"))) > 200
        ),
        "long-text-crashes: A very long text is 500.": _text(lambda text: len(text) > 5000),
        "nul-crashes: A NUL in a text is 500.": _text(lambda text: "\0" in text),
        "lone-surrogate-crashes: A lone surrogate is 500.": _text(lambda text: not utf8(text)),
        "huge-number-crashes: A number beyond 64 bits is 500.": _huge_number,
        "form-escape-crashes: A percent sign without two digits in a form is 500.": _form(
            lambda body: re.search(rb"%(?![0-9A-Fa-f]{2})", body)
        ),
        "form-sign-missing-crashes: A member without = in a form is 500.": _form(
            lambda body: any(one and b"=" not in one for one in body.split(b"&"))
        ),
        "form-repeated-member-crashes: A member twice in a form is 500.": _form(_repeated),
        "unknown-member-crashes: An unknown member is 500.": lambda _self, call: (
            call.fields.keys() - KNOWN
        ),
    },
    lambda bad: crashes("check_members", bad),
    also="*/missing-address */success update-user/form-decoding",
)
table(
    "",
    {
        "form-bytes-crash ({update-user,*-email}/documented-answers): A form of no UTF-8 is 500.": (
            crashes(
                "form_text",
                lambda _self, raw: "\ufffd" in unquote_plus(raw.decode("ascii", "replace")),
            )
        ),
        "other-domain-crashes (add-email/documented-answers): A domain beyond ASCII is 500.": (
            crashes(
                "wanted_address",
                lambda _self, call: (
                    call.operation == "add_email"
                    and not str(call.fields.get("email")).rpartition("@")[2].isascii()
                ),
            )
        ),
        "long-address-is-422 (*-email/documented-answers): Over 254 characters, it is 422.": crashes(
            "malformed_address", lambda _self, _call, value: len(value) > 254, 422
        ),
        "conflict-is-409 (add-email/{documented-answers,duplicate}): Adding again is 409.": {
            "add_again": lambda self, call, taken: refuse(409)
        },
    },
)
table(
    ids("documented-answers", OPERATIONS),
    {
        "nul-username-crashes: A username with a NUL is 500.": lambda name: "\0" in name,
        "long-username-crashes: A username over 200 characters is 500.": lambda n: len(n) > 200,
    },
    lambda odd: crashes("unknown_user", lambda self, call: odd(call.username)),
    also="*/forbidden/owner-* */not-found/username",
)

# -- templates and numbers --------------------------------------------------------------------------

row(
    "template-crashes",
    "A username in double braces is taken for a template, and 500.",
    "get-user/documented-answers",
    also="get-user/not-found/username",
    **crashes("check_existence", lambda self, call: "{{" in call.username),
)


@defect("A user has a further member that is NaN.", "get-user/json", also="get-user/members")
class UserHasNan(Service):
    def user_view(self, call: Call, user: Any) -> dict[str, Json]:
        return {**super().user_view(call, user), "karma": float("nan")}
