"""The way back to the client: whole answers in one write, pieces of a stream, and broken answers on demand."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from mockserver.pipeline.problems import Headers
from mockserver.pipeline.request import Message
from mockserver.sandboxes.sandbox import Sandbox
from mockserver.server.received_request import ReceivedRequest

if TYPE_CHECKING:
    from mockserver.server.connection import Connection


_LARGE = 64 * 1024  # bytes; smaller bodies are gone before another client asks for the same


class WaitingBodies:
    """Large bodies that wait for their clients, each held once for all who wait for the same."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[bytes, int]] = {}

    def take(self, body: bytes) -> bytes:
        """Return the one copy of a body that is held, for one client more."""
        held, clients = self._held.get(body, (body, 0))
        self._held[held] = (held, clients + 1)
        return held

    def give(self, body: bytes) -> None:
        """Let go of a body for one client."""
        held, clients = self._held.pop(body)
        if clients > 1:
            self._held[held] = (held, clients - 1)


class ResponseWriter:
    """The way back to the client of one request: ASGI's `send`, and what that cannot do."""

    __slots__ = ("_connection", "_is_chunked", "_request")

    def __init__(self, request: ReceivedRequest, connection: Connection) -> None:
        self._request = request
        self._connection = connection
        self._is_chunked = False

    @property
    def is_gone(self) -> bool:
        """True once the client has closed its side: it may have hung up."""
        return self._request.is_over or self._connection.is_half_closed

    @property
    def is_on_its_way(self) -> bool:
        """True while the client sends a body, without waiting to be asked for it."""
        return not self._request.is_whole and not self._request.expects_continue

    @property
    def unread(self) -> bytes:
        """The body, if it is here, whole, and was not read: the request was refused before."""
        return bytes(self._request.body) if self._request.is_whole else b""

    def reply(self, status: int, headers: Headers, body: bytes) -> bool:
        """Send a whole answer in one write; return False if that cannot be done right now."""
        connection = self._connection
        if self._request.is_over or not connection.writable.is_set():
            return False
        if len(body) < _LARGE or self._request.is_head:
            connection.transport.write(self._bytes(status, headers, body))
        else:
            connection.write_large(self._head(status, headers), body)
        connection.answered(self._request)
        return True

    async def send(self, message: Message) -> None:
        """Send the header, or a piece, of an answer as soon as the client has read what went before, as ASGI has it."""
        await self._connection.writable.wait()
        if self._request.is_over:
            return
        write = self._connection.transport.write
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
            has_length = any(name == b"content-length" for name, _ in headers)
            self._is_chunked = not (self._request.is_head or status == 204 or has_length)
            if self._is_chunked:
                headers = [*headers, (b"transfer-encoding", b"chunked")]
            write(self._head(status, headers))
            return
        body, is_last = message["body"], not message.get("more_body", False)
        if self._is_chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n" * is_last
        if body and not self._request.is_head:
            write(body)
        if is_last:
            self._connection.answered(self._request)

    def _head(self, status: int, headers: Headers) -> bytes:
        request = self._request
        if request.expects_continue and not request.is_whole:
            # Only the client can tell whether it sends its body all the same.
            request.keep_alive = False
        return head(
            status, (*self._connection.fixed_fields, *headers), keep_alive=request.keep_alive
        )

    def _bytes(self, status: int, headers: Headers, body: bytes) -> bytes:
        return self._head(status, headers) + (b"" if self._request.is_head else body)

    def end_connection(self) -> None:
        """Have the connection end with this answer."""
        self._request.keep_alive = False

    async def part(self, sandbox: Sandbox) -> None:
        """Have each further request to a sandbox come on a new connection, as far as we know the old ones.

        A client whose connection breaks when it is used again takes it for an old one, and sends the
        request once more, as browsers do: it would never see a reset.
        """
        self.end_connection()
        self._connection.close_idle(sandbox)
        await asyncio.sleep(0)  # The loop closes them now: before the client has this answer.

    def truncate(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer without the second half of its body (of its first line, if it has no body), and close."""
        if self._request.is_over:
            return
        self.end_connection()
        answer = self._bytes(status, headers, body)
        if body and not self._request.is_head:
            sent = len(answer) - (len(body) + 1) // 2
        else:
            sent = len(status_line(status)) // 2
        self._connection.transport.write(answer[:sent])
        self._connection.close()

    def reset(self) -> None:
        """Break the connection: the client sees a reset, and nothing before it."""
        if self._request.is_over:
            return
        connection = self._connection.transport.get_extra_info("socket")
        if connection is not None:
            # No lingering: a reset, not an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close(at_once=True)


def head(status: int, headers: Iterable[tuple[bytes, bytes]], *, keep_alive: bool) -> bytes:
    """Return the bytes of a response's header."""
    end = (b"", b"") if keep_alive else (b"connection: close", b"", b"")
    return status_line(status) + b"\r\n".join((*map(b": ".join, headers), *end))


@lru_cache(maxsize=600)
def status_line(status: int) -> bytes:
    """Return the first line of a response."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()
