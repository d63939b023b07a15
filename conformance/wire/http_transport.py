"""The transport over HTTP/1.1: one request, one answer, and a connection that may be used again."""

from __future__ import annotations

import contextlib
import select
import ssl
import time
import zlib
from collections import deque
from urllib.parse import urlsplit

import h11

from conformance.target.target import Target
from conformance.target.values import MOST_CONNECTIONS
from conformance.wire.connection import (
    BODY_LIMIT,
    NO_CERTIFICATE,
    Connection,
    authority,
    connect,
    proxy_for,
    reason,
    tls_context,
    tls_problem,
)
from conformance.wire.transport import (
    ConnectionLost,
    Headers,
    ReceivedResponse,
    SentRequest,
    TimedOut,
    Unreachable,
)


class HttpTransport:
    """The transport over TCP, with TLS for https.

    A connection is used again only for requests without a body, and only after an answer whose end is
    certain: a server that closes without notice, or leaves a refused body unread, must not affect the
    next answer. Threads share the connections that wait for their next request.
    """

    parallel = True

    def __init__(self, target: Target) -> None:
        """Raise ProxyUnusable, and OSError for certificates that cannot be read."""
        parts = urlsplit(target.base_url)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._timeout = target.timeout
        self._context = tls_context(target) if self._tls else None
        self._proxy = proxy_for(parts.scheme, self._host)
        self._may_lack_certificate = self._tls and target.client_cert is None
        self._has_answered = False
        self._idle: deque[Connection] = deque()  # its ends may be used by several threads at once

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send a request and read its answer. Raises TransportError."""
        idle = None if request.body is not None else self._take_idle()
        if idle is not None:
            try:
                return self._exchange(idle, request)
            except ConnectionLost:
                pass  # closed in the meantime; a request without a body may be sent again
        fresh = connect(self._host, self._port, self._timeout, self._context, self._proxy)
        return self._exchange(fresh, request)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _take_idle(self) -> Connection | None:
        with contextlib.suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if not select.select([connection.sock], [], [], 0)[0]:
                    connection.http.start_next_cycle()
                    return connection
                connection.close()  # closed by the server, or bytes without a request
        return None

    def _exchange(self, connection: Connection, request: SentRequest) -> ReceivedResponse:
        deadline = time.monotonic() + self._timeout
        keep = False
        try:
            connection.sock.settimeout(self._timeout)
            connection.send(*self._events(request))
            answer = connection.response(deadline)
            status = answer.status_code
            headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in answer.headers.raw_items()
            )
            body = connection.body(deadline)
            stray = status in (204, 304) and request.linger and connection.has_stray_bytes()
            keep = connection.is_reusable and (request.body is None or status < 300) and not stray
        except TimeoutError:
            raise TimedOut(f"no complete answer within {self._timeout:g} s") from None
        except h11.RemoteProtocolError as error:
            raise ConnectionLost(f"no complete answer in HTTP: {error}") from None
        except OSError as error:
            # TLS 1.3 refuses a client's certificate after its handshake.
            if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
                raise Unreachable(tls_problem(error)) from None
            why = f"the connection broke before an answer: {reason(error)}"
            if not self._has_answered and self._may_lack_certificate:
                why += f"; perhaps{NO_CERTIFICATE.removeprefix(';')}"
            raise ConnectionLost(why) from None
        finally:
            # Requests with a body leave more connections than the others take up again.
            if keep and len(self._idle) < MOST_CONNECTIONS:
                self._idle.append(connection)
            else:
                connection.close()
        self._has_answered = True
        return ReceivedResponse(status, headers, _decoded(body, headers), stray=stray)

    def _events(self, request: SentRequest) -> list[h11.Event]:
        """Return a request as h11 takes it."""
        default = self._port == (443 if self._tls else 80)
        host = authority(self._host, None if default else self._port)
        path = request.path
        headers = [("Host", host)]
        if self._proxy is not None and not self._tls:
            path = f"http://{host}{path}"
            headers += self._proxy.headers
        headers += request.headers
        if request.body is not None:
            headers.append(("Content-Length", str(len(request.body))))
        fields = [(name.encode(), value.strip(" \t").encode("latin-1")) for name, value in headers]
        return [
            h11.Request(method=request.method, target=path, headers=fields),
            *([h11.Data(data=request.body)] if request.body else []),
            h11.EndOfMessage(),
        ]


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
