"""One request on its way through the server, and its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from mockserver.access import Caller
from mockserver.problems import Headers, Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

EXCHANGE = "mockserver.exchange"
"""Where the exchange stands in the ASGI scope."""

REPLY = "mockserver.reply"
"""The ASGI extension by which our server sends a whole answer at once: a function of status, header
fields and body, which tells whether it did."""

MAX_BODY = 1024 * 1024
"""The largest body that is read, in bytes."""


@dataclass(slots=True)
class Answer:
    """What is sent back. `headers` are all but the content length."""

    status: int
    headers: Headers
    body: bytes


class ClientGone(Exception):
    """The client hung up before its request was whole; nobody waits for an answer."""


class Exchange:
    """One request on its way.

    Attributes:
        method: The method, in upper case.
        path: The path as it was sent, still percent-encoded.
        headers: The header fields by their lower-case names; those of a repeated one joined.
        operation: The id of the operation, once the route is known.
        params: The path parameters, decoded.
        caller: Who is calling, once that is known.
        guarded: Whether the operation is closed to pages of other origins.
        answer: What will be sent.
        why: Why the request was refused: the code of the problem, and its sentence.
        notes: What else is worth telling, such as the members that were ignored.
        redact: Takes the secrets of the world out of a text that will be repeated.
    """

    __slots__ = (
        "answer",
        "caller",
        "guarded",
        "headers",
        "method",
        "notes",
        "operation",
        "params",
        "path",
        "receive",
        "redact",
        "started",
        "why",
    )

    def __init__(
        self, scope: Scope, receive: Receive, started: float, redact: Callable[[str], str]
    ) -> None:
        self.method: str = scope["method"]
        self.path: str = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        fields = scope["headers"]
        self.headers: dict[bytes, bytes] = dict(fields)
        if len(self.headers) != len(fields):
            self.headers = _joined(fields)
        self.receive = receive
        self.started = started
        self.redact = redact
        self.operation: str | None = None
        self.params: dict[str, str] = {}
        self.caller: Caller | None = None
        self.guarded = False
        self.answer: Answer | None = None
        self.why: tuple[str, str] | None = None
        self.notes: list[str] = []

    def refuse(self, problem: Problem) -> Answer:
        """Answer with a problem."""
        self.why = (problem.code, problem.detail)
        headers = [(b"content-type", b"application/problem+json"), *problem.headers]
        self.answer = Answer(problem.status, headers, problem.body())
        return self.answer

    async def read(self) -> bytes:
        """The body of the request.

        Raises:
            Problem: 413; it is, or says that it will be, larger than `MAX_BODY`.
            ClientGone: The client hung up.
        """
        declared = self.headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > MAX_BODY:
            raise _too_large()
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > MAX_BODY:
                raise _too_large()
            if not message.get("more_body"):
                return b"".join((*chunks, chunk)) if chunks else chunk
            chunks.append(chunk)


def _joined(fields: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Header fields by name, the values of a repeated one joined (RFC 9110, section 5.3)."""
    headers: dict[bytes, bytes] = {}
    for name, value in fields:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _too_large() -> Problem:
    return Problem(
        413, "body-too-large", "the body is larger than 1 MiB, which is all that is read here"
    )
