"""Variations of the server around the operations: what is too large or too often, and other paths."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

from conformance.selftest.changes import variation, variations
from conformance.selftest.overrides import after, around, before, crashes, failing, instead
from conformance.selftest.reference.calls import Call, Refusal, Reply, Route, refuse
from conformance.selftest.reference.service import Service
from conformance.selftest.variations.accounts import Accounts

# -- what is stopped before any login -------------------------------------------------------------


_PAGE = b"<h1>Stopped</h1>"


def _stopped(when: Any, status: int, wait: Any = None, page: bytes = b"") -> Any:
    """Refuse some requests, whatever they ask for, or answer with a page."""

    def stop(self: Service, call: Call) -> Reply:
        self.calls += 1
        if page:
            return Reply(status, page, [("Content-Type", "text/html")])
        return self.refuse(
            call, Refusal(status, "stop", *([("Retry-After", wait())] if wait else []))
        )

    return instead("answer", when, stop)


def _one_in(number: int) -> Callable[[Service, Call], bool]:
    return lambda self, _call: (self.calls + 1) % number == 0


variations(
    "",
    {
        "413-for-large (LARGE): Bodies over 1 KiB are 413.": _stopped(
            lambda _, call: len(call.body) > 1024, 413
        ),
        "414-for-large (LARGE): Targets of more than 200 characters are 414.": _stopped(
            lambda _, call: len(call.target) > 200, 414
        ),
        "429-at-once (LIMITED): One request in 200 is 429, to be sent again at once.": _stopped(
            _one_in(200), 429, lambda: "0"
        ),
        "429-for-a-second (LIMITED): One request in 4000 is 429, for a second.": _stopped(
            _one_in(4000), 429, lambda: "1"
        ),
        "429-until-a-date (LIMITED): One request in 4000 is 429, until a date.": _stopped(
            _one_in(4000), 429, lambda: formatdate(time.time() + 1, usegmt=True)
        ),
        "429-until-the-past (LIMITED): One in 500 is 429, until a date that is gone.": _stopped(
            _one_in(500), 429, lambda: "Fri, 01 Aug 2014 00:00:00 GMT"
        ),
        "gateway-errs (BETWEEN): A gateway answers one request in 300 with 502.": _stopped(
            _one_in(300), 502, page=_PAGE
        ),
        "firewall (BETWEEN): A firewall has a page of its own for a NUL and a script.": _stopped(
            lambda _, call: b"\0" in call.body or b"<script" in call.body, 403, page=_PAGE
        ),
    },
)
variations(
    "LARGE",
    {
        "431-for-large: Headers over 1 KiB are 431.": _stopped(
            lambda _, call: len("".join(call.headers.values())) > 1024, 431
        )
    },
    visible=False,
)


@variation("After each twenty wrong logins, the next is 429.", "LIMITED")
class WrongLoginsSlowed(Service):
    wrong = 0

    def unauthorized(self, call: Call, reason: str) -> Refusal:
        self.wrong += "authorization" in call.headers
        if self.wrong > 20:
            self.wrong = 0
            return Refusal(429, "slowly, please", ("Retry-After", "0"))
        return super().unauthorized(call, reason)


# -- pace and paths -------------------------------------------------------------------------------


def _slowly(self: Service, _call: Call) -> None:
    if self.calls % 100 == 0:
        time.sleep(0.01 if self.calls else 0.5)


def _redirected(_self: Service, call: Call, path: str) -> None:
    if not path.endswith("/"):
        status = 301 if call.method == "GET" else 308
        raise Refusal(status, "with a slash, please", ("Location", path + "/"))


def _no_query(_self: Service, call: Call, _admitted: None) -> None:
    if "=" in call.target.partition("?")[2]:
        refuse(400)


def _decoded(usual: Any, _self: Service, call: Call, path: str) -> Any:
    return usual(call, unquote(path) if "%2f" in path.lower() else path)


def _by_other_names(usual: Any, self: Service, call: Call, path: str) -> Route:
    operation, name = usual(call, path)
    names = {str(one.id): one.username for one in self.store.users.values()}
    names |= {one.email: one.username for one in self.store.rows if one.is_primary}
    return Route(operation, names.get(name) or name.lower().removesuffix(".json"))


variations(
    "",
    {
        "slow (SPEED): The first answer takes 500 ms, each hundredth 10.": before(
            "answer", _slowly
        ),
        "slash-not-needed (ELSEWHERE): Paths without the last slash are served too.": around(
            "route", lambda usual, _, call, path: usual(call, path.removesuffix("/") + "/")
        ),
        "slash-redirected (ELSEWHERE): Paths without the last slash are redirected.": before(
            "elsewhere", _redirected
        ),
        "encoded-slash-nowhere (ENCODED_SLASH): A username with one is a path of its own, 404.": crashes(
            "route", lambda self, call, path: "%2f" in path.lower(), 404
        ),
        "decoded-before-routed (ENCODED_SLASH): A path is decoded first, and any other is 200.": (
            around("route", _decoded) | {"elsewhere": failing(200)}
        ),
        "base-path (HTTP): The base URL has a path.": {"prefix": "/v9"},
    },
    visible=False,
)
variations(
    "",
    {
        "queries-refused (UNKNOWN_MEMBERS): A query is refused with 400.": after(
            "admit", _no_query
        ),
        "accounts-by-other-names (ELSEWHERE): Any case, .json, the id or the primary name it, too.": {
            "usernames": Accounts.usernames,  # which are nobody's id or address
            **around("route", _by_other_names),
        },
    },
)
