"""The pytest plugin: a sandbox for each test, and one server that comes and goes with the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mockserver.pytest_plugin import AccountsMock, AccountsMockFactory, ControlError
from tests.support import FIXTURES, MockServer, clean_environment, eventually, write_yaml

pytest_plugins = ["pytester"]

EMAILS = "/api/v1.1/users/janedoe/emails/"
NEW = {"email": "jane@work.example.com"}

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="counts processes by /proc"
)
alone_and_by_two = pytest.mark.parametrize(
    "workers", [(), ("-n", "2")], ids=["alone", "two-workers"]
)

# What each planted test begins with.
PRELUDE = """
import httpx
EMAILS = "/api/v1.1/users/janedoe/emails/"
def add(mock, address="jane@work.example.com"):
    return httpx.post(mock.url + EMAILS, json={"email": address}, headers=mock.bearer())
def addresses(mock):
    return [one["email"] for one in httpx.get(mock.url + EMAILS, headers=mock.bearer()).json()]
"""

RunTests = Callable[..., pytest.RunResult]


@pytest.fixture
def run_tests(pytester: pytest.Pytester, server: MockServer) -> RunTests:
    """Runs planted tests against a server that runs already."""

    def run(tests: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(PRELUDE + tests)
        return pytester.runpytest_inprocess("--accounts-mock-url", server.url, *options)

    return run


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
        with self.started(*options, **environment) as process:
            output, _ = process.communicate(timeout=60)
        return process.returncode, output

    @contextmanager
    def started(self, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *WITHOUT, *options],
            cwd=self.folder,
            env=clean_environment({"TMPDIR": str(self.temporary), **environment}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def servers(self) -> list[int]:
        """The processes of servers that this run has started."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().decode()
            except OSError:
                continue
            if "mockserver.testing.guarded" in command and str(self.temporary) in command:
                found.append(int(entry.name))
        return found

    def left(self) -> list[Path]:
        """What the plugin has left behind."""
        return list(self.temporary.glob("accounts-mock-*"))


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path)


# The sandbox of a test.


def test_a_test_begins_with_the_fixtures_whatever_others_did(run_tests: RunTests) -> None:
    result = run_tests("""
import pytest
@pytest.mark.parametrize("attempt", range(3))
def test_adding(accounts_mock, attempt):
    assert addresses(accounts_mock) == ["jane.doe@example.com"]
    assert add(accounts_mock).status_code == 201
    assert len(accounts_mock.requests()) == 2
""")
    result.assert_outcomes(passed=3)


def test_the_sandbox_is_dropped_after_the_test(run_tests: RunTests, server: MockServer) -> None:
    before = server.send("GET", "/_mock/sandboxes").json()["count"]
    run_tests("""
def test_adding(accounts_mock, accounts_mock_factory):
    add(accounts_mock)
    add(accounts_mock_factory())
""").assert_outcomes(passed=1)

    assert server.send("GET", "/_mock/sandboxes").json()["count"] == before


def test_a_sandbox_is_reached_by_its_url_and_by_its_header(accounts_mock: AccountsMock) -> None:
    httpx.get(accounts_mock.url + EMAILS)
    httpx.get(accounts_mock.server_url + EMAILS, headers=accounts_mock.headers)

    assert [one.path for one in accounts_mock.requests()] == [EMAILS, EMAILS]


def test_a_request_that_names_no_sandbox_is_refused_by_a_server_of_ours(
    accounts_mock: AccountsMock,
) -> None:
    answer = httpx.get(accounts_mock.server_url + EMAILS)

    assert (answer.status_code, answer.json()["code"]) == (400, "sandbox-missing")


