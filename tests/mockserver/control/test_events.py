"""Events: requests as they come, to whoever watches."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    JOHN,
    JOHNS,
    Json,
    MockServer,
    StartServer,
    client_of,
    eventually,
    head,
)

READERS = 100


class Watcher:
    """A reader of events, as a browser is one."""

    def __init__(self, sandbox: Sandboxed, path: str = "/_mock/events") -> None:
        self._client = client_of(sandbox.server.url)
        request = self._client.build_request("GET", sandbox.prefix + path)
        self.answer = self._client.send(request, stream=True)
        self._lines = self.answer.iter_lines()
        assert next(self._lines).startswith(":")

    def next(self) -> tuple[dict[str, str], Json]:
        """The next event: its fields, and its data."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                if name:
                    assert name not in fields
                    fields[name] = value
            elif "data" in fields:
                return fields, json.loads(fields["data"])
        raise AssertionError("the stream has ended")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self._client.close()


def test_a_request_is_an_event_that_holds_its_entry(sandbox: Sandboxed) -> None:
    with Watcher(sandbox) as watcher:
        assert watcher.answer.headers["content-type"] == "text/event-stream"
        assert watcher.answer.headers["cache-control"] == "no-store"
        for _ in range(3):
            sandbox.send("GET", JOHNS, JOHN)
            fields, entry = watcher.next()
            assert set(fields) == {"event", "id", "data"}
            assert (fields["event"], fields["id"]) == ("request", str(entry["id"]))
            assert entry == sandbox.last()
        with contextlib.suppress(httpx.TransportError):
            sandbox.send("GET", JOHNS, JOHN, headers={"Prefer": "fault=reset"})
        assert watcher.next()[1]["fault"] == "Prefer: reset"


def test_a_watcher_sees_its_own_sandbox_only(sandbox: Sandboxed) -> None:
    common = Sandboxed(sandbox.server, "")
    with Watcher(sandbox) as mine, Watcher(common) as commons:
        common.send("GET", "/common")
        sandbox.send("GET", "/mine")
        Sandboxed(sandbox.server).send("GET", "/other")
        assert mine.next()[1]["path"] == "/mine"
        assert commons.next()[1]["path"] == "/common"
        sandbox.send("GET", "/mine-again")
        assert mine.next()[1]["path"] == "/mine-again"


def test_a_watcher_sees_nothing_from_before_and_goes_on_after_a_reset(sandbox: Sandboxed) -> None:
    sandbox.send("GET", "/before")
    with Watcher(sandbox) as watcher:
        sandbox.send("GET", "/one")
        sandbox.control("POST", "reset")
        sandbox.control("DELETE", "requests")
        sandbox.send("GET", "/two")
        assert [watcher.next()[1]["path"] for _ in range(2)] == ["/one", "/two"]


def test_what_is_sent_cannot_forge_an_event(sandbox: Sandboxed) -> None:
    with Watcher(sandbox) as watcher:
        body = {"location": "x\n\nevent: request\ndata: {}\n\n\r\u2028"}
        sandbox.send("PATCH", JOHNS, JOHN, json=body)
        sandbox.send("GET", "/%0A%0Aevent:%20forged?%0Aid:%207")
        assert json.loads(watcher.next()[1]["request"]["body"]) == body
        assert watcher.next()[0]["event"] == "request"


def test_a_head_request_is_answered_and_ends(sandbox: Sandboxed) -> None:
    keep = head("HEAD", f"{sandbox.prefix}/_mock/events", last=False)
    answers = sandbox.server.raw_bytes(keep + head("GET", "/_mock/health"))
    assert answers.count(b"HTTP/1.1 200 ") == 2


# Many of them, and bad ones


def watch(stack: contextlib.ExitStack, sandbox: Sandboxed) -> list[socket.socket]:
    """Open a hundred connections that watch."""
    connections = [stack.enter_context(sandbox.server.connect()) for _ in range(READERS)]
    for connection in connections:
        connection.sendall(head("GET", f"{sandbox.prefix}/_mock/events"))
    for connection in connections:
        assert connection.recv(1, socket.MSG_PEEK)
    return connections


def test_with_100_readers_the_server_answers_on(sandbox: Sandboxed) -> None:
    with contextlib.ExitStack() as stack:
        readers = watch(stack, sandbox)
        for _ in range(50):
            assert sandbox.send("GET", JOHNS, JOHN).status_code == 200
        for connection in readers:
            with connection.makefile("rb") as stream:
                ids = (int(line[4:]) for line in stream if line.startswith(b"id: "))
                assert list(itertools.islice(ids, 50)) == list(range(1, 51))


def memory(sandbox: Sandboxed) -> int:
    return int(sandbox.server.send("GET", "/_mock/sandboxes").json()["memory_bytes"])


def test_readers_that_never_read_hold_nothing_up_and_take_little(
    start_server: StartServer,
) -> None:
    sandbox = Sandboxed(start_server())
    body = {"nickname": "x" * 16_000}

    def play() -> None:
        for _ in range(250):
            assert sandbox.send("PATCH", JOHNS, JOHN, json=body).status_code == 200

    play()
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(sandbox.server.connect())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(head("GET", f"{sandbox.prefix}/_mock/events"))
        play()
        settled = memory(sandbox)
        play()
        play()
        # Each event has 20 KiB: kept for each reader, these would be 200 MiB.
        assert memory(sandbox) - settled < 64 * 1024 * 1024
        with Watcher(sandbox) as watcher:
            sandbox.send("GET", "/seen")
            assert watcher.next()[1]["path"] == "/seen"


def test_a_reader_that_hangs_up_is_forgotten(server: MockServer, sandbox: Sandboxed) -> None:
    descriptors = _open_connections(server)
    with Watcher(sandbox), Watcher(sandbox), Watcher(sandbox):
        eventually(lambda: _open_connections(server) >= descriptors + 3)
    eventually(lambda: _open_connections(server) <= descriptors)


def _open_connections(server: MockServer) -> int:
    folder = Path(f"/proc/{server.process.pid}/fd")
    if not folder.exists():
        pytest.skip("this system does not show the connections of a process")
    return sum(1 for _ in folder.iterdir())


def test_a_server_with_readers_ends_in_time_and_in_peace(start_server: StartServer) -> None:
    server = start_server()
    sandbox = Sandboxed(server)
    with contextlib.ExitStack() as stack:
        watch(stack, sandbox)
        watcher = stack.enter_context(Watcher(sandbox))
        sandbox.send("GET", "/x")
        assert watcher.next()[1]["path"] == "/x"
        server.process.terminate()
        assert server.process.wait(5) == 0
    server.kill()
    events = {json.loads(line)["event"] for line in server.log[:]}
    assert events <= {"request"}
