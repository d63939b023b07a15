"""Variations of what is answered: the shape of errors, members, JSON and headers."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

from conformance.selftest.changes import variations
from conformance.selftest.overrides import after
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, User

Headers = list[tuple[str, str]]
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
    "ERROR_SHAPE",
    {
        "errors-are-problems: Errors are problem+json.": (
            PROBLEM,
            lambda one: {"type": "about:blank", "status": one.status, "detail": one.reason},
        ),
        "errors-nested: Errors stand inside of an object.": (
            f"{JSON}; charset=utf-8",
            lambda one: {"error": {"status": one.status, "message": one.reason, "errors": []}},
        ),
    },
    lambda written: _explaining(*written),
)
variations(
    "ERROR_SHAPE */error-body",
    {
        "errors-malformed: Errors are no JSON, but say so.": (JSON, lambda _: b"{'error': oops"),
        "errors-as-pages: Errors are long pages.": ("text/html; charset=latin-1", _page),
        "errors-without-body: Errors have neither body nor media type.": ("", lambda _: b""),
    },
    lambda written: _explaining(*written),
)

# -- members --------------------------------------------------------------------------------------


def _more(self: Service, _call: Call, _user: User, view: Any) -> Any:
    more: Any = {"orgs": [], "plan": {"seats": 3}, "gravatar_email": None}
    return view | more | {"last_seen": self.calls}


def _more_of_address(self: Service, _call: Call, address: Address, view: Any) -> Any:
    return {"id": address.id, "bounced": None, "_etag": self.calls} | view


variations(
    "",
    {
        "url-is-a-path (SILENT): The user's url is a path, and the kind of account another.": after(
            "user_view", lambda *given: given[-1] | {"url": "/u/", "type": "person"}
        ),
        "id-with-a-fraction (JSON_TYPE): id is written with a fraction of zero.": after(
            "user_view", lambda *given: given[-1] | {"id": float(given[-1]["id"])}
        ),
        "more-members (MORE_MEMBERS): There are more, and some change from answer to answer.": (
            after("user_view", _more) | after("email_view", _more_of_address)
        ),
    },
)

# -- JSON -----------------------------------------------------------------------------------------

variations(
    "JSON_TYPE",
    {
        "json-type-plain: It has no charset, and is in odd case.": "Application/JSON",
        "json-type-suffixed: It has the suffix +json.": "application/vnd.accounts+json",
        "json-type-quoted: It has quoted parameters.": 'application/json ; charset="utf-8" ; profile="https://example.org/p;q=1"',
    },
    "json_type",
)
variations(
    "JSON_TYPE",
    {
        "json-escaped: JSON has escapes where none are needed.": lambda *given: (
            json.dumps(given[-1]).replace("/", "\\/").replace("@", "\\u0040").encode()
        ),
        "json-indented: JSON is indented and sorted, with white space around it.": lambda *given: (
            f"\r\n{json.dumps(given[-1], indent=4, sort_keys=True)}\n\n".encode()
        ),
    },
    "to_json",
)

# -- headers --------------------------------------------------------------------------------------


def _lowered(_self: Service, _call: Call, reply: Reply) -> Reply:
    return replace(reply, headers=[(name.lower(), value) for name, value in reply.headers])


def _with(method: str, more: Any) -> Any:
    """Put more fields into the answers of a method."""
    return after(
        method,
        lambda _self, call, reply: replace(reply, headers=[*reply.headers, *more(call, reply)]),
    )


def _of_a_proxy(call: Call, reply: Reply) -> Headers:
    edge, etag = (sha256(one).hexdigest() for one in (call.target.encode(), reply.body))
    more = [("Via", "1.1 edge"), ("X-Request-Id", edge), ("Server", "nginx")]
    more += [("Vary", "Accept, Authorization"), ("X-RateLimit-Remaining", "99")]
    return [*more, ("ETag", f'W/"{etag}"')] if call.method == "GET" else more


def _galore(_call: Call, _reply: Reply) -> Headers:
    more = [("X-User", "Zo\xeb"), ("X-Empty", ""), ("Content-Language", "en, de")]
    more += [(f"X-Number-{number}", "x" * 100) for number in range(60)]
    return [*more, ("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d; Secure; HttpOnly")]


variations(
    "",
    {
        "headers-of-a-proxy (HTTP): Answers have headers of a proxy, and an ETag.": _with(
            "answer", _of_a_proxy
        ),
        "headers-galore (HTTP): Headers are many, some twice, some in Latin-1, some empty.": _with(
            "answer", _galore
        ),
        "headers-lowered (HTTP): The names of headers are in lower case.": after(
            "answer", _lowered
        ),
        "location-of-new (HTTP): 201 names the place of the new address.": _with(
            "add_email", lambda call, _: [("Location", call.target)]
        ),
        "headers-of-nothing (NO_BODY): 204 has a length of 0, as documented, and a media type.": _with(
            "delete_email", lambda *_: [("Content-Length", "0"), ("Content-Type", JSON)]
        ),
    },
)
