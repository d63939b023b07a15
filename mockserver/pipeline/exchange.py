"""One request on its way through the server, and its answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from time import time
from typing import Any, Protocol

from mockserver.pipeline.access import Caller
from mockserver.pipeline.problems import Headers, Problem
from mockserver.sandboxes.journal import MAX_KEPT, Record, pack
from mockserver.sandboxes.sandbox import Sandbox

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

EXCHANGE = "mockserver.pipeline.exchange"
"""Where the exchange stands in the ASGI scope."""

LINE = "mockserver.server.response_writer"
"""The ASGI extension by which our server does what ASGI cannot: it sends a whole answer at once (`reply`),
half of it (`truncate`), breaks the connection (`reset`), or lets it not be used again (`part`). `unread` is a
body that came in vain, `is_on_its_way` says whether one still comes, and `is_gone` whether the client is."""

STREAMING = "mockserver.streaming"
"""Stands in the ASGI scope of a request whose answer never ends by itself."""

MAX_BODY = 1024 * 1024
"""The largest body that is read, in bytes."""

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++")
"""What a method may be (RFC 9110, section 5.6.2)."""

_SOON_SECONDS = 0.25


class Stream(Protocol):
    """An answer that comes piece by piece."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces."""

    def close(self) -> None:
        """End it: the client is gone, or the server is going."""


@dataclass(slots=True)
class Answer:
    """What is sent back.

    Attributes:
        status: The HTTP status.
        headers: The header fields, all but the content length.
        body: The body.
        stream: What comes in place of the body, piece by piece, for as long as the client listens.
        spoilt: How the connection breaks: "reset" or "truncate"; None: it does not.
    """

    status: int
    headers: Headers
    body: bytes
    stream: Stream | None = None
    spoilt: str | None = None


class ClientGone(Exception):
    """The client hung up before its request was whole; nobody waits for an answer."""


class Exchange:
    """One request on its way.

    Attributes:
        method: The method, as it was sent.
        path: The path as it was sent, still percent-encoded, without the prefix of a sandbox.
        prefix: The prefix of a sandbox that stood before the path, fit to be repeated.
        query: The query as it was sent.
        fields: The header fields, as they came.
        sandbox: The sandbox that the caller named, or the common one.
        headers: The header fields by their lower-case names; those of a repeated one joined.
        operation: The id of the operation, once the route is known.
        params: The path parameters, decoded.
        caller: Who is calling, once that is known.
        guarded: Whether the operation is closed to pages of other origins.
        answer: What will be sent.
        why: Why the request was refused: the code of the problem, and its sentence.
        notes: What else is worth telling, such as the members that were ignored.
        fault: What goes wrong on demand, and why: the rule, or `Prefer`.
        body: The body of the request, as far as it was read.
        undo: Takes back what the operation has changed, as far as it got.
        was_read: Whether the body, or a part of it, was read.
        started: When it came, on the clock of `time.perf_counter`.
    """

    __slots__ = (
        "answer",
        "body",
        "caller",
        "fault",
        "fields",
        "guarded",
        "headers",
        "method",
        "notes",
        "operation",
        "params",
        "path",
        "prefix",
        "query",
        "receive",
        "sandbox",
        "started",
        "undo",
        "was_read",
        "why",
    )

    def __init__(self, scope: Scope, receive: Receive, started: float, sandbox: Sandbox) -> None:
        self.method: str = scope["method"]
        self.path: str = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        self.prefix = ""
        self.query: bytes = scope.get("query_string", b"")
        fields = self.fields = scope["headers"]
        self.headers: dict[bytes, bytes] = dict(fields)
        if len(self.headers) != len(fields):
            self.headers = _joined(fields)
        self.receive = receive
        self.started = started
        self.sandbox = sandbox
        self.operation: str | None = None
        self.params: dict[str, str] = {}
        self.caller: Caller | None = None
        self.guarded = False
        self.answer: Answer | None = None
        self.why: tuple[str, str] | None = None
        self.notes: list[str] = []
        self.fault: str | None = None
        self.body = b""
        self.was_read = False
        self.undo: Callable[[], None] | None = None

    def refuse(self, problem: Problem) -> Answer:
        """Answer with a problem."""
        self.why = (problem.code, problem.detail)
        headers = [(b"content-type", b"application/problem+json"), *problem.headers]
        self.answer = Answer(problem.status, headers, problem.body())
        return self.answer

    def record(self, answer: Answer, sent: Headers, seconds: float) -> Record:
        """The exchange for the journal: the answer was sent, so long after the request came."""
        caller, code, why = self.caller, None, None
        if self.why is not None:
            code, why = self.why
        body, shown = self.body, answer.body
        return pack(
            (
                time() - seconds,
                seconds,
                self.method,
                self.path,
                self.query,
                self.operation,
                None if caller is None else caller.username,
                None if caller is None else caller.scheme,
                answer.status,
                code,
                why,
                self.notes,
                self.fault,
                self.fields,
                body[:MAX_KEPT],
                len(body),
                sent,
                shown[:MAX_KEPT],
                len(shown),
            )
        )

    async def read_soon(self) -> None:
        """Read a small body that is on its way, if it comes in time: nobody needs it but the journal."""
        declared = self.headers.get(b"content-length", b"")
        if not declared.isdigit() or len(declared) > 5 or int(declared) > MAX_KEPT:
            return
        reading = asyncio.ensure_future(self.read())
        await asyncio.wait([reading], timeout=_SOON_SECONDS)
        if not reading.cancel():
            with suppress(ClientGone):
                reading.result()

    async def read(self) -> bytes:
        """The body of the request.

        Raises:
            Problem: 413; it is, or says that it will be, larger than `MAX_BODY`.
            ClientGone: The client hung up.
        """
        declared = self.headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > MAX_BODY:
            raise _too_large()
        self.was_read = True
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
                self.body = b"".join((*chunks, chunk)) if chunks else chunk
                return self.body
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
