"""An answered request is freed at once: nothing of it waits for the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import io
from typing import cast

import pytest
from uvicorn.server import ServerState

from bench.in_process import Transport, create, requests
from mockserver.app import warm_up
from mockserver.server.connection import Config, Connection
from mockserver.server.log import Log
from mockserver.server.uvicorn_server import Server


async def garbage_after(request: bytes, times: int) -> int:
    """Return how many objects only the collector could free after some requests on one connection."""
    log = Log(io.StringIO(), "text")
    app = create(log)
    await warm_up(app)
    config = Server(app, log, lambda: None).config
    config.load()
    transport = Transport()
    connection = Connection(cast("Config", config), ServerState(), {})
    connection.connection_made(transport)
    for number in range(times + 1):
        connection.data_received(request)
        while transport.answers <= number:  # noqa: ASYNC110 - nothing signals it
            await asyncio.sleep(0)
        if number == 0:  # what is made once is there now
            gc.collect()
            gc.disable()
    try:
        return gc.collect()
    finally:
        gc.enable()
        log.close()


@pytest.mark.parametrize("kind", requests(""))
def test_an_answered_request_leaves_nothing_to_the_garbage_collector(kind: str) -> None:
    assert asyncio.run(garbage_after(requests("")[kind], times=20)) < 20
