"""`python -m bench.sandboxes`: the memory of ten thousand sandboxes in one process, and its effect on the first.

Each sandbox is made by reading in it, then written to, then filled with requests. In between, the first of
them is asked again and again, in turn with asking the common world, so that the two can be compared: the best
of many short batches counts. The server reports its own memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

PATH = "/api/v1.1/users/janedoe/"
TOKEN = "janedoe-all"
PATCH = b'{"location": "Private Island"}'


class Client:
    """One connection to the server."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send a request, and read its answer."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            sys.exit(f"{method} {path}: {answer.status} {data.decode()}")
        return data

    def memory(self) -> int:
        """Return the memory of the server, in bytes."""
        return int(json.loads(self.send("GET", "/_mock/sandboxes"))["memory_bytes"])

    def best(self, path: str) -> float:
        """Measure the microseconds for a read, in the best of many batches."""
        best = float("inf")
        for _ in range(40):
            began = time.perf_counter()
            for _ in range(25):
                self.send("GET", path)
            best = min(best, (time.perf_counter() - began) / 25)
        return best * 1e6


@contextmanager
def server() -> Iterator[Client]:
    """Start a mock server in a process of its own."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - for the type checker
            url = json.loads(process.stdout.readline())["url"]
            yield Client(int(url.rpartition(":")[2]))
        finally:
            process.terminate()


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.sandboxes", description=main.__doc__)
    parser.add_argument("--sandboxes", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10, help="further ones in each")
    arguments = parser.parse_args()
    count = arguments.sandboxes
    with server() as client:
        first = f"/~n0{PATH}"
        client.send("GET", first)
        alone = client.best(first)
        empty = client.memory()
        print(
            f"{'':<34}{'MiB':>8}{'KiB each':>10}{'first, µs':>11}{'to alone':>10}{'to common':>11}"
        )

        def report(what: str) -> None:
            taken = client.memory() - empty
            mine, common = client.best(first), client.best(PATH)
            figures = f"{taken / 2**20:>8.1f}{taken / count / 1024:>10.2f}{mine:>11.1f}"
            print(f"{what:<34}{figures}{mine / alone:>10.2f}{mine / common:>11.2f}", flush=True)

        report("one sandbox")
        for number in range(count):
            client.send("GET", f"/~n{number}{PATH}")
        report(f"{count} read once")
        for number in range(count):
            client.send("PATCH", f"/~n{number}{PATH}", PATCH)
        report("each written to")
        for number in range(count):
            for _ in range(arguments.requests):
                client.send("GET", f"/~n{number}{PATH}")
        report(f"each read {arguments.requests} times more")
        for number in range(count):
            for _ in range(arguments.requests):
                client.send("GET", f"/~n{number}{PATH}")
        report(f"each read {2 * arguments.requests} times more")


if __name__ == "__main__":
    main()
