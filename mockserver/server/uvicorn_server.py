"""The HTTP server: uvicorn, with an end that no client can delay."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import socket
from collections.abc import Callable
from typing import Any, cast

import uvicorn

from mockserver.pipeline.request import App
from mockserver.server.connection import Config, Connection
from mockserver.server.exchange import WaitingBodies
from mockserver.server.log import Log

SHUTDOWN_SECONDS = 2
"""The time for requests under way to be answered when the server ends."""

_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

SWEEP_EVERY = 10
"""Ticks of the server's main loop, a tenth of a second each, between two looks at slow clients."""


class Server(uvicorn.Server):
    """Uvicorn with a ready line, and with an eye on slow clients."""

    def __init__(self, app: App, log: Log, on_ready: Callable[[], None]) -> None:
        config = Config(
            cast("Any", app),
            interface="asgi3",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS + 1,
        )
        config.log = log
        config.waiting = WaitingBodies()
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        # What was made so far stays: the collector need not look at it, now (which takes 50 ms) or later.
        gc.freeze()
        gc.enable()
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """End the connections that have waited too long, in one of ten ticks."""
        if counter % SWEEP_EVERY == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.sweep(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the requests under way be answered, for a moment; then end every connection."""
        asyncio.get_running_loop().call_later(SHUTDOWN_SECONDS, self._abort_connections)
        await super().shutdown(sockets)

    def _abort_connections(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class LogHandler(logging.Handler):
    """A bridge for the warnings of uvicorn and asyncio to our own log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        self._log.event("warning", self.format(record))


class BindError(Exception):
    """An address that cannot be listened on; `str()` gives the reason and the fix."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on all addresses of a host, at one port; port 0 takes a free one.

    An address that this machine does not have is left out if there is another.

    Raises:
        BindError: There is no such host, or the port is taken.
    """
    # RFC 6761, section 6.3: whatever the system says, browsers look for localhost at both.
    names = ("127.0.0.1", "::1") if host.lower() == "localhost" else (host,)
    try:
        found = [
            one
            for name in names
            for one in socket.getaddrinfo(
                name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
        ]
    except (OSError, UnicodeError) as error:
        raise BindError(f"--host {host}: no such address ({error})") from None
    addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
    listeners: list[socket.socket] = []
    failure = OSError("it has no address")
    # IPv4 first: its address is the one that is shown.
    for family, address in sorted(addresses, key=lambda one: one[0] != socket.AF_INET):
        at = listeners[0].getsockname()[1] if listeners else port
        try:
            listeners.append(_listener(family, (address[0], at, *address[2:])))
        except OSError as error:
            failure = error
            if error.errno not in _NO_SUCH_ADDRESS:
                break
    else:
        if listeners:
            return listeners
    for one in listeners:
        one.close()
    if not port and listeners and failure.errno == errno.EADDRINUSE:
        return listen(host, port)  # the port was free at the first address alone
    reason = failure.strerror or str(failure)
    fix = "choose another one with --port, or --port 0 for a free one"
    raise BindError(f"cannot listen on {host} port {port}: {reason}; {fix}")


def _listener(family: int, address: Any) -> socket.socket:
    # The protocol is named so that asyncio turns Nagle's algorithm off.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener
