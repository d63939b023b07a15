"""One client's connection, with limits on what a client may keep waiting or make us hold.

A client may send slowly, too much, no HTTP at all, or several requests at once. Whatever it does, its answers come in
the order of its requests, and it can read the last one before the connection ends. `SECURITY.md` says what each limit
is for.
"""

from __future__ import annotations

import asyncio
import traceback
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from mockserver.pipeline.answer import RESPONSE_WRITER, STREAMING
from mockserver.pipeline.problems import Headers, Problem
from mockserver.pipeline.request import REQUEST, App, Scope
from mockserver.pipeline.request import Request as ServedRequest
from mockserver.sandboxes.sandbox import Sandbox
from mockserver.server.exchange import MAX_UNREAD, Exchange, WaitingBodies, head
from mockserver.server.log import Log
from mockserver.server.parsing import RequestParser
from mockserver.server.state import ENDED, READ_SECONDS, State, limit
from mockserver.server.target import scope_of

# Python 3.11 finds a name of the module faster than a member of an enumeration, of which a request needs ten.
WAITING, HEADER, BODY, SERVING, DRAINING, IDLE, LINGERING, CLOSED = State


class Config(uvicorn.Config):
    """Uvicorn's settings, what the connections report to, and the large bodies that wait for their clients."""

    log: Log
    waiting: WaitingBodies


