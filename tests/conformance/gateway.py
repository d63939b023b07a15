"""A gateway between the suite and a target, with TLS or a path of its own; or a proxy."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tests.conformance.proxy import Answer, Forward, Request, standing


@dataclass(frozen=True)
class Passed:
    """A request that came by, and its time in seconds of the monotonic clock."""

    request: Request
    at: float


@dataclass
class Gateway:
    """A gateway that is running: its URL, and the requests that came by."""

    url: str = ""
    passed: list[Passed] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Its port."""
        return urlsplit(self.url).port or 0


@contextmanager
def gateway(
    upstream: str,
    *,
    prefix: str = "",
    tls: ssl.SSLContext | None = None,
    refuse: Callable[[int], Answer | None] = lambda _count: None,
) -> Iterator[Gateway]:
    """Pass requests on to a server: those below a prefix, and those that a proxy is sent.

    `refuse` is asked with the number of each request, and answers it if it gives an answer.
    """
    way = Gateway()

    def passing(request: Request, forward: Forward) -> Answer:
        way.passed.append(Passed(request, time.monotonic()))
        if refusal := refuse(len(way.passed)):
            return refusal
        path = urlsplit(request.path).path if "://" in request.path else request.path
        if not path.startswith(prefix):
            return Answer(404)
        return forward(replace(request, path=path.removeprefix(prefix)))

    with standing(passing, upstream=upstream, tls=tls) as way.url:
        yield way
