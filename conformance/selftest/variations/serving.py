"""Variations of the server around the operations: what is too large or too often, and other paths."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate

from conformance.selftest.changes import variation, variation_row
from conformance.selftest.reference.calls import Call, Refusal, Reply, Route
from conformance.selftest.reference.service import Service
from conformance.selftest.variations import clauses

# -- large requests, before any login -------------------------------------------------------------

for _status, _sentence, _size, _longest in (
    (413, "Bodies over 1 KiB are 413.", lambda call: len(call.body), 1024),
    (414, "Targets of more than 200 characters are 414.", lambda call: len(call.target), 200),
    (
        431,
        "Headers of more than 1 KiB are 431.",
        lambda call: sum(len(name) + len(value) for name, value in call.headers.items()),
        1024,
    ),
):

    @variation(_sentence, clauses.LARGE, name=f"{_status}-for-large", visible=_status != 431)
    class LargeRefused(Service):
        size: Callable[[Call], int] = staticmethod(_size)
        limit = (_status, _longest)

        def answer(self, call: Call) -> Reply:
            status, longest = self.limit
            if self.size(call) > longest:
                return self.refuse(call, Refusal(status, f"at most {longest}, please"))
            return super().answer(call)


# -- 429 ------------------------------------------------------------------------------------------

for _name, _sentence, _every, _times, _wait in (
    (
        "at-once",
        "Each five hundredth request is 429 twice, to be sent at once.",
        500,
        2,
        lambda: "0",
    ),
    ("for-a-second", "One request is 429 for a second.", 3000, 1, lambda: "1"),
    (
        "until-a-date",
        "One request is 429 until a date.",
        3000,
        1,
        lambda: formatdate(time.time() + 1, usegmt=True),
    ),
    (
        "until-the-past",
        "Each five hundredth request is 429 until a date that has passed.",
        500,
        1,
        lambda: "Fri, 01 Aug 2014 00:00:00 GMT",
    ),
):

    @variation(_sentence, clauses.LIMITED, name=f"429-{_name}")
    class Limited(Service):
        every, times = _every, _times
        wait: Callable[[], str] = staticmethod(_wait)

        def answer(self, call: Call) -> Reply:
            if (self.calls + 1) % self.every < self.times:
                self.calls += 1
                return self.refuse(call, Refusal(429, "wait", ("Retry-After", self.wait())))
            return super().answer(call)


@variation("After twenty wrong logins in quick succession, the next is 429.", clauses.LIMITED)
class WrongLoginsSlowed(Service):
    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[float] = []

    def unauthorized(self, call: Call, reason: str) -> Refusal:
        if call.headers.get("authorization"):
            now = time.monotonic()
            self.wrong = [one for one in self.wrong if now - one < 0.04]
            if len(self.wrong) > 20:
                return Refusal(429, "slowly, please", ("Retry-After", "0"))
            self.wrong.append(now)
        return super().unauthorized(call, reason)


# -- pace and paths -------------------------------------------------------------------------------


@variation(
    "The first answer takes half a second, each hundredth 10 ms.", clauses.SPEED, visible=False
)
class Slow(Service):
    def answer(self, call: Call) -> Reply:
        if self.calls % 100 == 0:
            time.sleep(0.01 if self.calls else 0.5)
        return super().answer(call)


@variation("Every other path serves a page, 200.", clauses.ELSEWHERE, visible=False)
class PagesElsewhere(Service):
    def elsewhere(self, call: Call, path: str) -> Route:
        raise Refusal(200, "welcome")


@variation("Paths without the last slash are served too.", clauses.ELSEWHERE, visible=False)
class SlashNotNeeded(Service):
    def route(self, call: Call, path: str) -> Route:
        return super().route(call, path if path.endswith("/") else path + "/")


@variation("Paths without the last slash are redirected.", clauses.ELSEWHERE, visible=False)
class SlashRedirected(Service):
    def elsewhere(self, call: Call, path: str) -> Route:
        if not path.endswith("/"):
            status = 301 if call.method == "GET" else 308
            raise Refusal(status, "with a slash, please", ("Location", path + "/"))
        return super().elsewhere(call, path)


@variation("A username with an encoded slash is a path of its own, 404.", clauses.ENCODED_SLASH)
class SlashDecodedFirst(Service):
    def route(self, call: Call, path: str) -> Route:
        if "%2f" in path.lower():
            raise Refusal(404, "there is nothing here")
        return super().route(call, path)


variation_row(
    "base-path", "The base URL has a path of its own.", clauses.HTTP, visible=False, prefix="/v9"
)
