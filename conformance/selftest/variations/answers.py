"""Variations of what is answered: the shape of errors, members, JSON and headers."""

from __future__ import annotations

import html
import json
from hashlib import sha256
from typing import Any

from conformance.selftest.changes import ids, variation, variations
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.routes import OPERATIONS
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, User
from conformance.selftest.variations import clauses

JSON, PROBLEM = "application/json", "application/problem+json"

# -- errors ---------------------------------------------------------------------------------------


def _explaining(media_type: str, write: Any) -> Any:
    def explain(self: Service, reply: Reply, call: Call, refusal: Refusal) -> None:
        if media_type:
            reply.header("Content-Type", media_type)
        body = write(refusal)
        reply.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    return {"explain": explain}


def _page(refusal: Refusal) -> bytes:
    page = f"<!doctype html><h1>{refusal.status}</h1><pre>{html.escape(refusal.reason)}</pre>"
    return page.encode("latin-1", "xmlcharrefreplace") + b"<p>\xff</p>" * 900


variations(
    clauses.ERROR_SHAPE,
    {
        "errors-are-problems: Errors are problem+json.": _explaining(
            PROBLEM, lambda one: {"type": "about:blank", "status": one.status, "detail": one.reason}
        ),
        "errors-nested: Errors stand inside of an object.": _explaining(
            f"{JSON}; charset=utf-8",
            lambda one: {"error": {"status": one.status, "message": one.reason, "errors": []}},
        ),
    },
)
variations(
    clauses.ERROR_SHAPE,
    {
        "errors-malformed: Errors are no JSON, but say so.": (JSON, lambda _: b"{'error': oops"),
        "errors-as-pages: Errors are long pages.": ("text/html; charset=latin-1", _page),
        "errors-without-body: Errors have neither body nor media type.": ("", lambda _: b""),
    },
    lambda written: _explaining(*written),
    misses=ids("error-body", OPERATIONS),
)

# -- members --------------------------------------------------------------------------------------


@variation("The user's url is a path, and the kind of account another.", clauses.SILENT)
class UrlIsAPath(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return super().user_view(call, user) | {"url": "/u/", "type": "person"}


@variation("id is written with a fraction of zero.", clauses.JSON_TYPE)
class IdWithAFraction(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return super().user_view(call, user) | {"id": float(user.id)}


@variation("There are further members, some change from answer to answer.", clauses.MORE_MEMBERS)
class MoreMembers(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        more: dict[str, Json] = {"orgs": [], "plan": {"seats": 3}, "gravatar_email": None}
        return {**super().user_view(call, user), **more, "last_seen": self.calls}

    def email_view(self, call: Call, address: Address) -> dict[str, Json]:
        more: dict[str, Json] = {"id": address.id, "bounced": None, "_etag": self.calls}
        return {**more, **super().email_view(call, address)}


# -- JSON -----------------------------------------------------------------------------------------

variations(
    clauses.JSON_TYPE,
    {
        "json-type-plain: It has no charset, and is in odd case.": "Application/JSON",
        "json-type-suffixed: It has the suffix +json.": "application/vnd.accounts+json",
        "json-type-quoted: It has quoted parameters.": (
            'application/json ; charset="utf-8" ; profile="https://example.org/p;q=1"'
        ),
    },
    lambda json_type: {"json_type": json_type},
)
variations(
    clauses.JSON_TYPE,
    {
        "json-escaped: JSON has escapes where none are needed.": lambda payload: (
            json.dumps(payload).replace("/", "\\/").replace("@", "\\u0040")
        ),
        "json-indented: JSON is indented and sorted, with white space around it.": (
            lambda payload: f"\r\n{json.dumps(payload, indent=4, sort_keys=True)}\n\n"
        ),
    },
    lambda write: {"to_json": lambda self, payload: write(payload).encode()},
)

# -- headers --------------------------------------------------------------------------------------


@variation("Answers have headers of a proxy, and an ETag.", clauses.HTTP)
class HeadersOfAProxy(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        edge = sha256(call.target.encode()).hexdigest()
        reply.headers += [("Via", "1.1 edge"), ("X-Request-Id", edge), ("Server", "nginx")]
        reply.headers += [("Vary", "Accept, Authorization"), ("X-RateLimit-Remaining", "99")]
        if call.method == "GET":
            reply.header("ETag", f'W/"{sha256(reply.body).hexdigest()}"')
        return reply


@variation("Headers are many, some twice, some in Latin-1, some empty.", clauses.HTTP)
class HeadersGalore(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.headers += [("X-User", "Zo\xeb"), ("X-Empty", ""), ("Content-Language", "en, de")]
        reply.headers += [(f"X-Number-{number}", "x" * 100) for number in range(60)]
        reply.headers += [("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d; Secure; HttpOnly")]
        return reply


@variation("The names of headers are in lower case.", clauses.HTTP)
class HeadersLowered(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.headers = [(name.lower(), value) for name, value in reply.headers]
        return reply


@variation("201 names the place of the new address.", clauses.HTTP)
class LocationOfNew(Service):
    def add_email(self, call: Call) -> Reply:
        reply = super().add_email(call)
        reply.header("Location", call.target)
        return reply


@variation("204 says that its length is 0, as documented, and has a media type.", clauses.NO_BODY)
class HeadersOfNothing(Service):
    def delete_email(self, call: Call) -> Reply:
        reply = super().delete_email(call)
        reply.headers += [("Content-Length", "0"), ("Content-Type", JSON)]
        return reply
