"""The control API: health, reset, state, tokens, and the contract."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import (
    CONTROL_FILE,
    FIXTURES,
    JOHN,
    JOHNS_EMAILS,
    OPERATIONS,
    SCOPES,
    USER,
    Json,
    MockServer,
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


def test_health_tells_the_version(server: MockServer) -> None:
    answer = server.send("GET", "/_mock/health")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "version"}
    assert answer.json()["status"] == "ok"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (path, method)
        for path, item in CONTROL["paths"].items()
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE")
        if method.lower() not in item
    ],
)
def test_the_control_api_takes_the_methods_of_its_contract(
    server: MockServer, path: str, method: str
) -> None:
    with server.unchanged():
        answer = server.send(method, path)
    problem(answer, 405, "method-not-allowed")
    described = {one.upper() for one in CONTROL["paths"][path] if one != "parameters"}
    assert described <= set(answer.headers["allow"].split(", "))


def test_reset_goes_back_to_the_fixtures(server: MockServer) -> None:
    before = server.state()
    for operation in OPERATIONS:
        call(server, operation, JOHN)
    server.mint("johndoe", [])
    server.send("DELETE", "/_mock/tokens/johndoe-all")
    assert server.state() != before
    answer = server.send("POST", "/_mock/reset")
    assert answer.status_code == 204
    assert answer.content == b""
    assert server.state() == before


def test_reset_takes_any_body_or_none(server: MockServer) -> None:
    assert server.send("POST", "/_mock/reset", json={"what": "ever"}).status_code == 204


def test_a_token_minted_before_a_reset_is_gone(server: MockServer) -> None:
    token = server.mint("johndoe", SCOPES)
    server.reset()
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


def test_the_state_can_be_put_back(server: MockServer) -> None:
    state = server.state()
    assert server.put_state(state) == state == server.state()


def test_a_state_after_changes_can_be_kept_and_put_back(server: MockServer) -> None:
    for operation in OPERATIONS:
        call(server, operation, JOHN)
    token = server.mint("johndoe", SCOPES)
    kept = server.state()
    server.reset()
    server.put_state(kept)
    assert server.state() == kept
    assert call(server, GET_USER, bearer(token)).json()["full_name"] == "John R. Doe"


def test_a_fixtures_file_can_be_put_as_a_state(server: MockServer) -> None:
    before = server.state()
    assert server.put_state(FIXTURES) == before


EMPTY: Json = {kind: [] for kind in CONTROL["components"]["schemas"]["State"]["properties"]}
MINIMAL: Json = {
    "accounts": [
        {
            "username": "ada",
            "password": "ada-password",
            "emails": [{"email": "Ada@example.com", "primary": True}],
        }
    ]
}


def test_a_small_state_gets_all_defaults(server: MockServer) -> None:
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


def test_a_put_state_is_served(server: MockServer) -> None:
    server.put_state(MINIMAL)
    login = basic("ada", "ada-password")
    user = server.send("GET", USER.replace("{username}", "ada"), login).json()
    assert user["email"] == "Ada@example.com"
    problem(call(server, GET_USER, JOHN), 401)
    problem(call(server, GET_USER, login), 404)


def test_new_accounts_get_ids_of_their_own(server: MockServer) -> None:
    accounts = [
        {
            **MINIMAL["accounts"][0],
            "username": name,
            "emails": [{"email": f"{name}@x.example", "primary": True}],
        }
        for name in ("a", "b", "c")
    ]
    accounts[1]["id"] = 7
    state = server.put_state({"accounts": accounts})
    ids = [account["id"] for account in state["accounts"]]
    assert ids[1] == 7
    assert len(set(ids)) == 3


def test_a_state_without_accounts_is_a_state(server: MockServer) -> None:
    assert server.put_state({"accounts": []}) == EMPTY
    problem(call(server, GET_USER, JOHN), 401)


Edit = Callable[[Json], object]
INVALID_STATES: dict[str, tuple[Edit, list[str]]] = {
    "no accounts": (lambda state: state.pop("accounts"), ["/accounts"]),
    "accounts of a wrong type": (lambda state: state.update(accounts={}), ["/accounts"]),
    "an unknown member": (lambda state: state.update(users=[]), ["/users"]),
    "an unknown member of an account": (
        lambda state: state["accounts"][1].update(nickname="J"),
        ["/accounts/1/nickname"],
    ),
    "no password": (lambda state: state["accounts"][0].pop("password"), ["/accounts/0/password"]),
    "an empty password": (
        lambda state: state["accounts"][0].update(password=""),
        ["/accounts/0/password"],
    ),
    "a username with a slash": (
        lambda state: state["accounts"][2].update(username="a/b"),
        ["/accounts/2/username"],
    ),
    "a username twice": (
        lambda state: state["accounts"][2].update(username="janedoe"),
        ["/accounts/2/username"],
    ),
    "an id twice": (lambda state: state["accounts"][2].update(id=2), ["/accounts/2/id"]),
    "an id that is no number": (
        lambda state: state["accounts"][2].update(id="2"),
        ["/accounts/2/id"],
    ),
    "no address": (lambda state: state["accounts"][0].update(emails=[]), ["/accounts/0/emails"]),
    "no primary address": (
        lambda state: state["accounts"][0]["emails"][0].update(primary=False),
        ["/accounts/0/emails"],
    ),
    "two primary addresses": (
        lambda state: state["accounts"][1]["emails"][1].update(primary=True),
        ["/accounts/1/emails"],
    ),
    "an invalid address": (
        lambda state: state["accounts"][1]["emails"][1].update(email="nobody"),
        ["/accounts/1/emails/1/email"],
    ),
    "an address twice": (
        lambda state: state["accounts"][1]["emails"][2].update(email="Jane.Doe@example.com"),
        ["/accounts/1/emails/2/email"],
    ),
    "a date that is none": (
        lambda state: state["accounts"][0].update(date_joined="yesterday"),
        ["/accounts/0/date_joined"],
    ),
    "a login of nobody": (
        lambda state: state["logins"][0].update(username="nobody"),
        ["/logins/0/username"],
    ),
    "a login with a colon": (
        lambda state: state["logins"][0].update(name="a:b"),
        ["/logins/0/name"],
    ),
    "a token of nobody": (
        lambda state: state["tokens"][3].update(username="nobody"),
        ["/tokens/3/username"],
    ),
    "an unknown scope": (
        lambda state: state["tokens"][3].update(scopes=["email_read", "admin"]),
        ["/tokens/3/scopes/1"],
    ),
    "scopes as a text": (
        lambda state: state["tokens"][3].update(scopes="email_read"),
        ["/tokens/3/scopes"],
    ),
    "a token that cannot be sent": (
        lambda state: state["tokens"][3].update(token="two words"),
        ["/tokens/3/token"],
    ),
    "a token twice": (
        lambda state: state["tokens"][3].update(token="janedoe-all"),
        ["/tokens/5/token"],
    ),
    "an expiry that is no date": (
        lambda state: state["tokens"][3].update(expires_at="soon"),
        ["/tokens/3/expires_at"],
    ),
    "an expiry in the year 99999": (
        lambda state: state["tokens"][3].update(expires_at="99999-01-01T00:00:00Z"),
        ["/tokens/3/expires_at"],
    ),
    "several at once": (
        lambda state: [state["accounts"][0].pop("password"), state["tokens"][3].update(scopes=3)],
        ["/accounts/0/password", "/tokens/3/scopes"],
    ),
    "several contradictions at once": (
        lambda state: [
            state["accounts"][2].update(id=2, username="janedoe"),
            state["logins"][0].update(username="nobody"),
        ],
        ["/accounts/2/id", "/accounts/2/username", "/logins/0/username"],
    ),
}


@pytest.mark.parametrize(("edit", "places"), INVALID_STATES.values(), ids=INVALID_STATES)
def test_an_invalid_state_is_refused_with_its_places_and_nothing_changes(
    server: MockServer, edit: Edit, places: list[str]
) -> None:
    state = copy.deepcopy(server.state())
    edit(state)
    with server.unchanged():
        answer = server.send("PUT", "/_mock/state", json=state)
    assert sorted(set(pointers(answer))) == places


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"null", b'{"accounts": \xff}'])
def test_a_state_that_is_no_object_is_refused(server: MockServer, content: bytes) -> None:
    with server.unchanged():
        answer = server.send("PUT", "/_mock/state", content=content)
    problem(answer, 400)


def test_a_state_as_a_form_is_refused(server: MockServer) -> None:
    with server.unchanged():
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


def test_a_token_lives_for_180_days_if_nothing_else_is_said(server: MockServer) -> None:
    wish = {"username": "johndoe", "scopes": []}
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


def test_no_two_tokens_are_the_same(server: MockServer) -> None:
    assert len({server.mint("johndoe", []) for _ in range(50)}) == 50


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
    answer = server.send("DELETE", f"/_mock/tokens/{name}")
    assert answer.status_code == 204
    assert listed(server)["johndoe-all"]["revoked"] is True
    problem(call(server, GET_USER, bearer("johndoe-all")), 401, "token-revoked")
    assert call(server, GET_USER, bearer("johndoe-profile_read")).status_code == 200


def test_a_token_can_be_revoked_again(server: MockServer) -> None:
    assert server.send("DELETE", "/_mock/tokens/johndoe-revoked").status_code == 204


def test_an_unknown_token_cannot_be_revoked(server: MockServer) -> None:
    with server.unchanged():
        problem(server.send("DELETE", "/_mock/tokens/nobody"), 404, "token-unknown")


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


def test_a_revoked_token_is_refused_on_writing_too(server: MockServer) -> None:
    server.send("DELETE", "/_mock/tokens/johndoe-all")
    with server.unchanged():
        answer = server.send(
            "POST", JOHNS_EMAILS, bearer("johndoe-all"), json={"email": "a@b.example"}
        )
    problem(answer, 401, "token-revoked")
