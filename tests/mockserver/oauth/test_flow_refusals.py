"""Refusals of the token flow, as RFC 6749, RFC 7636 and RFC 9700 have them; and attacks on its page."""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.accounts.grants import Client
from tests.mockserver.oauth.app import (
    AUTHORIZE,
    BACK,
    CHALLENGE,
    LOGIN,
    PKCE,
    REVOKE,
    TOKEN,
    VERIFIER,
    App,
    answered,
    public,
)
from tests.mockserver.sandboxed import Sandboxed
from tests.support import APP, FORM, JSON, Json, basic, bearer, pointers, preflight

OTHER_VERIFIER = VERIFIER[::-1]
LONGER = "http://localhost:5173/callback/more"

Attack = Callable[[App], httpx.Response]

# Attacks on the token endpoint, by the error that each gets: with a part of its description.
# Attacks on the token endpoint, each with a part of the description that it gets.
# Those that the contract shows as examples are replayed in openapi/test_examples.py.
GRANTS: dict[str, Attack] = {
    "code was given to another client": lambda app: app.exchange(public(app.sandbox).code()),
    f"must be {BACK}": lambda app: app.exchange(
        app.code(), redirect_uri="http://localhost:5174/callback"
    ),
    "redirect_uri is missing": lambda app: app.exchange(app.code(), redirect_uri=None),
    "code_verifier is missing": lambda app: app.exchange(app.code(**PKCE)),
    "not the one": lambda app: app.exchange(app.code(**PKCE), code_verifier=OTHER_VERIFIER),
    # To a plain challenge.
    "is not the one": lambda app: app.exchange(
        app.code(code_challenge=VERIFIER), code_verifier=OTHER_VERIFIER
    ),
    "43 to 128": lambda app: app.exchange(
        app.code(code_challenge=CHALLENGE), code_verifier="ü" * 43
    ),
    "no code_challenge": lambda app: app.exchange(app.code(), code_verifier=VERIFIER),
    "nobody has this refresh_token": lambda app: app.refresh("nobodys"),
    "refresh_token was given to another client": lambda app: app.refresh(
        public(app.sandbox).tokens()["refresh_token"]
    ),
    "nobody has": lambda app: app.refresh(app.tokens()["access_token"]),
}
REQUESTS: dict[str, Attack] = {
    "code": lambda app: app.token(grant_type="authorization_code"),
    "grant_type is missing": lambda app: app.token(grant_type=""),
    "more than once": lambda app: app.sandbox.send(
        "POST", TOKEN, content="code=a&code=b", headers={"Content-Type": FORM}
    ),
    "belong in the body": lambda app: app.sandbox.send(
        "POST", f"{TOKEN}?client_secret=x", data={"grant_type": "refresh_token"}
    ),
    "sent twice": lambda app: app.refresh("r", client_secret="TestClientSecret"),
    "names TestPublicClientID": lambda app: app.refresh("r", client_id="TestPublicClientID"),
    "refresh_token is longer than 4000 characters": lambda app: app.refresh("r" * 1_000_000),
}


@pytest.mark.parametrize(
    ("error", "words", "attack"),
    [
        *(("invalid_grant", *one) for one in GRANTS.items()),
        *(("invalid_request", *one) for one in REQUESTS.items()),
    ],
)
def test_the_token_endpoint_refuses(
    sandbox: Sandboxed, error: str, words: str, attack: Attack
) -> None:
    refused(attack(App(sandbox)), 400, error, words)


@pytest.mark.parametrize(
    ("authorization", "fields", "words"),
    [
        (None, {}, "the client is missing"),
        (None, {"client_id": "Nobody"}, "has: TestClientID, TestPublicClientID"),
        (None, {"client_id": "TestClientID"}, "not the secret of TestClientID"),
        (None, {"client_id": "TestClientID", "client_secret": "x"}, "not the secret"),
        (None, {"client_id": "TestPublicClientID", "client_secret": "x"}, "is public"),
        (basic("TestClientID", "x"), {}, "not the secret"),
        (basic("janedoe", "janedoe-password"), {}, "no client has the client_id janedoe"),
        (bearer("janedoe-all"), {}, "leave the Bearer token out"),
        ("Basic !", {}, "cannot be read"),
    ],
)
@pytest.mark.parametrize("path", [TOKEN, REVOKE])
def test_a_client_that_is_not_who_it_says_is_refused(
    sandbox: Sandboxed, path: str, authorization: str | None, fields: dict[str, str], words: str
) -> None:
    grant = {"grant_type": "refresh_token", "refresh_token": "janedoe-refresh", "token": "t"}
    answer = sandbox.send("POST", path, authorization, data={**grant, **fields})
    refused(answer, 401, "invalid_client", words)
    assert answer.headers["www-authenticate"].startswith('Basic realm="OAuth 2 token flow"')
    assert sandbox.state()["refresh_tokens"][0]["revoked"] is False


