"""The HTTP server: uvicorn, with limits on what a client may keep waiting or make us hold."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from mockserver.exchange import REPLY, App
from mockserver.problems import Headers, Problem
from mockserver.reports import Log

HEAD_SECONDS = 30.0
"""How long the header of a request may take to arrive, and an idle connection to send anything."""

BODY_SECONDS = 60.0
"""How long the body of a request may take to arrive."""

MAX_HEAD = 64 * 1024
"""The largest request header, in bytes, beyond what arrives with its end."""

_KEEP_ALIVE_SECONDS = 65  # longer than the idle time of common clients, so that they close first
_SHUTDOWN_SECONDS = 2
_SWEEP_EVERY = 10  # ticks of the server's main loop, which are a tenth of a second each


class Protocol(HttpToolsProtocol):
    """A connection that does not wait forever."""

    waits_since: float | None
    """Since when the header of the next request is incomplete, on the loop's clock."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client has connected."""
        super().connection_made(transport)
        self.waits_since = self.body_since = self.loop.time()
        self._head_size = 0

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.waits_since = self.loop.time()
        self._head_size = 0

    def on_headers_complete(self) -> None:
        """The header of a request is whole."""
        if self.parser.should_upgrade():
            return
        super().on_headers_complete()
        self.body_since = cast("float", self.waits_since)
        self.waits_since = None

    def on_message_complete(self) -> None:
        """A request is whole."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        extensions = cast("dict[str, Any]", cycle.scope.setdefault("extensions", {}))
        extensions[REPLY] = partial(self._reply, cycle)
        super()._start_asgi_task(cycle, app)

    def _reply(
        self, cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes
    ) -> bool:
        """Send a whole answer in one write; False if that cannot be done right now."""
        if cycle.disconnected or self.flow.write_paused:
            return False
        parts = [STATUS_LINE[status]]
        for name, value in (*cycle.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        if not cycle.keep_alive:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        if cycle.scope["method"] != "HEAD":
            parts.append(body)
        self.transport.write(b"".join(parts))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def data_received(self, data: bytes) -> None:
        """Something has arrived."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")
        if self.waits_since is not None:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD and not self.transport.is_closing():
                detail = f"the header of the request is larger than {MAX_HEAD // 1024} KiB"
                self._refuse(Problem(431, "header-too-large", detail))

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read a request that offers another protocol as if it did not (RFC 9110, section 7.8).

        Java's client and `curl --http2` offer HTTP/2 so; the parser would drop the body.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(Problem(400, "request-malformed", "this server is no proxy"))
            return
        fields = [
            name + b": " + value
            for name, value in self.headers
            if name not in (b"upgrade", b"http2-settings")
        ]
        version = self.parser.get_http_version().encode("ascii")
        head = b"\r\n".join([method + b" " + self.url + b" HTTP/" + version, *fields, b"", b""])
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(head + rest)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(
            Problem(400, "request-malformed", "this is not a well-formed HTTP/1.1 request")
        )

    def sweep(self, now: float) -> None:
        """End the connection if it has waited too long for its client."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and not cycle.response_complete:
            if cycle.more_body and now - self.body_since > BODY_SECONDS:
                self._refuse(_too_slow("body", BODY_SECONDS))
        elif self.waits_since is not None:
            if now - self.waits_since > HEAD_SECONDS:
                self._refuse(_too_slow("header", HEAD_SECONDS))
        elif self.timeout_keep_alive_task is None:
            # Something came that starts no request, such as an empty line.
            self.waits_since = now

    def _refuse(self, problem: Problem) -> None:
        """Answer what never became a request, and end the connection."""
        cast("_Config", self.config).log.unread(problem)
        body = problem.body()
        head = (
            STATUS_LINE[problem.status]
            + b"content-type: application/problem+json\r\n"
            + b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        )
        self.transport.write(head + body)
        self.transport.close()


def _too_slow(part: str, limit: float) -> Problem:
    detail = f"the {part} of the request took longer than {limit:.0f} s to arrive"
    return Problem(408, "request-too-slow", detail)


class _Config(uvicorn.Config):
    """Uvicorn's settings, and what our connections report to."""

    log: Log


class Server(uvicorn.Server):
    """Uvicorn, which tells when it is ready, and looks after slow clients."""

    def __init__(self, app: App, log: Log, on_ready: Callable[[], None]) -> None:
        config = _Config(
            cast("Any", app),
            interface="asgi3",
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        config.log = log
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        # What was made so far stays: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: end connections that have waited too long, once a second."""
        if counter % _SWEEP_EVERY == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Protocol):
                    connection.sweep(now)
        return await super().on_tick(counter)


class LogHandler(logging.Handler):
    """Passes the warnings of uvicorn and asyncio on to our own log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        self._log.event("warning", self.format(record))


class BindError(Exception):
    """An address that cannot be listened on; `str()` says why, and the mend."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes a free one. Raises BindError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise BindError(f"--host {host}: no such address ({error})") from None
    # Where a name means both, IPv4 is what most clients try.
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    # The protocol is named so that asyncio turns Nagle's algorithm off.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        mend = "choose another one with --port, or --port 0 for a free one"
        raise BindError(f"cannot listen on {host} port {port}: {reason}; {mend}") from None
    return listener
