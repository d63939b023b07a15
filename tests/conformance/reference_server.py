"""HTTP/1.1 around the service: threads, keep-alive, bodies with a length or in chunks."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service

BODILESS = (204, 304)


class Server(ThreadingHTTPServer):
    """Listens for one service."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: Service, host: str = "127.0.0.1", port: int = 0) -> None:
        self.service = service
        self.connections = count(1)
        super().__init__((host, port), Handler)
        self.url = f"http://{host}:{self.server_address[1]}{service.prefix}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news, and answers are made elsewhere."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: Server

    def setup(self) -> None:
        super().setup()
        self.number = next(self.server.connections)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method comes here: `http.server` looks for `do_GET` and the like."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self) -> None:
        service = self.server.service
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, self.path, headers, connection=self.number)
        try:
            call.body = self.body()
        except Refusal as refusal:
            reply = service.refuse(call, refusal)
            reply.close = True
        else:
            reply = self.reply_to(call)
        self.send(reply)

    def reply_to(self, call: Call) -> Reply:
        """What breaks inside is a 500, as anywhere."""
        try:
            return self.server.service.answer(call)
        except Exception as error:  # noqa: BLE001 - the last resort of a server
            return Reply(500, f"Internal Server Error: {error!r}\n".encode())

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self.chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not (length.isascii() and length.isdigit()):
            raise Refusal(400, "Content-Length must be a number")
        return self.some(int(length[:18]))

    def some(self, length: int) -> bytes:
        longest = self.server.service.longest_body
        if length > longest:
            raise Refusal(413, f"a body has at most {longest} bytes")
        return self.rfile.read(length)

    def chunks(self) -> bytes:
        body = b""
        while True:
            try:
                size = int(self.rfile.readline(1000).partition(b";")[0], 16)
            except ValueError as error:
                raise Refusal(400, "the chunks are malformed") from error
            body += self.some(size) if size >= 0 else b""
            self.rfile.readline(1000)
            if size <= 0:
                return body

    def send(self, reply: Reply) -> None:
        interim = self.server.service.interim if "/mint?" not in self.path else ()
        for line in interim:
            self.wfile.write(f"HTTP/1.1 {line}\r\n\r\n".encode())
        self.close_connection = self.close_connection or reply.close
        framed = framing(reply)
        if self.close_connection and not reply.silent:
            framed.append(("Connection", "close"))
        lines = [f"{reply.version} {reply.status} {phrase(reply.status)}"]
        lines += [f"{name}: {value}" for name, value in [*reply.headers, *framed]]
        head = "\r\n".join([*lines, f"Date: {formatdate(usegmt=True)}", "", ""])
        silent = self.command == "HEAD"
        self.wfile.write(head.encode("latin-1") + (b"" if silent else payload(reply)))

    def log_message(self, *_args: object) -> None:
        """This server keeps no log."""


def framing(reply: Reply) -> list[tuple[str, str]]:
    """How the client finds the end of the body."""
    names = {name.lower() for name, _value in reply.headers}
    if reply.version == "HTTP/1.0":
        return []
    if reply.chunked and reply.body:
        return [("Transfer-Encoding", "chunked")]
    if (reply.status in BODILESS and not reply.body) or "content-length" in names:
        return []
    return [("Content-Length", str(len(reply.body)))]


def payload(reply: Reply) -> bytes:
    """The body as it goes out."""
    if not reply.chunked or not reply.body:
        return reply.body
    parts = [reply.body[start : start + 7] for start in range(0, len(reply.body), 7)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return chunks + b"0" + reply.trailer + b"\r\n\r\n"


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Odd"
