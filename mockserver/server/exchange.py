"""A request that is served: its body as it arrives, and its answer, whole in one write, in pieces, or broken on demand."""

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
from mockserver.server.parsing import RequestParser

if TYPE_CHECKING:
    from mockserver.server.connection import Connection


MAX_UNREAD = 64 * 1024
"""The most bytes of a body that are taken before the application reads it."""

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


class Exchange:
    """A request that is served, and the way back to its client: ASGI's `receive` and `send`, and what those cannot do.

    It does not hold its scope, which leads to it: what is in no circle is freed when it is answered, and not by the
    garbage collector.

    Attributes:
        is_head: Whether its answer has no body, as its method is HEAD.
        keep_alive: Whether another request may follow its answer.
        expects_continue: Whether the client waits to be asked for the body.
        body: What has arrived of the body, and was not read yet.
        is_whole: Whether all of the body has arrived.
        is_over: Whether it was answered, or the client has gone.
    """

    __slots__ = (
        "_connection",
        "_has_news",
        "_is_chunked",
        "_waiter",
        "body",
        "expects_continue",
        "is_head",
        "is_over",
        "is_whole",
        "keep_alive",
    )

    def __init__(self, parser: RequestParser, connection: Connection) -> None:
        self._connection = connection
        self.is_head = parser.method == b"HEAD"
        self.keep_alive = parser.keep_alive
        self.expects_continue = parser.expects_continue
        self.body = bytearray()
        self.is_whole = self.is_over = self._has_news = self._is_chunked = False
        self._waiter: asyncio.Future[None] | None = None

    def tell(self) -> None:
        """Have the application read on: a part of the body, or its end, is here, or nobody reads or writes any more."""
        self._has_news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def end(self) -> None:
        """Have it over."""
        self.is_over = True
        self.tell()

    async def receive(self) -> Message:
        """Return the next part of the body, or that it is over, as ASGI has it."""
        if not self.is_over and not self.is_whole:
            self._connection.ask(self)
        self.expects_continue = False
        while not self._has_news and not self.is_over:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.is_over:
            return {"type": "http.disconnect"}
        self._has_news = False
        message = {"type": "http.request", "body": bytes(self.body), "more_body": not self.is_whole}
        self.body.clear()
        return message

    @property
    def is_gone(self) -> bool:
        """True once the client has closed its side: it may have hung up."""
        return self.is_over or self._connection.is_half_closed

    @property
    def is_on_its_way(self) -> bool:
        """True while the client sends a body, without waiting to be asked for it."""
        return not self.is_whole and not self.expects_continue

    @property
    def unread(self) -> bytes:
        """The body, if it is here, whole, and was not read: the request was refused before."""
        return bytes(self.body) if self.is_whole else b""

    def reply(self, status: int, headers: Headers, body: bytes) -> bool:
        """Send a whole answer in one write; return False if that cannot be done right now."""
        connection = self._connection
        if self.is_over or not connection.writable.is_set():
            return False
        if len(body) < _LARGE or self.is_head:
            connection.transport.write(self._bytes(status, headers, body))
        else:
            connection.write_large(self._head(status, headers), body)
        connection.answered(self)
        return True

    async def send(self, message: Message) -> None:
        """Send the header, or a piece, of an answer as soon as the client has read what went before, as ASGI has it."""
        await self._connection.writable.wait()
        if self.is_over:
            return
        write = self._connection.transport.write
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
            has_length = any(name == b"content-length" for name, _ in headers)
            self._is_chunked = not (self.is_head or status == 204 or has_length)
            if self._is_chunked:
                headers = [*headers, (b"transfer-encoding", b"chunked")]
            write(self._head(status, headers))
            return
        body, is_last = message["body"], not message.get("more_body", False)
        if self._is_chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n" * is_last
        if body and not self.is_head:
            write(body)
        if is_last:
            self._connection.answered(self)

    def _head(self, status: int, headers: Headers) -> bytes:
        if self.expects_continue and not self.is_whole:
            # Only the client can tell whether it sends its body all the same.
            self.keep_alive = False
        return head(status, (*self._connection.fixed_fields, *headers), keep_alive=self.keep_alive)

    def _bytes(self, status: int, headers: Headers, body: bytes) -> bytes:
        return self._head(status, headers) + (b"" if self.is_head else body)

    async def part(self, sandbox: Sandbox) -> None:
        """Have each further request to a sandbox come on a new connection, as far as we know the old ones.

        A client whose connection breaks when it is used again takes it for an old one, and sends the
        request once more, as browsers do: it would never see a reset.
        """
        self.keep_alive = False
        self._connection.close_idle(sandbox)
        await asyncio.sleep(0)  # The loop closes them now: before the client has this answer.

    def truncate(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer without the second half of its body (of its first line, if it has no body), and close."""
        if self.is_over:
            return
        self.keep_alive = False
        answer = self._bytes(status, headers, body)
        if body and not self.is_head:
            sent = len(answer) - (len(body) + 1) // 2
        else:
            sent = len(status_line(status)) // 2
        self._connection.transport.write(answer[:sent])
        self._connection.close()

    def reset(self) -> None:
        """Break the connection: the client sees a reset, and nothing before it."""
        if self.is_over:
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
