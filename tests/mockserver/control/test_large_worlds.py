"""Worlds and journals of the greatest size: read and put back, while others are served."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    JANES,
    JOHN,
    MockServer,
    StartServer,
    account,
    basic,
    client_of,
    pointers,
    problem,
)

MIB = 1024 * 1024


@contextmanager
def asked_meanwhile(server: MockServer) -> Iterator[list[float]]:
    """Collect how long somebody else waits for each answer in the meantime."""
    ended, waits = threading.Event(), list[float]()

    def ask() -> None:
        with client_of(server.url) as client:
            while not ended.is_set():
                begun = time.perf_counter()
                assert client.get("/_mock/health").status_code == 200
                waits.append(time.perf_counter() - begun)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


@contextmanager
def others_are_served(server: MockServer) -> Iterator[None]:
    """Fail unless somebody else is answered again and again in the meantime."""
    with asked_meanwhile(server) as waits:
        yield
    assert len(waits) > 5


def test_a_world_of_100_000_addresses_can_be_put_back(sandbox: Sandboxed) -> None:
    large = {"accounts": [account(f"u{number}", more_emails=10_000) for number in range(10)]}
    with others_are_served(sandbox.server):
        sandbox.control("PUT", "state", large)
        state = sandbox.state()
        assert sandbox.control("PUT", "state", state) == state
    assert [len(one["emails"]) for one in state["accounts"]] == [10_001] * 10
    emails = sandbox.send("GET", "/api/v1.1/users/u9/emails/", basic("u9", "u9-password")).json()
    assert emails == state["accounts"][9]["emails"]


def test_very_many_tokens_keep_nobody_waiting(sandbox: Sandboxed) -> None:
    tokens = [{"token": f"t{number}", "username": "u0", "scopes": []} for number in range(30_000)]
    sandbox.control("PUT", "state", {"accounts": [account("u0")], "tokens": tokens})
    found = sandbox.send("GET", "/_mock/tokens").json()
    assert [one["access_token"] for one in found] == [one["token"] for one in tokens]
    sandbox.control("POST", f"tokens/{found[-1]['id']}/expire")
    assert sandbox.state()["tokens"][-1]["expires_at"] is not None
    assert min(share_of_waiting(sandbox) for _ in range(4)) < 0.5


def share_of_waiting(sandbox: Sandboxed) -> float:
    """Return for which part of the time that listing the tokens takes somebody else had to wait without a pause."""
    with asked_meanwhile(sandbox.server) as waits:
        begun = time.perf_counter()
        sandbox.send("GET", "/_mock/tokens")
        taken = time.perf_counter() - begun
    return max(waits) / taken


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_a_world_of_many_small_things_takes_a_few_times_its_size(start_server: StartServer) -> None:
    server = start_server()
    tokens = [{"token": f"t{number}", "username": "u0", "scopes": []} for number in range(40_000)]
    before = most_memory(server)
    state = {"accounts": [account("u0")], "tokens": tokens}
    assert server.send("PUT", "/_mock/state", json=state).status_code == 200
    assert most_memory(server) - before < 90 * MIB


def most_memory(server: MockServer) -> int:
    """Return the bytes of memory that a server has had at most."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def test_faults_of_a_large_world_are_told_with_their_places(sandbox: Sandboxed) -> None:
    state = {"accounts": [account(f"u{number}") for number in range(20_000)]}
    state["accounts"][15_000]["emails"] *= 5_000
    state["accounts"][15_000]["emails"][4_500] = {"email": "none"}
    state["accounts"][19_999]["password"] = 3
    answer = sandbox.send("PUT", "/_mock/state", json=state)
    found = pointers(answer)
    assert "/accounts/15000/emails/4500/email" in found
    assert "/accounts/19999/password" in found


def test_so_many_bad_accounts_keep_nobody_waiting(sandbox: Sandboxed) -> None:
    with others_are_served(sandbox.server):
        for bad in ({"a": 1}, {"username": "u", "password": "p", "emails": []}):
            answer = sandbox.send("PUT", "/_mock/state", json={"accounts": [bad] * 60_000})
            assert len(pointers(answer)) == 100


@pytest.mark.parametrize(
    "content",
    [
        b'{"accounts": []',
        b'{"accounts": [NaN]}',
        b'{"accounts": [], "\\ud800": 1}',
        b'{"accounts": [{"username": "\\udc00"}]}',
        b'{"accounts": ["\xff"]}',
        b'{"accounts": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"accounts": [' + b"[]," * 200_000 + b"[]]}",
        b'{"accounts": [%b]}' % (b"1" * 5_000),
        # The parser would read all of it at once, while everybody waits.
        b'{"accounts": [' + b"1," * 600_000 + b"1]}",
        b'{"accounts": [' + (b"1," * 100_000 + b'"{","},","},{",') * 6 + b"1]}",
        b'{"accounts": [' + b'{"a": [%b' % (b"1," * 100_000) * 6 + b"1" + b"]}" * 6 + b"]}",
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_large_body_is_read_as_strictly_as_a_small_one(
    sandbox: Sandboxed, content: bytes
) -> None:
    answer = sandbox.send("PUT", "/_mock/state", content=content.ljust(MIB + 1))
    problem(answer, 400, "body-malformed")


def test_a_body_beyond_the_documented_size_is_refused(sandbox: Sandboxed) -> None:
    answer = sandbox.send("PUT", "/_mock/state", content=b" " * (32 * MIB + 1))
    assert "32 MiB" in problem(answer, 413, "body-too-large")["detail"]
    large = {"code": 503, "body": "x" * MIB}
    assert "1 MiB" in problem(sandbox.send("POST", "/_mock/faults", json=large), 413)["detail"]


def test_a_full_journal_is_read_while_others_are_served(sandbox: Sandboxed) -> None:
    body = {"company": [{"password": f"p{number}"} for number in range(500)]}
    for _ in range(100):
        sandbox.send("PATCH", JANES, JOHN, json=body)
    for page in ("requests", "requests.har"):
        with others_are_served(sandbox.server):
            for _ in range(3):
                sandbox.control("GET", page)
    with others_are_served(sandbox.server):
        for _ in range(3):
            assert sandbox.verify({"operation": "update_user", "body": {"company": "y"}})