def test_tokens_carry_the_wanted_scopes(accounts_mock: AccountsMock) -> None:
    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(accounts_mock.url + EMAILS, json=NEW, headers=headers).status_code

    assert status(accounts_mock.token(scopes="email_read profile_write")) == 403
    assert status(accounts_mock.token(scopes=[])) == 403
    assert status(accounts_mock.token(scopes=["email_write"], expires_in=0)) == 401
    assert status(accounts_mock.token("johndoe")) == 403
    assert status(accounts_mock.token()) == 201
    assert status("janedoe-email_read") == 403  # one of the fixtures


def test_a_login_opens_its_account(accounts_mock: AccountsMock) -> None:
    url = f"{accounts_mock.url}/api/v1.1/users/johndoe/"

    assert httpx.get(url, auth=accounts_mock.login("johndoe")).status_code == 200
    with pytest.raises(LookupError, match="no account is called nobody; there are: janedoe"):
        accounts_mock.login("nobody")


def test_the_state_can_be_read_set_kept_and_put_back(accounts_mock: AccountsMock) -> None:
    first = accounts_mock.state()
    accounts_mock.snapshot("first")

    accounts_mock.scenario("many-emails")
    assert len(httpx.get(accounts_mock.url + EMAILS, headers=accounts_mock.bearer()).json()) == 500
    accounts_mock.restore("first")
    assert accounts_mock.state() == first

    emails = [{"email": "mallory@example.com", "primary": True}]
    account = {"username": "mallory", "password": "her-password", "emails": emails}
    assert accounts_mock.set_state({"accounts": [account]})["accounts"][0]["type"] == "User"
    assert accounts_mock.login("mallory") == ("mallory", "her-password")
    accounts_mock.reset()
    assert accounts_mock.state() == first
    assert "many-emails" in accounts_mock.scenarios()


def test_what_the_control_api_refuses_says_why(accounts_mock: AccountsMock) -> None:
    with pytest.raises(ControlError, match=r"POST /_mock/faults was refused with 400: .*get_user"):
        accounts_mock.fault("get_users", code=503)
    with pytest.raises(ControlError, match=r"refused with 404: .*there are: fresh-user"):
        accounts_mock.scenario("of its own")


def test_a_fault_fires_and_counts_and_ends_with_its_block(accounts_mock: AccountsMock) -> None:
    def status() -> int:
        return httpx.get(accounts_mock.url + EMAILS, headers=accounts_mock.bearer()).status_code

    with accounts_mock.fault("list_emails", code=503, times=2, retry_after=7) as fault:
        assert status() == 503
        assert (fault.hits, fault.remaining) == (1, 1)
    assert status() == 200
    assert fault.hits == 1

    slow = accounts_mock.fault(wait={"uniform": [0.0, 0.01]})
    broken = accounts_mock.fault(fault="reset", method="GET", username="janedoe")
    assert slow.id != broken.id
    slow.remove()
    with pytest.raises(httpx.TransportError):
        status()
    broken.remove()
    broken.remove()
    assert status() == 200


def test_a_reset_forgets_faults_and_requests(accounts_mock: AccountsMock) -> None:
    accounts_mock.fault("list_emails", code=503)
    httpx.get(accounts_mock.url + EMAILS)
    accounts_mock.reset()

    assert accounts_mock.requests() == []
    answer = httpx.get(accounts_mock.url + EMAILS, headers=accounts_mock.bearer())
    assert answer.status_code == 200


def test_the_journal_holds_what_was_sent_and_answered(accounts_mock: AccountsMock) -> None:
    httpx.post(accounts_mock.url + EMAILS, json=NEW, headers=accounts_mock.bearer())

    [request] = accounts_mock.requests()
    assert (request.operation, request.username, request.status) == ("add_email", "janedoe", 201)
    assert request.request.json() == NEW
    assert request.response.json() == {**NEW, "verified": False, "primary": False}
    assert request.request.headers["authorization"] == "Bearer ***"
    accounts_mock.clear_requests()
    assert accounts_mock.requests() == []


