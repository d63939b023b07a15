"""`python -m bench`: requests per second and time to the first answer, against Prism and Mockoon.

Every server is measured in turn, several rounds, and each round compares what it measured itself: the
figures of one machine at one hour mean little, their ratios more. Prism runs at its quietest log level;
our server logs every request, as it does by default, into a file.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

HERE = Path(__file__).parent
CONTRACT = HERE.parent / "openapi" / "accounts.yaml"
PATH = "/api/v1.1/users/janedoe/"
TOKEN = "janedoe-all"
CONNECTIONS = 16

PATCH = """
wrk.method = "PATCH"
wrk.body = '{"location": "Private Island", "company": "Retired"}'
wrk.headers["Content-Type"] = "application/json"
"""


@dataclass(frozen=True)
class Peer:
    """A server, and how to start it; `{port}` stands for the port."""

    name: str
    command: tuple[str, ...]


def _peers() -> list[Peer]:
    binaries = HERE / "node_modules" / ".bin"
    contract = str(CONTRACT)
    return [
        Peer("mockserver", (sys.executable, "-m", "mockserver", "serve", "--port", "{port}")),
        Peer("prism", (f"{binaries}/prism", "mock", "-p", "{port}", "-v", "fatal", contract)),
        Peer(
            "mockoon", (f"{binaries}/mockoon-cli", "start", "--port", "{port}", "--data", contract)
        ),
    ]


@dataclass(frozen=True)
class Running:
    """A server that runs: its port, its process, and the seconds until its first answer with 200."""

    port: int
    pid: int
    seconds: float


@contextmanager
def started(peer: Peer) -> Iterator[Running]:
    """Run a server."""
    port = _free_port()
    command = [part.format(port=port) for part in peer.command]
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - began > 60:
                    log.seek(0)
                    sys.exit(f"{peer.name} did not start:\n{log.read().decode(errors='replace')}")
                time.sleep(0.002)
            yield Running(port, process.pid, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", PATH, headers={"Authorization": f"Bearer {TOKEN}"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@dataclass(frozen=True)
class Load:
    """The figures of wrk: all requests, and requests per second."""

    requests: int
    per_second: float


def load(port: int, script: Path | None, seconds: int, path: str = PATH) -> Load:
    """Run wrk with 16 connections; an answer other than 2xx is an error, not a figure."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    command += ["-H", f"Authorization: Bearer {TOKEN}"]
    command += ["-s", str(script)] if script is not None else []
    command.append(f"http://127.0.0.1:{port}{path}")
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        sys.exit(f"not every answer was 2xx:\n{output}")
    total = re.search(r"(\d+) requests in", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if total is None or rate is None:
        sys.exit(f"wrk printed no figure:\n{output}")
    return Load(int(total[1]), float(rate[1]))


def measure_throughput(peers: Sequence[Peer], rounds: int, seconds: int) -> None:
    """Print requests per second, and how many times the peer's that is, for a read and a write."""
    with tempfile.TemporaryDirectory() as folder:
        patch = Path(folder) / "patch.lua"
        patch.write_text(PATCH)
        for name, script in (("get_user with a token", None), ("update_user, JSON", patch)):
            figures: dict[str, list[float]] = {peer.name: [] for peer in peers}
            for _ in range(rounds):
                for peer in peers:
                    with started(peer) as running:
                        load(running.port, script, 1)  # warm
                        measured = load(running.port, script, seconds)
                        figures[peer.name].append(measured.per_second)
            print(f"\n{name}, {CONNECTIONS} connections, requests per second (median of {rounds})")
            _table(figures, higher_is_better=True)


def measure_start(peers: Sequence[Peer], rounds: int) -> None:
    """Print the milliseconds from the start to the first answer with 200."""
    figures: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            with started(peer) as running:
                figures[peer.name].append(running.seconds * 1000)
    print(f"\nstart to first 200, milliseconds (median of {rounds})")
    _table(figures, higher_is_better=False)


def _table(figures: dict[str, list[float]], *, higher_is_better: bool) -> None:
    ours = statistics.median(figures["mockserver"])
    for name, values in figures.items():
        median = statistics.median(values)
        ratio = ours / median if higher_is_better else median / ours
        line = f"  {name:<11}{median:>9.0f}   from {min(values):.0f} to {max(values):.0f}"
        print(line if name == "mockserver" else f"{line}   ours is {ratio:.1f} times as good")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of load in each round")
    arguments = parser.parse_args()
    for tool in ("wrk", "node", "npm"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is needed here: apt-get install wrk nodejs npm")
    if not (HERE / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent"], cwd=HERE, check=True)
    ours, prism, mockoon = _peers()
    measure_start([ours, prism, mockoon], arguments.rounds)
    measure_throughput([ours, prism], arguments.rounds, arguments.seconds)


if __name__ == "__main__":
    main()
