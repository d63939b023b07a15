"""HTTP, and the media type."""

from __future__ import annotations

import gzip
import json
import time
from email.utils import formatdate
from hashlib import sha256

from conformance.selftest.changes import variation
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, Route
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User
from conformance.selftest.variations.clauses import (
    ELSEWHERE,
    HEAD_OPTIONS,
    HTTP,
    LARGE,
    LIMITED,
    SUCCESS,
)


@variation("HEAD is 405.", HEAD_OPTIONS)
class HeadNotAllowed(Service):
    def route(self, call: Call, path: str) -> Route:
        if call.method == "HEAD":
            return self.other_method(call, ["GET"])
        return super().route(call, path)


@variation("OPTIONS is 405.", HEAD_OPTIONS)
class OptionsNotAllowed(Service):
    def other_method(self, call: Call, allowed: list[str]) -> Route:
        raise Refusal(405, "not this method", ("Allow", ", ".join(allowed)))


@variation("OPTIONS is 200 with a description.", HEAD_OPTIONS)
class OptionsDescribed(Service):
    def other_method(self, call: Call, allowed: list[str]) -> Route:
        if call.method == "OPTIONS":
            raise Refusal(200, "methods: " + " ".join(allowed))
        return super().other_method(call, allowed)


@variation("Bodies over 8 KiB are 413.", LARGE)
class LargeBodyRefused(Service):
    def answer(self, call: Call) -> Reply:
        if len(call.body) > 8192:
            return self.refuse(call, Refusal(413, "too long a body"))
        return super().answer(call)


@variation("Long targets are 414, long headers 431, both before any login.", LARGE)
class LongHeadRefused(Service):
    def answer(self, call: Call) -> Reply:
        if len(call.target) > 300:
            return self.refuse(call, Refusal(414, "too long a target"))
        if any(len(value) > 1000 for value in call.headers.values()):
            return self.refuse(call, Refusal(431, "too long a header"))
        return super().answer(call)


@variation("Every other path serves a page, 200.", ELSEWHERE)
class PagesElsewhere(Service):
    def elsewhere(self, call: Call, path: str) -> Route:
        raise Refusal(200, "welcome")


@variation("Paths without the last slash are served too.", ELSEWHERE)
class SlashNotNeeded(Service):
    def route(self, call: Call, path: str) -> Route:
        return super().route(call, path if path.endswith("/") else path + "/")


@variation("Paths without the last slash are redirected.", ELSEWHERE)
class SlashRedirected(Service):
    def elsewhere(self, call: Call, path: str) -> Route:
        if not path.endswith("/"):
            raise Refusal(308, "with a slash, please", ("Location", path + "/"))
        return super().elsewhere(call, path)


@variation("Every answer takes 50 ms.", "its speed")
class Slow(Service):
    def answer(self, call: Call) -> Reply:
        time.sleep(0.05)
        return super().answer(call)


class Limited(Service):
    """Not a variation yet: which call is refused, and how the time is written."""

    every = 5

    def answer(self, call: Call) -> Reply:
        with self.lock:
            if (self.calls + 1) % self.every == 0 and "/mint?" not in call.target:
                self.calls += 1
                return self.refuse(call, Refusal(429, "wait", ("Retry-After", self.wait())))
            return super().answer(call)

    def wait(self) -> str:
        return "0"


@variation("Every fifth request is 429, to be sent again at once.", LIMITED)
class LimitedOften(Limited):
    """As it stands."""


@variation("Every fortieth request is 429 for a second.", LIMITED)
class LimitedForASecond(Limited):
    every = 40

    def wait(self) -> str:
        return "1"


@variation("Every sixtieth request is 429 until a date.", LIMITED)
class LimitedUntilADate(Limited):
    every = 60

    def wait(self) -> str:
        return formatdate(time.time() + 1, usegmt=True)


@variation("Each answer ends its connection.", HTTP)
class ConnectionCloses(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.close = True
        return reply


@variation("Answers come in chunks of seven bytes.", HTTP)
class Chunked(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.chunked = True
        return reply


@variation("Answers are HTTP/1.0 and end with the connection.", HTTP)
class OldHttp(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.version, reply.close = "HTTP/1.0", True
        return reply


@variation("Answers are compressed for those who accept it.", HTTP)
class Compressed(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        if reply.body and "gzip" in call.headers.get("accept-encoding", ""):
            reply.body = gzip.compress(reply.body)
            reply.header("Content-Encoding", "gzip")
        return reply


@variation("Answers have headers of a proxy, a cookie and an ETag.", HTTP)
class MoreHeaders(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        for name in ("Via", "X-Request-Id", "Set-Cookie"):
            reply.header(name, f"edge={self.calls}")
        if call.method == "GET":
            reply.header("ETag", f'W/"{sha256(reply.body).hexdigest()}"')
        return reply


@variation("The names of headers are in lower case.", HTTP)
class LowerCaseHeaders(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.headers = [(name.lower(), value) for name, value in reply.headers]
        return reply


@variation("204 says that its length is 0, as in the documented example.", "204 and no body")
class LengthOfNothing(Service):
    def delete_email(self, call: Call) -> Reply:
        reply = super().delete_email(call)
        reply.header("Content-Length", "0")
        return reply


@variation("204 has a media type.", "204 and no body")
class TypeOfNothing(Service):
    def delete_email(self, call: Call) -> Reply:
        reply = super().delete_email(call)
        reply.header("Content-Type", "application/json")
        return reply


@variation("201 names the place of the new address.", HTTP)
class LocationOfNew(Service):
    def add_email(self, call: Call) -> Reply:
        reply = super().add_email(call)
        reply.header("Location", f"/api/v1.1/users/{call.username}/emails/")
        return reply


@variation("The base URL has a path of its own.", "base_url may carry a path prefix")
class BasePath(Service):
    prefix = "/v9"


@variation("JSON is sent without a charset, in odd case.", SUCCESS)
class PlainMediaType(Service):
    json_type = "Application/JSON"


@variation("JSON is sent as a media type of its own, with the suffix +json.", SUCCESS)
class SuffixMediaType(Service):
    json_type = "application/vnd.accounts+json"


@variation("JSON is sent in ASCII, with escapes.", SUCCESS)
class EscapedJson(Service):
    def to_json(self, payload: Json) -> bytes:
        return json.dumps(payload).replace("/", "\\/").encode()


@variation("JSON is sent indented, with white space around it.", SUCCESS)
class IndentedJson(Service):
    def to_json(self, payload: Json) -> bytes:
        return f"\r\n{json.dumps(payload, indent=4, sort_keys=True)}\n\n".encode()


@variation("date_joined has an offset and no fraction.", "`date_joined` is an RFC 3339 date-time")
class DateWithOffset(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return {**super().user_view(call, user), "date_joined": "2019-03-31t01:59:59+02:00"}