def test_what_was_asked_can_be_asserted(accounts_mock: AccountsMock) -> None:
    httpx.post(accounts_mock.url + EMAILS, json=NEW, headers=accounts_mock.bearer())
    httpx.get(accounts_mock.url + EMAILS, auth=accounts_mock.login())

    accounts_mock.assert_called("add_email", body=NEW, status=201, times=1)
    accounts_mock.assert_called(method="GET", path=EMAILS, username="janedoe")
    accounts_mock.assert_not_called("delete_email")
    accounts_mock.verify(
        {"operation": "add_email"}, {"operation": "list_emails", "times": 1}, in_order=True
    )
    with pytest.raises(AssertionError, match="not after the ones that stand before it"):
        accounts_mock.verify(
            {"operation": "list_emails"}, {"operation": "add_email"}, in_order=True
        )
    with pytest.raises(AssertionError, match=r"it was expected .*, and came"):
        accounts_mock.assert_not_called("add_email")
    with pytest.raises(ControlError, match="oftener"):
        accounts_mock.verify({"oftener": 1})  # type: ignore[typeddict-unknown-key]  # that is it


# What a failing test shows.


def test_an_assertion_that_fails_shows_the_nearest_requests_and_their_differences(
    run_tests: RunTests,
) -> None:
    result = run_tests("""
def test_adding(accounts_mock):
    add(accounts_mock, "jane.doe@example.com")
    accounts_mock.assert_called("add_email", status=201, body={"email": "jane@example.com"})
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*accounts_mock.assert_called(*",
            'E * expected: operation add_email, status 201, body {"email": "jane@example.com"}',
            "E * it was expected at least once, and *",
            "E * the nearest:",
            f"E * #1 * POST * {EMAILS}  400  janedoe (Bearer)  email-taken: *",
            "E * status: expected 201, was 400",
            'E * body/email: expected "jane@example.com", was "jane.doe@example.com"',
        ]
    )
    # The failing line is the test's own, and none of ours.
    result.stdout.no_fnmatch_line("*__tracebackhide__*")


def test_an_assertion_on_a_sandbox_that_nobody_called_says_so(run_tests: RunTests) -> None:
    result = run_tests("""
def test_adding(accounts_mock):
    accounts_mock.assert_called("add_email")
""")
    result.stdout.fnmatch_lines(
        [
            "E * nothing was asked of http://127.0.0.1:*/~test_adding-*: is it what the code under test calls?",
        ]
    )


def test_a_failing_test_shows_the_journal_of_its_sandbox(run_tests: RunTests) -> None:
    result = run_tests("""
def test_other(accounts_mock):
    add(accounts_mock)
def test_adding(accounts_mock):
    accounts_mock.fault("list_emails", fault="contract")
    httpx.get(accounts_mock.url + EMAILS + "?page=2", headers=accounts_mock.bearer())
    response = httpx.post(accounts_mock.url + EMAILS, headers=accounts_mock.bearer(scopes="email_read"))
    assert response.status_code == 201
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Journal of http://127.0.0.1:*/~test_adding-*: 2 requests*",
            f"#1 * GET * {EMAILS}[?]page=2  200  janedoe (Bearer)  [[]fault-1: contract]",
            f"#2 * POST * {EMAILS}  403  janedoe (Bearer)  scope-missing: *email_write*",
        ]
    )
    assert result.stdout.str().count("Journal of") == 1


def test_a_test_that_fails_in_a_fixture_shows_the_journal_too(run_tests: RunTests) -> None:
    result = run_tests("""
import pytest
@pytest.fixture(scope="module")
def api(accounts_mock_factory):
    return accounts_mock_factory()
@pytest.fixture
def added(accounts_mock):
    assert add(accounts_mock).status_code == 200
def test_adding(added):
    pass
def test_listing(api):
    assert addresses(api) == []
""")
    result.assert_outcomes(errors=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Journal of http://127.0.0.1:*/~test_adding-*: 1 request *",
            "*Journal of http://127.0.0.1:*/~session-*: 1 request *",
        ]
    )


