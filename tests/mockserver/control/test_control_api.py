"""The control API: health, reset, state, tokens, and the contract."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.support import (
    CONTROL_FILE,
    FIXTURES,
    JOHN,
    OPERATIONS,
    SCOPES,
    USER,
    Json,
    MockServer,
    account,
    basic,
    bearer,
    call,
    eventually,
    pointers,
    problem,
    read_yaml,
)

CONTROL = read_yaml(CONTROL_FILE)
GET_USER = OPERATIONS[0]


@pytest.mark.parametrize("path", CONTROL["paths"])
def test_the_control_api_takes_the_methods_of_its_contract(server: MockServer, path: str) -> None:
    described = {one.upper() for one in CONTROL["paths"][path] if one != "parameters"}
    for method in {"GET", "PUT", "POST", "PATCH", "DELETE"} - described:
        answer = server.send(method, path)
        problem(answer, 405, "method-not-allowed")
        assert described <= set(answer.headers["allow"].split(", "))


def test_reset_goes_back_to_the_fixtures(server: MockServer) -> None:
    before = server.state()
    for operation in OPERATIONS:
        call(server, operation, JOHN)
    token = server.mint("johndoe", SCOPES)
    server.send("DELETE", "/_mock/tokens/johndoe-all")
    assert call(server, GET_USER, bearer(token)).status_code == 200
    bodies: list[Json] = [{}, {"json": {"what": "ever"}}]
    for body in bodies:
        answer = server.send("POST", "/_mock/reset", **body)
        assert (answer.status_code, answer.content) == (204, b"")
        assert server.state() == before
    problem(call(server, GET_USER, bearer(token)), 401, "token-unknown")


def without(data: Any, *names: str) -> Any:
    return {name: value for name, value in data.items() if name not in names}


def test_the_state_is_what_the_fixtures_say(server: MockServer) -> None:
    state = server.state()
    assert set(state) == {*FIXTURES, "authorization_codes"} - {"scenarios"}
    for kind in ("accounts", "logins", "tokens", "oauth_clients", "refresh_tokens"):
        for found, written in zip(state[kind], FIXTURES[kind], strict=True):
            assert found.items() >= without(written, "emails").items()
    for found, written in zip(state["accounts"], FIXTURES["accounts"], strict=True):
        for email, expected in zip(found["emails"], written["emails"], strict=True):
            assert email == {"verified": False, "primary": False, **expected}


def test_a_fixtures_file_and_the_state_itself_can_be_put_as_a_state(server: MockServer) -> None:
    before = server.state()
    for operation in OPERATIONS:
        call(server, operation, JOHN)
    token = server.mint("johndoe", SCOPES)
    kept = server.state()
    for state in (FIXTURES, before):
        assert server.put_state(state) == before == server.state()
    assert server.put_state(kept) == kept == server.state()
    assert call(server, GET_USER, bearer(token)).json()["full_name"] == "John R. Doe"


EMPTY: Json = {kind: [] for kind in CONTROL["components"]["schemas"]["State"]["properties"]}
MINIMAL: Json = {"accounts": [account("ada", "Ada@example.com")]}


def test_a_small_state_gets_all_defaults_and_an_empty_one_is_a_state(server: MockServer) -> None:
    state = server.put_state(MINIMAL)
    [ada] = state["accounts"]
    assert state == {**EMPTY, "accounts": [ada]}
    assert ada["id"] == 1
    assert ada["type"] == "User"
    assert ada["is_active"] is True
    assert ada["full_name"] == ""
    assert ada["url"] == "https://www.docker.io/api/v1.1/users/ada/"
    digest = hashlib.md5(b"ada@example.com", usedforsecurity=False).hexdigest()
    picture = f"https://secure.gravatar.com/avatar/{digest}.jpg?s=80&r=g&d=mm"
    assert ada["gravatar_url"] == picture
    assert ada["emails"] == [{"email": "Ada@example.com", "verified": False, "primary": True}]
    login = basic("ada", "ada-password")
    user = server.send("GET", USER.replace("{username}", "ada"), login).json()
    assert user["email"] == "Ada@example.com"
    problem(call(server, GET_USER, JOHN), 401)
    problem(call(server, GET_USER, login), 404)
    assert server.put_state({"accounts": []}) == EMPTY
    problem(call(server, GET_USER, login), 401)


def test_an_invalid_state_is_refused_with_all_its_places_and_nothing_changes(
    server: MockServer,
) -> None:
    state = server.state()
    [jane, john, inactive], tokens = state["accounts"], state["tokens"]
    jane.update(password="", id="2", date_joined="yesterday", emails=[])
    john.update(nickname="J")
    john["emails"][1].update(primary=True, email="nobody")
    john["emails"][2].update(email="Inactive@example.com")
    inactive.update(id=john["id"], username="a/b")
    state["logins"][0].update(name="a:b", username="nobody")
    tokens[3].update(username="nobody", scopes=["email_read", "admin"], token="two words")
    tokens[4].update(scopes="email_read", expires_at="99999-01-01T00:00:00Z")
    tokens[5].update(token=tokens[6]["token"], expires_at="soon")
    state["users"] = []
    with server.unchanged():
        answer = server.send("PUT", "/_mock/state", json=state)
    assert sorted(set(pointers(answer))) == [
        *(f"/accounts/0/{one}" for one in ("date_joined", "emails", "id", "password")),
        *(f"/accounts/1/{one}" for one in ("emails", "emails/1/email", "nickname")),
        *(f"/accounts/2/{one}" for one in ("emails/0/email", "id", "username")),
        *("/logins/0/name", "/logins/0/username"),
        *(f"/tokens/3/{one}" for one in ("scopes/1", "token", "username")),
        *("/tokens/4/expires_at", "/tokens/4/scopes", "/tokens/5/expires_at", "/tokens/6/token"),
        "/users",
    ]


def test_a_state_that_is_no_object_or_a_form_is_refused(server: MockServer) -> None:
    with server.unchanged():
        for content in (b"", b"{", b"[]", b"3", b"null", b'{"accounts": \xff}'):
            problem(server.send("PUT", "/_mock/state", content=content), 400)
        answer = server.send("PUT", "/_mock/state", data={"accounts": "[]"})
    problem(answer, 415, "media-type-unsupported")
    assert answer.headers["accept"] == "application/json"


@pytest.mark.parametrize("scopes", [[], ["profile_read"], list(SCOPES)], ids=len)
def test_a_token_is_minted_with_its_scopes(server: MockServer, scopes: list[str]) -> None:
    wish = {"username": "johndoe", "scopes": scopes, "expires_in": 3600}
    answer = server.send("POST", "/_mock/tokens", json=wish)
    assert answer.status_code == 201
    token = answer.json()
    assert token["username"] == "johndoe"
    assert token["scopes"] == scopes
    assert token["scope"] == " ".join(scopes)
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    assert (token["expired"], token["revoked"]) == (False, False)
    assert token["access_token"] not in token["id"]
    del wish["expires_in"]  # so it lives for 180 days
    assert server.send("POST", "/_mock/tokens", json=wish).json()["expires_in"] == 15552000


def test_a_token_without_a_lifetime_has_expired_from_the_start(server: MockServer) -> None:
    wish = {"username": "johndoe", "scopes": list(SCOPES), "expires_in": 0}
    token = server.send("POST", "/_mock/tokens", json=wish).json()
    assert (token["expired"], token["expires_in"]) == (True, 0)
    problem(call(server, GET_USER, bearer(token["access_token"])), 401, "token-expired")


def test_a_token_expires_when_its_time_has_come(server: MockServer) -> None:
    def status(token: str) -> int:
        return call(server, GET_USER, bearer(token)).status_code

    # On a busy machine, one may have expired before it is used.
    tokens = (server.mint("johndoe", SCOPES, expires_in=1) for _ in range(20))
    token = next(one for one in tokens if status(one) == 200)
    eventually(lambda: status(token) == 401)


def listed(server: MockServer) -> dict[str, Json]:
    answer = server.send("GET", "/_mock/tokens")
    assert answer.status_code == 200
    return {token["access_token"]: token for token in answer.json()}


def test_all_tokens_are_listed_also_those_that_are_no_good(server: MockServer) -> None:
    tokens = listed(server)
    assert list(tokens) == [one["token"] for one in FIXTURES["tokens"]]
    assert tokens["johndoe-expired"]["expired"] is True
    assert tokens["johndoe-revoked"]["revoked"] is True
    assert tokens["johndoe-all"]["expires_at"] is None
    assert "expires_in" not in tokens["johndoe-all"]
    minted = server.mint("johndoe", ["profile_read"])
    assert listed(server)[minted]["scopes"] == ["profile_read"]


@pytest.mark.parametrize("by", ["id", "access_token"])
def test_a_token_is_revoked_by_its_id_or_by_itself(server: MockServer, by: str) -> None:
    name = listed(server)["johndoe-all"][by]
    assert call(server, GET_USER, bearer("johndoe-all")).status_code == 200
    answer = server.send("DELETE", f"/_mock/tokens/{name}")
    assert answer.status_code == 204
    assert listed(server)["johndoe-all"]["revoked"] is True
    problem(call(server, GET_USER, bearer("johndoe-all")), 401, "token-revoked")
    assert call(server, GET_USER, bearer("johndoe-profile_read")).status_code == 200


def test_a_token_can_be_revoked_again_and_an_unknown_one_cannot(server: MockServer) -> None:
    assert server.send("DELETE", "/_mock/tokens/johndoe-revoked").status_code == 204
    problem(server.send("DELETE", "/_mock/tokens/nobody"), 404, "token-unknown")
    problem(server.send("POST", "/_mock/tokens/nobody/expire"), 404, "token-unknown")


@pytest.mark.parametrize(
    ("wish", "places"),
    [
        ({"scopes": []}, ["/username"]),
        ({"username": "johndoe"}, ["/scopes"]),
        ({"username": "nobody", "scopes": []}, ["/username"]),
        ({"username": 3, "scopes": []}, ["/username"]),
        ({"username": "johndoe", "scopes": "profile_read"}, ["/scopes"]),
        ({"username": "johndoe", "scopes": ["profile_read", 3]}, ["/scopes/1"]),
        ({"username": "johndoe", "scopes": ["profile_read", "admin"]}, ["/scopes/1"]),
        (
            {"username": "nobody", "scopes": ["admin", "root"]},
            ["/scopes/0", "/scopes/1", "/username"],
        ),
        ({"username": "johndoe", "scopes": [], "expires_in": -1}, ["/expires_in"]),
        ({"username": "johndoe", "scopes": [], "expires_in": 1.5}, ["/expires_in"]),
        ({"username": "johndoe", "scopes": [], "expires_in": "60"}, ["/expires_in"]),
        ({"username": "johndoe", "scopes": [], "expires_in": 10**12}, ["/expires_in"]),
        ({"username": "johndoe", "scopes": [], "lifetime": 60}, ["/lifetime"]),
        ([], [""]),
    ],
    ids=json.dumps,
)
def test_an_invalid_wish_for_a_token_is_refused_with_its_places(
    server: MockServer, wish: Any, places: list[str]
) -> None:
    with server.unchanged():
        answer = server.send("POST", "/_mock/tokens", json=wish)
    assert sorted(pointers(answer)) == places
