"""A transport: the request that it sends, the answer that it reads, and its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

Headers = tuple[tuple[str, str], ...]


class TransportError(Exception):
    """A request without an answer that can be judged; the base of the errors below."""


class Unreachable(TransportError):
    """A connection that cannot be made: refused, an unknown host, TLS that does not verify."""


class ConnectionLost(TransportError):
    """A connection that broke before the end of the answer, or an answer that is no HTTP."""


class TimedOut(TransportError):
    """An answer that took too long."""


class TooLong(TransportError):
    """An answer that is longer than the limit."""


class ProxyUnusable(Exception):
    """A proxy of the environment whose kind is not supported."""


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request as it goes over the wire.

    `path` includes the prefix of the base URL and is percent-encoded. `linger`: True to wait a moment for
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
    """The way to send one request and read its answer.

    One that several threads may use at once says so: it has an attribute `parallel` that is True.
    """

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send a request and return its answer. Raises TransportError."""

    def close(self) -> None:
        """Close the connection."""
