"""One request over HTTP/1.1, one answer: the only module that opens a connection.

The standard library's http.client, and neither requests nor httpx: it sends the bytes it is given
(broken ones too), follows no redirect, reads no .netrc, and lets us see what stands behind an
answer that must have no body.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import select
import socket
import ssl
import time
import zlib
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from conformance.target.target import Target

BODY_LIMIT = 1 << 20
"""Bytes of an answer that are read; a longer one cannot be judged."""
_INTERIM = 10  # answers that may come before the one that counts
_LINGER = 0.003  # seconds in which a forbidden body behind a 204 may still arrive

Headers = tuple[tuple[str, str], ...]


class TransportError(Exception):
    """No answer that can be judged. The tree of these errors stands here."""


class Unreachable(TransportError):
    """No connection: a refused or unknown host, TLS that does not verify."""


class ConnectionLost(TransportError):
    """The connection broke before the answer was complete, or what came was no HTTP."""


class TimedOut(TransportError):
    """The answer took too long."""


class TooLong(TransportError):
    """The answer is longer than what is read."""


class ProxyUnusable(Exception):
    """The proxy that the environment names is of a kind that is not supported."""


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request as it goes over the wire.

    `path` includes the prefix of the base URL and is percent-encoded. `linger`: whether to wait a moment for
    bytes behind an answer that has no body.
    """

    method: str
    path: str
    headers: Headers
    body: bytes | None
    linger: bool = True


@dataclass(frozen=True, slots=True)
class ReceivedResponse:
    """An answer; `stray` for bytes behind one that must have no body."""

    status: int
    headers: Headers
    body: bytes
    stray: bool = False


