"""The client of the target: one recorded exchange per request, past rate limits and failing gateways."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from accounts_contract import Operation
from conformance.target.credentials import NOBODY, Credentials
from conformance.target.target import Target
from conformance.wire.exchange import Exchange
from conformance.wire.http_transport import HttpTransport
from conformance.wire.interruption import deferred_interruptions
from conformance.wire.pace import Pace, Stopped, retry_after
from conformance.wire.threads import do_together
from conformance.wire.transport import (
    ReceivedResponse,
    SentRequest,
    Transport,
    TransportError,
)

USER_AGENT = "accounts-conformance/1"
GATEWAY = frozenset({502, 503, 504})
"""The statuses by which a gateway speaks for a target that does not answer."""
MAX_RETRY_AFTER = 60.0
"""The longest Retry-After that is waited for; a longer one leaves requirements not verified."""
_MAX_TRIES = 8
_SHORT = 2.0  # seconds that a limiter may ask for by a 503 before anything was answered: later ones mean a closed site
_REPEATS = 2  # of a request that got a gateway's error while others did not
PAUSES: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 7.5)
"""The seconds between two looks whether a gateway's target is back."""
_ACCEPT = "application/json"
_TOO_MANY, _UNAVAILABLE = 429, 503


class RateLimited(TransportError):
    """A target that keeps answering 429, or asks for too long a wait."""


class Unavailable(TransportError):
    """A gateway that answers 502, 503 or 504 to requests that were answered before."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request and its media type; None sends no Content-Type."""

    content: bytes
    media_type: str | None = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to be sent.

    Attributes:
        method: The method.
        path: The path below the base URL, percent-encoded.
        credentials: The login.
        body: The body; None sends none.
        operation: The operationId, if it is a request of one.
        accept: The value of Accept; None sends none.
        linger: True to wait for bytes behind an answer that has no body.
    """

    method: str
    path: str
    credentials: Credentials = NOBODY
    body: Body | None = None
    operation: str = ""
    accept: str | None = _ACCEPT
    linger: bool = True


class _Thread(threading.local):
    """The state of the client in one thread: `stop` ends its waits, `asking` marks the canary's own requests."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.asking = False


