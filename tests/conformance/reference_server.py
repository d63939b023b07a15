"""HTTP/1.1 around a service of the self-test, framed in each of the ways that HTTP allows."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from conformance.selftest.reference.calls import BODILESS, Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from tests.support.serving import in_thread


@dataclass(frozen=True)
class Framing:
    """A way to send replies.

    Attributes:
        chunked: In chunks of seven bytes.
        trailer: The extension of the last chunk, and the fields behind it.
        version: Of HTTP; 1.0 ends each reply with its connection.
        gzip: Compress bodies, as a server in between may.
        interim: Status lines that come before each reply.
        closes_after: How many replies a connection lives.
        silent: Do not say that a connection will end.
        longest_body: A longer one is refused with 413, and left unread.
    """

    chunked: bool = False
    trailer: bytes = b""
    version: str = "HTTP/1.1"
    gzip: bool = False
    interim: tuple[str, ...] = ()
    closes_after: int = 1_000_000
    silent: bool = False
    longest_body: int = 4 * 1024 * 1024


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: Service, framing: Framing) -> None:
        self.service, self.framing = service, framing
        self.lock, self.connections = threading.Lock(), count(1)
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet: a client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.number, self.served = next(self.server.connections), 0

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Serve every method: `http.server` looks for `do_GET` and the like."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self) -> None:
        service = self.server.service
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, self.path, headers, connection=self.number)
        length = int(headers.get("content-length", "0"))
        with self.server.lock:
            if length > self.server.framing.longest_body:
                reply = service.refuse(call, Refusal(413, "too long a body"))
                reply.close = True
            else:
                call.body = self.rfile.read(length)
                reply = service.answer(call)
        self.send(reply, self.server.framing)

    def send(self, reply: Reply, framing: Framing) -> None:
        self.served += 1
        old = framing.version == "HTTP/1.0"
        self.close_connection = reply.close or old or self.served >= framing.closes_after
        if framing.gzip and reply.body:
            reply.body = gzip.compress(reply.body)
            reply.header("Content-Encoding", "gzip")
        chunked = framing.chunked and bool(reply.body)
        if chunked:
            reply.header("Transfer-Encoding", "chunked")
        elif not old and (reply.body or reply.status not in BODILESS):
            reply.header("Content-Length", str(len(reply.body)))
        if self.close_connection and not framing.silent:
            reply.header("Connection", "close")
        lines = [f"HTTP/1.1 {line}\r\n" for line in framing.interim]
        lines += [f"{framing.version} {reply.status} {HTTPStatus(reply.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        body = _chunks(reply.body, framing.trailer) if chunked else reply.body
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + body)

    def log_message(self, *_arguments: object) -> None:
        """Keep no log."""


def _chunks(body: bytes, trailer: bytes) -> bytes:
    parts = [body[start : start + 7] for start in range(0, len(body), 7)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return chunks + b"0" + trailer + b"\r\n\r\n"


@contextmanager
def serving(service: Service, framing: Framing = Framing()) -> Iterator[str]:
    """Serve a service on a free port; its URL, without the service's own prefix."""
    server = _Server(service, framing)
    with in_thread(server):
        yield f"http://127.0.0.1:{server.server_port}"