class Transport(Protocol):
    """The way to send one request and read its answer."""

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send a request and return its answer. Raises TransportError."""

    def close(self) -> None:
        """Close what is open."""


class HttpTransport:
    """Over TCP, and TLS for https.

    A connection is used again only for requests without a body, and only after an answer that leaves
    no doubt where it ended: a server that closes without a word, or leaves a refused body unread,
    must not spoil the next answer.
    """

    def __init__(self, target: Target) -> None:
        """Raise ProxyUnusable, and OSError for a CA bundle that cannot be read."""
        parts = urlsplit(target.base_url)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._timeout = target.timeout
        self._context = _tls_context(target) if self._tls else None
        self._proxy = _proxy(parts.scheme, self._host)
        self._idle: http.client.HTTPConnection | None = None

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send a request and read its answer. Raises TransportError."""
        idle = None if request.body is not None else self._take_idle()
        if idle is not None:
            try:
                return self._exchange(idle, request)
            except ConnectionLost:
                pass  # it was closed while nobody looked; nothing was changed by a reading request
        return self._exchange(self._connect(), request)

    def close(self) -> None:
        """Close the idle connection."""
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def _take_idle(self) -> http.client.HTTPConnection | None:
        connection, self._idle = self._idle, None
        if connection is None or connection.sock is None:
            return None
        if select.select([connection.sock], [], [], 0)[0]:  # closed, or something nobody asked for
            connection.close()
            return None
        return connection

    def _connect(self) -> http.client.HTTPConnection:
        host, port = (self._host, self._port) if self._proxy is None else self._proxy.address
        connection: http.client.HTTPConnection
        if self._context is not None:
            connection = http.client.HTTPSConnection(
                host, port, timeout=self._timeout, context=self._context
            )
            if self._proxy is not None:
                connection.set_tunnel(self._host, self._port, dict(self._proxy.headers))
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
        try:
            connection.connect()
        except TimeoutError:
            raise TimedOut(f"no connection within {self._timeout:g} s") from None
        except ssl.SSLError as error:
            raise Unreachable(f"TLS failed: {error.reason or error}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"no connection: {_reason(error)}") from None
        if connection.sock is not None:
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _exchange(
        self, connection: http.client.HTTPConnection, request: SentRequest
    ) -> ReceivedResponse:
        deadline = time.monotonic() + 3 * self._timeout
        sock = connection.sock
        keep = False
        try:
            self._write(connection, request)
            _acknowledge_at_once(sock)
            answer = _final(connection.getresponse())
            status, headers = answer.status, tuple(answer.getheaders())
            stray = status in (204, 304) and request.linger and _has_stray_body(answer, sock)
            body = _read(answer, sock, deadline)
            closes = answer.will_close
            keep = not (stray or closes) and (request.body is None or status < 300)
        except TimeoutError:
            raise TimedOut(f"no complete answer within {self._timeout:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionLost(
                f"the connection broke before an answer: {_reason(error)}"
            ) from None
        finally:
            if keep and self._idle is None:
                self._idle = connection
            else:
                connection.close()
        return ReceivedResponse(status, headers, _decoded(body, headers), stray=stray)

    def _write(self, connection: http.client.HTTPConnection, request: SentRequest) -> None:
        default = self._port == (443 if self._tls else 80)
        host = _authority(self._host, None if default else self._port)
        path = request.path
        if self._proxy is not None and not self._tls:
            path = f"http://{host}{path}"
        connection.putrequest(request.method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        if self._proxy is not None and not self._tls:
            for name, value in self._proxy.headers:
                connection.putheader(name, value)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body is not None:
            connection.putheader("Content-Length", str(len(request.body)))
        # A server may refuse a body before it was sent as a whole: its answer is there to be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(request.body)


@dataclass(frozen=True, slots=True)
class _Proxy:
    address: tuple[str, int]
    headers: Headers


def _proxy(scheme: str, host: str) -> _Proxy | None:
    """Return the proxy that the environment names for a host (HTTP_PROXY, HTTPS_PROXY, NO_PROXY)."""
    proxies = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    if not url or proxy_bypass(host):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ProxyUnusable(
            f"the environment names a proxy of the kind {parts.scheme}://, and only http:// is supported; "
            f"change {scheme.upper()}_PROXY, or name the host in NO_PROXY"
        )
    headers: Headers = ()
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers = (("Proxy-Authorization", f"Basic {base64.b64encode(login).decode('ascii')}"),)
    return _Proxy((parts.hostname, parts.port or 80), headers)


def _tls_context(target: Target) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if target.ca_bundle is not None:
        context.load_verify_locations(cafile=target.ca_bundle)
    if not target.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _authority(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def _acknowledge_at_once(sock: socket.socket | None) -> None:
    """Spare a server that sends its answer in pieces the 40 ms that a delayed ACK costs each time."""
    option = getattr(socket, "TCP_QUICKACK", None)  # Linux has it
    if sock is not None and option is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, 1)


def _final(answer: http.client.HTTPResponse) -> http.client.HTTPResponse:
    """Skip interim answers, such as 103 (RFC 9110, section 15.2)."""
    for _ in range(_INTERIM):
        if not 100 <= answer.status < 200 or answer.status == http.HTTPStatus.SWITCHING_PROTOCOLS:
            break
        # begin() reads a head where there is none yet, and so it is at first.
        answer.headers = answer.msg = None  # type: ignore[assignment]  # not told by typeshed
        answer.begin()
    return answer


def _has_stray_body(answer: http.client.HTTPResponse, sock: socket.socket | None) -> bool:
    """Return whether bytes follow an answer that has no body by its status."""
    if sock is None or answer.fp is None:
        return False
    try:
        # What came with the head stands in the reader's buffer already; the rest may be on its way.
        sock.settimeout(0)
        assert isinstance(answer.fp, io.BufferedReader)
        if not answer.fp.peek(1):
            select.select([sock], [], [], _LINGER)
        # A last chunk of nothing is clumsy, and no body.
        return answer.fp.peek(1)[:64].strip() not in (b"", b"0")
    except (OSError, ValueError):
        return False


def _read(answer: http.client.HTTPResponse, sock: socket.socket | None, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if sock is not None:
            sock.settimeout(left)
            _acknowledge_at_once(sock)
        part = answer.read1(65536)
        if not part:
            break
        parts.append(part)
        size += len(part)
        if size > BODY_LIMIT:
            raise TooLong(
                f"the answer is longer than {BODY_LIMIT} bytes, which is all that is read"
            )
    if answer.length:  # read1 does not say that something is missing
        raise http.client.IncompleteRead(b"", answer.length)
    answer.close()  # read1 does not, and an open answer holds its connection
    return b"".join(parts)


def _decoded(body: bytes, headers: Headers) -> bytes:
    """Decode a gzip coding, which a server in between may apply unasked."""
    codings = [value.lower() for name, value in headers if name.lower() == "content-encoding"]
    if codings not in (["gzip"], ["x-gzip"], ["deflate"]):
        return body
    try:
        reader = zlib.decompressobj(wbits=47)
        return reader.decompress(body, BODY_LIMIT)
    except zlib.error:
        return body


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
