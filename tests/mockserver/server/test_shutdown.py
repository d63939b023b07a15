"""The server ends when it is told to, whatever its clients do."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress

import httpx
import pytest

from mockserver.server.uvicorn_server import SHUTDOWN_SECONDS
from tests.mockserver.attacks import request
from tests.support import (
    JANES,
    JANES_EMAILS,
    ROOT,
    MockServer,
    StartServer,
    altered,
    clean_environment,
    eventually,
)

SECONDS = 5
"""The longest time for an end."""

HASTY = altered("server.uvicorn_server.SHUTDOWN_SECONDS = 0.2")

HALF_A_BODY = request("POST", JANES_EMAILS, b"Content-Length: 100") + b'{"email":'
# What clients send before they do no more, and whether they are answered.
CLIENTS = [
    (b"", False),  # a connection that a browser opens before it needs it
    (request("GET", JANES), True),
    (request("GET", JANES)[:-3], False),
    (HALF_A_BODY, False),
    (request("GET", JANES, b"Prefer: wait=60"), False),
    # A smaller body would be waited for, for a moment.
    (request("POST", JANES_EMAILS, b"Content-Length: 100000", login=b""), True),
    (b"\0", True),
]


def read_no_answer(connection: socket.socket) -> None:
    """Ask until neither side can send any more."""
    connection.settimeout(0)
    with suppress(BlockingIOError):
        while True:
            connection.sendall(request("GET", "/openapi.yaml") * 100)


def test_it_ends_soon_whatever_its_clients_do(start_server: StartServer) -> None:
    assert SHUTDOWN_SECONDS == 2
    server = start_server(program=HASTY)
    with ExitStack() as stack:
        for sent, is_answered in CLIENTS * 5:
            connection = stack.enter_context(server.connect())
            connection.sendall(sent)
            assert not is_answered or connection.recv(65536)
        for _ in range(5):
            read_no_answer(stack.enter_context(server.connect()))
        assert server.send("GET", "/_mock/health").status_code == 200
        assert end(server.process, signal.SIGTERM) == 0
    assert complaints(server) == []


def test_a_second_signal_does_no_harm(start_server: StartServer) -> None:
    server = start_server(program=HASTY)
    with server.connect() as connection:
        connection.sendall(HALF_A_BODY)
        assert server.send("GET", "/_mock/health").status_code == 200
        server.process.send_signal(signal.SIGINT)
        assert end(server.process, signal.SIGTERM) == 0
    assert complaints(server) == []


def test_a_request_under_way_is_answered(start_server: StartServer) -> None:
    server = start_server()
    body = b'{"email": "last@example.com"}'
    with server.connect() as connection, connection.makefile("rb") as stream:
        connection.sendall(request("POST", JANES_EMAILS, b"Expect: 100-continue", body=body)[:-1])
        assert b" 100 " in stream.readline()
        server.process.send_signal(signal.SIGTERM)
        refused(server)
        connection.sendall(body[-1:])
        assert b"HTTP/1.1 201 Created\r\n" in stream.read()
    assert server.process.wait(SECONDS) == 0


@pytest.mark.parametrize("is_closed", [False, True], ids=["unread", "closed"])
def test_it_serves_on_when_nobody_reads_its_output(is_closed: bool) -> None:  # noqa: FBT001 - a parameter
    process = subprocess.Popen(
        [sys.executable, "-m", "mockserver", "serve", "--port", "0"],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout as out, process.stderr as err:
        try:
            ready = out.readline().decode()
            url = httpx.URL(next(word for word in ready.split() if word.startswith("http://")))
            if is_closed:
                out.close()
                err.close()
            with socket.create_connection((url.host, url.port or 80)) as connection:
                for _ in range(30):
                    connection.sendall(request("GET", f"/{'nowhere' * 20}") * 100)
                    answers = b""
                    while answers.count(b"HTTP/1.1 404 ") < 100:
                        answers += connection.recv(65536)
            assert end(process, signal.SIGTERM) == 0
        finally:
            process.kill()
            process.wait()


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str], number: signal.Signals) -> int:
    """Send a signal; gives the exit code."""
    started = time.monotonic()
    process.send_signal(number)
    code = process.wait(2 * SECONDS)
    assert time.monotonic() - started < SECONDS
    return code


def complaints(server: MockServer) -> list[str]:
    """Return the log of an ended server, without its requests."""
    server.kill()
    return [line for line in server.log[:] if '"event": "request"' not in line]


def refused(server: MockServer) -> None:
    """Wait until the server takes no more connections."""

    def is_refused() -> bool:
        try:
            server.connect().close()
        except ConnectionError:
            return True
        return False

    eventually(is_refused)
