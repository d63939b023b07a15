"""The accounts are restored: after an interruption, a kill, and beside another run."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.proxy import gateway
from tests.conformance.support import conformance, write_target
from tests.support import PATIENCE, ROOT, MockServer, clean_environment


@contextmanager
def _started(target: Path, *options: object) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-m", "conformance.cli", "run", str(target), *map(str, options)],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _wait_for_a_write(server: MockServer, before: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.accounts() == before:
        assert time.monotonic() < deadline, "nothing was written"
        time.sleep(0.02)


class Moment:
    """A point of a run, within a group of requests that are on their way at once, at which it gets a signal.

    Args:
        at: The number of requests before it.
        numbers: The signals.
    """

    def __init__(self, at: int, *numbers: signal.Signals) -> None:
        self.at, self.numbers = at, numbers
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._here = 0

    def __call__(self, count: int) -> None:
        """Hold requests back for a while; once there are two of them, send the signal."""
        if count < self.at or self.process is None:
            return
        with self._lock:
            self._here += 1
            if self._here == 2 and self.process is not None:
                for number in self.numbers:
                    self.process.send_signal(number)
                self.process = None
        time.sleep(0.02)
        with self._lock:
            self._here -= 1


@pytest.mark.parametrize(
    ("at", "numbers"),
    [
        (250, [signal.SIGINT]),
        (400, [signal.SIGTERM]),
        # A CI system sends one after the other.
        (250, [signal.SIGINT, signal.SIGTERM]),
        (600, [signal.SIGTERM, signal.SIGINT, signal.SIGTERM]),
    ],
)
def test_an_interrupted_run_restores_the_accounts(
    server: MockServer, tmp_path: Path, at: int, numbers: list[signal.Signals]
) -> None:
    before, moment = server.accounts(), Moment(at, *numbers)
    with (
        gateway(upstream=server.url, refuse=moment) as way,
        _started(write_target(tmp_path, way.url)) as process,
    ):
        moment.process = process
        assert process.wait(PATIENCE * 4) == 130
    assert server.accounts() == before
    assert list(tmp_path.glob(".*journal")) == []


@pytest.mark.parametrize(("at", "command"), [(150, "cleanup"), (600, "run")])
def test_what_a_killed_run_left_is_put_back_by_the_next_command(
    server: MockServer, tmp_path: Path, at: int, command: str
) -> None:
    before, moment = server.accounts(), Moment(at, signal.SIGKILL)
    with gateway(upstream=server.url, refuse=moment) as way:
        target = write_target(tmp_path, way.url)
        with _started(target) as process:
            moment.process = process
            assert process.wait(PATIENCE * 4) == -signal.SIGKILL
        (file,) = tmp_path.glob(".*journal")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        only = ("--only", "get-user/json") if command == "run" else ()
        done = conformance(command, target, *only)
    assert done.code == 0, done.said
    assert server.accounts() == before
    assert not file.exists()


def test_a_run_that_finds_the_restore_file_held_writes_nothing(
    server: MockServer, tmp_path: Path
) -> None:
    # The first run waits for as long as the second one takes.
    target = write_target(tmp_path, server.url, lambda data: data.update(timeout=PATIENCE * 4))
    before = server.accounts()
    going, held = threading.Event(), threading.Event()
    going.set()

    def hold_back(_count: int) -> None:
        if not going.is_set():
            held.set()
            going.wait(PATIENCE * 4)

    file, success = ("--journal", tmp_path / "restore-file"), ("--only", "add-email/success")
    with (
        gateway(upstream=server.url, refuse=hold_back) as way,
        _started(target, *file, "--base-url", way.url, *success) as first,
    ):
        _wait_for_a_write(server, before)
        going.clear()
        assert held.wait(PATIENCE), "the first run was over before it could be held"
        written = server.accounts()
        done = conformance("run", target, *file, "--quick")
        assert done.code == 3
        assert "another run" in done.out
        assert server.accounts() == written
        going.set()
        assert first.wait(PATIENCE * 4) == 0
