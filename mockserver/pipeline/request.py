"""The facts of one request, which nothing on its way changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from mockserver.pipeline.answer import RESPONSE_WRITER
from mockserver.pipeline.problems import Problem
from mockserver.sandboxes.journal import MAX_KEPT
from mockserver.sandboxes.sandbox import Sandbox

if TYPE_CHECKING:
    from mockserver.pipeline.outcome import Outcome

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class App(Protocol):
    """An ASGI application, or a stage of one."""

    def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> Awaitable[None]:
        """Serve a request."""


Fields = list[tuple[bytes, bytes]]

REQUEST = "mockserver.request"
"""The key of the request in the ASGI scope."""

MAX_BODY = 1024 * 1024
"""The largest body that is read, in bytes."""

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++")
"""A method (RFC 9110, section 5.6.2)."""

_SOON_SECONDS = 0.25


class Done:
    """An awaitable that is done: a stage that need not wait returns it, as a coroutine costs three times as much."""

    __slots__ = ()

    def __await__(self) -> Any:
        return iter(())


DONE = Done()
"""The one that all stages return."""


class ClientGone(Exception):
    """The client hung up before its request was whole; nobody waits for an answer."""


class Request:
    """A request, which never changes once it is made.

    Attributes:
        method: The method, as it was sent.
        path: The path as it was sent, still percent-encoded, without the prefix of a sandbox.
        query: The query as it was sent.
        fields: The header fields, as they came.
        headers: The header fields by their lower-case names; those of a repeated one joined.
        receive: Gives the next piece of the body, as ASGI has it.
        started: When it came, on the clock of `time.perf_counter`.
        sandbox: The sandbox that the caller named, or the common one.
        prefix: The prefix of a sandbox that stood before the path.
        writer: The response writer of the server (`RESPONSE_WRITER`).
    """

    __slots__ = (
        "fields",
        "headers",
        "method",
        "path",
        "prefix",
        "query",
        "receive",
        "sandbox",
        "started",
        "writer",
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        started: float,
        sandbox: Sandbox,
        path: str,
        prefix: str = "",
    ) -> None:
        # Final, and no frozen dataclass: that takes a microsecond more to make.
        self.method: Final[str] = scope["method"]
        self.path: Final = path
        self.query: Final[bytes] = scope.get("query_string", b"")
        fields = scope["headers"]
        self.fields: Final[Fields] = fields
        self.headers: Final = by_name(fields)
        self.receive: Final = receive
        self.started: Final = started
        self.sandbox: Final = sandbox
        self.prefix: Final = prefix
        self.writer: Final[Any] = scope["extensions"][RESPONSE_WRITER]

    async def read(self, outcome: Outcome, most: int = MAX_BODY) -> bytes:
        """Read the body, and keep it in the outcome.

        Raises:
            Problem: 413; it is, or says that it will be, larger than `most`.
            ClientGone: The client hung up.
        """
        declared = self.headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > most:
            raise _too_large(most)
        outcome.was_read = True
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            if not message.get("more_body"):
                outcome.body = b"".join((*chunks, chunk)) if chunks else chunk
                return outcome.body
            chunks.append(chunk)

    async def read_soon(self, outcome: Outcome) -> None:
        """Read a small body that is on its way, if it comes in time: only the journal needs it."""
        declared = self.headers.get(b"content-length", b"")
        if not declared.isdigit() or len(declared) > 5 or int(declared) > MAX_KEPT:
            return
        reading = asyncio.ensure_future(self.read(outcome))
        await asyncio.wait([reading], timeout=_SOON_SECONDS)
        if not reading.cancel():
            with suppress(ClientGone):
                reading.result()


def path_of(scope: Scope) -> str:
    """Return the path of an ASGI scope as it was sent, still percent-encoded."""
    return scope.get("raw_path", b"").decode("latin-1") or str(scope["path"])


def by_name(fields: Fields) -> dict[bytes, bytes]:
    """Return header fields by name, the values of a repeated one joined (RFC 9110, section 5.3)."""
    headers = dict(fields)
    if len(headers) < len(fields):
        headers.clear()
        for name, value in fields:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _too_large(most: int) -> Problem:
    detail = f"the body is larger than {most // 1024**2} MiB, which is all that is read here"
    return Problem(413, "body-too-large", detail)
