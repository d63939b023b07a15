"""The log: a line per request, as text or as JSON.

The lines are written by a thread of their own. So a reader that does not read, such as a test that
never empties the pipe, does not hold the server up; past a limit, lines are dropped and counted.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from functools import lru_cache
from typing import Any, Literal, TextIO

from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import Request
from mockserver.sandboxes.hiding import token_hider

LogFormat = Literal["text", "json"]

FLUSH_AFTER = 0.05
"""Seconds; lines are handed over in batches."""

_MAX_PENDING = 200  # batches that wait for a slow reader


class Log:
    """The log of a server, written as things happen.

    Args:
        stream: Where to.
        style: "text" for people, or "json" for programs: one object a line.
        control_token: The control token, which no line shows.
    """

    def __init__(self, stream: TextIO, style: LogFormat, control_token: str | None = None) -> None:
        self._stream = stream
        self._hide = token_hider(control_token)
        as_json = style == "json"
        self._line = _json_line if as_json else _text_line
        self._request_line = _json_request if as_json else _text_request
        self._lines: list[str] = []
        self._dropped = 0
        self._queue: queue.Queue[str | None] = queue.Queue(_MAX_PENDING)
        self._timer: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def request(self, request: Request, outcome: Outcome, seconds: float) -> None:
        """Report a request that was answered."""
        self._append(self._request_line(request, outcome, seconds))

    def unread(self, problem: Problem) -> None:
        """Report the refusal of bytes that became no request: no HTTP, too slow, or too large."""
        self.write(
            {
                "event": "request",
                "method": None,
                "path": None,
                "operation": None,
                "status": problem.status,
                "code": problem.code,
                "why": problem.detail,
            }
        )

    def defect(self, text: str) -> None:
        """Report that the server itself failed."""
        self.write({"event": "defect", "message": text})

    def event(self, event: str, message: str, **facts: Any) -> None:
        """Report anything else, such as a reload."""
        self.write({"event": event, "message": message, **facts})

    def write(self, facts: dict[str, Any]) -> None:
        """Write one line, soon."""
        self._append(self._line(facts))

    def _append(self, line: str) -> None:
        self._lines.append(line)
        if self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:  # before the server runs, or after
                self.flush()
            else:
                self._timer = loop.call_later(FLUSH_AFTER, self.flush)

    def flush(self) -> None:
        """Hand the lines over to the thread that writes them."""
        self._timer = None
        lines, self._lines = self._lines, []
        if self._dropped:
            message = f"{self._dropped} lines were dropped: they were not read in time"
            lines.insert(0, self._line({"event": "dropped", "message": message}))
        try:
            self._queue.put_nowait(self._hide("".join(lines)))
            self._dropped = 0
        except queue.Full:
            self._dropped += len(lines)

    def close(self, timeout: float = 1.0) -> None:
        """Write what is left, for at most so many seconds."""
        self.flush()
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _write(self) -> None:
        late, why = 0, ""
        while (text := self._queue.get()) is not None:
            lines = text.count("\n")
            if late:
                message = f"{late} lines could not be written in time, and may be lost: {why}"
                text = self._line({"event": "dropped", "message": message}) + text
            try:
                self._stream.write(text)
                self._stream.flush()
                late = 0
            except OSError as error:  # such as a full disk, which may have room again
                late, why = late + lines, error.strerror or str(error)
            except ValueError:  # the stream was closed
                return


def _json_request(request: Request, outcome: Outcome, seconds: float) -> str:
    facts: dict[str, Any] = {
        "event": "request",
        "method": request.method,
        "path": request.path,
        "operation": outcome.operation,
        "status": outcome.answer.status if outcome.answer is not None else 0,
        "ms": round(seconds * 1000, 2),
    }
    caller = outcome.caller
    if caller is not None:
        facts["user"] = caller.username
        facts["scheme"] = caller.scheme
    if outcome.reason is not None:
        facts["code"], facts["why"] = outcome.reason
    if outcome.notes:
        facts["notes"] = outcome.notes
    if outcome.fault is not None:
        facts["fault"] = str(outcome.fault)
    if request.sandbox.name:
        facts["sandbox"] = request.sandbox.name
    return _json_line(facts)


def _text_request(request: Request, outcome: Outcome, seconds: float) -> str:
    status = outcome.answer.status if outcome.answer is not None else 0
    caller = outcome.caller
    who = "" if caller is None else f"  {caller.username} ({caller.scheme})"
    where = f"/~{request.sandbox.name}" if request.sandbox.name else ""
    line = (
        f"{_clock(int(time.time()))}  {request.method:<6} {where}{request.path}  {status}"
        f"  {seconds * 1000:.1f} ms{who}"
    )
    if outcome.reason is not None:
        line += f"  {outcome.reason[0]}: {outcome.reason[1]}"
    if outcome.fault is not None and outcome.reason is None:
        line += f"  [{outcome.fault}]"
    for note in outcome.notes:
        line += f"  [{note}]"
    return f"{line if line.isprintable() else _printable(line)}\n"


def _json_line(facts: dict[str, Any]) -> str:
    stamped = {"time": round(time.time(), 3), **facts}
    return json.dumps(stamped, ensure_ascii=True) + "\n"


def _text_line(facts: dict[str, Any]) -> str:
    if facts["event"] == "request":
        return (
            f"{_clock(int(time.time()))}  -  {facts['status']}  {facts['code']}: {facts['why']}\n"
        )
    message = facts["message"]
    # A defect is a traceback, a failed reload a list: only these may have lines of their own.
    lines = message.split("\n") if facts["event"] in ("defect", "reload-failed") else [message]
    text = "\n".join(_printable(line) for line in lines)
    return f"{_clock(int(time.time()))}  {text}\n"


@lru_cache(maxsize=1)
def _clock(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


def _printable(text: str) -> str:
    """Escape the control characters of a text: none can move the cursor or start a line of its own."""
    return "".join(
        character if character.isprintable() else repr(character)[1:-1] for character in text
    )
