"""The pytest plugin's coverage: a table at the end of the run, and a least that it must meet."""

from __future__ import annotations

import pytest

from tests.mockserver.planted import RunTests
from tests.support import MockServer

pytest_plugins = ["pytester"]

TESTS = """
import pytest
@pytest.mark.parametrize("address", ["one@example.com", "two@example.com", "jane.doe@example.com"])
def test_adding(accounts_mock, address):
    add(accounts_mock, address)
"""
ROW = "add_email *3 *2 *1 *- *email_write 2"


def test_a_run_on_a_server_that_runs_already_counts_anew(
    run_tests: RunTests, server: MockServer
) -> None:
    server.send("PATCH", "/api/v1.1/users/janedoe/")
    result = run_tests(TESTS, "--accounts-coverage")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["update_user * 0 *", ROW])


@pytest.mark.parametrize(
    ("tests", "told"),
    [
        (TESTS, "FAILED: the run has met * % of the contract, and must meet 90 %"),
        ("def test_nothing(): pass", "no test has asked for accounts_mock*"),
    ],
    ids=["too little", "nothing"],
)
def test_a_run_that_meets_too_little_fails(
    pytester: pytest.Pytester, run_tests: RunTests, tests: str, told: str
) -> None:
    options = ("--accounts-coverage-fail-under", "90")
    if tests == TESTS:
        result = run_tests(tests, *options)
    else:
        pytester.makepyfile(tests)
        result = pytester.runpytest_inprocess(*options)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([told])


def test_without_the_option_or_without_a_run_there_is_none(run_tests: RunTests) -> None:
    for options in ((), ("--accounts-coverage-fail-under", "90", "--collect-only")):
        result = run_tests(TESTS, *options)
        assert result.ret == 0
        result.stdout.no_fnmatch_line("*coverage of the Accounts API*")
