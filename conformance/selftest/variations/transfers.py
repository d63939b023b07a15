"""More of HTTP: how connections end, what comes beside an answer."""

from __future__ import annotations

import time

from conformance.selftest.changes import variation
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.variations.clauses import (
    HTTP,
)


@variation("Connections end after five answers, without a word.", HTTP)
class ClosedWithoutNotice(Service):
    def __init__(self) -> None:
        super().__init__()
        self.served: dict[int, int] = {}

    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        served = self.served[call.connection] = self.served.get(call.connection, 0) + 1
        reply.close = reply.silent = served >= 5
        return reply


@variation("The first answer takes three seconds.", "its speed")
class SlowStart(Service):
    def answer(self, call: Call) -> Reply:
        if not self.calls:
            time.sleep(3)
        return super().answer(call)


@variation("100 (Continue) comes before each answer.", HTTP)
class Continues(Service):
    interim = ("100 Continue",)


@variation("103 (Early Hints) comes before each answer.", HTTP)
class EarlyHints(Service):
    interim = ("102 Processing", "103 Early Hints\r\nLink: </style.css>; rel=preload")


@variation("Chunks have extensions, and a trailer follows them.", HTTP)
class Trailers(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.chunked, reply.trailer = True, b";last=1\r\nServer-Timing: total;dur=3"
        return reply


@variation("Headers come in great number, some twice, some in Latin-1, some empty.", HTTP)
class HeadersGalore(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.headers += [("X-User", "Zo\xeb"), ("X-Empty", ""), ("Content-Language", "en, de")]
        reply.headers += [(f"X-Number-{number}", "x" * 100) for number in range(60)]
        reply.headers += [("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d; Secure; HttpOnly")]
        return reply
