"""One request of a connection: its ASGI scope, and its body as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import httptools

from mockserver.pipeline.request import Message, Scope
from mockserver.server.parsing import RequestParser, malformed

MAX_UNREAD = 64 * 1024
"""The most bytes of a body that are taken before the application reads it."""

_ASGI = {"version": "3.0", "spec_version": "2.3"}
_KEPT = 1024  # targets that are not read again,
_SHORT = 200  # each of so many bytes at most


class ReceivedRequest:
    """A request that is served.

    It does not hold its scope, which leads to the response writer, and from there back to it: what is in no circle is
    freed when it is answered, and not by the garbage collector.

    Args:
        parser: Holds its header.
        ask: Has the client send more of the body.

    Attributes:
        is_head: Whether its answer has no body, as its method is HEAD.
        keep_alive: Whether another request may follow its answer.
        expects_continue: Whether the client waits to be asked for the body.
        body: What has arrived of the body, and was not read yet.
        is_whole: Whether all of the body has arrived.
        is_over: Whether it was answered, or the client has gone.
    """

    __slots__ = (
        "_ask",
        "_has_news",
        "_waiter",
        "body",
        "expects_continue",
        "is_head",
        "is_over",
        "is_whole",
        "keep_alive",
    )

    def __init__(self, parser: RequestParser, ask: Callable[[ReceivedRequest], None]) -> None:
        self._ask = ask
        self.is_head = parser.method == b"HEAD"
        self.keep_alive = parser.keep_alive
        self.expects_continue = parser.expects_continue
        self.body = bytearray()
        self.is_whole = self.is_over = self._has_news = False
        self._waiter: asyncio.Future[None] | None = None

    def add(self, data: bytes) -> None:
        """Take a part of the body."""
        self.body += data
        self._tell()

    def complete(self) -> None:
        """Take the end of the body."""
        self.is_whole = True
        self._tell()

    def end(self) -> None:
        """Have it over: nobody reads or writes any more."""
        self.is_over = True
        self._tell()

    def _tell(self) -> None:
        self._has_news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> Message:
        """Return the next part of the body, or that it is over, as ASGI has it."""
        if not self.is_over and not self.is_whole:
            self._ask(self)
        self.expects_continue = False
        while not self._has_news and not self.is_over:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.is_over:
            return {"type": "http.disconnect"}
        self._has_news = False
        message = {"type": "http.request", "body": bytes(self.body), "more_body": not self.is_whole}
        self.body.clear()
        return message


def scope_of(parser: RequestParser) -> Scope:
    """Return what ASGI says of a request whose header was read. Raises Problem: 400."""
    is_short = len(parser.url) <= _SHORT
    read = _read_target if is_short else _read_target.__wrapped__
    target = read(parser.method, parser.url)
    headers = parser.headers
    if target.authority is not None:  # RFC 9112, section 3.2.2: the target counts, and not Host
        headers = [(b"host", target.authority), *(one for one in headers if one[0] != b"host")]
    return {
        "type": "http",
        "asgi": _ASGI,
        "http_version": parser.version,
        "scheme": "http",
        "method": target.method,
        "root_path": "",
        "path": target.path,
        "raw_path": target.raw_path,
        "query_string": target.query,
        "headers": headers,
    }


class _Target(NamedTuple):
    """A method and its target, as ASGI has them; the authority is that of a target in absolute form."""

    method: str
    path: str
    raw_path: bytes
    query: bytes
    authority: bytes | None


@lru_cache(_KEPT)
def _read_target(method: bytes, target: bytes) -> _Target:
    """Return what a request is about, by its first line. Raises Problem: 400."""
    authority = None
    try:
        url = httptools.parse_url(target)
        raw_path = url.path
        if url.userinfo is not None:  # RFC 9110, section 4.2.4
            raise malformed("its target holds a login; send that in Authorization")
        if url.schema is not None:
            authority = target.split(b"/", 3)[2].partition(b"?")[0]
            bare = b"/" if method != b"OPTIONS" or url.query else b"*"  # RFC 9112, section 3.2.4
            raw_path = raw_path or bare
        path = raw_path.decode("ascii")
    except (httptools.HttpParserInvalidURLError, AttributeError, UnicodeDecodeError):
        raise malformed() from None
    if path == "*" and method != b"OPTIONS":
        raise malformed("only OPTIONS takes * in place of a path")
    decoded = unquote(path) if "%" in path else path
    return _Target(method.decode("ascii"), decoded, raw_path, url.query or b"", authority)
