"""The world that the mock server starts with: scripts of our users rely on these names."""

from __future__ import annotations

import pytest

from tests.support import BY_ID, SCOPES, Json, MockServer, basic, bearer, call, problem

GET_USER, LIST_EMAILS = BY_ID["get_user"], BY_ID["list_emails"]
DOCUMENTED_TOKEN = "zAy0BxC1wDv2EuF3tGs4HrI6qJp6KoL7nM"


def accounts(server: MockServer) -> dict[str, Json]:
    return {account["username"]: account for account in server.state()["accounts"]}


def test_there_are_three_accounts_of_which_one_is_not_active(server: MockServer) -> None:
    active = {name: account["is_active"] for name, account in accounts(server).items()}
    assert active == {"janedoe": True, "johndoe": True, "inactive": False}


@pytest.mark.parametrize("username", ["janedoe", "johndoe"])
def test_a_user_logs_in_with_a_password_that_follows_from_the_name(
    server: MockServer, username: str
) -> None:
    login = basic(username, f"{username}-password")
    assert call(server, GET_USER, login, username).json()["username"] == username


def test_the_documented_login_and_token_are_janedoes(server: MockServer) -> None:
    assert call(server, GET_USER, basic("username", "password"), "janedoe").json()["id"] == 2
    answer = call(server, LIST_EMAILS, bearer(DOCUMENTED_TOKEN), "janedoe")
    assert [one["email"] for one in answer.json()] == ["jane.doe@example.com"]


def test_the_documented_token_has_the_scopes_of_the_documented_requests(
    server: MockServer,
) -> None:
    [token] = [one for one in server.state()["tokens"] if one["token"] == DOCUMENTED_TOKEN]
    assert set(token["scopes"]) == {"email_read", "email_write"}
    problem(call(server, GET_USER, bearer(DOCUMENTED_TOKEN), "janedoe"), 403, "scope-missing")


def test_johndoe_has_a_primary_a_verified_and_an_unverified_address(server: MockServer) -> None:
    emails = accounts(server)["johndoe"]["emails"]
    assert [(one["verified"], one["primary"]) for one in emails] == [
        (True, True),
        (True, False),
        (False, False),
    ]


@pytest.mark.parametrize("username", ["janedoe", "johndoe"])
def test_a_user_has_a_token_of_every_kind(server: MockServer, username: str) -> None:
    kinds = {
        one["token"].removeprefix(f"{username}-"): set(one["scopes"])
        for one in server.state()["tokens"]
        if one["username"] == username and one["token"] != DOCUMENTED_TOKEN
    }
    everything = set(SCOPES)
    assert kinds == {
        **{scope: {scope} for scope in SCOPES},
        "all": everything,
        "none": set(),
        "expired": everything,
        "revoked": everything,
    }
