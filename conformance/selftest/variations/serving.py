"""Variations of the server around the operations: what is too large or too often, and other paths."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import unquote

from conformance.selftest.changes import variation, variation_row
from conformance.selftest.reference.calls import Call, Refusal, Reply, Route
from conformance.selftest.reference.service import Service
from conformance.selftest.variations import clauses
from conformance.selftest.variations.accounts import Accounts

# -- large requests, before any login -------------------------------------------------------------

for _status, _sentence, _size, _longest in (
    (413, "Bodies over 1 KiB are 413.", lambda call: len(call.body), 1024),
    (414, "Targets of more than 200 characters are 414.", lambda call: len(call.target), 200),
    (431, "Headers over 1 KiB are 431.", lambda call: len("".join(call.headers.values())), 1024),
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

for _name, _when, _every, _wait in (
    ("at-once", "to be sent again at once", 200, lambda: "0"),
    ("for-a-second", "for a second", 4000, lambda: "1"),
    ("until-a-date", "until a date", 4000, lambda: formatdate(time.time() + 1, usegmt=True)),
    ("until-the-past", "until a date that is gone", 500, lambda: "Fri, 01 Aug 2014 00:00:00 GMT"),
):

    @variation(f"One request in {_every} is 429, {_when}.", clauses.LIMITED, name=f"429-{_name}")
    class Limited(Service):
        every = _every
        wait: Callable[[], str] = staticmethod(_wait)

        def answer(self, call: Call) -> Reply:
            if (self.calls + 1) % self.every == 0:
                self.calls += 1
                return self.refuse(call, Refusal(429, "wait", ("Retry-After", self.wait())))
            return super().answer(call)


@variation("After each twenty wrong logins, the next is 429.", clauses.LIMITED)
class WrongLoginsSlowed(Service):
    wrong = 0

    def unauthorized(self, call: Call, reason: str) -> Refusal:
        self.wrong += "authorization" in call.headers
        if self.wrong > 20:
            self.wrong = 0
            return Refusal(429, "slowly, please", ("Retry-After", "0"))
        return super().unauthorized(call, reason)


# -- what stands between --------------------------------------------------------------------------

for _name, _sentence, _is_stopped, _status in (
    (
        "gateway-errs",
        "A gateway answers one request in 300 with 502.",
        lambda self, call: (self.calls + 1) % 300 == 0,
        502,
    ),
    (
        "firewall",
        "A firewall has a page of its own for a NUL and a script.",
        lambda self, call: b"\0" in call.body or b"<script" in call.body,
        403,
    ),
):

    @variation(_sentence, clauses.BETWEEN, name=_name)
    class Stopped(Service):
        is_stopped: Callable[..., bool] = _is_stopped
        status = _status

        def answer(self, call: Call) -> Reply:
            if self.is_stopped(call):
                self.calls += 1
                return Reply(self.status, b"<h1>Stopped</h1>", [("Content-Type", "text/html")])
            return super().answer(call)


# -- pace and paths -------------------------------------------------------------------------------


@variation("The first answer takes 500 ms, each hundredth 10.", clauses.SPEED, visible=False)
class Slow(Service):
    def answer(self, call: Call) -> Reply:
        if self.calls % 100 == 0:
            time.sleep(0.01 if self.calls else 0.5)
        return super().answer(call)


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
class EncodedSlashNowhere(Service):
    def route(self, call: Call, path: str) -> Route:
        if "%2f" in path.lower():
            raise Refusal(404, "there is nothing here")
        return super().route(call, path)


@variation(
    "The path is decoded before it is routed, and every other path is a page, 200.",
    clauses.ENCODED_SLASH,
)
class DecodedBeforeRouted(Service):
    def route(self, call: Call, path: str) -> Route:
        return super().route(call, unquote(path) if "%2f" in path.lower() else path)

    def elsewhere(self, call: Call, path: str) -> Route:
        raise Refusal(200, "welcome")


@variation("Parameters of a query are unknown, and refused with 400.", clauses.UNKNOWN_MEMBERS)
class QueriesRefused(Service):
    def admit(self, call: Call) -> None:
        super().admit(call)
        if "=" in call.target.partition("?")[2]:
            raise Refusal(400, "no operation takes a query")


@variation(
    "An account is named in any case, with .json behind it, by its id, and by its primary address.",
    clauses.ELSEWHERE,
)
class AccountsByOtherNames(Service):
    usernames = Accounts.usernames  # which are nobody's id or address

    def route(self, call: Call, path: str) -> Route:
        operation, name = super().route(call, path)
        names = {str(one.id): one.username for one in self.store.users.values()}
        names |= {one.email: one.username for one in self.store.rows if one.is_primary}
        return Route(operation, names.get(name) or name.lower().removesuffix(".json"))


variation_row("base-path", "The base URL has a path.", clauses.HTTP, visible=False, prefix="/v9")
