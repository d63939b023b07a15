"""The growth of cost with size: of accounts, addresses, sandboxes, journals and readers of events.

Each series is a cost at several sizes. A cost that grows as its input has the exponent 1 between two of them; what
stays the same has 0.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench.running import PATH, TOKEN, Running, free_port, started

EMAILS = f"{PATH}emails/"
# Seconds of the processor that a figure needs at least: the kernel counts in hundredths.
_TICK = 0.3


Series = dict[str, list[tuple[int, float]]]
"""Costs at several sizes, each by a name that says its unit."""


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """Return the power of the size by which a cost grew in the end."""
    (small, low), (large, high) = points[-2:]
    return math.log(max(high, 1e-9) / max(low, 1e-9)) / math.log(large / small)


class _Client:
    """One connection to a server that is measured."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self._connection = HTTPConnection("127.0.0.1", running.port, timeout=120)
        self._made = 0

    def send(self, method: str, path: str, data: Any = None) -> bytes:
        body = None if data is None else json.dumps(data)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        raw = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {raw[:300].decode()}")
        return raw

    def add_and_delete(self) -> None:
        """Add an address that was never used, and delete it."""
        self._made += 1
        address = {"email": f"fresh-{self._made}@example.com"}
        self.send("POST", EMAILS, address)
        self.send("DELETE", EMAILS, address)

    def change_and_list(self) -> None:
        """Change the account, and list its addresses."""
        self._made += 1
        self.send("PATCH", PATH, {"location": f"Island {self._made}"})
        self.send("GET", EMAILS)

    def cost(self, act: Callable[[], Any], least: int = 1) -> float:
        """Return the microseconds of the server's processor for an act."""
        count = least
        while True:
            before = self.running.processor_seconds
            for _ in range(count):
                act()
            spent = self.running.processor_seconds - before
            if spent >= _TICK:
                return spent / count * 1e6
            count = max(count * 2, int(count * _TICK * 1.2 / max(spent, 0.01)))


@contextmanager
def _server(*options: str) -> Iterator[_Client]:
    port = free_port()
    command = [sys.executable, "-m", "mockserver", "serve", "--port", str(port), *options]
    with started(command, port) as running:
        yield _Client(running)


def addresses(sizes: Sequence[int]) -> Series:
    """Measure the operations of an account by the number of its addresses."""
    found: Series = {}
    with _server() as client:
        state = json.loads(client.send("GET", "/_mock/state"))
        jane = next(one for one in state["accounts"] if one["username"] == "janedoe")
        for size in sizes:
            jane["more_emails"] = size - len(jane["emails"])
            client.send("PUT", "/_mock/state", state)
            for name, act in (
                ("get_user, µs", lambda: client.send("GET", PATH)),
                ("add and delete, µs", client.add_and_delete),
                ("list after a change, µs", client.change_and_list),
            ):
                found.setdefault(name, []).append((size, client.cost(act)))
    return found


def accounts(sizes: Sequence[int]) -> Series:
    """Measure start, memory and requests by the accounts of a fixtures file."""
    found: Series = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "fixtures.yaml"
            with file.open("w", encoding="utf-8") as stream:
                stream.write("accounts:\n")
                for number in range(size):
                    name = f"user-{number}" if number else "janedoe"
                    email = f"{{email: {name}@example.com, primary: true}}"
                    stream.write(f"  - {{username: {name}, password: x, emails: [{email}]}}\n")
                scopes = "[profile_read, profile_write, email_read, email_write]"
                stream.write(f"tokens: [{{token: {TOKEN}, username: janedoe, scopes: {scopes}}}]\n")
            with _server("--fixtures", str(file)) as client:
                client.send("PATCH", PATH, {"location": "x"})  # the world is its own from here on
                for name, cost in (
                    ("start, seconds of the processor", client.running.processor_seconds),
                    ("memory, MiB", client.running.memory),
                    ("add and delete, µs", client.cost(client.add_and_delete)),
                ):
                    found.setdefault(name, []).append((size, cost))
    return found


def sandboxes(sizes: Sequence[int]) -> Series:
    """Measure memory and a request by the number of sandboxes, each written to and read."""
    memory, read, made = [], [], []
    with _server() as client:
        before, count = client.running.memory, 0
        for size in sizes:
            began, first = client.running.processor_seconds, count
            while count < size:
                count += 1
                client.send("PATCH", f"/~n{count}{PATH}", {"location": "Private Island"})
                client.send("GET", f"/~n{count}{PATH}")
            spent = client.running.processor_seconds - began
            made.append((size, spent / (size - first) * 1e6))
            memory.append((size, client.running.memory - before))
            read.append((size, client.cost(lambda: client.send("GET", f"/~n1{PATH}"), 200)))
    return {
        "memory beside the first, MiB": memory,
        "making one, µs": made,
        "get_user in the first, µs": read,
    }


def journal(sizes: Sequence[int]) -> Series:
    """Measure a request, and the reading of the journal, by the requests that it holds."""
    written, read = [], []
    with _server() as client:
        for size in sizes:
            client.send("DELETE", "/_mock/requests")
            for _ in range(size):
                client.send("GET", PATH)
            read.append((size, client.cost(lambda: client.send("GET", "/_mock/requests"))))
            written.append((size, client.cost(lambda: client.send("GET", PATH), 200)))
    return {"get_user, µs": written, "reading all, µs": read}


_DRAIN = """
import socket, sys
readers = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
for one in readers:
    one.sendall(b"GET /_mock/events HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
    one.recv(10)
    one.setblocking(False)
print("ready", flush=True)
import selectors
waiting = selectors.DefaultSelector()
for one in readers:
    waiting.register(one, selectors.EVENT_READ)
while True:
    for key, _ in waiting.select():
        if not key.fileobj.recv(65536):
            sys.exit()
"""


def readers(sizes: Sequence[int]) -> Series:
    """Measure a request by the number of those who read the events of its sandbox."""
    points = []
    for size in sizes:
        with _server() as client, ExitStack() as stack:
            command = [sys.executable, "-c", _DRAIN, str(client.running.port), str(size)]
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
            stack.callback(process.terminate)
            assert process.stdout is not None  # noqa: S101 - for the type checker
            process.stdout.readline()
            points.append((size, client.cost(lambda: client.send("GET", PATH), 200)))
    return {"get_user, µs": points}


def measure(*, quick: bool) -> dict[str, list[dict[str, Any]]]:
    """Measure all of them; a quick run leaves the largest sizes out."""
    found = {}
    for title, measure_at, sizes in (
        ("Addresses of one account", addresses, (10, 100, 1000, 10_000)),
        ("Accounts in the fixtures", accounts, (100, 1000, 10_000, 100_000)),
        ("Sandboxes", sandboxes, (100, 1000, 10_000)),
        ("Requests in the journal", journal, (10, 100, 1000)),
        ("Readers of events", readers, (1, 10, 100)),
    ):
        series = measure_at(sizes[:-1] if quick else sizes)
        found[title] = [
            {"name": name, "points": points, "exponent": exponent(points)}
            for name, points in series.items()
        ]
        for one in found[title]:
            print(f"{title}: {one}", flush=True)
    return found