def refused(answer: httpx.Response, status: int, error: str, words: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert words in answer.json()["error_description"]
    assert answer.headers["content-type"] == JSON


def test_an_id_and_a_secret_may_be_encoded_as_in_a_form(sandbox: Sandboxed) -> None:
    state = sandbox.state()
    name, secret = "a+b&c", "§ %"
    made = {"client_id": name, "client_secret": secret, "redirect_uris": [BACK]}
    state["oauth_clients"].append(made)
    sandbox.control("PUT", "state", state)
    for app in (App(sandbox, name, secret), App(sandbox, quote(name), quote(secret))):
        assert app.refresh("x").json()["error"] == "invalid_grant"


def test_a_code_that_is_used_twice_revokes_all_that_it_gave(sandbox: Sandboxed) -> None:
    app = App(sandbox)
    other, code = app.tokens(), app.code()
    first = app.exchange(code).json()
    second = app.refresh(first["refresh_token"]).json()
    refused(app.exchange(code), 400, "invalid_grant", "used before")
    for tokens in (first, second):
        assert app.reads(tokens["access_token"]) == "token-revoked"
        refused(app.refresh(tokens["refresh_token"]), 400, "invalid_grant", "revoked")
    assert app.reads(other["access_token"]) == 200


def test_a_foreign_client_cannot_revoke_by_a_code_that_was_used(sandbox: Sandboxed) -> None:
    app, code = App(sandbox), App(sandbox).code()
    tokens = app.exchange(code).json()
    refused(public(sandbox).exchange(code), 400, "invalid_grant", "another client")
    assert app.reads(tokens["access_token"]) == 200


def test_a_refresh_token_that_is_used_twice_ends_its_session(sandbox: Sandboxed) -> None:
    app = App(sandbox)
    first = app.tokens()
    second = app.refresh(first["refresh_token"]).json()
    refused(app.refresh(first["refresh_token"]), 400, "invalid_grant", "good once")
    assert app.reads(second["access_token"]) == "token-revoked"
    refused(app.refresh(second["refresh_token"]), 400, "invalid_grant", "revoked")


def test_a_refused_attempt_uses_nothing_up(sandbox: Sandboxed) -> None:
    app, code = App(sandbox), App(sandbox).code()
    app.exchange(code, redirect_uri=LONGER)
    tokens = app.exchange(code).json()
    app.refresh(tokens["refresh_token"], scope="email_write")
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_a_code_lives_for_a_minute(sandbox: Sandboxed) -> None:
    app, code = App(sandbox), App(sandbox).code()
    state = sandbox.state()
    state["authorization_codes"][0]["expires_at"] = "2020-01-01T00:00:00Z"
    sandbox.control("PUT", "state", state)
    refused(app.exchange(code), 400, "invalid_grant", "60 seconds")


def test_an_account_that_is_not_active_gets_nothing(sandbox: Sandboxed) -> None:
    app = App(sandbox)
    code, tokens = app.code(), app.tokens()
    state = sandbox.state()
    state["accounts"][0]["is_active"] = False
    state["oauth_clients"][1]["auto_approve"] = "janedoe"
    sandbox.control("PUT", "state", state)
    assert app.post().status_code == 403
    assert answered(public(sandbox).get())["error"] == "access_denied"
    for answer in (app.exchange(code), app.refresh(tokens["refresh_token"])):
        refused(answer, 400, "invalid_grant", "not active")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"response_type": None}, "invalid_request", "response_type"),
        ({"response_type": "token"}, "unsupported_response_type", "must be code"),
        ({"response_type": "code token"}, "unsupported_response_type", "must be code"),
        ({"scope": "profile_read admin"}, "invalid_scope", "admin is no scope"),
        ({"scope": 'a"b\\c\u00fc'}, "invalid_scope", "a'b?c?"),
        ({"code_challenge": None}, "invalid_request", "must use PKCE"),
        ({"code_challenge": "short"}, "invalid_request", "43 to 128"),
        ({"code_challenge": "ü" * 50}, "invalid_request", "43 to 128"),
        ({"code_challenge_method": "S512"}, "invalid_request", ""),
    ],
)
def test_the_authorize_page_sends_an_error_back_at_once(
    sandbox: Sandboxed, changes: dict[str, str | None], error: str, words: str
) -> None:
    answer = public(sandbox).get(**changes)
    told = answered(answer)
    assert answer.headers["location"].startswith(f"{BACK}?")
    assert (told["error"], told["state"]) == (error, "of mine")
    assert words in told["error_description"]


