"""The environments of the field: what happens between a right server and the suite."""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tests.conformance.proxy import Answer, Environment, Forward, Request

HTML = (("Content-Type", "text/html; charset=utf-8"),)
REFUSED = Answer(401, (("WWW-Authenticate", 'Basic realm="x", Bearer realm="x"'),), b"")


def every(number: int, answer: Answer, *, before: bool = False) -> Environment:
    """Answer each so-many-th request in place of the server, whose answer is lost; or before it is asked."""
    count = itertools.count(1)

    def environment(request: Request, forward: Forward) -> Answer:
        if next(count) % number:
            return forward(request)
        if not before:
            forward(request)
        return answer

    return environment


def after(number: int, answer: Answer) -> Environment:
    """Answer everything alike from the so-many-th request on: an outage."""
    count = itertools.count(1)
    return lambda request, forward: forward(request) if next(count) <= number else answer


def when(wanted: Callable[[Request], bool], answer: Answer) -> Environment:
    """Answer some requests in place of the server."""
    return lambda request, forward: answer if wanted(request) else forward(request)


def login(request: Request) -> tuple[str, str]:
    """The name and password of a Basic login; ("", "") of another."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme != "Basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return "", ""
    return name, password


@dataclass
class Locking:
    """The lock of an account after wrong passwords: so many in a row, or in all; of its tokens as well."""

    most: int
    in_a_row: bool = True
    refusal: Answer = REFUSED
    tokens: bool = False
    wrong: Counter[str] = field(default_factory=Counter)
    locked: set[str] = field(default_factory=set)

    def __call__(self, request: Request, forward: Forward) -> Answer:
        name, password = login(request)
        bearer = request.headers.get("authorization", "").partition("Bearer ")[2].split("-")[0]
        if name in self.locked or (self.tokens and bearer in self.locked):
            return self.refusal
        answer = forward(request)
        if name in ("johndoe", "janedoe"):
            if password == f"{name}-password":
                self.wrong[name] *= not self.in_a_row
            else:
                self.wrong[name] += 1
                if self.wrong[name] > self.most:
                    self.locked.add(name)
        return answer


@dataclass
class Dying:
    """A token, or each one, that is refused after so many requests with it."""

    lives: int
    token: str | None = None
    used: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: Request, forward: Forward) -> Answer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and self.token in (None, token):
            self.used[token] += 1
            if self.used[token] > self.lives:
                return REFUSED
        return forward(request)


def _paths(request: Request) -> tuple[str, str]:
    user = f"/api/v1.1/users/{request.username}/"
    return user, f"{user}emails/"


def _read(request: Request, path: str, forward: Forward) -> Answer:
    headers = {"authorization": f"Bearer {request.username}-all"}
    return forward(Request("GET", path, headers, b""))


@dataclass
class Behind:
    """Replicas that are read in turn: each shows an account as it was some seconds ago."""

    seconds: Sequence[float]
    reads: int = 0
    shown: dict[str, list[tuple[float, Answer]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request, forward: Forward) -> Answer:
        with self.lock:
            if request.method == "GET":
                return self.older(request.path, forward(request))
            for path in _paths(request):
                if path not in self.shown:
                    self.keep(request, path, forward, 0.0)
            answer = forward(request)
            for path in _paths(request) if answer.status < 300 else ():
                self.keep(request, path, forward, time.monotonic())
            return answer

    def keep(self, request: Request, path: str, forward: Forward, since: float) -> None:
        there = _read(request, path, forward)
        if there.status == 200:
            self.shown.setdefault(path, []).append((since, there))

    def older(self, path: str, now: Answer) -> Answer:
        if now.status != 200 or path not in self.shown:
            return now
        self.reads += 1
        then = time.monotonic() - self.seconds[self.reads % len(self.seconds)]
        return next(one for since, one in reversed(self.shown[path]) if since <= then)


def limiting_addresses(most: int) -> Environment:
    """Refuse an address more than so many per account."""

    def environment(request: Request, forward: Forward) -> Answer:
        if request.method == "POST":
            there = _read(request, _paths(request)[1], forward)
            answer = forward(replace(request, body=b"")) if there.status == 200 else None
            if answer is not None and answer.status == 400 and len(json.loads(there.body)) >= most:
                return json_answer(400, {"detail": f"no more than {most} addresses"})
        return forward(request)

    return environment


def json_answer(status: int, value: object) -> Answer:
    """An answer in JSON."""
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


def rewriting_user(change: Callable[[dict[str, object], int], object]) -> Environment:
    """Change the user in each answer that has one, with a number that grows."""
    count = itertools.count(1)

    def environment(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status != 200 or b"gravatar_url" not in answer.body:
            return answer
        user = json.loads(answer.body)
        change(user, next(count))
        return replace(answer, body=json.dumps(user).encode())

    return environment


@dataclass
class Meddling:
    """Another run of the suite, which changes what this one has just written, and reads nothing itself.

    Its first changes put the name back, and do not have its mark.
    """

    unmarked: int = 0

    def __call__(self, request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if request.method == "PATCH" and answer.status == 200 and b"conformance" in request.body:
            self.unmarked -= 1
            name = "John Doe" if self.unmarked >= 0 else "Somebody conformancezzzzzz"
            body = json.dumps({"full_name": name}).encode()
            headers = {
                "authorization": f"Bearer {request.username}-all",
                "content-type": "application/json",
                "content-length": str(len(body)),
            }
            forward(Request("PATCH", _paths(request)[0], headers, body))
        return answer


def unscoped(request: Request, forward: Forward) -> Answer:
    """Break the contract: the addresses are listed to tokens of every scope."""
    answer = forward(request)
    lacks = "insufficient_scope" in answer.header("www-authenticate")
    if request.method == "GET" and request.path.endswith("/emails/") and lacks:
        return forward(request.having(f"Bearer {request.username}-all"))
    return answer
