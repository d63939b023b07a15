"""The front door: every request comes in here, and every answer leaves here.

So there is one place that gives each answer its CORS headers, turns whatever went wrong into an
answer, and reports the request.
"""

from __future__ import annotations

import time
import traceback
from typing import Protocol

from mockserver.cors import OriginPolicy, cors_headers, is_preflight, preflight
from mockserver.exchange import (
    EXCHANGE,
    REPLY,
    Answer,
    App,
    ClientGone,
    Exchange,
    Receive,
    Scope,
    Send,
)
from mockserver.problems import Problem
from mockserver.sandbox import Sandbox


class Reporter(Protocol):
    """Is told what happened."""

    def request(self, exchange: Exchange, seconds: float) -> None:
        """A request was answered, in so many seconds."""

    def defect(self, text: str) -> None:
        """The server failed; `text` is the traceback."""


CONTROL_PREFIX = "/_mock/"


class FrontDoor:
    """The outermost middleware."""

    def __init__(
        self, app: App, *, sandbox: Sandbox, policy: OriginPolicy, reporter: Reporter
    ) -> None:
        self._app = app
        self._sandbox = sandbox
        self._policy = policy
        self._reporter = reporter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await _serve_other(scope, receive, send)
            return
        exchange = Exchange(scope, receive, time.perf_counter(), self._sandbox.redact)
        scope[EXCHANGE] = exchange
        try:
            if is_preflight(exchange):
                exchange.answer = self._preflight(exchange)
            else:
                await self._app(scope, receive, send)
        except ClientGone:
            return
        except Problem as problem:
            exchange.refuse(problem)
        except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer, and we a traceback
            self._reporter.defect(exchange.redact(traceback.format_exc()))
            detail = "the mock server failed: this is a defect; its log has more"
            exchange.refuse(Problem(500, "internal-error", detail))
        answer = exchange.answer
        if answer is None:
            answer = exchange.refuse(Problem(500, "internal-error", "no answer was made: a defect"))
        headers = answer.headers
        origin = exchange.headers.get(b"origin")
        if origin is not None and (not exchange.guarded or self._policy.may_read(exchange, origin)):
            headers = headers + cors_headers(origin)
        if answer.status != 204:
            length = str(len(answer.body)).encode("ascii")
            headers = [*headers, (b"content-length", length), (b"cache-control", b"no-store")]
        reply = scope.get("extensions", {}).get(REPLY)
        if reply is None or not reply(answer.status, headers, answer.body):
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
        self._reporter.request(exchange, time.perf_counter() - exchange.started)

    def _preflight(self, exchange: Exchange) -> Answer:
        if exchange.path.startswith(CONTROL_PREFIX):
            exchange.guarded = True
            self._policy.check(exchange)
        return preflight(exchange)


async def _serve_other(scope: Scope, receive: Receive, send: Send) -> None:
    """The other events of ASGI: start and end are fine, and a WebSocket is closed."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
