"""The pace of a run: the rate limit of the target file, and the waits that the target asks for."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from conformance.target.target import RateLimit
from conformance.wire.transport import ReceivedResponse

_AGAIN = 0.01  # seconds between two looks, where all that the limit allows are under way


class Stopped(Exception):
    """A wait that was given up, because nothing more is to be sent."""


class Pace:
    """A place in the rate limit for each request; threads share it.

    A place is free again once the limit's time has passed since the *answer*: so no window of that time has
    more requests than allowed, at the target too, however long each was on its way.
    """

    def __init__(self, limit: RateLimit | None) -> None:
        self._most, self._seconds = (limit.requests, limit.seconds) if limit else (0, 0.0)
        self._lock = threading.Lock()
        self._under_way = 0
        self._answered: deque[float] = deque()
        self._not_before = 0.0

    @contextmanager
    def place(self, stop: threading.Event) -> Iterator[None]:
        """Wait for a place, and hold it until the answer. Raises Stopped."""
        while delay := self._take():
            if stop.wait(delay):
                raise Stopped
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                if self._most:
                    self._answered.append(time.monotonic())

    def hold(self, seconds: float) -> None:
        """Send nothing for some seconds."""
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _take(self) -> float:
        """Take a place, and return 0; or the seconds after which to ask again."""
        with self._lock:
            now = time.monotonic()
            if now < self._not_before:
                return self._not_before - now
            while self._answered and self._answered[0] + self._seconds <= now:
                self._answered.popleft()
            if self._most and self._under_way + len(self._answered) >= self._most:
                return self._answered[0] + self._seconds - now if self._answered else _AGAIN
            self._under_way += 1
            return 0.0


def retry_after(response: ReceivedResponse) -> float | None:
    """Return the seconds of Retry-After (RFC 9110, section 10.2.3); None without it."""
    value = next((value for name, value in response.headers if name.lower() == "retry-after"), "")
    value = value.strip()
    if value.isdecimal() and len(value) < 10:
        return max(float(value), 0.05)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.05)
