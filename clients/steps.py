"""Steps that are reported, packages of npm, and a server: shared by all that is tried or measured beside the tests."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
OLDEST_NODE = (20, 19)
TIMEOUT = 300.0
"""The seconds that a command may take."""

Answer = TypeVar("Answer")


class StepError(Exception):
    """A failed step; the message is to be shown."""


class Steps:
    """A sequence of steps: each printed as a line, and whether one has failed."""

    def __init__(self) -> None:
        self.failed = False

    def run(self, title: str, action: Callable[[], str | None]) -> bool:
        """Run a step, and show the text that it returns, if any. Return whether it went well."""
        started = time.monotonic()
        try:
            output = action()
        except StepError as failure:
            self.failed = True
            _tell(f"FAILED  {title}", str(failure))
            return False
        _tell(f"ok      {title} ({time.monotonic() - started:.1f} s)", output or "")
        return True


def run_command(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command in a folder and return its output. Raises StepError."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise StepError(f"{command[0]} was not found") from None
    except subprocess.TimeoutExpired:
        raise StepError(f"{command[0]} took more than {TIMEOUT:.0f} s") from None
    if done.returncode:
        raise StepError(f"{done.stdout}\nexit code {done.returncode}")
    return done.stdout


def check_node() -> None:
    """Refuse a missing or old Node, or a missing npm. Raises StepError."""
    oldest = ".".join(str(part) for part in OLDEST_NODE)
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise StepError(f"{tool} was not found: install Node.js {oldest} or newer, with npm")
    version = run_command("node", "--version", cwd=ROOT).strip()
    numbers = re.match(r"v(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_NODE:
        raise StepError(f"this is Node.js {version}, and {oldest} or newer is needed")


def install_packages(folder: Path, **environment: str) -> str | None:
    """Install what a folder's package-lock.json lists, unless that is installed. Raises StepError."""
    # A checksum, since a checkout gives files any time it likes.
    listed = hashlib.sha256(
        b"".join((folder / name).read_bytes() for name in ("package.json", "package-lock.json"))
    ).hexdigest()
    stamp = folder / "node_modules" / ".installed"
    build = folder / "build"
    build.mkdir(exist_ok=True)
    with (build / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run this more than once at a time
        if stamp.exists() and stamp.read_text() == listed:
            return "already installed"
        run_command("npm", "ci", "--no-progress", cwd=folder, **environment)
        stamp.write_text(listed)
    return None


@contextmanager
def running(
    *command: str | Path, log: Path, cwd: Path = ROOT, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program as long as the block does, its children included; the log gets what they print."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # all of them have ended
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(
    answer: Callable[[], Answer | None],
    process: subprocess.Popen[bytes],
    log: Path,
    seconds: float = 60,
    every: float = 0.05,
) -> Answer:
    """Wait until a program that was started gives an answer, and return that. Raises StepError with its last lines."""
    deadline = time.monotonic() + seconds
    while not (found := answer()):
        if process.poll() is not None or time.monotonic() > deadline:
            last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
            raise StepError(f"it did not start within {seconds:.0f} s, or ended:\n{last}")
        time.sleep(every)
    return found


@contextmanager
def server(log: Path, *options: str) -> Iterator[str]:
    """Start a mock server with a world of its own on a free port; yield its address. Raises StepError."""
    serve = (sys.executable, "-m", "mockserver", "serve", "--port", "0", "--log-format", "json")
    with running(*serve, *options, log=log) as process:
        url = wait_for(partial(_address, log), process, log, 30)
        try:
            yield url
        except StepError as failure:
            raise StepError(f"{failure}\nthe server's log:\n{log.read_text()}") from None


def _address(log: Path) -> str | None:
    """Read the address of a server from the ready line in its log; None if it has none yet."""
    for line in log.read_text().splitlines(keepends=True):
        if line.startswith("{") and line.endswith("\n"):
            event = json.loads(line)
            if event.get("event") == "ready":
                return str(event["url"])
    return None


def _tell(title: str, text: str) -> None:
    """Print a step at once, since another may end at the same time."""
    lines = [f"        {line}" for line in text.strip().splitlines()]
    sys.stdout.write("\n".join([title, *lines, ""]))
    sys.stdout.flush()
