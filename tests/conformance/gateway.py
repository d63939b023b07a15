"""A gateway between the suite and a target, with TLS or a path of its own; or a proxy."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.support.serving import in_thread

# Of one hop only; and a body comes with the length that it has here.
_OF_ONE_HOP = {"connection", "content-length", "transfer-encoding", "proxy-authorization"}


@dataclass(frozen=True)
class Passed:
    """A request that came by.

    Attributes:
        method: Its method.
        target: The target in its first line.
        headers: Its headers, by their lower-case names.
        at: Its time, in seconds of the monotonic clock.
    """

    method: str
    target: str
    headers: dict[str, str]
    at: float


@dataclass
class Gateway:
    """A gateway that is running.

    Attributes:
        port: Its port.
        passed: The requests that came by.
        refuse: Answers a request in place of the target, if it gives a status and headers.
    """

    upstream: str
    prefix: str = ""
    port: int = 0
    passed: list[Passed] = field(default_factory=list)
    refuse: Callable[[int], tuple[int, dict[str, str]] | None] = lambda _count: None

    @property
    def url(self) -> str:
        """The base URL over plain HTTP."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def gateway(
    upstream: str,
    *,
    prefix: str = "",
    tls: ssl.SSLContext | None = None,
    refuse: Callable[[int], tuple[int, dict[str, str]] | None] | None = None,
) -> Iterator[Gateway]:
    """Pass requests on to a server: those below a prefix, and those that a proxy is sent.

    `refuse` is asked with the number of each request; a status of 0 closes the connection.
    """
    way = Gateway(upstream, prefix)
    if refuse is not None:
        way.refuse = refuse
    server = _Server(("127.0.0.1", 0), _handler(way))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    way.port = server.server_port
    with in_thread(server):
        yield way


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Ignore a client that hangs up: a missing answer fails the test."""


def _handler(way: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            way.passed.append(Passed(self.command, self.path, headers, time.monotonic()))
            refusal = way.refuse(len(way.passed))
            path = urlsplit(self.path).path if "://" in self.path else self.path
            if refusal is not None:
                status, more = refusal
                self._answer(status, more, b"")
            elif path.startswith(way.prefix):
                self._pass_on(path.removeprefix(way.prefix), headers, body)
            else:
                self._answer(404, {"Content-Type": "text/plain"}, b"nothing here")

        do_POST = do_PATCH = do_DELETE = do_PUT = do_GET  # noqa: N815 - http.server's names

        def do_CONNECT(self) -> None:
            way.passed.append(
                Passed("CONNECT", self.path, dict(self.headers.items()), time.monotonic())
            )
            # Wherever it was to go: to the upstream, which is the only one that tests know.
            parts = urlsplit(way.upstream)
            with socket.create_connection((parts.hostname or "", parts.port or 443)) as other:
                self.send_response(200)
                self.end_headers()
                self.wfile.flush()
                _join(self.connection, other)
            self.close_connection = True

        def _pass_on(self, path: str, headers: dict[str, str], body: bytes) -> None:
            kept = {name: value for name, value in headers.items() if name not in _OF_ONE_HOP}
            host = urlsplit(way.upstream).netloc
            with closing(http.client.HTTPConnection(host)) as connection:
                kept["host"] = host
                connection.request(self.command, path, body, kept)
                answer = connection.getresponse()
                content = answer.read()
            self._answer(answer.status, dict(answer.getheaders()), content)

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in {*_OF_ONE_HOP, "date", "server"}:
                    self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if body:
                self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Be quiet."""

    return Handler


def _join(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes on in both directions until one side ends."""
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)
