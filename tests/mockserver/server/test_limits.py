"""Limits on the requests of a client, in size and in time."""

from __future__ import annotations

import http.client
import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from mockserver.pipeline.request import MAX_BODY
from mockserver.server.parsing import MAX_HEAD
from mockserver.server.state import HEAD_SECONDS, KEEP_ALIVE_SECONDS, READ_SECONDS
from tests.mockserver.attacks import (
    CLOSE,
    chunked,
    request,
    statuses,
    unharmed,
)
from tests.support import (
    JANE,
    JANES,
    JANES_EMAILS,
    WRITING,
    MockServer,
    Reply,
    account,
    altered,
    bearer,
    head,
    problem,
)

JANES_MANY = {"accounts": [account("janedoe", more_emails=10_000)]}
GIGABYTE = f"Content-Length: {1 << 30}"


def impatient(head: float, body: float, idle: float, read: float) -> MockServer:
    """A server that waits for so many seconds only, and looks ten times as often."""
    program = altered(
        f"server.state.HEAD_SECONDS = {head}",
        f"server.state.BODY_SECONDS = {body}",
        f"server.state.KEEP_ALIVE_SECONDS = {idle}",
        f"server.connection.READ_SECONDS = {read}",
        "server.uvicorn_server.SWEEP_EVERY = 1",
    )
    server = MockServer(program=program)
    # It may end a connection at any time, and so when another request is sent on it.
    server.client.headers["Connection"] = "close"
    return server


def answers(server: MockServer, sent: list[bytes]) -> list[bytes]:
    """Send on one connection each; gives what comes back before the server ends it."""
    with ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in sent]
        for connection, data in zip(connections, sent, strict=True):
            connection.sendall(data)
        return [stack.enter_context(one.makefile("rb")).read() for one in connections]


@pytest.fixture(scope="module")
def hasty() -> Iterator[MockServer]:
    with impatient(head=0.3, body=0.3, idle=0.2, read=60) as server, unharmed(server):
        yield server


@pytest.fixture(scope="module")
def patient() -> Iterator[MockServer]:
    """A server that waits for bodies, and less for all else."""
    with impatient(head=0.1, body=60, idle=60, read=2) as server, unharmed(server):
        yield server


@pytest.mark.parametrize(
    ("username", "authorization", "status"),
    [
        ("janedoe", JANE, 413),
        ("janedoe", bearer("janedoe-none"), 403),
        ("johndoe", JANE, 403),
        ("nobody", JANE, 404),
        ("janedoe", bearer("nobody-knows"), 401),
        ("janedoe", None, 401),
    ],
)
def test_a_gigabyte_is_refused_before_it_is_sent(
    server: MockServer, username: str, authorization: str | None, status: int
) -> None:
    fields = [GIGABYTE] + [f"Authorization: {authorization}"] * (authorization is not None)
    for operation in WRITING:
        answer = server.raw(head(operation.method, operation.path(username), *fields))
        problem(answer, status)


def test_a_body_of_a_megabyte_is_read_and_a_larger_one_refused(server: MockServer) -> None:
    chunks = request("PATCH", JANES, CLOSE, b"Transfer-Encoding: chunked")
    for length, status in ((MAX_BODY, 200), (MAX_BODY + 1, 413)):
        body = b'{"company": "Large"}'.ljust(length)
        for sent in (
            request("PATCH", JANES, CLOSE, body=body),
            chunks + chunked(body),
            chunks + chunked(body[:1000], body[1000:]),
        ):
            assert statuses(server.raw_bytes(sent)) == [status]


