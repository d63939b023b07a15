"""The cost of a request without sockets: run by `bench.overhead` for one source tree.

Bytes go into the protocol of a connection, and bytes come out of it; in between is all that the server does.
Prints, as JSON, the microseconds that its thread takes for a request, in the best of many short batches: what
else the machine does makes a batch slower, never faster.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
import time
from pathlib import Path
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from mockserver.app import Settings, create_app, warm_up
from mockserver.loading import Sources, load
from mockserver.sandboxes.sandbox import Sandboxes
from mockserver.server.connection import Connection
from mockserver.server.log import Log
from mockserver.server.uvicorn_server import Server

CONNECTIONS = 16
ROUNDS = 5  # requests of each connection in a batch
BATCHES = 400

LOGIN = base64.b64encode(b"janedoe:janedoe-password").decode()
BODY = '{"location": "Private Island", "company": "Retired"}'


def requests(prefix: str) -> dict[str, bytes]:
    """Return the requests to measure, as a browser sends them."""
    path = f"{prefix}/api/v1.1/users/janedoe/"
    fields = "Host: 127.0.0.1:8080\r\nAccept: */*\r\nUser-Agent: bench\r\n"
    length = f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
    return {
        "get_user, a token": f"GET {path} HTTP/1.1\r\n{fields}Authorization: Bearer janedoe-all\r\n\r\n".encode(),
        "get_user, HTTP Basic": f"GET {path} HTTP/1.1\r\n{fields}Authorization: Basic {LOGIN}\r\n\r\n".encode(),
        "update_user, JSON": f"PATCH {path} HTTP/1.1\r\n{fields}{length}Authorization: Bearer janedoe-all\r\n\r\n{BODY}".encode(),
        "get_user, refused": f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode(),
    }


class Transport(asyncio.Transport):
    """A counter of answers."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = 0

    def write(self, data: Any) -> None:
        """Count an answer."""
        self.answers += 1

    def is_closing(self) -> bool:
        """Say that it is open."""
        return False

    def close(self) -> None:
        """Stay open."""

    def pause_reading(self) -> None:
        """Ignore it: there is nothing to read from."""

    def resume_reading(self) -> None:
        """Ignore it: there is nothing to read from."""


def create(log: Log) -> Any:
    """Make the application as `mockserver serve` does."""
    loaded = load(Sources())
    sandboxes = Sandboxes(loaded.fixtures)
    return create_app(loaded.contract, loaded.oauth, loaded.control, sandboxes, Settings(), log)


async def measure(config: Config, request: bytes) -> float:
    """Measure the microseconds for a request."""
    loop = asyncio.get_running_loop()
    state = ServerState()
    lines = []
    for _ in range(CONNECTIONS):
        transport = Transport()
        protocol = cast("Any", Connection)(config, state, {}, loop)
        protocol.connection_made(transport)
        lines.append((protocol, transport))
    best = float("inf")
    for _ in range(BATCHES):
        expected = lines[0][1].answers
        began = time.thread_time()
        for _ in range(ROUNDS):
            expected += 1
            for protocol, _ in lines:
                protocol.data_received(request)
            while any(transport.answers < expected for _, transport in lines):  # noqa: ASYNC110 - nothing signals it
                await asyncio.sleep(0)
        best = min(best, time.thread_time() - began)
    return best / (CONNECTIONS * ROUNDS) * 1e6


async def main() -> None:
    """Measure, and print."""
    log = Log(io.StringIO(), "text")
    app = create(log)
    await warm_up(app)
    config = Server(app, log, lambda: None).config
    config.load()
    figures = {}
    for name, request in requests(sys.argv[1] if len(sys.argv) > 1 else "").items():
        figures[name] = await measure(config, request)
    log.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    if str(Path(__file__).parent) in sys.path[:1]:
        sys.path.pop(0)
    asyncio.run(main())
