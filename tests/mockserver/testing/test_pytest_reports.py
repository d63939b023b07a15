"""The pytest plugin's reports: a failing test shows its own line, the journal, and no secret."""

from __future__ import annotations

import pytest

from tests.mockserver.planted import RunTests
from tests.mockserver.steering import CONTROL_TOKEN
from tests.support import JANES_EMAILS, MockServer

pytest_plugins = ["pytester"]


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
            f"E * #1 * POST * {JANES_EMAILS}  400  janedoe (Bearer)  email-taken: *",
            "E * status: expected 201, was 400",
            'E * body/email: expected "jane@example.com", was "jane.doe@example.com"',
        ]
    )
    # The failing line is the test's own, and none of ours.
    result.stdout.no_fnmatch_line("*__tracebackhide__*")


def test_an_assertion_that_cannot_hold_says_why(run_tests: RunTests) -> None:
    result = run_tests("""
def test_missing(accounts_mock):
    add(accounts_mock)
    accounts_mock.assert_called("add_email", body={"verified": True})
def test_uncalled(accounts_mock):
    accounts_mock.assert_called("add_email")
def test_misspelt(accounts_mock):
    accounts_mock.assert_not_called("list_email")
def test_cut(accounts_mock):
    add(accounts_mock, "x" * 20000)
    accounts_mock.assert_not_called("add_email", body={"email": "Ours"})
""")
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            "E * body/verified: expected true, is missing",
            "E * no request came to http://127.0.0.1:*/~test_uncalled-*: does the code under test call it?",
            "E *operation is no operation of the contract (get_user, *list_emails*",
            "E * the body of request 1 was cut, *: it cannot be compared",
            'E * body: expected {"email": "Ours"}, was cut, and cannot be compared',
        ]
    )


def test_a_failing_test_shows_the_journal_of_its_sandbox(run_tests: RunTests) -> None:
    result = run_tests("""
def test_other(accounts_mock):
    add(accounts_mock)
def test_adding(accounts_mock):
    accounts_mock.fault("list_emails", fault="contract")
    httpx.get(accounts_mock.url + JANES_EMAILS + "?page=2", headers=accounts_mock.bearer())
    response = httpx.post(accounts_mock.url + JANES_EMAILS, headers=accounts_mock.bearer(scopes="email_read"))
    assert response.status_code == 201
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Journal of http://127.0.0.1:*/~test_adding-*: 2 requests*",
            f"#1 * GET * {JANES_EMAILS}[?]page=2  200  janedoe (Bearer)  [[]fault-1: contract]*",
            f"#2 * POST * {JANES_EMAILS}  403  janedoe (Bearer)  scope-missing: *email_write*",
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
    with httpx.Client() as client:
        for _ in range(60):
            client.get(f"{accounts_mock.url}/nowhere")
    assert False
""")
    result.stdout.fnmatch_lines(["(10 earlier ones are left out)", "#11 *", "#60 *"])
    result.stdout.no_fnmatch_line("#10 *")


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

def test_server(accounts_mock, _accounts_mock_server):
    assert not _accounts_mock_server
"""


@pytest.mark.parametrize("options", [("--tb=long", "-l"), ("--tb=short",)])
def test_what_is_refused_points_at_the_line_of_the_test_and_shows_no_secret(
    pytester: pytest.Pytester,
    closed: MockServer,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
) -> None:
    monkeypatch.setenv("MOCKSERVER_CONTROL_TOKEN", CONTROL_TOKEN)
    monkeypatch.setenv("PLANTED", PASSWORD)
    pytester.makepyfile(REFUSED)

    result = pytester.runpytest_inprocess("--accounts-mock-url", closed.url, *options)

    result.assert_outcomes(failed=6)
    output = result.stdout.str()
    for line in (
        "accounts_mock.set_state(state())",
        'accounts_mock.fault("get_user", fault="reset", *',
        'accounts_mock.bearer("nobody-at-all")',
        'accounts_mock.verify({"oftener": 1})',
        'accounts_mock.login("nobody-at-all")',
        "assert not Control(url=*",
    ):
        result.stdout.fnmatch_lines([f"*{line}"])
    result.stdout.fnmatch_lines(["E *PUT /_mock/state was refused with 400: *"])
    assert CONTROL_TOKEN not in output
    assert PASSWORD not in output
    assert "Control(" not in output.partition(" test_server ")[0]
    for file in ("control.py", "sandbox.py", "pytest_plugin.py"):
        assert f"{file}:" not in output
