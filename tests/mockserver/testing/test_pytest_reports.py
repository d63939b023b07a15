"""The pytest plugin: what a failing test shows."""

from __future__ import annotations

from tests.mockserver.planted import RunTests
from tests.support import JANES_EMAILS

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


def test_an_assertion_on_a_member_that_was_not_sent_says_so(run_tests: RunTests) -> None:
    result = run_tests("""
def test_adding(accounts_mock):
    add(accounts_mock)
    accounts_mock.assert_called("add_email", body={"verified": True})
""")
    result.stdout.fnmatch_lines(["E * body/verified: expected true, is missing"])


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
    httpx.get(accounts_mock.url + JANES_EMAILS + "?page=2", headers=accounts_mock.bearer())
    response = httpx.post(accounts_mock.url + JANES_EMAILS, headers=accounts_mock.bearer(scopes="email_read"))
    assert response.status_code == 201
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Journal of http://127.0.0.1:*/~test_adding-*: 2 requests*",
            f"#1 * GET * {JANES_EMAILS}[?]page=2  200  janedoe (Bearer)  [[]fault-1: contract]*be a list*",
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
