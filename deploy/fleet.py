"""`make fleet`: a balancer and three replicas on this machine, under load; one is killed and brought back.

64 clients work in 1,000 sandboxes, each of which has one client, who knows what must be in it. So a client
sees a foreign value, a world that is on two replicas, and one that has started anew without a word. Exit code
0 if there was none, and if each loss was told, by 503 while its replica was down and by 410 afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

from bench.running import free_port, processor_seconds
from clients.steps import StepError, Steps, running
from deploy.worlds import CLIENTS, JANES, Load, World, connected

HERE = Path(__file__).resolve().parent
REPLICAS = ("replica-1", "replica-2", "replica-3")
PATIENCE = 60.0


class Fleet:
    """Three replicas and a balancer, each a process of this one.

    Attributes:
        port: The port of the balancer.
    """

    def __init__(self, balancer: str, folder: Path, stack: ExitStack) -> None:
        self.port = free_port()
        self._ports = {name: free_port() for name in REPLICAS}
        self._folder = folder
        self._stack = stack
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._spent: dict[str, float] = {}
        for name in REPLICAS:
            self.start(name)
        self._run(balancer, self._haproxy() if balancer == "haproxy" else self._nginx())
        for name in REPLICAS:
            self.wait_for(name)

    def start(self, replica: str) -> None:
        """Start a replica."""
        port = str(self._ports[replica])
        serve = [sys.executable, "-m", "mockserver", "serve", "--port", port, "--require-sandbox"]
        self._run(replica, serve)

    def kill(self, replica: str) -> None:
        """End a replica at once, as a machine ends that loses its power."""
        self.spent()  # what it has spent so far counts
        process = self._processes.pop(replica)
        process.kill()
        process.wait()

    def wait_for(self, replica: str) -> None:
        """Wait until a replica answers through the balancer. Raises StepError."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError, HTTPException, ValueError):
                if "server" in self.sandboxes(replica):
                    return
            time.sleep(0.1)
        raise StepError(f"{replica} did not answer within {PATIENCE:.0f} s; see {self._folder}")

    def sandboxes(self, replica: str) -> dict[str, Any]:
        """Return what a replica says of its sandboxes."""
        with connected(self.port) as connection:
            connection.request("GET", "/_mock/sandboxes", headers={"X-Mock-Replica": replica})
            found: dict[str, Any] = json.loads(connection.getresponse().read())
            return found

    def admin(self, command: str) -> None:
        """Send HAProxy a command. Raises StepError."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self._folder / "admin.sock"))
            line.sendall(command.encode() + b"\n")
            if answer := line.recv(4096).strip():
                raise StepError(f"{command}: {answer.decode()}")

    def spent(self, *names: str) -> float:
        """Return the seconds of processor time of processes of some names, those that were killed included."""
        for name, process in self._processes.items():
            self._spent[f"{name} {process.pid}"] = processor_seconds(process.pid)
        return sum(seconds for name, seconds in self._spent.items() if name.startswith(names))

    def words(self, name: str) -> str:
        """Return the last lines that a process has written."""
        log = (self._folder / f"{name}.log").read_text("utf-8", "replace")
        return "\n".join(log.splitlines()[-20:])

    def _haproxy(self) -> list[str]:
        places = {
            name.upper().replace("-", "_"): f"127.0.0.1:{port}"
            for name, port in self._ports.items()
        }
        os.environ.update(places, LISTEN=f"127.0.0.1:{self.port}", RUN=str(self._folder))
        return ["haproxy", "-db", "-f", str(HERE / "haproxy.cfg")]

    def _nginx(self) -> list[str]:
        text = (HERE / "nginx.conf").read_text("utf-8")
        text = text.replace("listen 8080", f"listen 127.0.0.1:{self.port}")
        for number, port in enumerate(self._ports.values(), 1):
            text = text.replace(f"127.0.0.1:808{number}", f"127.0.0.1:{port}")
        (self._folder / "nginx.conf").write_text(text, "utf-8")
        settings = f"daemon off; pid {self._folder}/pid; error_log {self._folder}/errors crit;"
        return ["nginx", "-c", str(self._folder / "nginx.conf"), "-g", settings]

    def _run(self, name: str, command: Sequence[str]) -> None:
        log = self._folder / f"{name}.log"
        self._processes[name] = self._stack.enter_context(running(*command, log=log))


def spread(fleet: Fleet, load: Load, steps: int) -> str:
    """Fill the worlds, and let each replica say what it holds. Raises StepError."""
    load.run(steps)
    listed = {name: fleet.sandboxes(name) for name in REPLICAS}
    for name, found in listed.items():
        mine = load.on(name)
        if found["count"] != len(mine):
            raise StepError(
                f"{name} lists {found['count']} sandboxes, and answered for {len(mine)}"
            )
        strangers = [one for one in mine if not str(one.epoch).startswith(found["server"])]
        if strangers:
            raise StepError(f"{name} calls itself {found['server']}, and not so in {strangers[0]}")
    _expect(load.worlds, unanswered=0, losses=0)
    return ", ".join(f"{name}: {found['count']} sandboxes" for name, found in listed.items())


def grow(fleet: Fleet, load: Load, steps: int) -> str:
    """Send to the worlds of one replica, of two, of all: what a request costs the replicas. Raises StepError."""
    every, costs = load.worlds, []
    for number in range(1, len(REPLICAS) + 1):
        load.worlds = [one for one in every if one.replica in REPLICAS[:number]]
        before, sent = fleet.spent(*REPLICAS), load.requests
        load.run(steps)
        costs.append(1e6 * (fleet.spent(*REPLICAS) - before) / (load.requests - sent))
    load.worlds = every
    return f"{', '.join(f'{one:.0f}' for one in costs)} µs of processor time per request"


def kill(fleet: Fleet, load: Load, steps: int) -> str:
    """Kill a replica under load: its sandboxes get no answer from another one. Raises StepError."""
    with load.running(steps):
        time.sleep(0.5)
        fleet.kill("replica-2")
    _expect((one for one in load.worlds if one.replica != "replica-2"), unanswered=0, losses=0)
    before = [one.unanswered for one in load.on("replica-2")]
    load.run(2)
    after = [one.unanswered for one in load.on("replica-2")]
    if [one - 2 for one in after] != before:
        raise StepError("a sandbox was answered while its replica was down")
    return f"{sum(after)} requests to its {len(after)} sandboxes got 503, none was led elsewhere"


def bring_back(fleet: Fleet, load: Load, steps: int) -> str:
    """Start the replica again: each of its sandboxes is told of its loss, once. Raises StepError."""
    fleet.start("replica-2")
    fleet.wait_for("replica-2")
    load.run(steps)
    _expect(load.on("replica-2"), losses=1)
    _expect((one for one in load.worlds if one.replica != "replica-2"), unanswered=0, losses=0)
    return f"{len(load.on('replica-2'))} losses told by 410, none of the others touched"


def drain(fleet: Fleet, load: Load, steps: int) -> str:
    """Drain a replica: what is under way ends well, and the worlds wait for its return. Raises StepError."""
    world = load.on("replica-3")[0]

    def status(**more: str) -> int:
        with connected(fleet.port) as connection:
            return world.ask(connection, "GET", JANES, **more)[0]

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(status, Prefer="wait=2")
        time.sleep(0.5)
        fleet.admin("set server replica-3/replica-3 state drain")
        statuses = [status(), waiting.result()]
    fleet.admin("set server replica-3/replica-3 state ready")
    if statuses != [503, 200]:
        raise StepError(f"the new request and the one under way got {statuses}, not [503, 200]")
    fleet.wait_for("replica-3")
    load.run(steps)
    _expect(load.on("replica-3"), unanswered=0, losses=0)
    return "the request under way was answered, the next one got 503, and no world was lost"


def events(fleet: Fleet, load: Load) -> str:
    """Read the events of a sandbox of each replica. Raises StepError."""
    for replica in REPLICAS:
        world = load.on(replica)[0]
        with connected(fleet.port) as stream, connected(fleet.port) as connection:
            stream.request("GET", f"/~{world.name}/_mock/events")
            lines = stream.getresponse()
            lines.readline()
            world.ask(connection, "GET", JANES)
            while not (line := lines.readline()).startswith(b"data: "):
                if not line:
                    raise StepError(f"the events of {world.name} ended")
            if json.loads(line[6:])["operation"] != "get_user":
                raise StepError(f"the events of {world.name} hold {line!r}")
    return "a request was seen in the events of a sandbox of each replica"


def main() -> int:
    """Run the steps; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--balancer", choices=("haproxy", "nginx"), default="haproxy")
    parser.add_argument("--sandboxes", type=int, default=1000, metavar="N")
    parser.add_argument("--requests", type=int, default=40_000, metavar="N", help="about so many")
    options = parser.parse_args()
    if shutil.which(options.balancer) is None:
        print(f"{options.balancer} was not found (Debian: apt-get install {options.balancer})")
        return 1
    each = max(2, options.requests // options.sandboxes // 6)
    steps, began = Steps(), time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-")))
        fleet = Fleet(options.balancer, folder, stack)
        load = Load(fleet.port, [World(f"world-{n}") for n in range(options.sandboxes)])
        for title, step in (
            (f"{CLIENTS} clients in {options.sandboxes} sandboxes on 3 replicas", spread),
            ("load on one, two and three of them", grow),
            ("one replica is killed", kill),
            ("it is brought back", bring_back),
            ("another one is drained", drain),
        ):
            if step is drain and options.balancer == "nginx":
                continue  # its open version cannot
            if not steps.run(title, partial(step, fleet, load, each)):
                print(fleet.words(options.balancer))
                return 1
        steps.run("events", partial(events, fleet, load))
        seconds = time.monotonic() - began
        spent = (fleet.spent(options.balancer), fleet.spent(*REPLICAS))
    each_us = [1e6 * seconds / load.requests for seconds in spent]
    print(
        f"{load.requests} requests in {seconds:.0f} s, none in a foreign world; processor time per request: "
        f"{options.balancer} {each_us[0]:.0f} µs, replicas {each_us[1]:.0f} µs"
    )
    return 1 if steps.failed else 0


def _expect(worlds: Iterable[World], **expected: int) -> None:
    """Compare the counts of some worlds, and begin to count anew. Raises StepError."""
    for one in worlds:
        found = {name: getattr(one, name) for name in expected}
        if found != expected:
            raise StepError(f"{one.name} on {one.replica}: {found}, not {expected} ({one.why})")
        one.unanswered = one.losses = 0


if __name__ == "__main__":
    sys.exit(main())
