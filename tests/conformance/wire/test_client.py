"""The client: numbers, several connections at once, the rate limit, and what a gateway answers."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.target.target import Account, RateLimit, Target
from conformance.wire import client as wire
from conformance.wire.client import Call, Client, RateLimited, Unavailable
from conformance.wire.transport import ConnectionLost, ReceivedResponse, SentRequest

Answer = Callable[[SentRequest], ReceivedResponse]


class Line:
    """A transport that answers by a function, and keeps the paths, their times and the most at once."""

    parallel = True

    def __init__(self, answer: Answer) -> None:
        self.sent: list[tuple[str, float]] = []
        self.most = 0
        self.threads: set[int] = set()
        self._answer = answer
        self.under_way = 0
        self._lock = threading.Lock()

    def send(self, request: SentRequest) -> ReceivedResponse:
        with self._lock:
            self.sent.append((request.path, time.monotonic()))
            self.threads.add(threading.get_ident())
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            return self._answer(request)
        finally:
            with self._lock:
                self.under_way -= 1

    def close(self) -> None:
        """Nothing is open."""

    def count(self, path: str) -> int:
        return [sent for sent, _ in self.sent].count(path)


def answer(status: int = 200, **headers: str) -> ReceivedResponse:
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return ReceivedResponse(status, fields, b"")


def slow(_request: SentRequest) -> ReceivedResponse:
    time.sleep(0.02)
    return answer()


def client_of(line: Line, **keys: Any) -> Client:
    return Client(Target(Path("x"), "http://x.example", Account("owner", "x"), None, **keys), line)


CALLS = [Call("GET", f"/{number}") for number in range(20)]


# -- several connections ---------------------------------------------------------------------------


def test_answers_come_in_the_order_asked_over_as_many_connections_as_allowed() -> None:
    line = Line(slow)
    client = client_of(line)

    exchanges = client.send_together(CALLS, 4)

    assert [one.request.path for one in exchanges] == [call.path for call in CALLS]
    assert sorted(one.number for one in exchanges) == list(range(1, 21))
    assert line.most == 4
    assert client.exchange(CALLS[0]).number == 21


@pytest.mark.parametrize(("connections", "parallel"), [(1, True), (8, False)])
def test_where_one_at_a_time_is_asked_for_this_thread_sends(
    connections: int, *, parallel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Line, "parallel", parallel)
    line = Line(slow)
    client_of(line).send_together(CALLS, connections)
    assert line.threads == {threading.get_ident()}


def test_the_first_error_is_raised_when_all_under_way_have_ended() -> None:
    def fail(request: SentRequest) -> ReceivedResponse:
        if request.path in ("/1", "/2"):
            raise ConnectionLost(request.path)
        time.sleep(0.1)
        return answer()

    line = Line(fail)
    with pytest.raises(ConnectionLost, match=r"^/1$"):
        client_of(line).send_together(CALLS, 3)
    assert line.under_way == 0
    assert len(line.sent) <= 3, "nothing more was begun"


def test_an_interruption_waits_for_what_is_under_way() -> None:
    def interrupting(request: SentRequest) -> ReceivedResponse:
        if len(line.sent) < 3:
            os.kill(os.getpid(), signal.SIGINT)
        return slow(request)

    line = Line(interrupting)
    with pytest.raises(KeyboardInterrupt):
        client_of(line).send_together(CALLS, 4)
    assert line.under_way == 0
    assert len(line.sent) < len(CALLS)


# -- limits ----------------------------------------------------------------------------------------


def test_no_window_of_the_rate_limit_has_more_than_allowed() -> None:
    limit = RateLimit(5, 0.2)
    line = Line(slow)
    client_of(line, rate_limit=limit).send_together(CALLS, 8)
    times = sorted(at for _, at in line.sent)
    assert all(later - earlier >= 0.2 for earlier, later in zip(times, times[5:], strict=False))


def test_a_429_holds_all_connections_back() -> None:
    limited_until = time.monotonic() + 0.5

    def limit(_request: SentRequest) -> ReceivedResponse:
        return answer() if time.monotonic() > limited_until else answer(429, Retry_After="1")

    line = Line(limit)
    client = client_of(line)
    exchanges = client.send_together(CALLS, 4)
    assert {one.status for one in exchanges} == {200}
    assert len(line.sent) <= 24, "four at most were refused before the first of them was known"


def test_a_wait_that_is_too_long_ends_all_connections_at_once() -> None:
    line = Line(lambda _request: answer(429, Retry_After="4000"))
    client = client_of(line)
    with pytest.raises(RateLimited, match="4000 s"):
        client.send_together(CALLS, 4)
    with pytest.raises(RateLimited):
        client.exchange(CALLS[0])
    assert len(line.sent) <= 4


# -- gateways --------------------------------------------------------------------------------------


def gateway(*statuses: int, canary: Sequence[int] = (200,)) -> tuple[Client, Line]:
    """A client whose requests get statuses one after the other, and whose canary gets others; the last stays."""
    scripts = {"/": list(statuses), "/canary": list(canary)}

    def next_of(request: SentRequest) -> ReceivedResponse:
        left = scripts[request.path]
        return answer(left.pop(0) if len(left) > 1 else left[0])

    line = Line(next_of)
    client = client_of(line)
    client.canary = lambda: client.send("GET", "/canary").status == 200
    return client, line


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateways_error_that_does_not_come_again_is_counted(status: int) -> None:
    client, line = gateway(status, status, 404)
    assert client.send("GET", "/").status == 404
    assert client.gateway_errors == 1
    assert line.count("/canary") == 2


def test_an_error_that_comes_with_one_request_alone_is_its_answer() -> None:
    client, line = gateway(502)
    assert client.send("GET", "/").status == 502
    assert client.gateway_errors == 0
    assert line.count("/") == line.count("/canary") == 3


def test_another_error_is_not_asked_about() -> None:
    client, line = gateway(500)
    assert client.send("GET", "/").status == 500
    assert len(line.sent) == 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAUSES", (0.001, 0.002, 0.004))


@pytest.mark.usefixtures("quick")
def test_an_outage_is_waited_for() -> None:
    client, line = gateway(503, 200, canary=(503, 504, 200))
    assert client.send("GET", "/").status == 200
    assert line.count("/canary") == 3


@pytest.mark.usefixtures("quick")
def test_an_outage_without_an_end_is_no_answer_and_is_waited_for_once() -> None:
    client, line = gateway(503, canary=(503,))
    for canaries in (4, 5):
        with pytest.raises(Unavailable, match="answers 503, also to a request that was answered"):
            client.send("GET", "/")
        assert line.count("/canary") == canaries
    assert client.gateway_errors == 0


@pytest.mark.usefixtures("quick")
def test_several_connections_wait_for_the_same_outage() -> None:
    back = time.monotonic() + 0.05

    def away(_request: SentRequest) -> ReceivedResponse:
        time.sleep(0.02)
        return answer(200 if time.monotonic() > back else 503)

    line = Line(away)
    client = client_of(line)
    client.canary = lambda: client.send("GET", "/canary").status == 200
    assert {one.status for one in client.send_together(CALLS, 4)} == {200}
    assert line.most <= 4


def test_503_with_retry_after_is_waited_for_as_429_is() -> None:
    statuses = iter([503, 503, 200])
    line = Line(lambda _request: answer(next(statuses), Retry_After="0"))
    client = client_of(line)
    client.canary = lambda: pytest.fail("there is no need to ask")
    assert client.send("GET", "/").status == 200
    assert client.gateway_errors == 1


def test_before_anything_was_answered_a_long_wait_is_an_answer() -> None:
    line = Line(lambda _request: answer(503, Retry_After="30"))
    assert client_of(line).send("GET", "/").status == 503
