"""The accounts are restored: after an interruption, a kill, and beside another run."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.conformance.gateway import gateway
from tests.conformance.support import conformance, run, write_target
from tests.support import PATIENCE, ROOT, MockServer, clean_environment


def _started(target: Path, *options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "conformance.cli", "run", str(target), *map(str, options)],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for_a_write(server: MockServer, before: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.accounts() == before:
        assert time.monotonic() < deadline, "nothing was written"
        time.sleep(0.02)


def test_an_interrupted_run_restores_the_accounts(server: MockServer, tmp_path: Path) -> None:
    before = server.accounts()
    process = _started(write_target(tmp_path, server.url))
    _wait_for_a_write(server, before)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert server.accounts() == before


def test_a_killed_run_is_cleaned_up_by_its_restore_file(server: MockServer, tmp_path: Path) -> None:
    before = server.accounts()
    target = write_target(tmp_path, server.url)
    file = tmp_path / "restore-file"
    process = _started(target, "--journal", file)
    _wait_for_a_write(server, before)
    process.kill()
    process.wait(PATIENCE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = conformance("cleanup", target, "--journal", file)
    assert done.code == 0, done.err
    assert server.accounts() == before
    assert not file.exists()


def test_a_second_run_at_the_same_time_accuses_nobody(server: MockServer, tmp_path: Path) -> None:
    before = server.accounts()
    first = _started(write_target(tmp_path, server.url), "--journal", tmp_path / "one")
    _wait_for_a_write(server, before)
    done = run(tmp_path, server.url, "--journal", tmp_path / "two")
    assert done.code in (0, 3), done.out
    assert first.wait(PATIENCE * 4) in (0, 3)


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

    with gateway(server.url, refuse=hold_back) as way:
        first = _started(target, "--base-url", way.url, "--only", "add-email/success")
        _wait_for_a_write(server, before)
        going.clear()
        assert held.wait(PATIENCE), "the first run was over before it could be held"
        written = server.accounts()
        done = conformance("run", target, "--only", "get-user", "--only", "add-email")
        assert done.code == 3
        assert "another run" in done.out
        assert server.accounts() == written
        going.set()
        assert first.wait(PATIENCE * 4) == 0
