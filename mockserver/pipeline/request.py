"""The facts of one request, which nothing on its way changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.pipeline.problems import Problem
from mockserver.sandboxes.journal import MAX_KEPT
from mockserver.sandboxes.sandbox import Sandbox

if TYPE_CHECKING:
    from mockserver.pipeline.outcome import Outcome

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST = "mockserver.request"
"""The key of the request in the ASGI scope."""

MAX_BODY = 1024 * 1024
"""The largest body that is read, in bytes."""

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++")
"""A method (RFC 9110, section 5.6.2)."""

_SOON_SECONDS = 0.25
_NONE: Mapping[str, str] = MappingProxyType({})


class ClientGone(Exception):
    """The client hung up before its request was whole; nobody waits for an answer."""


class Request(NamedTuple):
    """A request.

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
        operation: The id of the operation; None before it is routed, or where it leads nowhere.
        params: The path parameters, decoded.
    """

    method: str
    path: str
    query: bytes
    fields: list[tuple[bytes, bytes]]
    headers: dict[bytes, bytes]
    receive: Receive
    started: float
    sandbox: Sandbox
    prefix: str = ""
    operation: str | None = None
    params: Mapping[str, str] = _NONE

    def routed(self, operation: str, params: Mapping[str, str]) -> Request:
        """Return the request with its operation and the parameters of its path."""
        return Request._make((*self[:-2], operation, params))

    async def read(self, outcome: Outcome) -> bytes:
        """Read the body, and keep it in the outcome.

        Raises:
            Problem: 413; it is, or says that it will be, larger than `MAX_BODY`.
            ClientGone: The client hung up.
        """
        declared = self.headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > MAX_BODY:
            raise _too_large()
        outcome.was_read = True
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


def request_of(scope: Scope, receive: Receive, started: float, sandbox: Sandbox) -> Request:
    """Return the request of an ASGI scope, in the sandbox of those who name none."""
    fields = scope["headers"]
    headers = dict(fields)
    if len(headers) != len(fields):
        headers = _joined(fields)
    path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
    query = scope.get("query_string", b"")
    return Request(scope["method"], path, query, fields, headers, receive, started, sandbox)


def _joined(fields: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return header fields by name, the values of a repeated one joined (RFC 9110, section 5.3)."""
    headers: dict[bytes, bytes] = {}
    for name, value in fields:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _too_large() -> Problem:
    return Problem(
        413, "body-too-large", "the body is larger than 1 MiB, which is all that is read here"
    )
