"""Requests of any method, made of the bytes that arrive on a connection.

The parser knows some methods only, and takes any other word for no HTTP. So it gets what arrives in pieces that
end where a request may end, and `POST` in place of a method that it need not know: the request is framed in the
same way, and carries its own method further on.
"""

from __future__ import annotations

import re
from typing import cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from accounts_contract.contract import METHODS
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import TOKEN

_METHODS = tuple(f"{name.upper()} ".encode() for name in (*METHODS, "CONNECT"))
_HTTP_2 = b"PRI * HTTP/2"  # no method, but how a client begins that takes us for a server of HTTP/2
_PLACEHOLDER = b"POST"
_EMPTY_LINES = re.compile(rb"[\r\n]++")
_END_OF_HEAD = b"\r\n\r\n"


class ParsingProtocol(HttpToolsProtocol):
    """Uvicorn's connection, which reads any method, and declines every upgrade."""

    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # None until the first request
    """The last request whose header is whole, and its answer."""

    method: bytes | None = None
    """The method of the request that is read, where it is not the one that the parser was given."""

    arrived = 0
    """How many of the bytes that arrived last may belong to the request that is read."""

    _part_of_method: bytearray | None = None

    _unread: int | None = None
    # Bytes of a body that are still to come; -1: nobody has looked yet; None: no request has begun.

    def parse(self, data: bytes) -> None:
        """Have the parser read what has arrived.

        Raises:
            HttpParserError: It is no HTTP, or a callback has failed.
            Problem: It asks for a tunnel.
        """
        self.arrived = len(data)
        # One request without a body, in one piece, as most come, needs no more of a look.
        if (
            self._unread is None
            and data.find(_END_OF_HEAD) == len(data) - len(_END_OF_HEAD)
            and data.startswith(_METHODS)
        ):
            self.method, self._unread = None, 0
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade:
                self._ignore_upgrade()
        else:
            self._feed_in_pieces(data)

    def _feed_in_pieces(self, data: bytes) -> None:
        """Have the parser read what has arrived, no more than one request at a time."""
        at = 0
        while at < len(data):
            if self._unread is None or self._part_of_method is not None:
                at = self._read_method(data, at)
                continue
            if self._unread < 0:
                self._unread = self._declared_length()
            size = min(self._unread, len(data) - at)
            self._unread -= size
            at = self._feed(data, at, at + size if size else _end_of_piece(data, at))

    def _feed(self, data: bytes, start: int, end: int) -> int:
        """Have the parser read a piece; gives where it ended."""
        try:
            self.parser.feed_data(data[start:end])
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade()
            return start + cast("int", upgrade.args[0])
        return end

    def _read_method(self, data: bytes, at: int) -> int:
        """Read a method, or the part of it that is here; gives where it ends."""
        begun = self._part_of_method
        if begun is None:
            self.method = None
            if data.startswith(_METHODS, at) or data.startswith(_HTTP_2, at):
                self._unread = 0
                return self._feed(data, at, _end_of_piece(data, at))
            empty = _EMPTY_LINES.match(data, at)
            if empty is not None:
                return self._feed(data, at, empty.end())
        token = TOKEN.match(data, at)
        if token is None and begun is None:  # no HTTP
            return self._feed(data, at, len(data))
        if begun is None:
            begun = self._part_of_method = bytearray()
            self._unread = 0
            self.parser.feed_data(_PLACEHOLDER[:1])  # it has begun, and has so long to go on
        end = at
        if token is not None:
            begun += token[0]
            end = token.end()
        if end < len(data):
            self._part_of_method = None
            self.method = bytes(begun)
            self.parser.feed_data(_PLACEHOLDER[1:])
        return end

    def on_headers_complete(self) -> None:
        """The header of a request is whole."""
        super().on_headers_complete()
        if self.method is not None:
            self.scope["method"] = self.method.decode("ascii")
        self._unread = -1

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._unread, self.arrived = None, 0
        cycle = self.cycle
        if cycle is not None and not self.parser.should_upgrade():
            cycle.more_body = False
            cycle.message_event.set()

    def _ignore_upgrade(self) -> None:
        """Read a request that offers another protocol as if it did not (RFC 9110, section 7.8).

        Java's client and `curl --http2` offer HTTP/2 so; the parser would drop the body.
        """
        head = self._head_without_upgrade()
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(head)

    def _head_without_upgrade(self) -> bytes:
        method = self.parser.get_method()
        if method == b"CONNECT":
            raise Problem(400, "request-malformed", "this server is no proxy")
        fields = [
            name + b": " + value
            for name, value in self.headers
            if name not in (b"upgrade", b"http2-settings")
        ]
        version = self.parser.get_http_version().encode("ascii")
        return b"\r\n".join([method + b" " + self.url + b" HTTP/" + version, *fields, b"", b""])

    def _declared_length(self) -> int:
        """How long the body will be, if the header says so; 0 for one in chunks, which says so itself."""
        length = 0
        for name, value in self.headers:
            if name == b"transfer-encoding":
                return 0
            if name == b"content-length":
                length = int(value)
        return length


def _end_of_piece(data: bytes, at: int) -> int:
    """Where the next request may begin at the earliest: behind an empty line."""
    if at < len(_END_OF_HEAD) and data.startswith((b"\r", b"\n"), at):
        return at + 1  # the rest of an empty line that has begun in what arrived before
    found = data.find(_END_OF_HEAD, at)
    return len(data) if found < 0 else found + len(_END_OF_HEAD)
