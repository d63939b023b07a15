"""The journal: read, empty, export, watch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import orjson

from mockserver.control.har import har_entry, har_head
from mockserver.pipeline.answer import Answer, json_answer, json_list
from mockserver.pipeline.off_loop import off_loop
from mockserver.pipeline.operation import Handler, by_name
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.request import Request
from mockserver.sandboxes.hiding import Hide
from mockserver.sandboxes.journal import Entry
from mockserver.sandboxes.sandbox import Sandbox

Json = dict[str, Any]

_ALIVE_EVERY = 15.0  # seconds without a request after which a comment shows that the stream lives
_SEPARATORS = (
    "\x85\u2028\u2029"  # which some readers of lines, Python's among them, take for the end of one
)
_EVENT_STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


def handlers(hide: Hide) -> Mapping[str, Handler]:
    """Return the operations; `hide` hides the control token."""

    async def list_requests(request: Request, _: Outcome) -> Answer:
        return await off_loop(listed, request.sandbox.journal.entries())

    def listed(entries: Iterable[Entry]) -> Answer:
        return json_answer(json_list(hide(entry.json()) for entry in entries))

    def clear_requests(request: Request, _: Outcome) -> None:
        request.sandbox.journal.clear()

    async def get_har(request: Request, _: Outcome) -> Answer:
        host = request.headers.get(b"host", b"localhost").decode("latin-1")
        sandbox = request.sandbox
        # A header may have named the sandbox; by its base URL, the same request finds it too.
        base = f"http://{host}/~{sandbox.name}" if sandbox.name else f"http://{host}"
        return await off_loop(archived, sandbox.journal.entries(), base)

    def archived(entries: Iterable[Entry], base: str) -> Answer:
        written = json_list(hide(har_entry(entry, base)) for entry in entries)
        head = orjson.dumps(hide(har_head()))
        return json_answer(b'{"log":%b,"entries":%b}}' % (head[:-1], written))

    def stream_events(request: Request, _: Outcome) -> Answer:
        stream = None if request.method == "HEAD" else _Events(request.sandbox, hide)
        return Answer(200, _EVENT_STREAM, b"", stream=stream)

    return by_name(list_requests, clear_requests, get_har, stream_events)


def _event(number: int, data: Json) -> bytes:
    raw = orjson.dumps(data)
    for separator in _SEPARATORS:
        raw = raw.replace(separator.encode(), b"\\u%04x" % ord(separator))
    return b"event: request\nid: %d\ndata: %b\n\n" % (number, raw)


class _Events:
    """The requests of a sandbox as server-sent events, as they come."""

    def __init__(self, sandbox: Sandbox, hide: Hide) -> None:
        self._hide = hide
        self._reader = sandbox.journal.read()
        self.close = self._reader.close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b": watching\n\n"
        while not self._reader.is_closed:
            entry = await self._reader.next(_ALIVE_EVERY)
            if entry is None:
                yield b": alive\n\n"
                continue
            if entry.event is None:
                entry.event = _event(entry.number, self._hide(entry.json()))
            yield entry.event
