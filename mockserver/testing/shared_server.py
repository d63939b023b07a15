"""The one server of a run of tests, started by the first of its processes that needs it.

The process that leads the run (the only one, or the controller of pytest-xdist) holds a lifeline: a
socket that listens, to which the server connects, and on which nothing is ever sent. When that process
ends, in whatever way, the system closes the line, and the server goes. The first process that needs
the server claims it by making the run's folder; the others wait for what it writes there.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.testing.control import MockServerError

__tracebackhide__ = True  # A failure points at the line of the test, and shows no argument of ours.

_START_SECONDS = 60.0
_END_SECONDS = 8.0
_EXIT_SECONDS = 1.0  # between the end of listening and that of the process
_LOOK_EVERY = 0.02  # seconds

_LAST_LINES = 5
_LONGEST_LINE = 400

_RESULT = "server.json"
_ENDED = "ended"


@dataclass(frozen=True)
class Place:
    """The meeting point of the processes of a run: a folder, and the port of the lifeline."""

    folder: str
    lifeline: int


class Lifeline:
    """The leading process's hold on the server, which lives no longer."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        folder = Path(tempfile.gettempdir()) / f"accounts-mock-{uuid.uuid4().hex}"
        self.place = Place(str(folder), self._socket.getsockname()[1])

    def cut(self) -> None:
        """End the server, if there is one, and wait until it is gone."""
        with suppress(OSError):
            # So that it ends even if a process that this one has forked still holds the socket.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        folder = Path(self.place.folder)
        deadline = time.monotonic() + _END_SECONDS
        # The server removes the folder as the last thing that it does.
        while folder.exists() and time.monotonic() < deadline and not _is_dead(folder):
            time.sleep(_LOOK_EVERY)
        shutil.rmtree(folder, ignore_errors=True)


def server_of(place: Place, options: Sequence[str]) -> str:
    """Return the base URL of the run's server, and start it if it is not there yet.

    Args:
        place: Where the processes of the run meet.
        options: Further options of `mockserver serve`.

    Raises:
        MockServerError: It did not start.
    """
    folder = Path(place.folder)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        result = _awaited(folder)
    else:
        result = _started(place, options)
        draft = folder / "draft"
        draft.write_text(json.dumps(result), "utf-8")
        draft.replace(folder / _RESULT)
    if "error" in result:
        raise MockServerError(result["error"])
    return str(result["url"])


def running(place: Place) -> str | None:
    """Return the base URL of the run's server; None if no process has started it."""
    found: str | None = (_result(Path(place.folder)) or {}).get("url")
    return found


def last_words(place: Place) -> str | None:
    """Return how the run's server ended, with the last lines of its log; None if it lives."""
    folder = Path(place.folder)
    try:
        result = _result(folder)
        if result is None or not _is_dead(folder):
            return None
        code = _exit_code(folder, result["pid"])
        log = (folder / "log").read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
    except OSError:
        return None
    ended = "it ended" if code is None else f"it ended with exit code {code}"
    lines = [line[:_LONGEST_LINE] for line in log]
    return "\n  ".join([f"{ended}; the last that it wrote:", *lines]) if lines else ended


def _exit_code(folder: Path, pid: int) -> int | None:
    """Return the exit code of the server, which only the process that has started it gets, and only once."""
    file = folder / _ENDED
    deadline = time.monotonic() + _EXIT_SECONDS
    with suppress(OSError):
        while not (found := os.waitpid(pid, getattr(os, "WNOHANG", 0)))[0]:
            if time.monotonic() > deadline:
                return None
            time.sleep(_LOOK_EVERY)
        file.write_text(str(os.waitstatus_to_exitcode(found[1])), "ascii")
    try:
        return int(file.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _started(place: Place, options: Sequence[str]) -> dict[str, Any]:
    folder = Path(place.folder)
    command = [
        sys.executable,
        "-m",
        "mockserver.testing.server_process",
        str(place.lifeline),
        str(folder),
    ]
    command += ["serve", "--port", "0", "--log-format", "json", "--require-sandbox", *options]
    # Only what the run itself says counts; a port or a token for another server is not meant.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")
    }
    # Files: nobody needs to read them for the server to go on.
    with (folder / "out").open("wb") as out, (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
            # Ctrl-C is for the tests; the server is still needed while they are torn down.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    deadline = time.monotonic() + _START_SECONDS
    ended = None
    while ended is None and time.monotonic() < deadline:
        ended = process.poll()
        line, newline, _ = (folder / "out").read_text("utf-8").partition("\n")
        if newline:
            # It ends with the run, and not with this process: Popen need not mind.
            process.returncode = 0
            return {"url": json.loads(line)["url"], "pid": process.pid}
        time.sleep(_LOOK_EVERY)
    told = (folder / "log").read_text("utf-8", "replace").strip()
    if ended is None:
        process.kill()
        process.wait()
        told = f"it was not ready within {_START_SECONDS:.0f} s\n{told}"
    return {"error": f"the mock server did not start: {told or f'exit code {ended}'}"}


def _awaited(folder: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        result = _result(folder)
        if result is not None:
            return result
        time.sleep(_LOOK_EVERY)
    return {"error": "the mock server that another process of this run was starting did not come"}


def _result(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / _RESULT).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return found


def _is_dead(folder: Path) -> bool:
    """Return whether nothing listens any more at the server's address."""
    result = _result(folder)
    if result is None:
        return False
    if "error" in result:
        return True
    host, _, port = result["url"].removeprefix("http://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
