"""The one server of a run of tests, which starts when one of its processes first needs it.

It is a child of the process that leads the run (the only one, or the controller of pytest-xdist), and reads from a pipe on
which nothing is ever sent. When that process ends, in whatever way, the system closes the pipe, and the server goes.
Workers ask the leading process, through a door of which they are told when they start.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any

from mockserver.testing.control import MockServerError

__tracebackhide__ = True  # A failure points at the line of the test, and shows no argument of ours.

_START_SECONDS = 60.0
_END_SECONDS = 8.0
_EXIT_SECONDS = 1.0  # between the end of listening and that of the process

_LAST_LINES = 5
_LONGEST_LINE = 400

_COMMAND = (sys.executable, "-m", "mockserver.testing.server_process")
_SERVE = ("serve", "--port", "0", "--log-format", "json", "--require-sandbox")

Door = tuple[str, int, str]
"""The address at which the leading process answers, and the key to it."""


class SharedServer:
    """The server of a run, in the process that leads it.

    Args:
        options: Further options of `mockserver serve`.

    Attributes:
        url: Its base URL; None until it is needed.
    """

    def __init__(self, options: Sequence[str]) -> None:
        self.url: str | None = None
        self._options = options
        self._lock = threading.Lock()
        self._failure = ""
        self._child: tuple[subprocess.Popen[str], IO[bytes]] | None = None
        self._door: Door | None = None

    def needed(self) -> str:
        """Return the base URL; start the server if it is not there yet. Raises MockServerError."""
        with self._lock:
            if self._child is None:
                self._start()
        if self.url is None:
            raise MockServerError(f"the mock server did not start: {self._failure}")
        return self.url

    def last_words(self) -> str | None:
        """Return how the server ended, with the last lines of its log; None if it lives."""
        if self._child is None:
            return None
        process, log = self._child
        try:
            ended = f"it ended with exit code {process.wait(_EXIT_SECONDS)}"
        except subprocess.TimeoutExpired:
            return None
        lines = [line[:_LONGEST_LINE] for line in _written(log).splitlines()[-_LAST_LINES:]]
        return "\n  ".join([f"{ended}; the last that it wrote:", *lines]) if lines else ended

    def close(self) -> None:
        """End the server, if there is one, and wait until it is gone."""
        if self._child is None:
            return
        process, log = self._child
        with log, process:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def door(self) -> Door:
        """Return the door to this process, where it answers from then on as long as it lives."""
        from multiprocessing.connection import Listener  # noqa: PLC0415 - only for pytest-xdist

        if self._door is None:
            key = secrets.token_hex()
            listener = Listener(("127.0.0.1", 0), authkey=key.encode())
            threading.Thread(target=self._answer, args=(listener.accept,), daemon=True).start()
            self._door = (*listener.address, key)
        return self._door

    def _answer(self, accept: Callable[[], Any]) -> None:
        """Answer the other processes, one after the other: they wait for the same server."""
        from multiprocessing import AuthenticationError  # noqa: PLC0415 - as above

        while True:
            with suppress(OSError, EOFError, AuthenticationError), accept() as line:
                wants_url = line.recv()
                try:
                    line.send(self.needed() if wants_url else self.last_words())
                except MockServerError as error:
                    line.send(error)

    def _start(self) -> None:
        # Only what the run itself says counts; a port or a token for another server is not meant.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")
        }
        # A file: nobody needs to read it for the server to go on.
        log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*_COMMAND, *_SERVE, *self._options],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            # Ctrl-C is for the tests; the server is still needed while they are torn down.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._child = process, log
        limit = threading.Timer(_START_SECONDS, process.kill)
        limit.start()
        line = process.stdout.readline() if process.stdout else ""
        is_in_time = limit.is_alive()
        limit.cancel()
        if line:
            self.url = json.loads(line)["url"]
            return
        code = process.wait()
        self._failure = _written(log).strip() or f"exit code {code}"
        if not is_in_time:
            self._failure = f"it was not ready within {_START_SECONDS:.0f} s\n{self._failure}"


def _written(log: IO[bytes]) -> str:
    """Return the log of a server that has ended: one that lives writes on where we would have read."""
    log.seek(0)
    return log.read().decode("utf-8", "replace")


class AskedServer:
    """The server of a run, in another process than the one that leads it."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def needed(self) -> str:
        """Return the base URL; have the server started if it is not there yet. Raises MockServerError."""
        return str(self._ask(wants_url=True))

    def last_words(self) -> str | None:
        """Return how the server ended, with the last lines of its log; None if it lives."""
        found: str | None = self._ask(wants_url=False)
        return found

    def _ask(self, *, wants_url: bool) -> Any:
        from multiprocessing.connection import Client  # noqa: PLC0415 - only for pytest-xdist

        host, port, key = self._door
        with Client((host, port), authkey=key.encode()) as line:
            line.send(wants_url)
            found = line.recv()
        if isinstance(found, MockServerError):
            raise found
        return found
