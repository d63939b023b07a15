"""Ours beside its peers: throughput, latency, start and memory, in rounds in which all take turns.

The figures of one machine at one hour mean little, the ratios within a round more.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.load import KINDS, load
from bench.peers import OURS, PEERS, Peer
from bench.running import Running, free_port, started
from clients.steps import StepError

CONNECTIONS = (1, 16, 128)
LIBRARY = "connexion's import"

_IMPORT = """
import gc, os, warnings, pathlib
gc.disable()
warnings.simplefilter("ignore")
import connexion.middleware.main
status = pathlib.Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), flush=True)
os._exit(0)
"""

Figures = dict[str, Any]


@contextmanager
def _run(peer: Peer) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with started(peer.command(str(port), Path(folder)), port) as running:
            yield running


def available() -> tuple[list[Peer], dict[str, str]]:
    """Return the servers that start here, and for each other one the reason."""
    found, missing = [], {}
    for peer in PEERS:
        reason = peer.missing
        if reason is None:
            try:
                with _run(peer):
                    found.append(peer)
            except (StepError, OSError, ValueError) as error:
                reason = str(error)
        if reason is not None:
            missing[peer.name] = reason
            print(f"{peer.name} cannot be started here: {reason}", flush=True)
    return found, missing


def start(peers: list[Peer], rounds: int) -> Figures:
    """Measure the milliseconds from the command to the first 200, those of the processor in it, and the memory then.

    The import of connexion alone, which is most of ours, stands beside.
    """
    names = [*(peer.name for peer in peers), LIBRARY]
    figures: Figures = {name: {"ms": [], "processor": [], "memory": []} for name in names}

    def keep(name: str, *measured: float) -> None:
        for figure, value in zip(("ms", "processor", "memory"), measured, strict=True):
            figures[name][figure].append(value)

    for _ in range(rounds):
        for peer in peers:
            with _run(peer) as running:
                seconds, spent = running.seconds, running.processor_seconds
                keep(peer.name, seconds * 1000, spent * 1000, running.memory)
        keep(LIBRARY, *_import_alone())
    return figures


def _import_alone() -> tuple[float, float, float]:
    before, began = os.times(), time.perf_counter()
    command = [sys.executable, "-c", _IMPORT]
    resident = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return (time.perf_counter() - began) * 1000, spent * 1000, int(resident) / 1024


def throughput(peers: list[Peer], rounds: int, seconds: int) -> list[Figures]:
    """Measure each kind of work over each number of connections."""
    with ExitStack() as stack:
        servers = {peer.name: stack.enter_context(_run(peer)) for peer in peers}
        found = []
        for kind in KINDS:
            for running in servers.values():
                load(running.port, kind, 16, seconds)  # warm
            for connections in CONNECTIONS:
                found.append(_measure(servers, kind, connections, rounds, seconds))
                print(_line(found[-1]), flush=True)
        return found


def _measure(
    servers: Mapping[str, Running], kind: str, connections: int, rounds: int, seconds: int
) -> Figures:
    names = ("per_second", "p99", "processor", "refused")
    measured: Figures = {server: {name: [] for name in names} for server in servers}
    for _ in range(rounds):
        for server, running in servers.items():
            if server == OURS:
                running.reset()
            before = running.processor_seconds
            done = load(running.port, kind, connections, seconds)
            mine = measured[server]
            mine["processor"].append((running.processor_seconds - before) / done.requests * 1e6)
            mine["per_second"].append(done.per_second)
            mine["p99"].append(done.p99)
            mine["refused"].append(done.refused)
    return {"kind": kind, "connections": connections, "servers": measured}


def _line(found: Figures) -> str:
    shown = (f"{name} {max(one['per_second']):.0f}" for name, one in found["servers"].items())
    return f"{found['kind']}, {found['connections']} connections: {', '.join(shown)}"


def memory(peers: list[Peer], requests: int, seconds: int) -> Figures:
    """Measure the memory after 10,000 requests and after many more, of as many as are answered within some seconds."""
    figures: Figures = {}
    for peer in peers:
        with _run(peer) as running:
            figures[peer.name] = mine = {"start": running.memory}
            done, spent = 0, 0
            while done < requests and spent < seconds:
                done += load(running.port, "get_user, Bearer", 16, 1).requests
                spent += 1
                if "early" not in mine and done >= 10_000:
                    mine["early"] = running.memory
            mine["late"], mine["late_requests"] = running.memory, done
    return figures