class Connection(asyncio.Protocol):
    """A connection that does not wait forever; uvicorn makes one for each client."""

    transport: asyncio.Transport

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._app = cast("App", config.app)
        self._log = config.log
        self._bodies = config.waiting
        self._waiting: bytes | None = None  # a large body that the client has not read yet
        self._server = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = RequestParser(self._serve_next, self._keep_body, self._end_body)
        self._request: Exchange | None = None  # the last one whose header is whole
        self._scope: Scope = {}  # its scope, until it was served
        self.sandbox: Sandbox | None = None  # of the last request that was served
        self._task: asyncio.Task[None] | None = None  # the event loop itself holds no task
        # What came before its turn, and how much of that was read.
        self._held: tuple[bytes, int] | None = None
        self._is_paused = False
        self.is_half_closed = False
        # The request, and the bytes that the client had not read, at the last look.
        self._looked: tuple[Exchange | None, int] = (None, 0)
        self._read_at = self._loop.time()  # the last look at which it had read any
        self.writable = asyncio.Event()
        self.writable.set()
        self._enter(WAITING)

    def _enter(self, state: State) -> None:
        self.state = state
        self._since = self._loop.time()

    # The transport calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a client that has connected."""
        self.transport = cast("asyncio.Transport", transport)
        self._server.connections.add(cast("Any", self))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a client that has gone, or was sent away."""
        self._server.connections.discard(cast("Any", self))
        self._let_go()
        self._end()
        self._parser.close()
        self._scope = {}

    def eof_received(self) -> bool:
        """Take the end of what the client sends; return whether there is still something to answer (RFC 9112, 9.6).

        A client that has hung up looks the same as one that has only finished sending.
        """
        self.is_half_closed = True
        return self.state is SERVING and STREAMING not in self._scope

    def pause_writing(self) -> None:
        """Wait for a client that does not read."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Write on."""
        self._let_go()
        self.writable.set()

    def write_large(self, header: bytes, body: bytes) -> None:
        """Write an answer whose body is held once for all clients that have not read it yet."""
        self._let_go()
        self._waiting = self._bodies.take(body)
        self.transport.write(header)
        self.transport.write(self._waiting)
        if self.writable.is_set():  # no more than a rest of it waits
            self._let_go()

    def _let_go(self) -> None:
        if self._waiting is not None:
            self._bodies.give(self._waiting)
            self._waiting = None

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        if self._held is not None:  # it had been read when reading was paused
            held, at = self._held
            self._held = (held[at:] + data, 0)
        else:
            self._read(data, 0)

    def _read(self, data: bytes, at: int) -> None:
        """Read what has arrived, as far as its turn has come."""
        was_idle = self.state is IDLE
        try:
            while at < len(data) and self.state not in ENDED:
                if self.state is SERVING:
                    self._held = (data, at)
                    self._pause()
                    return
                at = self._parser.read(data, at)
        except Problem as problem:
            self._refuse(problem)
        else:
            if self.state in (WAITING, IDLE) and self._parser.in_head:
                self._enter(HEADER)
            elif was_idle and self.state is IDLE:
                self._enter(WAITING)

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self.transport.resume_reading()

    # The parser calls these.

    def _serve_next(self) -> None:
        """Serve the request whose header is whole. Raises Problem: 400."""
        scope = scope_of(self._parser)
        request = Exchange(self._parser, self)
        scope["extensions"] = {RESPONSE_WRITER: request}
        self._request, self._scope = request, scope
        self._enter(BODY)
        # In a task: what has arrived on all connections is parsed first, and then served, which keeps the
        # processor's caches warm; serving each at once took a quarter more.
        self._task = self._loop.create_task(self._serve(scope, request))

    def _keep_body(self, data: bytes) -> None:
        """Keep a part of the body for the application, unless that has answered already."""
        request = self._request
        if request is not None and self.state is BODY:
            request.body += data
            request.tell()
            if len(request.body) > MAX_UNREAD:
                self._pause()

    def _end_body(self) -> None:
        """End the body."""
        if self.state is DRAINING:
            self._enter(IDLE)
        elif self._request is not None:
            self.state = SERVING  # No clock: that has no limit.
            self._request.is_whole = True
            self._request.tell()
            self._resume()

    # The application calls these, in its task.

    async def _serve(self, scope: Scope, request: Exchange) -> None:
        try:
            await self._app(scope, request.receive, request.send)
        except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer
            self._log.defect(traceback.format_exc())
        if not request.is_over:
            detail = "the mock server failed: this is a defect; its log has more"
            self._say(Problem(500, "internal-error", detail))
        # What was found out about a request goes with it, and not only when cycles are collected.
        served: ServedRequest | None = scope.get(REQUEST)
        self.sandbox = None if served is None else served.sandbox
        scope.clear()

    def ask(self, request: Exchange) -> None:
        """Have the client send more of the body."""
        if request.expects_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._resume()

    @property
    def fixed_fields(self) -> Headers:
        """The header fields of every answer, such as the date."""
        return self._server.default_headers

    def answered(self, request: Exchange) -> None:
        """Go on to the next request, if there may be one: the answer to this one was written, whole."""
        request.end()
        if self.transport.is_closing():
            return
        if not request.keep_alive:
            if self.state is BODY or self._held is not None:
                self._linger()
            else:
                self.close()
        elif self.state is BODY:
            self.state = DRAINING  # The clock of the body runs on.
            self._resume()
        else:
            self._enter(IDLE)
            if self._held is not None:
                held, self._held = self._held, None
                self._read(*held)
                if self._held is None:
                    self._resume()
            if self.is_half_closed and self.state is not SERVING:
                self.close()  # what is not whole by now will never be

    def close(self, *, at_once: bool = False) -> None:
        """Close the connection when the client has what was written, or at once."""
        self._end()
        if at_once:
            self.transport.abort()
        else:
            self.transport.close()

    def close_idle(self, sandbox: Sandbox) -> None:
        """Close the idle connections whose last request was for a sandbox."""
        for one in list(self._server.connections):
            if isinstance(one, Connection) and one.state is IDLE and one.sandbox is sandbox:
                one.close()

    # The server calls these.

    def sweep(self, now: float) -> None:
        """End the connection if it has waited too long for its client."""
        unsent = self.transport.get_write_buffer_size()
        # Nothing is answered until what went before was read, but for a rest.
        if not unsent or self._request is not self._looked[0] or unsent < self._looked[1]:
            self._read_at = now
        self._looked = (self._request, unsent)
        if now - self._read_at > READ_SECONDS:
            self.close(at_once=True)
            return
        most = limit(self.state)
        if now - self._since <= most:
            return
        if self.state in (HEADER, BODY):
            self._refuse(_too_slow(self.state, most))
        else:
            self.close(at_once=self.state is LINGERING)

    def shutdown(self) -> None:
        """End what would not end by itself: the server is going."""
        request = self._request
        is_serving = self.state in (BODY, SERVING)
        if is_serving and request is not None and STREAMING not in self._scope:
            request.keep_alive = False
        else:
            self.close()

    # The ways to end.

    def _refuse(self, problem: Problem) -> None:
        """Say why a request cannot be read, unless it was answered already, and end the connection."""
        if self.transport.is_closing():
            return
        if self.state is DRAINING:
            self._linger()
            return
        self._log.unread(problem)
        if self.state is BODY and self._request is not None:
            self._request.end()
        self._say(problem)

    def _say(self, problem: Problem) -> None:
        if self.transport.is_closing():
            return
        body = problem.body()
        fields = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(body)),
        ]
        self.transport.write(head(problem.status, fields, keep_alive=False) + body)
        self._linger()

    def _linger(self) -> None:
        """End the connection as soon as the client has read the answer.

        On a connection that is closed while the client sends, the system takes back what was not read
        yet: the answer. So what still comes is read and dropped.
        """
        self._end(LINGERING)
        self._resume()
        self.transport.write_eof()

    def _end(self, state: State = CLOSED) -> None:
        self._enter(state)
        self._held = None
        self.writable.set()
        if self._request is not None:
            self._request.end()


def _too_slow(state: State, most: float) -> Problem:
    part = state.name.lower()
    detail = f"the {part} of the request took longer than {most:.0f} s to arrive"
    return Problem(408, "request-too-slow", detail)