NOT_MINE = [
    *("https://evil.example/callback", "http://localhost.evil.example/callback"),
    *(f"http://localhost:5173{one}evil.example/callback" for one in ("@", "\\@", "//")),
    *(f"http://localhost:5173/callback{one}" for one in ("#x", "?x=1", "/../../x")),
    *("http://evil.example#@localhost/callback", "http://localhost:5173/CALLBACK"),
    *("HTTP://localhost:5173/callback", "https://localhost:5173/callback"),
    *("http://localhost:/callback", "http://localhost:123456/callback", "http://0.0.0.0/callback"),
    *("//localhost/callback", "/callback", "callback", "data:text/html,x"),
    "javascript:alert(1)//http://localhost/callback",
    *("http://localhost/callback\r\nX: y", " http://localhost/callback"),
]


@pytest.mark.parametrize("uri", NOT_MINE)
def test_nobody_is_sent_to_an_address_that_the_client_has_not_registered(
    sandbox: Sandboxed, uri: str
) -> None:
    app = App(sandbox)
    for send in (app.get, app.post):
        told_on_a_page(send(redirect_uri=uri), 400)
    assert sandbox.state()["authorization_codes"] == []


@given(
    st.text(st.characters(codec="utf-8"), max_size=40)
    | st.from_regex(r"http://(localhost|127\.0\.0\.1|\[::1\])[:@/.#?\\a-z0-9]*")
)
def test_a_loopback_redirect_uri_differs_in_its_port_alone(uri: str) -> None:
    app = Client(client_id="c", redirect_uris=("http://localhost/callback", "https://a.example/cb"))
    parts = httpx.URL("http://localhost/callback")
    try:
        read = httpx.URL(uri)
    except (httpx.InvalidURL, ValueError):
        read = None
    if app.takes(uri) and uri != "https://a.example/cb":
        assert read is not None
        assert read.copy_with(port=None) == parts


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "client_id"),
        ("client_id=Nobody&response_type=code", "oauth_clients in the fixtures has"),
        ("client_id=TestClientID&response_type=code", "redirect_uri is missing"),
        (f"client_id=TestClientID&client_id=x&redirect_uri={quote(BACK)}", "client_id"),
        (f"client_id=TestClientID&redirect_uri={quote(BACK)}&redirect_uri=x", "redirect_uri"),
        ("client_id=%ff", "UTF-8"),
        (f"client_id=TestClientID&redirect_uri=http://localhost{'/' * 50_000}", "is longer than"),
        ("client_id=TestClientID&response_type=code&grant_type=x", "redirect_uri is missing"),
        ("client_id=%3Cscript%3Ealert(1)%3C/script%3E", "<script>"),
    ],
)
def test_where_there_is_no_way_back_a_page_says_what_is_wrong(
    sandbox: Sandboxed, query: str, words: str
) -> None:
    answer = sandbox.send("GET", f"{AUTHORIZE}?{query}")
    told_on_a_page(answer, 400)
    assert words in html.unescape(answer.text)
    assert "<script" not in answer.text
    assert sandbox.last()["code"] in ("invalid_request", "body-malformed")


def told_on_a_page(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "location" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "login",
    [
        {"password": "wrong"},
        {"username": "nobody"},
        {"username": None},
        {"username": "inactive", "password": "inactive-password"},
    ],
)
def test_a_wrong_login_is_asked_for_again(sandbox: Sandboxed, login: dict[str, str | None]) -> None:
    answer = App(sandbox).post(state='"><script>', **login)
    told_on_a_page(answer, 403)
    assert 'value="of mine"' not in answer.text
    assert 'name="state" value="&#34;&gt;&lt;script&gt;"' in answer.text
    assert 'role="alert"' in answer.text
    assert "wrong" not in answer.text  # no password is repeated
    assert sandbox.last()["code"] in ("credentials-wrong", "account-inactive")
    assert sandbox.state()["authorization_codes"] == []


