"""What the pytest plugin shows when something fails: the line of the test, and no secret; why a server is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import StartServer, clean_environment

pytest_plugins = ["pytester"]

TOKEN = "s3cr3t-control-token"
PASSWORD = "s3cr3t-password"

REFUSED = """
import os
import pytest

def state():
    return {"accounts": [{"username": "mallory", "password": os.environ["PLANTED"], "emails": 1}]}

def test_set_state(accounts_mock):
    accounts_mock.set_state(state())

def test_fault(accounts_mock):
    accounts_mock.fault("get_user", fault="reset", body={"password": os.environ["PLANTED"]})

def test_token(accounts_mock):
    accounts_mock.bearer("nobody-at-all")

def test_verify(accounts_mock):
    accounts_mock.verify({"oftener": 1})

def test_login(accounts_mock):
    accounts_mock.login("nobody-at-all")
"""


@pytest.mark.parametrize("options", [("--tb=long", "-l"), ("--tb=auto",), ("--tb=short",)])
def test_what_is_refused_points_at_the_line_of_the_test_and_shows_no_secret(
    pytester: pytest.Pytester,
    start_server: StartServer,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
) -> None:
    url = start_server("--control-token", TOKEN).url
    monkeypatch.setenv("MOCKSERVER_CONTROL_TOKEN", TOKEN)
    monkeypatch.setenv("PLANTED", PASSWORD)
    pytester.makepyfile(REFUSED)

    result = pytester.runpytest_inprocess("--accounts-mock-url", url, *options)

    result.assert_outcomes(failed=5)
    output = result.stdout.str()
    for line in (
        "accounts_mock.set_state(state())",
        'accounts_mock.fault("get_user", fault="reset", *',
        'accounts_mock.bearer("nobody-at-all")',
        'accounts_mock.verify({"oftener": 1})',
        'accounts_mock.login("nobody-at-all")',
    ):
        result.stdout.fnmatch_lines([f"*{line}"])
    result.stdout.fnmatch_lines(["E *PUT /_mock/state was refused with 400: *"])
    assert TOKEN not in output
    assert PASSWORD not in output
    assert "Control(" not in output
    for file in ("control.py", "sandbox.py", "pytest_plugin.py"):
        assert f"{file}:" not in output


def test_a_server_shows_no_token(
    pytester: pytest.Pytester, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = start_server("--control-token", TOKEN).url
    monkeypatch.setenv("MOCKSERVER_CONTROL_TOKEN", TOKEN)
    pytester.makepyfile(
        "def test_it(accounts_mock, _accounts_mock_server): assert not _accounts_mock_server"
    )

    result = pytester.runpytest_inprocess("--accounts-mock-url", url, "-l")

    result.stdout.fnmatch_lines(["E * assert not Control(url=*"])
    assert TOKEN not in result.stdout.str()


@pytest.mark.parametrize(
    ("signal", "code"), [("SIGKILL", -9), ("SIGTERM", 0)], ids=["killed", "ended"]
)
def test_a_server_that_has_ended_is_told_of_with_its_last_words(
    tmp_path: Path, signal: str, code: int
) -> None:
    (tmp_path / "test_planted.py").write_text(f"""
import json, os, pathlib, signal, time
import httpx

def test_ending(accounts_mock):
    httpx.get(accounts_mock.url + "/of-the-last-words")
    time.sleep(0.3)  # until it is in the log
    [file] = pathlib.Path(os.environ["TMPDIR"]).glob("accounts-mock-*/server.json")
    os.kill(json.loads(file.read_text())["pid"], signal.{signal})
    time.sleep(0.3)
    httpx.get(accounts_mock.url)

def test_after_it(accounts_mock):
    accounts_mock.reset()
""")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-pno:cacheprovider", "-pno:schemathesis"],
        cwd=tmp_path,
        env=clean_environment({"TMPDIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    first, _, second = done.stdout.partition(" test_after_it ")
    told = f"does not answer: it ended with exit code {code}; the last that it wrote:"
    for output in (first, second):
        assert told in output, done.stdout
        assert '"path": "/of-the-last-words"' in output
    assert list(tmp_path.glob("accounts-mock-*")) == []
