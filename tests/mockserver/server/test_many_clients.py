"""Many clients at once: none waits for another, and nothing is lost."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Barrier

import httpx
import pytest

from tests.mockserver.attacks import chunked, request, unharmed
from tests.support import JANE, JANES, JANES_EMAILS, MockServer, client_of

WRITERS = 16
ROUNDS = 12
MEMBERS = ("full_name", "location", "company", "profile_url")


def in_parallel(server: MockServer, work: Callable[[int, httpx.Client], None]) -> None:
    """Have so many writers work at once, each with a client of its own."""
    barrier = Barrier(WRITERS)

    def run(writer: int) -> None:
        with client_of(server.url) as client:
            barrier.wait()
            work(writer, client)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(run, range(WRITERS)))


def send(client: httpx.Client, method: str, path: str, status: int, **members: object) -> None:
    answer = client.request(method, path, headers={"Authorization": JANE}, json=members)
    assert answer.status_code == status, answer.text


def test_sixteen_writers_lose_nothing(server: MockServer) -> None:
    def work(writer: int, client: httpx.Client) -> None:
        for number in range(ROUNDS):
            kept, dropped = (f"{name}{number}@{writer}.example" for name in ("kept", "dropped"))
            send(client, "POST", JANES_EMAILS, 201, email=kept)
            send(client, "POST", JANES_EMAILS, 201, email=dropped)
            send(client, "PATCH", JANES_EMAILS, 200, email=kept, verified=True, primary=True)
            send(client, "DELETE", JANES_EMAILS, 204, email=dropped)
            if writer < len(MEMBERS):
                send(client, "PATCH", JANES, 200, **{MEMBERS[writer]: f"{writer}.{number}"})
            listed = client.get(JANES_EMAILS, headers={"Authorization": JANE}).json()
            assert sum(email["primary"] for email in listed) == 1

    with unharmed(server):
        in_parallel(server, work)
    [jane] = [one for one in server.state()["accounts"] if one["username"] == "janedoe"]
    for writer, member in enumerate(MEMBERS):
        assert jane[member] == f"{writer}.{ROUNDS - 1}"
    kept = {
        f"kept{number}@{writer}.example" for writer in range(WRITERS) for number in range(ROUNDS)
    }
    assert {email["email"] for email in jane["emails"]} == kept | {"jane.doe@example.com"}
    assert all(email["verified"] for email in jane["emails"])
    assert sum(email["primary"] for email in jane["emails"]) == 1


BODY = b'{"company": "Late, Inc."}'


@pytest.mark.parametrize(
    ("whole", "rest"),
    [
        (request("GET", JANES), 200),
        (request("GET", JANES), 1),
        (request("PATCH", JANES, body=BODY), len(BODY)),
        (request("PATCH", JANES, body=BODY), 1),
        (request("PATCH", JANES, b"Transfer-Encoding: chunked") + chunked(BODY), 10),
    ],
    ids=["nothing", "half a header", "no body", "half a body", "half a chunk"],
)
def test_sixty_half_sent_requests_hold_nobody_up(
    server: MockServer, whole: bytes, rest: int
) -> None:
    with unharmed(server), ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(60)]
        for connection in connections:
            connection.sendall(whole[:-rest])
        with server.unchanged():
            for _ in range(60):
                assert server.send("GET", JANES, JANE).status_code == 200
        for connection in connections:
            connection.sendall(whole[-rest:])
            assert b" 200 " in connection.recv(65536)


@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
@pytest.mark.parametrize(
    "sent",
    [
        request("GET", JANES),
        request("GET", "/openapi.yaml") * 50,
        request("POST", JANES_EMAILS, body=b'{"email": "gone@example.com"}'),
        request("POST", JANES_EMAILS, b"Expect: 100-continue", body=b"x" * 100_000),
        request("POST", JANES_EMAILS, body=b"x" * 2_000_000),
        request("POST", JANES_EMAILS, body=b"x" * 100_000, login=b""),
        request("GET", JANES, b"Connection: upgrade", b"Upgrade: h2c"),
        b"\0",
    ],
    ids=lambda sent: repr(sent[:30]) if isinstance(sent, bytes) else None,
)
def test_clients_that_hang_up_early_leave_no_trace(
    server: MockServer, sent: bytes, *, half: bool
) -> None:
    with unharmed(server):
        for number in range(20):
            connection = server.connect()
            if number % 2:  # it is reset, and not closed
                at_once = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            connection.settimeout(0.2)
            with suppress(OSError):  # The server may refuse it before it is whole.
                connection.sendall(sent[: len(sent) // 2] if half else sent)
            connection.close()
