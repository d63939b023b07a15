"""Helpers of attacks on the server: raw bytes, half-sent requests, and a look at its health."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import JANES, MockServer

LOGIN = b"Authorization: Bearer janedoe-all"
CLOSE = b"Connection: close"
CHUNKED = b"Transfer-Encoding: chunked"

_STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")


@contextmanager
def unharmed(server: MockServer) -> Iterator[None]:
    """Whatever is done within, the server must log no failure of its own, and answer afterwards."""
    with server.recording() as lines:
        yield
    for line in lines:
        facts = json.loads(line)
        assert facts["event"] in ("request", "dropped"), line
        assert is_no_failure(facts.get("status", 0)), line
    assert server.send("GET", "/_mock/health").status_code == 200


def is_no_failure(status: int) -> bool:
    """Tell if a status blames nobody here; 501 is for methods that nothing knows (RFC 9110, section 9.1)."""
    return status < 500 or status == 501


def request(
    method: str,
    path: str,
    *fields: bytes,
    body: bytes | None = None,
    login: bytes = LOGIN,
    version: str = "1.1",
) -> bytes:
    """The bytes of a request; with a body, its length is declared."""
    lines = [f"{method} {path} HTTP/{version}".encode(), b"Host: localhost", *fields]
    if login:
        lines.append(login)
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body or b""])


LAST = request("GET", JANES, CLOSE)


def added(number: int) -> bytes:
    """A body that adds an address."""
    return b'{"email": "added%d@example.com"}' % number


def addresses(server: MockServer) -> set[str]:
    """The addresses that were added."""
    return {one["email"] for one in server.state()["accounts"][0]["emails"][1:]}


def chunked(*chunks: bytes) -> bytes:
    """A body in chunks, with its end."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def statuses(answer: bytes) -> list[int]:
    """The statuses of the responses in a stream of bytes."""
    return [int(status) for status in _STATUS.findall(answer)]
