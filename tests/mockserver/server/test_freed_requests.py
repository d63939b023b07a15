"""An answered request is freed at once: nothing of it waits for the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

from uvicorn.server import ServerState

from mockserver.app import Settings, create_app, warm_up
from mockserver.loading import Sources, load
from mockserver.sandboxes.sandbox import Sandboxes
from mockserver.server.connection import Config, Connection
from mockserver.server.log import Log
from mockserver.server.uvicorn_server import Server
from tests.support import JANE, JANES

TOKEN = "Bearer janedoe-all"
BODY = '{"location": "Private Island", "company": "Retired"}'
KINDS = {
    "a token": f"GET {JANES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {TOKEN}\r\n\r\n",
    "HTTP Basic": f"GET {JANES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {JANE}\r\n\r\n",
    "JSON": f"PATCH {JANES} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {TOKEN}\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}",
    "refused": f"GET {JANES} HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


class Transport(asyncio.Transport):
    """A counter of answers."""

    answers = 0

    def write(self, data: object) -> None:
        self.answers += 1

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """There is nothing to read from."""

    def resume_reading(self) -> None:
        """As `pause_reading`."""


@asynccontextmanager
async def connected() -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    """Give a function that sends a request on one connection, and waits for the answer."""
    log = Log(io.StringIO(), "text")
    loaded = load(Sources())
    contracts = loaded.contract, loaded.oauth, loaded.control
    app = create_app(*contracts, Sandboxes(loaded.fixtures), Settings(), log)
    await warm_up(app)
    config = Server(app, log, lambda: None).config
    config.load()
    transport = Transport()
    connection = Connection(cast("Config", config), ServerState(), {})
    connection.connection_made(transport)

    async def answer(request: bytes) -> None:
        before = transport.answers
        connection.data_received(request)
        while transport.answers == before:  # noqa: ASYNC110 - nothing signals it
            await asyncio.sleep(0)

    try:
        yield answer
    finally:
        log.close()


async def garbage_after(*sent: bytes, times: int) -> list[int]:
    """Return how many objects only the collector could free after each request, sent again and again."""
    found = []
    async with connected() as answer:
        for request in sent:
            await answer(request)  # what is made once is there now
            gc.collect()
            gc.disable()
            try:
                for _ in range(times):
                    await answer(request)
                found.append(gc.collect())
            finally:
                gc.enable()
    return found


async def looked_through_after(request: bytes) -> int:
    """Return how many new objects the collector looks through at once, at most, while a request is served."""
    most = 0

    def watch(phase: str, _: object) -> None:
        nonlocal most
        if phase == "start":
            most = max(most, gc.get_count()[0])

    async with connected() as answer:
        await answer(request)
        gc.callbacks.append(watch)
        try:
            await answer(request)
        finally:
            gc.callbacks.remove(watch)
            gc.unfreeze()
    return most


def put_state(state: object) -> bytes:
    body = json.dumps(state).encode()
    fields = f"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"PUT /_mock/state HTTP/1.1\r\n{fields}\r\n".encode() + body


def test_an_answered_request_leaves_nothing_to_the_garbage_collector() -> None:
    left = asyncio.run(garbage_after(*(one.encode() for one in KINDS.values()), times=20))
    assert {kind: count for kind, count in zip(KINDS, left, strict=True) if count >= 20} == {}


def test_a_large_body_that_is_refused_leaves_nothing_to_the_garbage_collector() -> None:
    refused = put_state({"accounts": [{"username": f"u{number}"} for number in range(5_000)]})
    assert asyncio.run(garbage_after(refused, times=2))[0] < 20


def test_the_garbage_collector_never_looks_through_a_large_world() -> None:
    tokens = [{"token": f"t{number}", "username": "nobody"} for number in range(50_000)]
    assert asyncio.run(looked_through_after(put_state({"accounts": [], "tokens": tokens}))) < 30_000
