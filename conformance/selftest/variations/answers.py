"""Variations of what is answered: the shape of errors, members, JSON and headers."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from hashlib import sha256
from itertools import count
from typing import Any

from conformance.selftest.changes import ids, variation, variation_row
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.routes import OPERATIONS
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, User
from conformance.selftest.variations import clauses

# -- errors ---------------------------------------------------------------------------------------


def _error(name: str, sentence: str, media_type: str, write: Callable[[Refusal], object]) -> None:
    """Declare another body of errors: a JSON object, which it should be, or other bytes."""

    def explain(self: Service, reply: Reply, call: Call, refusal: Refusal) -> None:
        if media_type:
            reply.header("Content-Type", media_type)
        body = write(refusal)
        reply.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    is_object = isinstance(write(Refusal(400, "a sample")), dict)
    misses = () if is_object else ids("error-body", OPERATIONS)
    variation_row(name, sentence, clauses.ERROR_SHAPE, misses=misses, explain=explain)


def _page(refusal: Refusal) -> bytes:
    page = f"<!doctype html><h1>{refusal.status}</h1><pre>{html.escape(refusal.reason)}</pre>"
    return page.encode("latin-1", "xmlcharrefreplace") + b"<p>\xff</p>" * 900


JSON, PROBLEM = "application/json", "application/problem+json"
_error(
    "errors-are-problems",
    "Errors are problem+json.",
    PROBLEM,
    lambda one: {"type": "about:blank", "status": one.status, "detail": one.reason},
)
_error(
    "errors-nested",
    "Errors stand inside of an object.",
    f"{JSON}; charset=utf-8",
    lambda one: {"error": {"status": one.status, "message": one.reason, "errors": []}},
)
_error("errors-malformed", "Errors are no JSON, but say so.", JSON, lambda one: b"{'error': oops")
_error("errors-as-pages", "Errors are long pages.", "text/html; charset=latin-1", _page)
_error("errors-without-body", "Errors have neither body nor media type.", "", lambda one: b"")

# -- members --------------------------------------------------------------------------------------


def _user(
    name: str, sentence: str, clause: str, change: Callable[[dict[str, Any]], dict[str, Json]]
) -> None:
    """Declare another view of a user: the members of a function stand in it."""

    @variation(sentence, clause, name=name)
    class OtherView(Service):
        def user_view(self, call: Call, user: User) -> dict[str, Json]:
            view = super().user_view(call, user)
            return view | change(view)


_user(
    "url-is-a-path",
    "The user's url is a path, and the kind of account another.",
    clauses.SILENT,
    lambda view: {"url": "/u/", "type": "person"},
)
_user(
    "id-with-a-fraction",
    "id is written with a fraction of zero.",
    clauses.JSON_TYPE,
    lambda view: {"id": float(view["id"])},
)


@variation("There are further members, some change from answer to answer.", clauses.MORE_MEMBERS)
class MoreMembers(Service):
    def __init__(self) -> None:
        super().__init__()
        self.numbers = count()

    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        more: dict[str, Json] = {
            "orgs": [],
            "plan": {"seats": 3},
            "gravatar_email": None,
            "_links": {},
        }
        return {**super().user_view(call, user), **more, "last_seen": next(self.numbers)}

    def email_view(self, call: Call, address: Address) -> dict[str, Json]:
        more: dict[str, Json] = {"id": address.id, "bounced": None, "_etag": next(self.numbers)}
        return {**more, **super().email_view(call, address)}


# -- JSON -----------------------------------------------------------------------------------------

for _name, _sentence, _type in (
    ("plain", "The media type of JSON has no charset, and is in odd case.", "Application/JSON"),
    ("suffixed", "JSON is of a media type with the suffix +json.", "application/vnd.accounts+json"),
    (
        "quoted",
        "The media type of JSON has quoted parameters.",
        'application/json ; charset="utf-8" ; profile="https://example.org/p;q=1"',
    ),
):
    variation_row(f"json-type-{_name}", _sentence, clauses.JSON_TYPE, json_type=_type)
variation_row(
    "json-escaped",
    "JSON has escapes where none are needed.",
    clauses.JSON_TYPE,
    to_json=lambda self, payload: (
        json.dumps(payload).replace("/", "\\/").replace("@", "\\u0040").encode()
    ),
)
variation_row(
    "json-indented",
    "JSON is indented and sorted, with white space around it.",
    clauses.JSON_TYPE,
    to_json=lambda self, payload: (
        f"\r\n{json.dumps(payload, indent=4, sort_keys=True)}\n\n".encode()
    ),
)

# -- headers --------------------------------------------------------------------------------------


def _reply(
    name: str,
    sentence: str,
    change: Callable[[Call, Reply], None],
    status: int = 0,
    clause: str = clauses.HTTP,
) -> None:
    """Declare other headers of all replies, or of those with a status."""

    @variation(sentence, clause, name=name)
    class OtherReply(Service):
        def answer(self, call: Call) -> Reply:
            reply = super().answer(call)
            if status in {0, reply.status}:
                change(call, reply)
            return reply


def _more(call: Call, reply: Reply) -> None:
    edge = sha256(call.target.encode()).hexdigest()
    reply.headers += [("Via", "1.1 edge"), ("X-Request-Id", edge), ("Server", "nginx")]
    reply.headers += [("Vary", "Accept, Authorization"), ("X-RateLimit-Remaining", "99")]
    if call.method == "GET":
        reply.header("ETag", f'W/"{sha256(reply.body).hexdigest()}"')


def _galore(call: Call, reply: Reply) -> None:
    reply.headers += [("X-User", "Zo\xeb"), ("X-Empty", ""), ("Content-Language", "en, de")]
    reply.headers += [(f"X-Number-{number}", "x" * 100) for number in range(60)]
    reply.headers += [("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d; Secure; HttpOnly")]


def _lowered(call: Call, reply: Reply) -> None:
    reply.headers = [(name.lower(), value) for name, value in reply.headers]


_reply("headers-of-a-proxy", "Answers have headers of a proxy, and an ETag.", _more)
_reply("headers-galore", "Headers are many, some twice, some in Latin-1, some empty.", _galore)
_reply("headers-lowered", "The names of headers are in lower case.", _lowered)
_reply(
    "location-of-new",
    "201 names the place of the new address.",
    lambda call, reply: reply.header("Location", call.target),
    201,
)


def _of_nothing(call: Call, reply: Reply) -> None:
    reply.header("Content-Length", "0")
    reply.header("Content-Type", JSON)


_reply(
    "headers-of-nothing",
    "204 says that its length is 0, as documented, and has a media type.",
    _of_nothing,
    204,
    clauses.NO_BODY,
)
