"""One client's connection: uvicorn's, with limits on what a client may keep waiting or make us hold.

A client may send slowly, too much, no HTTP at all, or several requests at once. Whatever it does, its
answers come in the order of its requests, and it can read the last one before the connection ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sized
from typing import Any, cast

import httptools
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    RequestResponseCycle,
)

from mockserver.pipeline.answer import RESPONSE_WRITER, STREAMING
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import REQUEST, Request
from mockserver.sandboxes.sandbox import Sandbox
from mockserver.server.log import Log
from mockserver.server.parsing import ParsingProtocol
from mockserver.server.response_writer import Line

HEAD_SECONDS = 30.0
"""How long the header of a request may take to arrive, and the first one to begin."""

BODY_SECONDS = 60.0
"""How long the body of a request may take to arrive."""

KEEP_ALIVE_SECONDS = 65.0
"""How long a connection may be idle between requests; common clients close earlier, and so first."""

MAX_HEAD = 64 * 1024
"""The largest request header, in bytes."""

_LINGER_SECONDS = 5.0
"""How long a client that still sends may take to read the last answer."""


class Config(uvicorn.Config):
    """Uvicorn's settings, and what the connections report to."""

    log: Log


class _Flow(FlowControl):
    """Reads nothing more from a client while requests of its wait to be served: it may send for ever."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


class Connection(ParsingProtocol):
    """A connection that does not wait forever."""

    config: Config

    waits_since: float | None
    """Since when the header of the next request is incomplete, on the loop's clock."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client has connected."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)
        self.waits_since = self.body_since = self.loop.time()
        self._idle_since: float | None = None
        self._served: RequestResponseCycle | None = None
        self._task: asyncio.Task[None] | None = None
        self._lingers_since: float | None = None
        self._last_word: Problem | None = None
        self._head_size = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or we have let go of it."""
        if self._served is not None:  # Uvicorn tells the last request only.
            self._served.disconnected = True
            self._served.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something has arrived."""
        if self._lingers_since is not None or self._last_word is not None:
            return
        self._idle_since = None
        try:
            self.parse(data)
        except httptools.HttpParserError as error:
            self._refuse(_reason(error))
        except Problem as problem:
            self._refuse(problem)
        if self.waits_since is not None:
            self._head_size += self.arrived
            if self._head_size > MAX_HEAD:
                self._refuse(_too_large())

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.waits_since = self.loop.time()
        self._head_size = 1

    def on_headers_complete(self) -> None:
        """The header of a request is whole."""
        # Most headers arrive at once, with little else, and need no counting.
        if self._head_size + self.arrived > MAX_HEAD and self._size_of_head() > MAX_HEAD:
            raise _too_large()
        if self.parser.should_upgrade():
            return
        if self.expect_100_continue and self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # RFC 9110, section 10.1.1
        super().on_headers_complete()
        self.body_since = self.waits_since or 0.0
        self.waits_since = None

    def on_response_complete(self) -> None:
        """A request was answered: the next one, if there is one, or the last word."""
        # All that uvicorn does here but its timer for idle connections: `sweep` sees to them.
        self.server_state.total_requests += 1
        if self._last_word is not None and not self.pipeline:
            self._say(self._last_word)
        elif not self.transport.is_closing():
            self._idle_since = self.loop.time()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
            self.flow.resume_reading()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # In a task, as uvicorn has it: what has arrived on all connections is parsed first, and then served,
        # which keeps the processor's caches warm; serving each at once took a quarter more. Nobody waits
        # for the task, so nothing is called when it is done: a server that ends waits for connections.
        cycle.scope["extensions"] = {RESPONSE_WRITER: Line(cycle, self)}  # type: ignore[dict-item]  # no dict: ours
        self._served = cycle
        self._task = self.loop.create_task(cycle.run_asgi(app))

    def shutdown(self) -> None:
        """The server is going: end what would not end by itself."""
        super().shutdown()
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and STREAMING in cycle.scope:
            cycle.disconnected = True
            cycle.message_event.set()
            self.transport.close()

    def _size_of_head(self) -> int:
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        return len(self.method or b"") + len(self.url) + fields

    def sweep(self, now: float) -> None:
        """End the connection if it has waited too long for its client."""
        cycle = self.cycle
        if self._lingers_since is not None:
            if now - self._lingers_since > _LINGER_SECONDS:
                self.transport.abort()
        elif cycle is not None and not cycle.response_complete:
            if cycle.more_body and now - self.body_since > BODY_SECONDS:
                self._refuse(_too_slow("body", BODY_SECONDS))
        elif self.waits_since is not None:
            if now - self.waits_since <= HEAD_SECONDS:
                return
            if self._head_size:
                self._refuse(_too_slow("header", HEAD_SECONDS))
            else:
                self.transport.close()
        elif cycle is not None and cycle.more_body:
            # The answer did not wait for the body, which is read and dropped.
            if now - self.body_since > BODY_SECONDS:
                self.transport.close()
        elif self._idle_since is None:
            # Something came that starts no request, such as an empty line.
            self.waits_since = now
            self._head_size = 0
        elif now - self._idle_since > KEEP_ALIVE_SECONDS:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Have the last word, once the requests before are answered."""
        if self.transport.is_closing() or self._lingers_since is not None:
            return
        cycle = self.cycle
        busy = cycle is not None and not cycle.response_complete
        if cycle is not None and cycle.more_body and self.waits_since is None:
            # It is the body of this request that is wrong.
            if cycle.response_complete:
                self.hang_up()
                return
            busy = bool(self.pipeline)
            if busy:
                self.pipeline.popleft()
            else:
                cycle.disconnected = True
                cycle.message_event.set()
        self.config.log.unread(problem)
        if busy:
            self._last_word = problem
            self.flow.pause_reading()
        else:
            self._say(problem)

    def _say(self, problem: Problem) -> None:
        if self.transport.is_closing():
            return
        body = problem.body()
        head = (
            STATUS_LINE[problem.status]
            + b"content-type: application/problem+json\r\n"
            + b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        )
        self.transport.write(head + body)
        self.hang_up()

    def close_idle(self, sandbox: Sandbox) -> None:
        """Close the idle connections whose last request was for a sandbox."""
        for one in list(self.connections):
            if isinstance(one, Connection) and one.is_idle_after(sandbox):
                one.transport.close()

    def is_idle_after(self, sandbox: Sandbox) -> bool:
        """Whether it waits for a request, and the last one was for a sandbox."""
        if self._idle_since is None or self.waits_since is not None or self._served is None:
            return False
        request = cast("Request | None", self._served.scope.get(REQUEST))
        return request is not None and request.sandbox is sandbox

    def hang_up(self) -> None:
        """End the connection as soon as the client has read the answer.

        On a connection that is closed while the client sends, the system takes back what was not read
        yet: the answer. So what still comes is read and dropped.
        """
        self.pipeline.clear()
        if self._served is not None:
            self._served.waiting_for_100_continue = False  # nothing can be written any more
        self._lingers_since = self.loop.time()
        self.flow.resume_reading()
        self.transport.write_eof()


def _reason(error: httptools.HttpParserError) -> Problem:
    """Why the parser gave up: what one of our callbacks raised, or that this is no HTTP."""
    if isinstance(error.__context__, Problem):
        return error.__context__
    return Problem(400, "request-malformed", "this is not a well-formed HTTP/1.1 request")


def _too_large() -> Problem:
    detail = f"the header of the request is larger than {MAX_HEAD // 1024} KiB"
    return Problem(431, "header-too-large", detail)


def _too_slow(part: str, limit: float) -> Problem:
    detail = f"the {part} of the request took longer than {limit:.0f} s to arrive"
    return Problem(408, "request-too-slow", detail)
