"""The front door: every request comes in here, and every answer leaves here.

So there is one place that gives each answer its CORS headers, turns any failure into an answer, and reports
the request to log and journal.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Collection
from typing import Protocol
from urllib.parse import unquote

from mockserver.pipeline.access import without_login_box
from mockserver.pipeline.answer import STREAMING, Answer
from mockserver.pipeline.cors import (
    OriginPolicy,
    cors_headers,
    is_preflight,
    may_be_reset,
    preflight,
)
from mockserver.pipeline.outcome import OUTCOME, Outcome, Reason, count, record
from mockserver.pipeline.problems import Headers, Problem
from mockserver.pipeline.request import (
    REQUEST,
    App,
    ClientGone,
    Receive,
    Request,
    Scope,
    Send,
    path_of,
)
from mockserver.pipeline.sandbox import EPOCH_HEADER, SANDBOX_HEADER, enter_sandbox
from mockserver.pipeline.sending import prepare, send_at_once, send_pieces
from mockserver.sandboxes.sandbox import Sandboxes

CONTROL_PREFIX = "/_mock/"
_OURS = (CONTROL_PREFIX, "/docs/", "/openapi.yaml", "/openapi.json", "/oauth.yaml", "/oauth.json")
_PAGES = ("/", "/_mock", "/docs")


class Reporter(Protocol):
    """A log."""

    def request(self, request: Request, outcome: Outcome, seconds: float) -> None:
        """Report a request that was answered, in so many seconds."""

    def defect(self, text: str) -> None:
        """Report that the server failed; `text` is the traceback."""


class FrontDoor:
    """The outermost middleware; `closed` are the paths that no page of another origin may read."""

    def __init__(
        self,
        app: App,
        *,
        sandboxes: Sandboxes,
        policy: OriginPolicy,
        reporter: Reporter,
        closed: Collection[str] = (),
    ) -> None:
        self._app = app.__call__
        self._sandboxes = sandboxes
        self._policy = policy
        self._reporter = reporter
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":  # of `warm_up`
            return
        path, started = path_of(scope), time.perf_counter()
        request = Request(scope, receive, started, self._sandboxes.common, path)
        outcome = scope[OUTCOME] = Outcome()
        scope[REQUEST] = request
        try:
            if request.path.startswith("/~") or SANDBOX_HEADER in request.headers:
                request = scope[REQUEST] = enter_sandbox(scope, request, self._sandboxes)
            if is_preflight(request) and not self._is_closed(request):
                outcome.answer = self._preflight(request, outcome)
                if may_be_reset(request):
                    # Browsers send a request again that is reset on a connection used before.
                    request.writer.keep_alive = False
            else:
                await self._app(scope, receive, send)
        except ClientGone:
            self._note_gone(request, outcome)
            return
        except asyncio.CancelledError:
            outcome.refuse(Problem(503, "shutting-down", "the server is shutting down"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            self._refuse(outcome, error)
        answer = outcome.answer
        if answer is None:
            answer = outcome.refuse(Problem(500, "internal-error", "no answer was made: a defect"))
        headers = self._headers(request, outcome, answer)
        if answer.stream is not None:
            self._reporter.request(request, outcome, time.perf_counter() - request.started)
            scope[STREAMING] = True
            await send_pieces(answer.stream, answer.status, headers, receive, send)
            return
        writer = request.writer
        if outcome.reason is not None or request.sandbox.faults.rules:
            await prepare(request, outcome, writer, to_be_kept=_is_for_the_journal(request))
        if not send_at_once(writer, outcome, answer, headers):
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
        seconds = time.perf_counter() - request.started
        self._reporter.request(request, outcome, seconds)
        if outcome.caller is not None or _is_for_the_journal(request):
            if not outcome.was_read:
                outcome.body = writer.unread
            request.sandbox.journal.append(record(request, outcome, answer, headers, seconds))
            count(request.sandbox.coverage, outcome, answer)

    def _note_gone(self, request: Request, outcome: Outcome) -> None:
        """Report and keep a request whose client hung up before it was whole, or before its turn came."""
        detail = "the client hung up before it was answered, and nothing was done"
        outcome.reason = Reason("client-gone", detail)
        outcome.answer = answer = Answer(0, [], b"")
        seconds = time.perf_counter() - request.started
        self._reporter.request(request, outcome, seconds)
        if _is_for_the_journal(request):
            request.sandbox.journal.append(record(request, outcome, answer, [], seconds))

    def _headers(self, request: Request, outcome: Outcome, answer: Answer) -> Headers:
        headers = answer.headers
        if answer.status == 401:
            headers = without_login_box(request, headers)
        if request.sandbox.name:
            headers = [*headers, (EPOCH_HEADER, request.sandbox.epoch)]
        origin = request.headers.get(b"origin")
        if origin is not None and self._may_read(request, outcome, origin):
            headers = headers + cors_headers(origin, headers)
        if answer.status == 204 or answer.stream is not None:
            return headers
        length = str(len(answer.body)).encode("ascii")
        return [*headers, (b"content-length", length), (b"cache-control", b"no-store")]

    def _may_read(self, request: Request, outcome: Outcome, origin: bytes) -> bool:
        if self._is_closed(request):
            return False
        return not outcome.guarded or self._policy.may_read(request, origin)

    def _is_closed(self, request: Request) -> bool:
        return unquote(request.path) in self._closed

    def _refuse(self, outcome: Outcome, error: Exception) -> None:
        if isinstance(error, Problem):
            outcome.refuse(error)
            return
        self._reporter.defect("".join(traceback.format_exception(error)))
        detail = "the mock server failed: this is a defect; its log has more"
        outcome.refuse(Problem(500, "internal-error", detail))

    def _preflight(self, request: Request, outcome: Outcome) -> Answer:
        if request.path.startswith(CONTROL_PREFIX):
            outcome.guarded = True
            self._policy.check(request)
        return preflight(request)


def _is_for_the_journal(request: Request) -> bool:
    """Tell whether a request is meant for the Accounts API, even if it missed it."""
    path = request.path
    if path.startswith("/~"):  # into a sandbox that it did not get
        path = "/" + path[2:].partition("/")[2]
    if path in _PAGES or path.startswith(_OURS):
        return False
    return request.method != "OPTIONS" or not is_preflight(request)