def test_of_a_long_journal_the_end_is_shown(run_tests: RunTests) -> None:
    result = run_tests("""
def test_asking(accounts_mock):
    for _ in range(60):
        httpx.get(accounts_mock.url)
    assert False
""")
    result.stdout.fnmatch_lines(["(10 earlier ones are left out)", "#11 *", "#60 *"])
    result.stdout.no_fnmatch_line("#10 *")


# The server of a run.


@needs_proc
@alone_and_by_two
def test_a_run_has_one_server_which_is_gone_afterwards(
    planted: Planted, workers: tuple[str, ...]
) -> None:
    planted.write(f"""
import os, pathlib, pytest, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.mockserver.test_pytest_plugin import Planted
@pytest.mark.parametrize("attempt", range(8))
def test_adding(accounts_mock, attempt):
    assert add(accounts_mock).status_code == 201
    found = Planted.servers(type("", (), {{"temporary": {str(planted.temporary)!r}}}))
    with open("seen", "a") as seen:
        print(os.getpid(), *found, accounts_mock.server_url, file=seen)
""")
    code, output = planted.run(*workers)

    assert code == 0, output
    lines = [line.split() for line in (planted.folder / "seen").read_text().splitlines()]
    assert len(lines) == 8
    assert {len(line) for line in lines} == {3}
    assert len({tuple(line[1:]) for line in lines}) == 1
    assert len({line[0] for line in lines}) == (2 if workers else 1)
    # It has stopped listening by now; its process may take a moment more.
    eventually(lambda: not planted.servers())
    assert planted.left() == []


@needs_proc
@alone_and_by_two
def test_nothing_is_started_when_no_test_asks_for_it(
    planted: Planted, workers: tuple[str, ...]
) -> None:
    planted.write("""
import os, pathlib
def test_nothing():
    assert list(pathlib.Path(os.environ["TMPDIR"]).glob("accounts-mock-*")) == []
    assert "mockserver.cli" not in __import__("sys").modules
""")
    code, output = planted.run(*workers)

    assert code == 0, output
    assert planted.left() == []


@needs_proc
@alone_and_by_two
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 2), (signal.SIGKILL, -signal.SIGKILL)]
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
        output, _ = process.communicate(timeout=60)
        assert process.returncode == code, output

    assert "MockServerError" not in output
    eventually(lambda: not planted.servers() and not planted.left())


def test_a_server_that_does_not_start_says_why(planted: Planted) -> None:
    planted.write(
        "def test_one(accounts_mock): pass\ndef test_two(accounts_mock): pass",
        "accounts_mock_fixtures = broken.yaml",
    )
    (planted.folder / "broken.yaml").write_text("accounts: 1\n")
    code, output = planted.run("-n", "2")

    assert code == 1
    assert "2 errors" in output
    assert "the mock server did not start: " in output
    assert f"{planted.folder / 'broken.yaml'}:1:" in output
    assert "Traceback" not in output
    assert planted.left() == []


@pytest.mark.parametrize("by_option", [True, False], ids=["option", "ini"])
def test_a_run_has_fixtures_and_a_contract_of_its_own(planted: Planted, by_option: bool) -> None:  # noqa: FBT001
    data = {**FIXTURES, "logins": [], "tokens": []}
    data["accounts"] = [{**FIXTURES["accounts"][0], "full_name": "Jane of Ours"}]
    (planted.folder / "mock").mkdir()
    write_yaml(planted.folder / "mock" / "ours.yaml", {"accounts": data["accounts"]})
    contract = Path(__file__).parents[2] / "openapi" / "accounts.yaml"
    text = contract.read_text("utf-8").replace("oauth2: [profile_read]", "oauth2: [profile_write]")
    (planted.folder / "mock" / "ours-too.yaml").write_text(text, "utf-8")
    files = {"fixtures": "mock/ours.yaml", "contract": "mock/ours-too.yaml"}
    planted.write(
        """
def test_ours(accounts_mock):
    url = accounts_mock.url + "/api/v1.1/users/janedoe/"
    user = httpx.get(url, headers=accounts_mock.bearer(scopes="profile_write")).json()
    assert user["full_name"] == "Jane of Ours"
""",
        ""
        if by_option
        else "\n".join(f"accounts_mock_{name} = {file}" for name, file in files.items()),
    )
    options = [f"--accounts-mock-{name}={file}" for name, file in files.items()]
    code, output = planted.run(*(options if by_option else ["--rootdir", str(planted.folder)]))

    assert code == 0, output


