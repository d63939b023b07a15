"""Requests of any method, read from the bytes of a connection, one after the other.

The parser underneath takes few methods, and any other word for no HTTP. So it gets the bytes in pieces that end where
a request may end, and `POST` in place of a method that it need not have: the framing is the same, and the request
carries its own method further on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

import httptools

from accounts_contract.contract import METHODS
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import TOKEN, Fields, by_name

MAX_HEAD = 64 * 1024
"""The largest request header, in bytes; and the largest trailer."""

_METHODS = tuple(f"{name.upper()} ".encode() for name in (*METHODS, "CONNECT"))
_HTTP_2 = b"PRI * HTTP/2"  # no method, but the first words of a client that expects HTTP/2
_PLACEHOLDER = b"POST"
_TLS_HANDSHAKE = 0x16  # RFC 8446, section 5.1
# RFC 3986, section 3.2.2, with a port; possessive, so that no field takes long.
_HOST = re.compile(
    rb"(?:\[[0-9A-Za-z:.]++\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*+)(?::[0-9]*+)?"
)
# By a part of the words with which the parser refuses something; the first that fits.
_HINTS = (
    ("present with", "it has both Content-Length and Transfer-Encoding; send one"),
    (
        "Transfer-Encoding",
        "its Transfer-Encoding must end in chunked, once, or nobody can tell where the body ends",
    ),
    ("Content-Length", "its Content-Length must be one number"),
    ("Expected HTTP/", "after the target must come HTTP/1.1; write a space in the target as %20"),
    ("url", "its target must begin with / and be percent-encoded"),
    ("header token", "the name of a header field has a sign that is not allowed there"),
    (
        "header value",
        "the value of a header field has a sign, or a line, that is not allowed there",
    ),
)
_EMPTY_LINES = re.compile(rb"[\r\n]*+")
_END_OF_HEAD = b"\r\n\r\n"


class RequestParser:
    """A reader of requests that keeps them apart, and declines every upgrade.

    Args:
        on_head: Takes a header, which stands in the attributes, whole.
        on_body: Takes a part of a body.
        on_end: Takes the end of a request.

    Attributes:
        in_head: Whether a request has begun whose header is not whole yet.
        method: The method of the request that is read, or was read last, as it was sent.
        url: The target of it, as it was sent.
        headers: The header fields of it, with lower-case names.
        version: The version of HTTP that it names.
        keep_alive: Whether another request may follow it.
        expects_continue: Whether the client waits to be asked for the body.
    """

    def __init__(
        self,
        on_head: Callable[[], None],
        on_body: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> None:
        self._on_head = on_head
        self._on_body = on_body
        self._on_end = on_end
        self._parser = httptools.HttpRequestParser(self)
        self._own_method = b""  # in place of which the parser got another one
        self._is_cut = False  # whether only the first part of it is here
        self._size = 0  # of the header or the trailer, so far
        # Of the body; 0 in a header and in chunks; None between requests.
        self._left: int | None = None
        self._is_whole = False
        self._host = b""  # the last one that was found valid
        self.in_head = False

    def close(self) -> None:
        """Let go of the parser underneath, which holds this one."""
        del self._parser

    def read(self, data: bytes, at: int) -> int:
        """Read on, from a place in what has arrived to the end of one request at most; return where that is.

        Raises:
            Problem: 400, 431 or 501; the bytes are no HTTP, a header is too large, or a body is in an unknown coding.
        """
        if self._left is None:
            if not data.startswith(_METHODS, at):
                at = cast("re.Match[bytes]", _EMPTY_LINES.match(data, at)).end()
                if at == len(data):
                    return at
                self._is_cut = not data.startswith(_METHODS, at)
                if data.startswith(_HTTP_2, at):
                    raise malformed("HTTP/2 is not spoken here; have the client use HTTP/1.1")
            self._left, self._size, self._own_method, self.in_head = 0, 0, b"", True
        if self._is_cut:
            at = self._read_method(data, at)
        end = min(len(data), at + self._left) if self._left else _end_of_piece(data, at)
        was_in_head = self.in_head
        if self._left:
            self._left -= end - at
        else:
            self._size += end - at
        try:
            self._feed(data[at:end])
        except httptools.HttpParserUpgrade as upgrade:
            end = at + cast("int", upgrade.args[0])
            self._feed(self._head_without_upgrade())
        if self._size > MAX_HEAD:
            raise _too_large("header" if was_in_head else "trailer")
        if was_in_head and not self.in_head:
            self._left, self._size = self._checked_length(), 0
            self._on_head()
        if self._is_whole:
            self._is_whole, self._left = False, None
            self._on_end()
        return end

    def on_message_begin(self) -> None:
        """Begin a header."""
        self.url = b""
        self.headers: Fields = []

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field; those of a trailer are dropped (RFC 9110, section 6.5.1)."""
        if self.in_head:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """End a header, but for one with an offer of another protocol, which is read again without."""
        parser = self._parser
        if parser.should_upgrade():
            return
        self.method = self._own_method or parser.get_method()
        self.version = parser.get_http_version()
        self.keep_alive = self.version != "1.0" and parser.should_keep_alive()
        self.in_head = False

    def on_body(self, data: bytes) -> None:
        """Take a part of a body; a trailer is counted from the last one on."""
        self._size = 0
        self._on_body(data)

    def on_message_complete(self) -> None:
        """End a request."""
        self._is_whole = not self.in_head

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            words = f"{error}"
            raise malformed(next((hint for part, hint in _HINTS if part in words), "")) from None

    def _read_method(self, data: bytes, at: int) -> int:
        """Read a method, or the part of it that is here; return where it ends."""
        token = TOKEN.match(data, at)
        if token is not None:
            self._own_method += token[0]
            at = token.end()
            self._size = len(self._own_method)
        elif not self._own_method:
            raise malformed(_hint_at(data[at]))
        if at < len(data):
            self._is_cut = False
            self._feed(_PLACEHOLDER)
        return at

    def _head_without_upgrade(self) -> bytes:
        """Return a header anew without its offer of another protocol, for a new parser (RFC 9110, section 7.8).

        Java's client and `curl --http2` offer HTTP/2 so; the parser would drop the body.
        """
        parser = self._parser
        method, version = parser.get_method(), parser.get_http_version().encode("ascii")
        if method == b"CONNECT":
            raise Problem(400, "request-malformed", "this server is no proxy")
        self._parser = httptools.HttpRequestParser(self)
        fields = [
            name + b": " + value
            for name, value in self.headers
            if name not in (b"upgrade", b"http2-settings")
        ]
        return b"\r\n".join([method + b" " + self.url + b" HTTP/" + version, *fields, b"", b""])

    def _checked_length(self) -> int:
        """Return how long the body will be, as the header has it; 0 for one in chunks.

        Raises:
            Problem: 400 for a Host that is missing, doubled or invalid (RFC 9112, section 3.2); 501 for a
                transfer coding that is not known (section 6.1).
        """
        fields = by_name(self.headers)
        host = fields.get(b"host")
        if host is None:
            if self.version != "1.0":
                raise malformed("it must have one Host header field, and has none")
        elif host != self._host:
            self._check_host(host)
            self._host = host
        expected = fields.get(b"expect")
        self.expects_continue = (
            expected is not None
            and expected.lower() == b"100-continue"
            and self.version != "1.0"  # RFC 9110, section 10.1.1
        )
        codings = fields.get(b"transfer-encoding", b"")
        if not codings:
            return int(fields.get(b"content-length", 0))
        if codings.strip(b", \t").lower() != b"chunked":
            detail = "no transfer coding is read here but chunked: send the body without a coding"
            raise Problem(501, "transfer-coding-unknown", detail)
        return 0

    def _check_host(self, host: bytes) -> None:
        """Refuse a Host that is doubled or invalid. Raises Problem: 400."""
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1:
            raise malformed(f"it must have one Host header field, and has {len(hosts)}")
        if _HOST.fullmatch(host) is None:
            raise malformed("its Host must be a name or an address, with or without a port")


