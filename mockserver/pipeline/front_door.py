"""The front door: every request comes in here, and every answer leaves here.

So there is one place that gives each answer its CORS headers, turns whatever went wrong into an
answer, and reports the request.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from typing import Any, Protocol

from mockserver.pipeline.cors import OriginPolicy, cors_headers, is_preflight, preflight
from mockserver.pipeline.exchange import (
    EXCHANGE,
    LINE,
    STREAMING,
    Answer,
    App,
    ClientGone,
    Exchange,
    Receive,
    Scope,
    Send,
    Stream,
)
from mockserver.pipeline.problems import Headers, Problem
from mockserver.sandboxes.sandbox import NAME, NoRoom, Sandboxes


class Reporter(Protocol):
    """Is told what happened."""

    def request(self, exchange: Exchange, seconds: float) -> None:
        """A request was answered, in so many seconds."""

    def defect(self, text: str) -> None:
        """The server failed; `text` is the traceback."""


CONTROL_PREFIX = "/_mock/"
SANDBOX_HEADER = b"x-mock-sandbox"
_OURS = (CONTROL_PREFIX, "/docs/", "/openapi.yaml", "/openapi.json")


class FrontDoor:
    """The outermost middleware."""

    def __init__(
        self, app: App, *, sandboxes: Sandboxes, policy: OriginPolicy, reporter: Reporter
    ) -> None:
        self._app = app
        self._sandboxes = sandboxes
        self._policy = policy
        self._reporter = reporter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await _serve_other(scope, receive, send)
            return
        exchange = Exchange(scope, receive, time.perf_counter(), self._sandboxes.common)
        scope[EXCHANGE] = exchange
        try:
            if exchange.path.startswith("/~") or SANDBOX_HEADER in exchange.headers:
                enter_sandbox(exchange, self._sandboxes)
            if is_preflight(exchange):
                exchange.answer = self._preflight(exchange)
            else:
                await self._app(scope, receive, send)
        except ClientGone:
            self._note_gone(exchange)
            return
        except asyncio.CancelledError:
            exchange.refuse(Problem(503, "shutting-down", "the server is shutting down"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            self._refuse(exchange, error)
        answer = exchange.answer
        if answer is None:
            answer = exchange.refuse(Problem(500, "internal-error", "no answer was made: a defect"))
        headers = self._headers(exchange, answer)
        if answer.stream is not None:
            self._reporter.request(exchange, time.perf_counter() - exchange.started)
            scope[STREAMING] = True
            await _stream(answer.stream, answer.status, headers, receive, send)
            return
        line = scope.get("extensions", {}).get(LINE)
        if line is not None and (exchange.why is not None or exchange.sandbox.faults.rules):
            await _prepare(exchange, line)
        if line is None or not _sent(line, exchange, answer, headers):
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
        seconds = time.perf_counter() - exchange.started
        self._reporter.request(exchange, seconds)
        if exchange.caller is not None or _is_for_the_journal(exchange):
            if not exchange.was_read and line is not None:
                exchange.body = line.unread
            exchange.sandbox.journal.append(exchange.record(answer, headers, seconds))

    def _note_gone(self, exchange: Exchange) -> None:
        """Report and keep a request whose client hung up before it was whole, or before its turn came."""
        detail = "the client hung up before it was answered, and nothing was done"
        exchange.why = ("client-gone", detail)
        exchange.answer = answer = Answer(0, [], b"")
        seconds = time.perf_counter() - exchange.started
        self._reporter.request(exchange, seconds)
        if _is_for_the_journal(exchange):
            exchange.sandbox.journal.append(exchange.record(answer, [], seconds))

    def _headers(self, exchange: Exchange, answer: Answer) -> Headers:
        headers = answer.headers
        origin = exchange.headers.get(b"origin")
        if origin is not None and (not exchange.guarded or self._policy.may_read(exchange, origin)):
            headers = headers + cors_headers(origin)
        if answer.status == 204 or answer.stream is not None:
            return headers
        length = str(len(answer.body)).encode("ascii")
        return [*headers, (b"content-length", length), (b"cache-control", b"no-store")]

    def _refuse(self, exchange: Exchange, error: Exception) -> None:
        if isinstance(error, Problem):
            exchange.refuse(error)
            return
        self._reporter.defect("".join(traceback.format_exception(error)))
        detail = "the mock server failed: this is a defect; its log has more"
        exchange.refuse(Problem(500, "internal-error", detail))

    def _preflight(self, exchange: Exchange) -> Answer:
        if exchange.path.startswith(CONTROL_PREFIX):
            exchange.guarded = True
            self._policy.check(exchange)
        return preflight(exchange)


def _sent(line: Any, exchange: Exchange, answer: Answer, headers: Headers) -> bool:
    """Send an answer as it is wanted, be it spoilt; False if it cannot be sent at once."""
    if line.is_gone:
        exchange.notes.append("the client had hung up before this answer")
    if answer.spoilt is None:
        return bool(line.reply(answer.status, headers, answer.body))
    if answer.spoilt == "reset":
        line.reset()
    else:
        line.truncate(answer.status, headers, answer.body)
    return True


async def _prepare(exchange: Exchange, line: Any) -> None:
    """Do what a refusal, or a rule, wants to be done before the answer is sent."""
    refused_unread = exchange.why is not None and not exchange.was_read and line.is_on_its_way
    if refused_unread and _is_for_the_journal(exchange):
        await exchange.read_soon()  # the journal wants it
    if exchange.sandbox.faults.resets:
        await line.part(exchange.sandbox)


def _is_for_the_journal(exchange: Exchange) -> bool:
    """Whether a request is meant for the Accounts API, even if it missed it."""
    path = exchange.path
    if path.startswith("/~"):  # into a sandbox that it did not get
        path = "/" + path[2:].partition("/")[2]
    if path == "/" or path.startswith(_OURS):
        return False
    return exchange.method != "OPTIONS" or not is_preflight(exchange)


def enter_sandbox(exchange: Exchange, sandboxes: Sandboxes) -> None:
    """Find the sandbox that a request names, by `X-Mock-Sandbox` or a base URL with `/~NAME`.

    Raises:
        Problem: 400 for a bad name, 503 when there is no room.
    """
    name = exchange.headers.get(SANDBOX_HEADER, b"").decode("latin-1").strip()
    prefix, slash, rest = exchange.path.removeprefix("/~").partition("/")
    if exchange.path.startswith("/~"):
        if name and name != prefix:
            detail = "the path names one sandbox and X-Mock-Sandbox another; name only one"
            raise Problem(400, "sandbox-malformed", detail)
        name = prefix
    if not NAME.fullmatch(name):
        detail = "the name of a sandbox is 1 to 64 letters, digits, dots, underscores and dashes"
        raise Problem(400, "sandbox-malformed", detail)
    try:
        exchange.sandbox = sandboxes.use(name)
    except NoRoom:
        detail = (
            "there are as many sandboxes as there may be (--max-sandboxes), and all were used in the "
            "last five minutes; drop some with DELETE /_mock/sandboxes"
        )
        headers = [(b"retry-after", b"60")]
        raise Problem(503, "sandboxes-full", detail, headers=headers) from None
    if exchange.path.startswith("/~"):
        exchange.path = slash + rest or "/"
        exchange.prefix = f"/~{exchange.sandbox.name}"


class SandboxRequired:
    """Refuses requests that name no sandbox, so that a forgotten header shows at once.

    Args:
        app: What comes next.
        shared: The operations that belong to no sandbox.
    """

    def __init__(self, app: App, *, shared: frozenset[str]) -> None:
        self._app = app
        self._shared = shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it. Raises Problem: 400."""
        if scope["type"] == "http":
            exchange: Exchange = scope[EXCHANGE]
            if not exchange.sandbox.name and exchange.operation not in self._shared:
                detail = (
                    "this server serves sandboxes only (--require-sandbox): send X-Mock-Sandbox: "
                    "NAME, or put /~NAME before the path"
                )
                raise Problem(400, "sandbox-missing", detail)
        await self._app(scope, receive, send)


async def _stream(
    stream: Stream, status: int, headers: Headers, receive: Receive, send: Send
) -> None:
    """Send an answer piece by piece, until it ends or the client is gone."""
    watcher = asyncio.ensure_future(_close_when_gone(stream, receive))
    try:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        async for piece in stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        watcher.cancel()
        stream.close()


async def _close_when_gone(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.close()


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