def test_a_decision_in_the_address_decides_nothing(sandbox: Sandboxed) -> None:
    answer = App(sandbox).get(**LOGIN)
    told_on_a_page(answer, 200)
    assert "janedoe-password" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"},
    ],
)
def test_a_form_of_another_origin_allows_nothing(
    sandbox: Sandboxed, headers: dict[str, str]
) -> None:
    told_on_a_page(App(sandbox).post_from(headers), 403)
    assert sandbox.last()["code"] == "origin-not-allowed"
    assert sandbox.state()["authorization_codes"] == []


def test_a_form_behind_a_proxy_that_changes_the_host_is_taken(sandbox: Sandboxed) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:5173"}
    assert answered(App(sandbox).post_from(headers))["code"]


def test_no_page_may_read_the_authorize_page_and_every_page_the_token_endpoint(
    sandbox: Sandboxed,
) -> None:
    origin = {"Origin": APP}
    readable = "access-control-allow-origin"
    asked = urlencode(public(sandbox).asking())
    for query in (asked, "client_id=Nobody", f"{asked}&scope=admin"):
        answer = sandbox.send("GET", f"{AUTHORIZE}?{query}", headers=origin)
        assert readable not in answer.headers
    assert readable not in preflight(sandbox, AUTHORIZE, "POST").headers
    for path in (TOKEN, REVOKE):
        answer = sandbox.send("POST", path, headers=origin, data={"grant_type": "x", "token": "x"})
        for one in (preflight(sandbox, path, "POST"), answer):
            assert one.headers[readable] == APP


def test_an_address_that_no_policy_can_name_is_refused_in_fixtures(sandbox: Sandboxed) -> None:
    state = sandbox.state()
    bad = (
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a.example/#x",
        "https://a.example/ b",
    )
    for uri in (*bad, "http://a.example;script-src", "x:/y", "https://"):
        state["oauth_clients"][0]["redirect_uris"] = [uri]
        answer = sandbox.send("PUT", "/_mock/state", json=state)
        assert answer.json()["errors"][0]["pointer"] == "/oauth_clients/0/redirect_uris/0", uri
    for uri in ("https://a.example/cb?x=%20;y", "com.example.app:/cb", "http://localhost:3000"):
        state["oauth_clients"][0]["redirect_uris"] = [uri]
        assert sandbox.send("PUT", "/_mock/state", json=state).status_code == 200, uri


REFRESH = {"token": "r", "client_id": "TestClientID", "username": "janedoe", "scopes": []}
ENTRIES: dict[str, Json] = {
    "oauth_clients": {"client_id": "x", "redirect_uris": [BACK]},
    "refresh_tokens": REFRESH,
}


@pytest.mark.parametrize(
    ("kind", "change", "pointer"),
    [
        ("oauth_clients", {"client_id": "TestClientID"}, "client_id"),
        ("oauth_clients", {"client_id": "a:b"}, "client_id"),
        ("oauth_clients", {"redirect_uris": []}, "redirect_uris"),
        ("oauth_clients", {"auto_approve": "nobody"}, "auto_approve"),
        ("oauth_clients", {"expires_in": 0}, "expires_in"),
        ("refresh_tokens", {"client_id": "nobody"}, "client_id"),
        ("refresh_tokens", {"username": "x"}, "username"),
        ("refresh_tokens", {"scopes": ["x"]}, "scopes/0"),
    ],
)
def test_fixtures_that_contradict_themselves_are_refused_with_their_place(
    sandbox: Sandboxed, kind: str, change: Json, pointer: str
) -> None:
    state = sandbox.state()
    state[kind].append({**ENTRIES[kind], **change})
    answer = sandbox.send("PUT", "/_mock/state", json=state)
    assert pointers(answer) == [f"/{kind}/{len(state[kind]) - 1}/{pointer}"]


def test_codes_and_tokens_are_bounded(sandbox: Sandboxed) -> None:
    state = sandbox.state()
    state["oauth_clients"][0]["auto_approve"] = "janedoe"
    state["tokens"] = [
        {"token": f"t{n}", "username": "janedoe", "scopes": []} for n in range(10_000)
    ]
    sandbox.control("PUT", "state", state)
    app = App(sandbox)
    refused(app.exchange(answered(app.get())["code"]), 400, "invalid_request", "reset first")
