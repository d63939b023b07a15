"""The client of the target: rate limit, 429, one recorded exchange per request."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

from accounts_contract import Operation
from conformance.target.credentials import NOBODY, Credentials
from conformance.target.target import RateLimit, Target
from conformance.wire.exchange import Exchange
from conformance.wire.http_transport import HttpTransport
from conformance.wire.transport import ReceivedResponse, SentRequest, Transport, TransportError

USER_AGENT = "accounts-conformance/1"
MAX_RETRY_AFTER = 60.0
"""The longest Retry-After that is waited for; a longer one leaves requirements not verified."""
_MAX_TRIES = 8
_ACCEPT = "application/json"


class RateLimited(TransportError):
    """A target that keeps answering 429, or asks for too long a wait."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request and its media type; None sends no Content-Type."""

    content: bytes
    media_type: str | None = "application/json"


class Client:
    """A client of the target's one host, with a count of its requests."""

    def __init__(
        self, target: Target, transport: Transport | None = None, workers: int = 1
    ) -> None:
        """Share the rate limit with `workers` processes. Raises what HttpTransport raises."""
        self.target = target
        self.requests = 0
        self.rate_limited: str | None = None
        """The reason to send nothing more; None as long as the target answers."""
        self._transport = transport or HttpTransport(target)
        self._prefix = quote(urlsplit(target.base_url).path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
        self._pace = _Pace(target.rate_limit, workers)
        self._secret_headers = frozenset(target.headers)

    def call(
        self,
        operation: Operation,
        username: str,
        credentials: Credentials = NOBODY,
        body: Body | None = None,
        *,
        query: str = "",
        accept: str | None = _ACCEPT,
        linger: bool = True,
    ) -> Exchange:
        """Send a request of an operation to an account. Raises TransportError."""
        path = operation.fill({str(operation.owner): username}) + query
        method = operation.method.upper()
        return self.send(
            method, path, credentials, body, operation.id, accept=accept, linger=linger
        )

    def send(
        self,
        method: str,
        path: str,
        credentials: Credentials = NOBODY,
        body: Body | None = None,
        operation: str = "",
        *,
        accept: str | None = _ACCEPT,
        linger: bool = True,
    ) -> Exchange:
        """Send any request. Repeat it after a 429; follow no redirect.

        Args:
            method: The method.
            path: The path below the base URL, percent-encoded.
            credentials: The login.
            body: The body; None sends none.
            operation: The operationId, if it is a request of one.
            accept: The value of Accept; None sends none.
            linger: True to wait for bytes behind an answer that has no body.

        Raises:
            TransportError: No answer that could be judged.
        """
        content = body.content if body is not None else None
        if content is None and method not in ("GET", "HEAD", "OPTIONS"):
            content = b""
        headers = tuple(self._headers(credentials, body, accept).items())
        request = SentRequest(method, self._prefix + path, headers, content, linger)
        response = self._until_answered(request)
        parts = urlsplit(self.target.base_url)
        url = f"{parts.scheme}://{parts.netloc}{request.path}"
        return Exchange(operation, url, request, response, credentials, self._secret_headers)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _headers(
        self, credentials: Credentials, body: Body | None, accept: str | None
    ) -> Mapping[str, str]:
        headers = {
            "User-Agent": USER_AGENT,
            **({} if accept is None else {"Accept": accept}),
            "Accept-Encoding": "identity",
            **self.target.headers,
        }
        if credentials.authorization is not None:
            headers["Authorization"] = credentials.authorization
        if body is not None and body.media_type is not None:
            headers["Content-Type"] = body.media_type
        return headers

    def _until_answered(self, request: SentRequest) -> ReceivedResponse:
        if self.rate_limited is not None:
            raise RateLimited(self.rate_limited)
        for _ in range(_MAX_TRIES):
            self._pace.wait()
            self.requests += 1
            response = self._transport.send(request)
            if response.status != 429:
                return response
            seconds = retry_after(response)
            if seconds > MAX_RETRY_AFTER:
                self.rate_limited = (
                    f"the target answers 429 and asks to wait for {seconds:.0f} s; "
                    "set rate_limit in the target file, or run again later"
                )
                raise RateLimited(self.rate_limited)
            time.sleep(seconds)
        self.rate_limited = (
            f"the target answered 429 to {_MAX_TRIES} tries; set rate_limit in the target file"
        )
        raise RateLimited(self.rate_limited)


def retry_after(response: ReceivedResponse) -> float:
    """Return the seconds of Retry-After (RFC 9110, section 10.2.3); 1 without it."""
    value = next((value for name, value in response.headers if name.lower() == "retry-after"), "")
    value = value.strip()
    if value.isdecimal() and len(value) < 10:
        return max(float(value), 0.05)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return 1.0
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.05)


class _Pace:
    """A delay before requests, so that no window of the rate limit has more than allowed."""

    def __init__(self, limit: RateLimit | None, workers: int) -> None:
        self._limit = limit
        self._seconds = limit.seconds * workers if limit else 0.0
        self._sent: deque[float] = deque()

    def wait(self) -> None:
        if self._limit is None:
            return
        if len(self._sent) >= self._limit.requests:
            due = self._sent.popleft() + self._seconds
            delay = due - time.monotonic()
            if delay > 0:
                time.sleep(delay)
        self._sent.append(time.monotonic())