def test_settings_for_another_server_do_not_count(planted: Planted) -> None:
    planted.write("def test_adding(accounts_mock): assert add(accounts_mock).status_code == 201")
    code, output = planted.run(
        MOCKSERVER_SERVE_PORT="1", MOCKSERVER_PORT="1", MOCKSERVER_CONTROL_TOKEN="secret"
    )
    assert code == 0, output


def test_a_server_that_asks_for_a_control_token_gets_it_from_the_environment(
    run_tests: RunTests, start_server: Callable[..., MockServer], pytester: pytest.Pytester
) -> None:
    url = start_server("--control-token", "a-token-of-ours").url
    pytester.makepyfile("def test_it(accounts_mock): accounts_mock.reset()")

    result = pytester.runpytest_inprocess("--accounts-mock-url", url)
    result.assert_outcomes(failed=1)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOCKSERVER_CONTROL_TOKEN", "a-token-of-ours")
        result = pytester.runpytest_inprocess("--accounts-mock-url", url + "/")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"accounts-mock: {url}/"])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--accounts-mock-url", "localhost:8080"], "give the base URL of a server"),
        (["--accounts-mock-url", "http://localhost:8080/~mine"], "give the base URL of a server"),
        (
            ["--accounts-mock-url", "http://localhost", "--accounts-mock-fixtures", "a.yaml"],
            "names one that runs already",
        ),
    ],
)
def test_options_that_cannot_be_are_refused(
    pytester: pytest.Pytester, options: list[str], complaint: str
) -> None:
    result = pytester.runpytest_inprocess(*options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{complaint}*"])


def test_a_given_server_that_does_not_answer_is_an_error_that_says_so(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("def test_it(accounts_mock): pass")
    result = pytester.runpytest_inprocess("--accounts-mock-url", "http://127.0.0.1:1")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the mock server at http://127.0.0.1:1 does not answer: *"])


def test_the_plugin_imports_nothing_heavy() -> None:
    script = "import sys, mockserver.pytest_plugin; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()

    assert {"connexion", "uvicorn", "yaml", "click", "http.client", "ssl"}.isdisjoint(loaded)
    assert {name for name in loaded if name.startswith("mockserver.")} == {
        "mockserver.pytest_plugin",
        "mockserver.testing",
        "mockserver.testing.control",
        "mockserver.testing.journal",
        "mockserver.testing.run",
        "mockserver.testing.sandbox",
    }


def test_a_sandbox_made_for_the_run_outlives_a_test(
    accounts_mock_factory: AccountsMockFactory,
) -> None:
    first, second = accounts_mock_factory(), accounts_mock_factory()
    httpx.get(first.url)

    assert len(first.requests()) == 1
    assert second.requests() == []


def test_the_documentation_names_all_that_there_is(pytestconfig: pytest.Config) -> None:
    text = (Path(__file__).parents[2] / "docs" / "testing" / "pytest.md").read_text("utf-8")
    members = [name for name in vars(AccountsMock) if not name.startswith("_")]
    members += ["name", "url", "server_url", "headers", "dropped"]
    options = [name for name in vars(pytestconfig.option) if name.startswith("accounts_mock_")]

    assert len(members) > 15
    assert [name for name in members if f"`{name}" not in text] == []
    assert len(options) == 3
    assert [name for name in options if f"--{name.replace('_', '-')}" not in text] == []
