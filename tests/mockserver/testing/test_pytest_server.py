"""The pytest plugin: one server that comes and goes with the run."""

from __future__ import annotations

import inspect
import os
import signal
from pathlib import Path

import pytest

from tests.mockserver.planted import Planted, servers_of
from tests.mockserver.steering import CONTROL_TOKEN
from tests.support import CONTRACT_FILE, FIXTURES, MockServer, eventually, write_yaml

pytest_plugins = ["pytester"]

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="counts processes by /proc"
)


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path)


@needs_proc
def test_workers_share_one_server_and_its_coverage_and_it_is_gone_afterwards(
    planted: Planted,
) -> None:
    planted.write(f"""
import os, pytest
from pathlib import Path
{inspect.getsource(servers_of)}
@pytest.mark.parametrize("attempt", range(8))
def test_adding(accounts_mock, attempt):
    assert add(accounts_mock).status_code == 201
    found = servers_of(Path({str(planted.temporary)!r}))
    with open("seen", "a") as seen:
        print(os.getpid(), *found, accounts_mock.server_url, file=seen)
""")
    code, output = planted.run("-n", "2", "--accounts-coverage-fail-under", "1")

    assert code == 0, output
    pytest.LineMatcher(output.splitlines()).fnmatch_lines(
        ["*coverage of the Accounts API*", "add_email *8 *8 *", "* % of the contract: *"]
    )
    lines = [line.split() for line in (planted.folder / "seen").read_text().splitlines()]
    assert len(lines) == 8
    assert {len(line) for line in lines} == {3}
    assert len({tuple(line[1:]) for line in lines}) == 1
    assert len({line[0] for line in lines}) == 2
    assert planted.servers() == []


@needs_proc
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_nothing_is_started_when_no_test_asks_for_it(
    planted: Planted, workers: tuple[str, ...]
) -> None:
    planted.write(f"""
import sys
from pathlib import Path
{inspect.getsource(servers_of)}
def test_nothing():
    assert servers_of(Path({str(planted.temporary)!r})) == []
    assert "mockserver.cli" not in sys.modules
""")
    code, output = planted.run(*workers)

    assert code == 0, output


@needs_proc
@pytest.mark.parametrize(
    ("workers", "number", "code"),
    [((), signal.SIGINT, 2), (("-n", "2"), signal.SIGKILL, -signal.SIGKILL)],
    ids=["alone", "two-workers"],
)
def test_an_interrupted_run_leaves_no_server(
    planted: Planted, workers: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    planted.write("""
import pathlib, time
def test_waiting(accounts_mock):
    add(accounts_mock)
    pathlib.Path("waiting").touch()
    time.sleep(60)
""")
    with planted.started(*workers) as process:
        eventually((planted.folder / "waiting").exists)
        assert len(planted.servers()) == 1
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        assert process.wait(60) == code, planted.output()
        eventually(lambda: not planted.servers() and not planted.left())

    assert "MockServerError" not in planted.output()


def test_a_server_that_does_not_start_says_why(planted: Planted) -> None:
    planted.write(
        "def test_one(accounts_mock): pass\ndef test_two(accounts_mock): pass",
        "accounts_mock_fixtures = broken.yaml\naccounts_mock_contract = missing.yaml",
    )
    (planted.folder / "broken.yaml").write_text("accounts: 1\n")
    code, output = planted.run("-n", "2")

    assert code == 1
    assert "2 errors" in output
    assert "the mock server did not start: " in output
    assert f"{planted.folder / 'broken.yaml'}:1:" in output
    assert f"{planted.folder / 'missing.yaml'}" in output
    assert "Traceback" not in output
    assert planted.left() == []


@needs_proc
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "a-worker"])
def test_a_server_that_has_ended_is_reported_with_its_last_words(
    planted: Planted, workers: tuple[str, ...]
) -> None:
    planted.write(f"""
import os, signal, time
from pathlib import Path
{inspect.getsource(servers_of)}
def test_ending(accounts_mock):
    httpx.get(accounts_mock.url + "/of-the-last-words")
    time.sleep(0.3)  # until it is in the log
    [server] = servers_of(Path({str(planted.temporary)!r}))
    os.kill(server, signal.SIGKILL)
    time.sleep(0.3)
    httpx.get(accounts_mock.url)
def test_after_it(accounts_mock):
    accounts_mock.reset()
""")
    _, output = planted.run(*workers)

    report = "does not answer: it ended with exit code -9; the last that it wrote:"
    first, _, second = output.partition(" test_after_it ")
    for part in (first, second):
        assert report in part, output
        assert '"path": "/of-the-last-words"' in part
    assert planted.left() == []


def test_a_run_has_fixtures_and_a_contract_of_its_own_and_no_settings_for_another_server(
    planted: Planted,
) -> None:
    folder = planted.folder / "mock"
    folder.mkdir()
    account = {**FIXTURES["accounts"][0], "full_name": "Jane of Ours"}
    write_yaml(folder / "ours.yaml", {"accounts": [account]})
    text = CONTRACT_FILE.read_text("utf-8")
    text = text.replace("oauth2: [profile_read]", "oauth2: [profile_write]")
    (folder / "ours-too.yaml").write_text(text, "utf-8")
    planted.write("""
def test_ours(accounts_mock):
    url = accounts_mock.url + "/api/v1.1/users/janedoe/"
    user = httpx.get(url, headers=accounts_mock.bearer(scopes="profile_write")).json()
    assert user["full_name"] == "Jane of Ours"
""")
    code, output = planted.run(
        "--accounts-mock-fixtures=mock/ours.yaml",
        "--accounts-mock-contract=mock/ours-too.yaml",
        MOCKSERVER_SERVE_PORT="1",
        MOCKSERVER_PORT="1",
        MOCKSERVER_CONTROL_TOKEN="secret",
    )
    assert code == 0, output


def test_a_server_that_asks_for_a_control_token_gets_it_from_the_environment(
    closed: MockServer, pytester: pytest.Pytester
) -> None:
    url = closed.url
    pytester.makepyfile("def test_it(accounts_mock): accounts_mock.reset()")

    result = pytester.runpytest_inprocess("--accounts-mock-url", url)
    result.assert_outcomes(failed=1)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOCKSERVER_CONTROL_TOKEN", CONTROL_TOKEN)
        result = pytester.runpytest_inprocess("--accounts-mock-url", url + "/")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"accounts-mock: {url}/"])


@pytest.mark.parametrize(
    ("url", "more", "complaint"),
    [
        ("localhost:8080", (), "give the base URL of a server"),
        ("http://localhost:8080/~mine", (), "give the base URL of a server"),
        ("http://localhost", ("--accounts-mock-fixtures", "a.yaml"), "names one that runs already"),
    ],
)
def test_options_that_cannot_be_are_refused(
    pytester: pytest.Pytester, url: str, more: tuple[str, ...], complaint: str
) -> None:
    result = pytester.runpytest_inprocess("--accounts-mock-url", url, *more)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{complaint}*"])


def test_a_given_server_that_does_not_answer_is_an_error_that_says_so(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("def test_it(accounts_mock): pass")
    result = pytester.runpytest_inprocess("--accounts-mock-url", "http://127.0.0.1:1")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the mock server at http://127.0.0.1:1 does not answer: *"])
