"""What `verify` does not call verified: what is misspelt, and what the journal cannot tell any more."""

from __future__ import annotations

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import EMAILS, JOHN, OPERATIONS, Json, MockServer, problem

pytest_plugins = ["pytester"]

JOHNS_EMAILS = EMAILS.replace("{username}", "johndoe")
VERIFY = "/_mock/requests/verify"


@pytest.fixture
def sandbox(server: MockServer) -> Sandboxed:
    return Sandboxed(server)


# Names that nothing has


def test_an_operation_that_is_misspelt_is_refused_with_the_known_ones(sandbox: Sandboxed) -> None:
    sandbox.send("POST", JOHNS_EMAILS, JOHN, json={"email": "one@example.com"})
    wanted = [{"operation": "add_email"}, {"operation": "add_emial", "times": 0}]

    answer = sandbox.send("POST", VERIFY, json={"requests": wanted})

    data = problem(answer, 400, "body-invalid")
    sentence, _, known = data["detail"].removesuffix(")").partition(" (")
    assert sentence == "requests/1/operation is no operation of the contract"
    assert sorted(known.split(", ")) == sorted(operation.id for operation in OPERATIONS)
    assert [error["pointer"] for error in data["errors"]] == ["/requests/1/operation"]


@pytest.mark.parametrize("method", ["get", "Get", "FETCH", ""])
def test_a_method_that_is_none_is_refused(sandbox: Sandboxed, method: str) -> None:
    sandbox.send("GET", JOHNS_EMAILS, JOHN)
    wanted: list[Json] = [{"method": method, "times": 0}]

    data = problem(sandbox.send("POST", VERIFY, json={"requests": wanted}), 400, "body-invalid")

    assert [error["pointer"] for error in data["errors"]] == ["/requests/0/method"]
    assert "PATCH" in data["detail"]


def test_the_plugin_passes_no_assertion_on_a_misspelt_operation(
    pytester: pytest.Pytester, server: MockServer
) -> None:
    pytester.makepyfile("""
def test_called(accounts_mock):
    accounts_mock.assert_called("list_email")
def test_not_called(accounts_mock):
    accounts_mock.assert_not_called("list_email")
""")
    result = pytester.runpytest_inprocess("--accounts-mock-url", server.url)

    result.assert_outcomes(failed=2)
    sentence = "E *operation is no operation of the contract (get_user, *list_emails*"
    result.stdout.fnmatch_lines([sentence, sentence])