def malformed(hint: str = "") -> Problem:
    """Return the refusal of what is no HTTP, with the likely cause."""
    detail = "this is not a well-formed HTTP/1.1 request"
    return Problem(400, "request-malformed", f"{detail}: {hint}" if hint else detail)


def _hint_at(first: int) -> str:
    """Return the likely cause of a request that begins with a byte that no method has."""
    if first == _TLS_HANDSHAKE:
        return "it begins a TLS handshake, and this port takes plain HTTP; use http:// in place of https://"
    if first in b"{[":
        return (
            "it looks like the body of the request before it, whose header had no Content-Length; Node's "
            "http.request sends the body of a DELETE so, unless you set that field"
        )
    return ""


def _too_large(part: str) -> Problem:
    detail = f"the {part} of the request is larger than {MAX_HEAD // 1024} KiB"
    return Problem(431, "header-too-large", detail)


def _end_of_piece(data: bytes, at: int) -> int:
    """Return where the next request may begin at the earliest: behind an empty line."""
    if at < len(_END_OF_HEAD) and data.startswith((b"\r", b"\n"), at):
        return at + 1  # the rest of an empty line that has begun in what arrived before
    found = data.find(_END_OF_HEAD, at)
    return len(data) if found < 0 else found + len(_END_OF_HEAD)