@pytest.mark.parametrize(
    ("fields", "authorization", "status"),
    [({}, JANE, 413), ({"Connection": "close"}, JANE, 413), ({}, "Bearer wrong", 401)],
)
def test_a_client_that_sends_all_before_it_reads_can_read_the_refusal(
    server: MockServer, fields: dict[str, str], authorization: str, status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    fields = {**fields, "Authorization": authorization}
    connection.request("POST", JANES_EMAILS, b"x" * 20_000_000, fields)
    with connection.getresponse() as response:
        problem(Reply(response.status, response.msg, response.read()), status)
    connection.close()


@pytest.mark.parametrize(
    "excess",
    [
        b"X: " + b"x" * MAX_HEAD,
        b"\r\n".join([b"X: " + b"x" * 1_000] * 70),
        b"\r\n".join([b"X:"] * MAX_HEAD),
        b"X: " + b"x" * 2_000_000,
    ],
    ids=["one field", "many fields", "many empty fields", "one huge field"],
)
def test_a_header_of_more_than_64_kib_is_refused(server: MockServer, excess: bytes) -> None:
    problem(server.raw(request("GET", JANES, excess)), 431, "header-too-large")
    # It is refused before it is whole, too.
    problem(server.raw(request("GET", JANES, excess * 5).rstrip()), 431, "header-too-large")
    # A trailer counts alike, from the second piece that arrives.
    chunks = request("PATCH", JANES, b"Transfer-Encoding: chunked") + chunked(b"{}")
    problem(server.raw(chunks[:-2] + excess * 5), 431, "header-too-large")
    long_path = f"/{'x' * MAX_HEAD}"
    problem(server.raw(request("GET", long_path)), 431, "header-too-large")


def test_a_header_of_less_is_read(server: MockServer) -> None:
    field = b"X: " + b"x" * (MAX_HEAD - 1000)
    sent = [
        request("GET", JANES, field),
        request("GET", f"{JANES}?{'x' * (MAX_HEAD - 1000)}"),
        request("PATCH", JANES, field, body=b'{"company": "%b"}' % (b"x" * 500_000)),
        request("GET", JANES, field, CLOSE),
    ]
    assert statuses(server.raw_bytes(b"".join(sent))) == [200, 200, 400, 200]


def test_a_large_body_does_not_count_as_the_header_after_it(server: MockServer) -> None:
    body = b'{"company": "Large"}'.ljust(200_000)
    last = request("GET", JANES, CLOSE)
    with server.connect() as connection, connection.makefile("rb") as stream:
        connection.sendall(request("PATCH", JANES, body=body) + last[:10])
        assert b" 200 " in stream.readline()
        connection.sendall(last[10:])
        assert statuses(stream.read()) == [200]


def test_a_header_may_take_30_seconds_and_half_a_one_is_not_waited_for_any_longer(
    hasty: MockServer,
) -> None:
    assert HEAD_SECONDS == 30
    halves = [
        b"G",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: local",
        request("GET", JANES, b"Connection: upgrade", b"Upgrade: h2c")[:-1],
        request("GET", JANES) + b"GET / HTTP/1.1\r\n",
        request("PATCH", JANES, body=b"{}", login=b"") + b"GET / HTTP/1.1\r\n",
    ]
    assert [statuses(answer) for answer in answers(hasty, halves)] == [
        *[[408]] * 4,
        [200, 408],
        [401, 408],
    ]


def test_a_header_that_comes_drop_by_drop_is_not_waited_for(hasty: MockServer) -> None:
    with hasty.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        while not select.select([connection], [], [], 0.05)[0]:
            connection.sendall(b"x")
        assert statuses(connection.recv(65536)) == [408]


def test_a_connection_on_which_nothing_comes_is_closed_without_a_word(hasty: MockServer) -> None:
    assert hasty.raw_bytes(b"") == b""
    with hasty.connect() as connection, connection.makefile("rb") as stream:
        connection.sendall(request("GET", JANES))
        assert b" 200 " in stream.readline()
        connection.sendall(b"\r\n")
        assert statuses(stream.read()) == []


def test_a_connection_that_was_used_may_be_idle_for_65_seconds_and_no_longer(
    hasty: MockServer,
) -> None:
    assert KEEP_ALIVE_SECONDS == 65
    used = [request("GET", JANES) * 2, request("GET", JANES, b"Content-Length: 2") + b"{}"]
    assert [statuses(answer) for answer in answers(hasty, used)] == [[200, 200], [200]]


def test_half_a_body_is_not_waited_for(hasty: MockServer) -> None:
    half = request("PATCH", JANES, b"Content-Length: 20")
    halves = [
        half,
        half + b'{"company":',
        request("PATCH", JANES, b"Transfer-Encoding: chunked") + b"5\r\n{",
        request("GET", JANES) + half,
        # Nobody reads these.
        request("PATCH", JANES, b"Content-Length: 20", login=b""),
        request("GET", JANES, b"Content-Length: 20"),
    ]
    with hasty.unchanged():
        found = [statuses(answer) for answer in answers(hasty, halves)]
    assert found == [[408], [408], [408], [200, 408], [401], [200]]


def test_a_body_that_nobody_reads_may_take_longer_than_a_header(patient: MockServer) -> None:
    refused = request("PATCH", JANES, body=b"x" * 300_000, login=b"")
    last = request("GET", JANES, CLOSE)
    with patient.connect() as connection, connection.makefile("rb") as stream:
        connection.sendall(refused[:-200_000])
        assert b" 401 " in stream.readline()
        connection.sendall(refused[-200_000:-100_000])
        # Once another connection was closed for its silence, the server has looked after this one.
        assert patient.raw_bytes(b"") == b""
        connection.sendall(refused[-100_000:-1])
        assert patient.raw_bytes(b"") == b""
        connection.sendall(refused[-1:] + last)
        assert statuses(stream.read()) == [200]


def test_a_client_that_reads_nothing_is_sent_away_and_one_that_reads_slowly_is_not(
    patient: MockServer,
) -> None:
    assert READ_SECONDS == 60
    many = 30
    patient.put_state(JANES_MANY)
    login = f"Authorization: {JANE}".encode()
    sent = request("GET", JANES_EMAILS, login=login) * (many - 1)
    sent += request("GET", JANES_EMAILS, CLOSE, login=login)
    with patient.connect() as idle, patient.connect() as slow:
        idle.sendall(sent)
        slow.sendall(sent)
        answer = bytearray()
        # For longer than the limit, and until the server has looked at its connections again.
        for _ in range(28):
            answer += slow.recv(1 << 17)
            time.sleep(0.1)
        while part := slow.recv(1 << 18):
            answer += part
        assert statuses(bytes(answer)) == [200] * many
        size = 0
        with suppress(ConnectionResetError):
            while part := idle.recv(1 << 18):
                size += len(part)
        assert size < len(answer) / 2


def test_an_answer_that_many_clients_do_not_read_is_held_once() -> None:
    def memory() -> int:
        return int(server.send("GET", "/_mock/sandboxes").json()["memory_bytes"])

    with MockServer() as server, ExitStack() as stack:
        server.put_state(JANES_MANY)
        answer = len(server.send("GET", JANES_EMAILS, JANE).content)
        before = memory()
        sent = request("GET", JANES_EMAILS, login=f"Authorization: {JANE}".encode()) * 3
        clients = [stack.enter_context(server.connect()) for _ in range(40)]
        for client in clients:
            client.sendall(sent)
        for client in clients:
            assert client.recv(12) == b"HTTP/1.1 200"
        assert memory() - before < 20 * answer
