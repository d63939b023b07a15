"""`python -m bench.slow_line`: the time that a run of the conformance suite takes on slow lines.

A proxy on 127.0.0.1 stands before the mock server and hands each answer on a while later. A run of each
kind is made on each line; the figures of one machine mean little, their ratios to the fastest line more.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from tests.conformance.support import write_target
from tests.support.servers import MockServer

_LINES = (0, 20, 100, 300)  # milliseconds
_KINDS = {"default": (), "quick": ("--quick",)}
_BASIC = re.compile(rb"^authorization: *basic ", re.IGNORECASE | re.MULTILINE)


@contextmanager
def slow_line(base_url: str, seconds: float, hashing: float = 0.0) -> Iterator[str]:
    """Start the proxy before a server, and yield the URL that leads through it.

    Args:
        base_url: The server.
        seconds: How long each piece of an answer waits.
        hashing: How long an answer to a Basic login waits beside that, as if its password was hashed.
    """
    parts = urlsplit(base_url)
    loop = asyncio.new_event_loop()
    ready: list[int] = []
    started = threading.Event()

    async def copy(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, wait: float, hashing: float
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                await asyncio.sleep(wait + (hashing if _BASIC.search(data) else 0))
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(
            copy(reader, back, wait=0.0, hashing=hashing),
            copy(there, writer, wait=seconds, hashing=0.0),
        )

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        ready.append(server.sockets[0].getsockname()[1])
        started.set()
        async with server:
            await server.serve_forever()

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait()
    try:
        yield f"http://127.0.0.1:{ready[0]}{parts.path}"
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the suite on each line, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow_line", description=__doc__)
    parser.add_argument("--lines", nargs="+", type=int, default=_LINES, metavar="MS")
    parser.add_argument("--kinds", nargs="+", choices=list(_KINDS), default=list(_KINDS))
    parser.add_argument("--connections", nargs="+", type=int, default=[8], metavar="N")
    parser.add_argument("--hashing", type=int, default=0, metavar="MS", help="for each Basic login")
    chosen = parser.parse_args(arguments)
    print(f"{'line':>8}  {'kind':<10}{'connections':>11}{'seconds':>9}{'requests':>10}  verdict")
    with MockServer() as server, tempfile.TemporaryDirectory() as folder:
        for line, kind, several in product(chosen.lines, chosen.kinds, chosen.connections):
            with slow_line(server.url, line / 1000, chosen.hashing / 1000) as url:
                figures = _run(Path(folder), url, kind, several)
                print(f"{line:>5} ms  {kind:<10}{several:>11}{figures}", flush=True)


def _run(folder: Path, url: str, kind: str, connections: int) -> str:
    """Run the suite once, and return its seconds, requests and verdict in columns."""
    target = write_target(folder, url, lambda data: data.update(connections=connections))
    report = folder / "report.json"
    command = [sys.executable, "-m", "conformance.cli", "run", str(target), "--seed", "1"]
    begun = time.monotonic()
    subprocess.run(
        [*command, *_KINDS[kind], "--report", str(report)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.monotonic() - begun
    found = json.loads(report.read_text("utf-8"))
    return f"{seconds:>9.1f}{found['requests']:>10,}  {found['verdict']}"


if __name__ == "__main__":
    main()
