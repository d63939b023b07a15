"""Hostile targets: secrets in escapes, escape sequences for the terminal, answers that are slow to judge."""

from __future__ import annotations

import base64
import itertools
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.account.state import AccountState
from conformance.reports import visible
from tests.conformance.proxy import Answer, Forward, Request, always, standing
from tests.conformance.support import conformance, run, write_restore_file, write_target
from tests.conformance.target.test_redaction import ESCAPES, escaped

PASSWORD = "c4n/ry+p&ss <word>'\"%41"


def test_no_secret_stands_in_any_report_however_it_is_escaped(tmp_path: Path) -> None:
    numbers = itertools.count()

    def echo(request: Request, _forward: Forward) -> Answer:
        number, headers = next(numbers), request.headers
        said = f"{headers.get('authorization')} {headers.get('x-team')} {PASSWORD}"
        text = escaped(said, [number % len(ESCAPES), number // len(ESCAPES) % len(ESCAPES)])
        return Answer(418, (("Content-Type", "text/plain"),), f"({text})".encode())

    def change(data: dict[str, Any]) -> None:
        data["headers"] = {"X-Team": "canary-of-the-headers <&>"}
        data["accounts"]["owner"]["password"] = "${CANARY}"

    reports = [tmp_path / f"report.{kind}" for kind in ("json", "xml", "html")]
    options = [part for report in reports[1:] for part in ("--report", report)]
    with standing(echo) as url:
        environment = {"CANARY": PASSWORD, **os.environ}
        done = run(
            tmp_path, url, "--max-examples=1", *options, change=change, environment=environment
        )

    assert done.code == 1
    told = json.dumps(done.report, ensure_ascii=False)
    told += json.dumps(
        [one["actual"] for each in done.report["requirements"] for one in each["checks"]]
    )
    everything = "".join([done.said, told, *(path.read_text("utf-8") for path in reports)])
    assert "[secret]" in everything
    login = base64.b64encode(f"johndoe:{PASSWORD}".encode()).decode()
    assert login not in everything
    secrets = (PASSWORD, "canary-of-the-headers <&>", "johndoe-profile_read", "janedoe-password")
    for secret in secrets:
        for ways in itertools.product(range(len(ESCAPES)), repeat=2):
            assert escaped(secret, ways)[4:-4] not in everything


ATTACK = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt.exe\r\x08"


ATTACKING = Answer(500, (("Content-Type", "text/plain; charset=utf-8"),), ATTACK.encode())


def _run(folder: Path, url: str) -> tuple[int, str]:
    done = run(folder, url, "--only", "get-user")
    return done.code, done.said


def _with_restore_file(command: str) -> Callable[[Path, str], tuple[int, str]]:
    def start(folder: Path, url: str) -> tuple[int, str]:
        state = AccountState({"username": ATTACK}, ())
        file = write_restore_file(folder, url, {"owner": state, "other": state})
        done = conformance(command, write_target(folder, url), "--journal", file)
        return done.code, done.said

    return start


@pytest.mark.parametrize(
    ("command", "code"),
    [(_run, 1), (_with_restore_file("run"), 2), (_with_restore_file("cleanup"), 3)],
)
def test_nothing_that_a_target_sends_steers_the_terminal(
    tmp_path: Path, command: Callable[[Path, str], tuple[int, str]], code: int
) -> None:
    with standing(always(ATTACKING)) as url:
        ended, said = command(tmp_path, url)

    assert ended == code, said
    assert "owned" in said, "what the target sent is told"
    assert [line for line in said.split("\n") if visible(line) != line] == []


SIZE = 6_000
LONG = 20.0
"""Seconds for a run of some hundred requests, which takes a few of a processor at the worst."""


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "a/" + "+json" * (SIZE // 5) + "x"}, "{}"),
        ({"Content-Type": "application/json" + ";" * SIZE}, '{"date_joined": "' + "1" * SIZE),
        ({"WWW-Authenticate": ", \t" * (SIZE // 3)}, "[" * SIZE),
        ({"WWW-Authenticate": 'Basic realm="' + '\\"' * (SIZE // 2)}, '"\\' * SIZE),
        ({"Content-Type": "application/json"}, "\u5b57" * SIZE),
        ({"Content-Type": "application/json"}, "johndoe-\u0301" * (SIZE // 9)),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_hostile_answer_is_judged_soon(
    tmp_path: Path, headers: Mapping[str, str], body: str
) -> None:
    def answer(request: Request, _forward: Forward) -> Answer:
        status = 200 if request.headers.get("authorization") else 401
        return Answer(status, tuple(headers.items()), body.encode())

    with standing(answer) as url:
        before = time.process_time()
        done = run(tmp_path, url, "--only", "get-user/members", "--only", "get-user/error-body")
        assert time.process_time() - before < LONG
    # What is no JSON shows no members.
    assert done.code in (1, 3), done.err
