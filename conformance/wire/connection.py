"""A connection to the target, through TLS and proxies: the only module that opens one.

h11 frames the messages, on sockets of our own, and neither requests nor httpx: a body is sent as it is,
no redirect is followed, no .netrc read, and bytes behind an answer that must have no body can be seen.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import h11

from conformance.target.target import Target
from conformance.wire.transport import Headers, ProxyUnusable, TimedOut, TooLong, Unreachable

BODY_LIMIT = 1 << 20
"""Bytes of an answer that are read; a longer one cannot be judged."""
_LINGER = 0.003  # seconds in which a forbidden body behind a 204 may still arrive


@dataclass
class Connection:
    """A socket, and the state of HTTP on it."""

    sock: socket.socket
    http: h11.Connection = field(
        default_factory=lambda: h11.Connection(h11.CLIENT, max_incomplete_event_size=BODY_LIMIT)
    )

    def send(self, *events: h11.Event) -> None:
        """Send a request. Raises OSError."""
        content = b"".join(self.http.send(event) or b"" for event in events)
        # A server may refuse a body before its end, or a certificate: the answer can still be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            self.sock.sendall(content)

    def response(self, deadline: float) -> h11.Response:
        """Read the head of the answer, after interim ones such as 103 (RFC 9110, section 15.2)."""
        while True:
            event = self._next(deadline)
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise ConnectionAbortedError("the connection was closed")

    def body(self, deadline: float) -> bytes:
        """Read the body of the answer. Raises OSError, h11.RemoteProtocolError, TooLong."""
        content = bytearray()
        while isinstance(event := self._next(deadline), h11.Data):
            content += event.data
            if len(content) > BODY_LIMIT:
                raise TooLong(f"the answer is longer than the limit of {BODY_LIMIT} bytes")
        return bytes(content)

    def _next(self, deadline: float) -> object:
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            _acknowledge_at_once(self.sock)
            data = self.sock.recv(65536)
            if not data and self.http.their_state is h11.SEND_RESPONSE:
                raise ConnectionAbortedError("it was closed")
            self.http.receive_data(data)

    def has_stray_bytes(self) -> bool:
        """Return whether bytes follow an answer that has no body by its status."""
        content, closed = self.http.trailing_data
        if not content and not closed:
            self.sock.settimeout(_LINGER)
            with contextlib.suppress(OSError):
                content = self.sock.recv(64)
        # A last chunk of nothing is clumsy, and no body.
        return content[:64].strip() not in (b"", b"0")

    @property
    def is_reusable(self) -> bool:
        """True if both ends are done, and go on."""
        done = self.http.our_state is self.http.their_state is h11.DONE
        return done and not self.http.trailing_data[0]

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


def connect(
    host: str, port: int, timeout: float, tls: ssl.SSLContext | None, proxy: Proxy | None
) -> Connection:
    """Open a connection. Raises TimedOut, Unreachable."""
    deadline = time.monotonic() + timeout
    sock = None
    through = ""
    if proxy is not None:
        through = f" through the proxy {authority(*proxy.address)}, which the environment names"
    try:
        sock = socket.create_connection(proxy.address if proxy else (host, port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            if proxy is not None:
                _open_tunnel(sock, authority(host, port), proxy, deadline)
            sock = tls.wrap_socket(sock, server_hostname=host)
    except (OSError, h11.RemoteProtocolError) as error:
        if sock is not None:
            sock.close()
        if isinstance(error, TimeoutError):
            raise TimedOut(f"no connection{through} within {timeout:g} s") from None
        if isinstance(error, ssl.SSLError):
            raise Unreachable(tls_problem(error)) from None
        raise Unreachable(f"no connection{through}: {reason(error)}") from None
    return Connection(sock)


def _open_tunnel(sock: socket.socket, to: str, proxy: Proxy, deadline: float) -> None:
    """Ask the proxy for a tunnel. Raises OSError, h11.RemoteProtocolError."""
    tunnel = Connection(sock)
    headers = [("Host", to), *proxy.headers]
    tunnel.send(h11.Request(method="CONNECT", target=to, headers=headers), h11.EndOfMessage())
    answer = tunnel.response(deadline)
    if not 200 <= answer.status_code < 300:
        raise OSError(f"the proxy answers {answer.status_code} to CONNECT")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy of the environment, and the headers with its login."""

    address: tuple[str, int]
    headers: Headers


def proxy_for(scheme: str, host: str) -> Proxy | None:
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
    return Proxy((parts.hostname, parts.port or 80), headers)


def tls_context(target: Target) -> ssl.SSLContext:
    """Return the TLS settings of a target. Raises OSError for certificates that cannot be read."""
    context = ssl.create_default_context()
    if target.ca_bundle is not None:
        context.load_verify_locations(cafile=target.ca_bundle)
    if target.client_cert is not None:
        context.load_cert_chain(target.client_cert, target.client_key)
    if not target.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_problem(error: ssl.SSLError) -> str:
    """Describe the failure of a handshake, with the fix where the server's alert tells it."""
    name = error.reason or str(error)
    hint = next((hint for part, hint in _ALERTS.items() if part in name), "")
    return f"TLS failed: {name}{hint}"


NO_CERTIFICATE = (
    "; the server asks for a client certificate: "
    "name one in the target file, tls: {client_cert: cert.pem, client_key: key.pem}"
)
_ALERTS = {
    "CERTIFICATE_REQUIRED": NO_CERTIFICATE,
    "ALERT_HANDSHAKE_FAILURE": f"; versions and ciphers may not meet, or{NO_CERTIFICATE.removeprefix(';')}",
    "ALERT_UNKNOWN_CA": "; the server does not trust the CA of tls.client_cert",
    "ALERT_BAD_CERTIFICATE": "; the server refuses tls.client_cert",
    "ALERT_CERTIFICATE": "; the server refuses tls.client_cert: it is expired, revoked or of another kind",
    "CERTIFICATE_VERIFY_FAILED": "; if a CA of your own signs it, name that: tls: {ca_bundle: ca.pem}",
}
"""The hints for failures of TLS, by a part of OpenSSL's name."""


def authority(host: str, port: int | None) -> str:
    """Return a host and a port as Host has them."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def _acknowledge_at_once(sock: socket.socket) -> None:
    """Spare a server that sends its answer in pieces the 40 ms that a delayed ACK costs each time."""
    option = getattr(socket, "TCP_QUICKACK", None)  # Linux has it
    if option is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, 1)


def reason(error: BaseException) -> str:
    """Return the words of an error."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
