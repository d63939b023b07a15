"""A server that runs: its start, its processor time and its memory."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from clients.steps import running, wait_for

PATH = "/api/v1.1/users/janedoe/"
TOKEN = "janedoe-all"

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """A server that runs.

    Attributes:
        port: Its port on the loopback address.
        pid: Its process.
        seconds: The time until its first answer with 200.
    """

    port: int
    pid: int
    seconds: float

    @property
    def memory(self) -> float:
        """The memory that it has in RAM, in MiB, its children included."""
        return sum(_resident(pid) for pid in _family(self.pid)) / 1024

    @property
    def processor_seconds(self) -> float:
        """The time for which its threads have run, those that have ended and its children included."""
        return processor_seconds(self.pid)

    def reset(self) -> None:
        """Have one of ours start anew from its fixtures: what the last run added would slow the next one."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/_mock/reset")
        connection.getresponse().read()
        connection.close()


def processor_seconds(pid: int) -> float:
    """Return the time for which the threads of a process and of its children have run, those that have ended included."""
    return sum(map(_ticks, _family(pid))) / _TICKS


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text("ascii").split():
            yield from _family(int(child))


def _resident(pid: int) -> int:
    fields = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in fields if line.startswith("VmRSS:")).split()[1])


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def started(command: Sequence[str], port: int) -> Iterator[Running]:
    """Run a server until it is no longer needed. Raises StepError."""
    with tempfile.TemporaryDirectory() as folder:
        log, began = Path(folder) / "log", time.perf_counter()
        with running(*command, log=log, NODE_ENV="production") as process:
            wait_for(partial(_answers, port), process, log, 300, 0.002)
            yield Running(port, process.pid, time.perf_counter() - began)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", PATH, headers={"Authorization": f"Bearer {TOKEN}"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
