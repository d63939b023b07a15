"""The transport, byte for byte, before a server that sends the pieces of a test."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from conformance.target.target import Account, Target
from conformance.wire.http_transport import HttpTransport
from conformance.wire.transport import (
    ConnectionLost,
    ReceivedResponse,
    SentRequest,
    TimedOut,
    TooLong,
)

TIMEOUT = 0.5


@contextmanager
def server(
    *pieces: bytes, pause: float = 0.0, reads: int = 65536
) -> Iterator[tuple[HttpTransport, bytearray]]:
    """Read so much from each connection, answer with pieces and pauses between them, and close it."""
    seen = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.MonkeyPatch.context() as patch:

        def serve() -> None:
            with suppress(OSError):  # until the transport has gone
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        seen.extend(connection.recv(reads))
                        for piece in pieces:
                            connection.sendall(piece)
                            time.sleep(pause)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        patch.setenv("NO_PROXY", "127.0.0.1")
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        transport = HttpTransport(
            Target(Path("x"), url, Account("owner", "x"), None, timeout=TIMEOUT)
        )
        yield transport, seen
        transport.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def sent(
    transport: HttpTransport, method: str = "GET", body: bytes | None = None
) -> ReceivedResponse:
    return transport.send(SentRequest(method, "/a%2Fb", (("X-Case", " Kept "),), body))


def test_a_request_goes_out_byte_for_byte() -> None:
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Case: Kept\r\n\r\n{}") as (
        transport,
        seen,
    ):
        answer = sent(transport, "PATCH", b'{"a":\xff')

    first, host, *rest = seen.split(b"\r\n")
    assert first == b"PATCH /a%2Fb HTTP/1.1"
    assert host.startswith(b"Host: 127.0.0.1:")
    assert rest == [b"X-Case: Kept", b"Content-Length: 6", b"", b'{"a":\xff']
    assert (answer.status, answer.body) == (200, b"{}")
    assert ("X-Case", "Kept") in answer.headers


PACKED = gzip.compress(b"{}")
FRAMED = {
    "with a length": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "the last one": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    "in chunks, with a trailer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"1\r\n{\r\n1\r\n}\r\n0;last=1\r\nServer-Timing: total;dur=3\r\n\r\n",
    "in HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n{}",
    "compressed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(PACKED), PACKED),
    "after 100, 102 and 103": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("framed", FRAMED.values(), ids=FRAMED)
def test_an_answer_is_read_in_every_framing_and_after_a_connection_that_ended(
    framed: bytes,
) -> None:
    with server(framed) as (transport, _):
        found = [sent(transport) for _ in range(3)]

    assert {(one.status, one.body, one.stray) for one in found} == {(200, b"{}", False)}


def test_a_refusal_counts_though_the_body_was_not_read() -> None:
    refusal = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with server(refusal, reads=100) as (transport, _):
        assert sent(transport, "POST", b"x" * 5_000_000).status == 413


@pytest.mark.parametrize("pause", [0.0, 0.001])
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_bytes_behind_an_answer_without_a_body_are_seen(pause: float, version: bytes) -> None:
    head = b"HTTP/%s 204 No Content\r\n\r\n" % version
    with server(head, b"{}", pause=pause) as (transport, _):
        assert sent(transport).stray


def test_a_last_chunk_behind_an_answer_without_a_body_is_none() -> None:
    head = b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server(head, b"0\r\n\r\n") as (transport, _):
        assert not sent(transport).stray


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 ",
    ],
)
def test_an_answer_that_drips_ends_at_the_deadline(beginning: bytes) -> None:
    before = time.monotonic()
    with server(beginning, *[b"x"] * 200, pause=0.1) as (transport, _):
        with pytest.raises((TimedOut, ConnectionLost)):
            sent(transport)
        assert time.monotonic() - before < 15


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ],
)
def test_an_answer_that_is_incomplete_or_no_http_is_none(answer: bytes) -> None:
    with server(answer) as (transport, _), pytest.raises(ConnectionLost):
        sent(transport)


def test_an_answer_without_an_end_is_too_long() -> None:
    pieces = (b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 20)
    with server(*pieces) as (transport, _), pytest.raises(TooLong):
        sent(transport)
