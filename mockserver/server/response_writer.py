"""The way back to the client: whole answers in one write, and those that are wanted broken."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mockserver.pipeline.problems import Headers
from mockserver.sandboxes.sandbox import Sandbox


class Connection(Protocol):
    """What a line needs of its connection."""

    def hang_up(self) -> None:
        """End it as soon as the client has read the answer."""

    def close_idle(self, sandbox: Sandbox) -> None:
        """Close the idle connections whose last request was for a sandbox."""


class Line:
    """The way back to the client of one request; what ASGI's `send` cannot do."""

    __slots__ = ("_connection", "_cycle")

    def __init__(self, cycle: RequestResponseCycle, connection: Connection) -> None:
        self._cycle = cycle
        self._connection = connection

    @property
    def is_gone(self) -> bool:
        """Whether the client has hung up."""
        return self._cycle.disconnected

    @property
    def is_on_its_way(self) -> bool:
        """Whether the client is sending a body, without waiting to be asked for it."""
        return self._cycle.more_body and not self._cycle.waiting_for_100_continue

    @property
    def unread(self) -> bytes:
        """The body, if it is here, whole, and nobody has read it: the request was refused before."""
        cycle = self._cycle
        return b"" if cycle.more_body or not cycle.body else bytes(cycle.body)

    def reply(self, status: int, headers: Headers, body: bytes) -> bool:
        """Send a whole answer in one write; False if that cannot be done right now."""
        cycle = self._cycle
        if cycle.disconnected or cycle.flow.write_paused:
            return False
        if cycle.waiting_for_100_continue and cycle.more_body:
            # Whether the client sends its body all the same, only the client knows.
            cycle.keep_alive = False
        cycle.transport.write(self._bytes(status, headers, body))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if cycle.more_body and not cycle.keep_alive:
            self._connection.hang_up()
            return True
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True

    def _bytes(self, status: int, headers: Headers, body: bytes) -> bytes:
        cycle = self._cycle
        parts = [STATUS_LINE[status]]
        for name, value in (*cycle.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        if not cycle.keep_alive:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        if cycle.scope["method"] != "HEAD":
            parts.append(body)
        return b"".join(parts)

    async def part(self, sandbox: Sandbox) -> None:
        """Have each further request to a sandbox come on a new connection, as far as we know the old ones.

        A client whose connection breaks when it is used again takes it for an old one, and sends the
        request once more, as browsers do: it would never see a reset.
        """
        self._cycle.keep_alive = False
        self._connection.close_idle(sandbox)
        await asyncio.sleep(0)  # The loop closes them now: before the client has this answer.

    def truncate(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer without the second half of its body (of its first line, if it has no body), and close."""
        cycle = self._cycle
        if cycle.disconnected:
            return
        cycle.keep_alive = False
        answer = self._bytes(status, headers, body)
        with_body = body and cycle.scope["method"] != "HEAD"
        sent = len(answer) - (len(body) + 1) // 2 if with_body else len(STATUS_LINE[status]) // 2
        cycle.transport.write(answer[:sent])
        cycle.disconnected = cycle.response_complete = True
        cycle.message_event.set()
        cycle.transport.close()

    def reset(self) -> None:
        """Break the connection: the client sees a reset, and nothing before it."""
        cycle, transport = self._cycle, self._cycle.transport
        if cycle.disconnected:
            return
        cycle.disconnected = cycle.response_complete = True
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # No lingering: a reset, not an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