class Client:
    """A client of the target's one host.

    Attributes:
        requests: The number of requests that were sent.
        gateway_errors: The number of requests that a gateway answered 502, 503 or 504, and that were
            answered when they were repeated.
        rate_limited: The reason to send nothing more; None as long as the target answers.
        canary: A known-good request: returns True if it is answered as before. It tells a gateway whose
            target is away from a request that its target does not survive. Without one, the first answer
            is taken as it is.
    """

    def __init__(self, target: Target, transport: Transport | None = None) -> None:
        """Raise what HttpTransport raises."""
        self.target = target
        self.requests = 0
        self.gateway_errors = 0
        self.rate_limited: str | None = None
        self.canary: Callable[[], bool] | None = None
        self._transport = transport or HttpTransport(target)
        self._prefix = quote(urlsplit(target.base_url).path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
        self._pace = Pace(target.rate_limit)
        self._lock = threading.Lock()
        self._places = threading.Semaphore(target.connections)
        """One for each request that may be under way, whichever thread sends it."""
        self._numbers = 0
        self._thread = _Thread()
        self._canary_lock = threading.Lock()
        self._pauses = 0
        """The pauses that the present outage has taken."""

    def call(
        self,
        operation: Operation,
        username: str,
        credentials: Credentials = NOBODY,
        body: Body | None = None,
    ) -> Exchange:
        """Send a request of an operation to an account. Raises TransportError."""
        return self.exchange(self.prepare(operation, username, credentials, body))

    def prepare(
        self,
        operation: Operation,
        username: str,
        credentials: Credentials = NOBODY,
        body: Body | None = None,
        *,
        linger: bool = True,
    ) -> Call:
        """Make a request of an operation to an account; the other arguments are those of Call."""
        path = operation.fill({str(operation.owner): username})
        method = operation.method.upper()
        return Call(method, path, credentials, body, operation.id, linger=linger)

    def send(self, method: str, path: str, credentials: Credentials = NOBODY) -> Exchange:
        """Send any request. Raises TransportError."""
        return self.exchange(Call(method, path, credentials))

    def exchange(self, call: Call) -> Exchange:
        """Send a request, and repeat it as the target or its gateway asks; follow no redirect.

        After 429, and after 503 with Retry-After, it is sent again when that time has passed. After another
        502, 503 or 504 it is sent again, up to twice, if the canary is answered meanwhile: an answer that is
        no such error is returned and the error counted; else the last error is, which this request alone gets.
        A request that writes may so have been carried out twice: repeat the check before it is failed.

        Raises:
            TransportError: No answer that could be judged; Unavailable if the canary gets none either.
        """
        body = call.body
        content = body.content if body is not None else None
        if content is None and call.method not in ("GET", "HEAD", "OPTIONS"):
            content = b""
        headers = tuple(self._headers(call.credentials, body, call.accept).items())
        request = SentRequest(call.method, self._prefix + call.path, headers, content, call.linger)
        number, response = self._until_answered(request)
        parts = urlsplit(self.target.base_url)
        url = f"{parts.scheme}://{parts.netloc}{request.path}"
        secret = self.target.header_variables
        return Exchange(call.operation, url, request, response, call.credentials, secret, number)

    def send_together(self, calls: Sequence[Call], connections: int) -> list[Exchange]:
        """Send requests over several connections at once; return the exchanges in the order of the calls.

        A transport that is not `parallel` gets them one after the other, in this thread.

        Raises:
            TransportError: The first error, in the order of the calls. After an error nothing more is begun,
                and it is raised when all requests under way have ended; so is KeyboardInterrupt.
        """
        number = min(connections, len(calls))
        if number < 2 or not self.parallel:
            return [self.exchange(call) for call in calls]
        return do_together(calls, self.exchange, number, self.begin_thread)

    @property
    def stopping(self) -> bool:
        """True if nothing more is to be begun in this thread."""
        return self._thread.stop.is_set()

    @property
    def parallel(self) -> bool:
        """True if several requests may be under way at once."""
        return self.target.connections > 1 and getattr(self._transport, "parallel", False)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def begin_thread(self, stop: threading.Event) -> None:
        """Let an event end the waits of this thread."""
        self._thread.stop = stop

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

    def _until_answered(self, request: SentRequest) -> tuple[int, ReceivedResponse]:
        """Return the number of the exchange, and the answer that is to be judged."""
        if self.rate_limited is not None:
            raise RateLimited(self.rate_limited)
        number = limited = waited = repeated = failed = 0
        while True:
            if self._thread.stop.is_set():
                raise Stopped
            # What is on its way is waited for: it must not arrive while the accounts are restored.
            with self._pace.place(self._thread.stop), deferred_interruptions():
                number = self._count(number)
                with self._places:
                    response = self._transport.send(request)
            asked = retry_after(response)
            if response.status == _TOO_MANY:
                limited += 1
                self._wait_for_limit(1.0 if asked is None else asked, limited)
            elif response.status not in GATEWAY or self._thread.asking:
                with self._lock:
                    self.gateway_errors += failed > 0
                return number, response
            else:
                failed += 1
                longest = _SHORT if self.canary is None else MAX_RETRY_AFTER
                if (
                    response.status == _UNAVAILABLE
                    and asked
                    and asked <= longest
                    and waited < _REPEATS
                ):
                    waited += 1
                    self._pace.hold(asked)
                    continue
                if self.canary is not None:
                    self._wait_for_canary(self.canary, response.status)
                if self.canary is None or repeated == _REPEATS:
                    return number, response
                repeated += 1

    def _count(self, number: int) -> int:
        """Count a request that is about to be sent; return the number of its exchange, a new one for 0."""
        with self._lock:
            self.requests += 1
            self._numbers += not number
            return number or self._numbers

    def _wait_for_limit(self, seconds: float, times: int) -> None:
        """Send nothing for as long as a 429 asks. Raises RateLimited."""
        if seconds > MAX_RETRY_AFTER:
            self.rate_limited = (
                f"the target answers 429 and asks to wait for {seconds:.0f} s; "
                "set rate_limit in the target file, or run again later"
            )
        elif times == _MAX_TRIES:
            self.rate_limited = (
                f"the target answered 429 to {_MAX_TRIES} tries; set rate_limit in the target file"
            )
        if self.rate_limited is not None:
            raise RateLimited(self.rate_limited)
        self._pace.hold(seconds)

    def _wait_for_canary(self, canary: Callable[[], bool], status: int) -> None:
        """Return once the known-good request is answered as before. Raises Unavailable."""
        with self._canary_lock:  # an outage is waited for once, by whichever thread meets it first
            while not self._is_good(canary):
                if self._pauses == len(PAUSES):
                    raise Unavailable(
                        f"a gateway answers {status}, also to a request that was answered before, "
                        f"for more than {sum(PAUSES):.0f} s: the target is away; run again later"
                    )
                if self._thread.stop.wait(PAUSES[self._pauses]):
                    raise Stopped
                self._pauses += 1
            self._pauses = 0

    def _is_good(self, canary: Callable[[], bool]) -> bool:
        self._thread.asking = True
        try:
            return canary()
        except TransportError:
            return False
        finally:
            self._thread.asking = False
