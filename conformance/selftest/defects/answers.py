"""Defects in what is answered: statuses and bodies of success, and requests that break the server."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote_plus

from conformance.selftest.changes import Ids, defect, ids, row
from conformance.selftest.reference.bodies import MEMBERS, utf8
from conformance.selftest.reference.calls import Call, Refusal, Reply, refuse
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
    ("list-is-204", "The list is answered with 204.", ["list_emails"], _status(204, b"")),
    ("updates-are-204", "Updates are 204.", ["update_user", "update_email"], _status(204, b"")),
):
    _answers(_name, _sentence, "success", _operations, _edit, also=DONE)
_answers(
    "delete-crashes-late",
    "A deletion is done, and answered with 500.",
    "success",
    ["delete_email"],
    _status(500),
    also=DONE,
    misnamed=("*/others-untouched", "delete-email/invalid-body/missing-address"),
)
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
    also=("*/not-found/foreign-address", "delete-email/removes", "delete-email/documented-answers"),
    unknown_address=lambda self, call, email: Refusal(200, "not found"),
)


@defect(
    "The seventh writing request, and each seventh after it, is 500.",
    ids("documented-answers", WRITING),
    also="*",  # it strikes whatever comes seventh
)
class SeventhCrashes(Service):
    writes = 0

    def check_members(self, call: Call) -> None:
        self.writes += 1
        if self.writes % 7 == 0:
            raise Refusal(500, "the database is locked")


# -- the body of success --------------------------------------------------------------------------


def _as_html(reply: Reply) -> None:
    reply.header("Content-Type", "text/html")


def _untyped(reply: Reply) -> None:
    reply.headers = []


def _raw(edit: Callable[[bytes], bytes]) -> Callable[[Reply], None]:
    def change(reply: Reply) -> None:
        reply.body = edit(reply.body)

    return change


ANSWERING = (*READING, *WRITTEN)
SHOWN = (
    *("*/members", "*/answers-address", "update-user/sets-*", "update-user/any-script"),
    *("*/answers-stored", "get-user/date-joined", "update-email/both"),
)
"""Nothing of it can be seen in an answer that cannot be read."""
FORMS = ("*/form", "update-user/form-decoding")
"""Their checks read the answers, too."""
WRONG = (*FORMS, "update-user/sets-*", "update-user/any-script", "update-email/both")


def _written(name: str, sentence: str, operations: Sequence[str], edit: Any, *wrong: str) -> None:
    """Declare: the JSON of some operations is written otherwise."""
    _answers(name, sentence, "json", operations, _raw(edit), also=SHOWN, misnamed=wrong)


_answers("answers-as-html", "Answers are HTML.", "json", ANSWERING, _as_html, misnamed=WRONG)
_answers("answers-untyped", "Answers have no type.", "json", ANSWERING, _untyped, misnamed=WRONG)
_written(
    "answer-as-printed",
    "The user lacks the comma that the documentation forgot.",
    ["get_user"],
    lambda body: re.sub(rb'("gravatar_url": "[^"]*"),', rb"\1", body),
)
_written("answers-in-python", "Reads are Python.", READING, lambda b: repr(json.loads(b)).encode())
_written("answers-guarded", "Reads begin with a guard.", READING, lambda body: b")]}',\n" + body)
_written(
    "answers-padded", "Writes answer JSONP.", WRITTEN, lambda body: b"back(" + body + b");", *FORMS
)
_written("answers-empty", "Writes are answered with nothing.", WRITTEN, lambda _: b"", *FORMS)
_answers(
    "answers-in-quotes",
    "What is read is JSON inside a JSON text.",
    "members",
    READING,
    _raw(lambda body: json.dumps(body.decode()).encode()),
    also=SHOWN,
)
_answers(
    "answers-in-latin",
    "The answer to an update is sent in Latin-1.",
    "any-script",
    ["update_user"],
    _raw(lambda body: body.decode().encode("latin-1", "replace")),
    also=("update-user/json", *SHOWN),
    misnamed=FORMS[1],
)


@defect("Who does not ask for JSON is sent HTML.", ids("json", READING))
class HtmlUnlessJsonIsAccepted(Service):
    def operate(self, call: Call) -> Reply:
        reply = super().operate(call)
        if call.operation in READING and call.headers.get("accept") != "application/json":
            reply.header("Content-Type", "text/html")
        return reply


# -- requests that break the server ---------------------------------------------------------------


def _with_text(bad: Callable[[str], object]) -> Callable[[Call], bool]:
    return lambda call: any(
        isinstance(one, str) and bad(one) for one in (*call.fields, *call.fields.values())
    )


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


def _crashes(
    name: str, what: str, bad: Any, operations: Sequence[str] = WRITING, also: Ids = ()
) -> None:
    """Declare: what stands in some bodies is answered with 500."""

    def check_members(self: Service, call: Call) -> None:
        if call.operation in operations and bad(call):
            refuse(500)

    row(
        f"{name}-crashes",
        f"{what} is answered with 500.",
        ids("documented-answers", operations),
        also=also,
        check_members=check_members,
    )


KNOWN = {name for names in MEMBERS.values() for name in names}
_crashes("deep-json", "Deep JSON", lambda call: max(map(call.body.count, (b"[", b"{"))) > 200)
_crashes("long-text", "A very long text", _with_text(lambda text: len(text) > 5000))
_crashes("nul", "A NUL in a text", _with_text(lambda text: "\0" in text))
_crashes("lone-surrogate", "A lone surrogate", _with_text(lambda text: not utf8(text)))
_crashes(
    "other-domain",
    "An address whose domain is not ASCII",
    _with_text(lambda text: "@" in text and not text.rpartition("@")[2].isascii()),
    ["add_email"],
)
_crashes("huge-number", "A number beyond 64 bits", _huge_number)
_crashes(
    "nested-address",
    "A list or an object as an address",
    lambda call: isinstance(call.fields.get("email"), list | dict),
    EMAILS,
    also="*/invalid-body/*address*",
)
_crashes(
    "unknown-member",
    "An unknown member",
    lambda call: call.fields.keys() - KNOWN,
    also=("*/missing-address", FORMS[1]),
)
row(
    "form-bytes-crash",
    "A form that is no UTF-8 is answered with 500.",
    ids("documented-answers", WRITING),
    form_fields=lambda self, call: (
        refuse(500) if _no_utf8(call.body) else Service.form_fields(self, call)
    ),
)
_crashes(
    "form-escape",
    "A percent sign without two digits in a form",
    _in_form(lambda body: re.search(rb"%(?![0-9A-Fa-f]{2})", body)),
)
_crashes(
    "form-sign-missing",
    "A member without = in a form",
    _in_form(lambda body: any(one and b"=" not in one for one in body.split(b"&"))),
)
_crashes("form-repeated-member", "A member twice in a form", _in_form(_repeated))
row(
    "long-address-is-422",
    "An address of more than 254 characters is answered with 422.",
    ids("documented-answers", EMAILS),
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
        unknown_user=lambda self, call, odd=_odd: Refusal(
            500 if odd(call.username) else 404, "nobody"
        ),
    )
