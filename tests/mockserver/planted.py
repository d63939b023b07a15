"""Planted tests, for the tests of the pytest plugin: run in this process, or in one of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support import clean_environment

RunTests = Callable[..., pytest.RunResult]

# What each planted test begins with.
PRELUDE = """
import httpx
JANES_EMAILS = "/api/v1.1/users/janedoe/emails/"
def add(mock, address="jane@work.example.com"):
    return httpx.post(mock.url + JANES_EMAILS, json={"email": address}, headers=mock.bearer())
def addresses(mock):
    return [one["email"] for one in httpx.get(mock.url + JANES_EMAILS, headers=mock.bearer()).json()]
"""

# What costs the runs below most of their time, and has nothing to do with them.
WITHOUT = [
    f"-pno:{plugin}"
    for plugin in ("cacheprovider", "schemathesis", "hypothesispytest", "anyio", "conformance")
]


class Planted:
    """Planted tests that are run in a process of their own, which starts its own server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()

    def write(self, tests: str, ini: str = "") -> None:
        (self.folder / "test_planted.py").write_text(PRELUDE + tests, "utf-8")
        (self.folder / "pytest.ini").write_text(f"[pytest]\n{ini}", "utf-8")

    def run(self, *options: str, **environment: str) -> tuple[int, str]:
        """Run the tests; gives the exit code, and what was printed."""
        with self.started(*options, **environment) as process:
            code = process.wait(60)
        return code, self.output()

    def output(self) -> str:
        return (self.folder / "output").read_text("utf-8")

    @contextmanager
    def started(self, *options: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        with (self.folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *WITHOUT, *options],
                cwd=self.folder,
                env=clean_environment({"TMPDIR": str(self.temporary), **environment}),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            # Workers whose controller was killed wait for their tests.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def servers(self) -> list[int]:
        """The processes of servers that this run has started."""
        return servers_of(self.temporary)

    def left(self) -> list[Path]:
        """The files that the run has left behind."""
        return [one for one in self.temporary.iterdir() if not one.name.startswith("pytest-of-")]


def servers_of(temporary: Path) -> list[int]:
    """The processes of servers that were started with a folder for temporary files."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if b"mockserver.testing.server_process" in command and bytes(temporary) in environment:
            found.append(int(entry.name))
    return found
