"""A server that answers by functions: alone, or as a gateway or proxy before another server."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import urlsplit

from conformance.selftest.reference.calls import Call
from conformance.selftest.reference.service import Service
from tests.support.serving import in_thread

_OF_ONE_HOP = {"connection", "content-length", "transfer-encoding", "host", "proxy-authorization"}
_OURS = {"connection", "content-length", "transfer-encoding"}


@dataclass(frozen=True)
class Request:
    """A request as it came; the names of `headers` are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int = 0

    @property
    def username(self) -> str:
        """The username in the path."""
        return self.path.split("/users/")[-1].split("/")[0]

    def having(self, authorization: str) -> Request:
        """Return it with another login."""
        return replace(self, headers={**self.headers, "authorization": authorization})


@dataclass(frozen=True)
class Answer:
    """An answer; one of a status alone is a page of whoever stands between, and status 0 closes the connection."""

    status: int
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)
    body: bytes = b"<html><title>Not of the API</title></html>"

    def header(self, name: str) -> str:
        """Return a header, or ""."""
        return next((value for key, value in self.headers if key.lower() == name), "")


Forward = Callable[[Request], Answer]
Environment = Callable[[Request, Forward], Answer]
"""The events between the suite and a server: it answers a request, or hands it on."""


def plain(request: Request, forward: Forward) -> Answer:
    """Hand a request on: nothing happens."""
    return forward(request)


def always(answer: Answer) -> Environment:
    """Answer everything alike: the API is not there."""
    return lambda _request, _forward: answer


def bare(status: int, *headers: tuple[str, str]) -> Environment:
    """Answer everything with a status and no body."""
    return always(Answer(status, headers, b""))


@contextmanager
def standing(
    *environments: Environment, upstream: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Serve a server through environments, the last of which stands next to it; the URL."""
    netloc = urlsplit(upstream).netloc
    connections = count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.upstream = http.client.HTTPConnection(netloc, timeout=20)
            self.number = next(connections)

        def finish(self) -> None:
            super().finish()
            self.upstream.close()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = self.through(0, Request(self.command, self.path, headers, body, self.number))
            if not answer.status:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                if name.lower() not in _OURS or answer.status == 204:
                    self.send_header(name, value)
            if answer.status != 204 and self.command != "CONNECT":
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_POST = do_PATCH = do_DELETE = do_PUT = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - http.server's names

        def do_CONNECT(self) -> None:
            self.do_GET()
            self.upstream.connect()
            _join(self.connection, self.upstream.sock)
            self.close_connection = True

        def through(self, number: int, request: Request) -> Answer:
            if number < len(environments):
                return environments[number](request, lambda one: self.through(number + 1, one))
            if request.method == "CONNECT":  # wherever it was to go, the upstream is there
                return Answer(200, (), b"")
            kept = {key: value for key, value in request.headers.items() if key not in _OF_ONE_HOP}
            body = request.body if "content-length" in request.headers else None
            self.upstream.request(request.method, request.path, body, kept)
            answer = self.upstream.getresponse()
            return Answer(answer.status, tuple(answer.getheaders()), answer.read())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """Ignore a client that hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
    with in_thread(server):
        yield f"{scheme}://{host}:{server.server_port}"


def _join(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes on in both directions until one side ends."""
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


@dataclass
class Gateway:
    """A gateway that is running: its URL, and the requests that came by."""

    url: str = ""
    passed: list[Request] = field(default_factory=list)


@contextmanager
def gateway(
    *environments: Environment,
    upstream: str = "",
    prefix: str = "",
    tls: ssl.SSLContext | None = None,
    refuse: Callable[[int], Answer | None] = lambda _count: None,
) -> Iterator[Gateway]:
    """Keep the requests, and pass them on: those below a prefix, and those that a proxy is sent.

    `refuse` is asked with the number of each request, and answers it if it gives an answer.
    """
    way = Gateway()

    def passing(request: Request, forward: Forward) -> Answer:
        way.passed.append(request)
        if refusal := refuse(len(way.passed)):
            return refusal
        path = urlsplit(request.path).path if "://" in request.path else request.path
        if not path.startswith(prefix):
            return Answer(404)
        return forward(replace(request, path=path.removeprefix(prefix)))

    with standing(passing, *environments, upstream=upstream, tls=tls) as way.url:
        yield way


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Serve a service of the self-test, request by request; the URL, without the service's own prefix."""
    lock = threading.Lock()

    def answering(request: Request, _forward: Forward) -> Answer:
        call = Call(request.method, request.path, request.headers, request.body, request.connection)
        with lock:
            reply = service.answer(call)
        return Answer(reply.status, tuple(reply.headers), reply.body)

    with standing(answering) as url:
        yield url
