"""A target that repeats what it was told in escapes, or writes to the terminal: seen through both doors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from conformance.reports import visible
from tests.conformance.support import (
    Answer,
    conformance,
    report_of,
    stub,
    target_data,
    write_target,
)
from tests.conformance.target.test_redaction import ESCAPES, escaped
from tests.support import PATIENCE, ROOT, clean_environment

PASSWORD = "c4n/ry+p&ss <word>'\"%41"


def test_no_secret_stands_in_any_report_however_it_is_escaped(tmp_path: Path) -> None:
    numbers = count()

    def echo(_method: str, _path: str, headers: Mapping[str, str]) -> Answer:
        number = next(numbers)
        said = f"{headers.get('Authorization')} {headers.get('X-Team')} {PASSWORD}"
        text = escaped(said, [number % len(ESCAPES), number // len(ESCAPES) % len(ESCAPES)])
        return 418, {"Content-Type": "text/plain"}, f"({text})".encode()

    def change(data: dict[str, Any]) -> None:
        data["headers"] = {"X-Team": "canary-of-the-headers <&>"}
        data["accounts"]["owner"]["password"] = "${CANARY}"

    reports = [tmp_path / f"report.{kind}" for kind in ("json", "xml", "html")]
    options = [part for report in reports for part in ("--report", str(report))]
    with stub(echo) as (url, _):
        target = write_target(tmp_path, url, change)
        environment = {"CANARY": PASSWORD, **os.environ}
        done = conformance("run", target, *options, environment=environment)

    assert done.code == 1
    told = json.dumps(report_of(reports[0]), ensure_ascii=False)
    told += json.dumps(
        [one["actual"] for each in report_of(reports[0])["requirements"] for one in each["checks"]]
    )
    everything = "".join([done.out, done.err, told, *(path.read_text("utf-8") for path in reports)])
    assert "[secret]" in everything
    secrets = (PASSWORD, "canary-of-the-headers <&>", "johndoe-profile_read", "janedoe-password")
    for secret in secrets:
        for first, second in ((a, b) for a in range(len(ESCAPES)) for b in range(len(ESCAPES))):
            assert escaped(secret, [first, second])[4:-4] not in everything


ATTACK = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt.exe\r\x08"


def attacking(_method: str, _path: str, _headers: object) -> Answer:
    return 500, {"Content-Type": "text/plain; charset=utf-8"}, ATTACK.encode()


def left_behind(folder: Path, url: str) -> Path:
    """The journal of a run that broke off."""
    data = target_data(url)["accounts"]
    record = {
        "what": "the state of two accounts before a conformance run; `conformance cleanup` restores it",
        "version": 1,
        "base_url": url,
        "tag": "conformance012345",
        "usernames": {role: one["username"] for role, one in data.items()},
        "accounts": {role: {"user": {"username": ATTACK}, "emails": []} for role in data},
    }
    path = folder / "journal"
    path.write_text(json.dumps(record, indent=1))
    return path


def _run(folder: Path, url: str) -> tuple[int, str]:
    done = conformance("run", write_target(folder, url), "--only", "get-user")
    return done.code, done.out + done.err


def _run_after_another(folder: Path, url: str) -> tuple[int, str]:
    journal = left_behind(folder, url)
    done = conformance("run", write_target(folder, url), "--journal", journal)
    return done.code, done.out + done.err


def _cleanup(folder: Path, url: str) -> tuple[int, str]:
    journal = left_behind(folder, url)
    done = conformance("cleanup", write_target(folder, url), "--journal", journal)
    return done.code, done.out + done.err


def _pytest(folder: Path, url: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-p", "conformance.runner.pytest_entry", "--pyargs"]
    named = f"--conformance-target={write_target(folder, url)}"
    only = ("--conformance-only", "get-user", "-rs", "-p", "no:cacheprovider")
    done = subprocess.run(
        [*command, "conformance", named, *only],
        cwd=ROOT,
        env=clean_environment({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "code"), [(_run, 1), (_run_after_another, 2), (_cleanup, 3), (_pytest, 1)]
)
def test_nothing_that_a_target_sends_steers_the_terminal(
    tmp_path: Path, command: Callable[[Path, str], tuple[int, str]], code: int
) -> None:
    with stub(attacking) as (url, _):
        ended, said = command(tmp_path, url)

    assert ended == code, said
    assert "owned" in said, "what the target sent is told"
    assert [line for line in said.split("\n") if visible(line) != line] == []
