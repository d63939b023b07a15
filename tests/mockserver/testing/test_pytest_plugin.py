"""The pytest plugin: what a test gets, which is a sandbox of its own."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from mockserver.pytest_plugin import AccountsMock, ControlError
from tests.mockserver.planted import RunTests
from tests.support import JANES_EMAILS, ROOT, MockServer, account

pytest_plugins = ["pytester"]

NEW = {"email": "jane@work.example.com"}


def test_a_test_begins_with_the_fixtures_whatever_others_did_and_its_sandboxes_are_dropped(
    run_tests: RunTests, server: MockServer
) -> None:
    before = server.send("GET", "/_mock/sandboxes").json()["count"]
    result = run_tests("""
import pytest
@pytest.mark.parametrize("attempt", range(3))
def test_adding(accounts_mock, accounts_mock_factory, attempt):
    assert addresses(accounts_mock) == ["jane.doe@example.com"]
    assert add(accounts_mock).status_code == 201
    assert len(accounts_mock.requests()) == 2
    assert accounts_mock_factory().requests() == []
""")
    result.assert_outcomes(passed=3)
    assert server.send("GET", "/_mock/sandboxes").json()["count"] == before


def test_a_sandbox_is_reached_by_its_url_and_by_its_header(accounts_mock: AccountsMock) -> None:
    httpx.get(accounts_mock.url + JANES_EMAILS)
    httpx.get(accounts_mock.server_url + JANES_EMAILS, headers=accounts_mock.headers)

    assert [one.path for one in accounts_mock.requests()] == [JANES_EMAILS, JANES_EMAILS]
    # A server of ours refuses a request that names none.
    answer = httpx.get(accounts_mock.server_url + JANES_EMAILS)
    assert (answer.status_code, answer.json()["code"]) == (400, "sandbox-missing")


def test_tokens_carry_the_wanted_scopes(accounts_mock: AccountsMock) -> None:
    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(accounts_mock.url + JANES_EMAILS, json=NEW, headers=headers).status_code

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
    emails = httpx.get(accounts_mock.url + JANES_EMAILS, headers=accounts_mock.bearer()).json()
    assert len(emails) == 500
    accounts_mock.restore("first")
    assert accounts_mock.state() == first

    mallory = account("mallory")
    assert accounts_mock.set_state({"accounts": [mallory]})["accounts"][0]["type"] == "User"
    assert accounts_mock.login("mallory") == ("mallory", "mallory-password")
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
        return httpx.get(
            accounts_mock.url + JANES_EMAILS, headers=accounts_mock.bearer()
        ).status_code

    with accounts_mock.fault("list_emails", code=503, times=2, retry_after=7) as fault:
        assert status() == 503
        assert (fault.hits, fault.remaining) == (1, 1)
    assert status() == 200
    assert fault.hits == 1

    with accounts_mock.fault(example="tokenExpired", headers={"X-Why": "test"}) as ended:
        assert ended.hits == 0
    slow = accounts_mock.fault(wait={"uniform": [0.0, 0.01]})
    broken = accounts_mock.fault(fault="reset", method="GET", username="janedoe")
    assert slow.id != broken.id
    slow.remove()
    with pytest.raises(httpx.TransportError):
        status()
    broken.remove()
    broken.remove()
    assert status() == 200


def test_the_journal_holds_what_was_sent_and_answered(accounts_mock: AccountsMock) -> None:
    httpx.post(accounts_mock.url + JANES_EMAILS, json=NEW, headers=accounts_mock.bearer())

    [request] = accounts_mock.requests()
    assert (request.operation, request.username, request.status) == ("add_email", "janedoe", 201)
    assert request.request.json() == NEW
    assert request.response.json() == {**NEW, "verified": False, "primary": False}
    assert request.request.headers["authorization"] == "Bearer ***"
    accounts_mock.clear_requests()
    assert accounts_mock.requests() == []


def test_what_was_asked_can_be_asserted(accounts_mock: AccountsMock) -> None:
    httpx.post(accounts_mock.url + JANES_EMAILS, json=NEW, headers=accounts_mock.bearer())
    httpx.get(accounts_mock.url + JANES_EMAILS, auth=accounts_mock.login())

    accounts_mock.assert_called("add_email", body=NEW, status=201, times=1)
    accounts_mock.assert_called(method="GET", path=JANES_EMAILS, username="janedoe")
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
        "mockserver.testing.shared_server",
        "mockserver.testing.sandbox",
    }


def test_the_documentation_names_all_that_there_is(pytestconfig: pytest.Config) -> None:
    text = (ROOT / "docs" / "testing" / "pytest.md").read_text("utf-8")
    members = [name for name in vars(AccountsMock) if not name.startswith("_")]
    members += ["name", "url", "server_url", "headers", "dropped"]
    options = [name for name in vars(pytestconfig.option) if name.startswith("accounts_")]

    assert len(members) > 15
    assert [name for name in members if f"`{name}" not in text] == []
    assert len(options) == 5
    assert [name for name in options if f"--{name.replace('_', '-')}" not in text] == []


def test_a_test_whose_world_is_lost_fails_and_says_so(run_tests: RunTests) -> None:
    result = run_tests("""
def lose(mock):
    httpx.delete(mock.server_url + "/_mock/sandboxes/" + mock.name)

def test_calling(accounts_mock):
    accounts_mock.token()
    lose(accounts_mock)
    accounts_mock.requests()

def test_calling_no_more(accounts_mock):
    lose(accounts_mock)

def test_sending(accounts_mock):
    headers = accounts_mock.headers
    lose(accounts_mock)
    answer = httpx.get(accounts_mock.server_url + JANES_EMAILS, headers=headers)
    assert answer.status_code == 410
    assert answer.json()["code"] == "sandbox-lost"

def test_dropping_it_oneself(accounts_mock):
    accounts_mock.drop()
    accounts_mock.reset()
""")
    result.assert_outcomes(passed=3, failed=1, errors=3)
    result.stdout.fnmatch_lines(
        ["E *was refused with 410: the world that the sandbox * had is lost: *"]
    )
