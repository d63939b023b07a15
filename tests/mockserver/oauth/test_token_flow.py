"""The token flow as it should go: the page, codes, tokens, refreshing, revoking; with a client that we did not write."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session

from tests.mockserver.oauth.app import (
    AUTHORIZE,
    BACK,
    CHALLENGE,
    LOGIN,
    REVOKE,
    TOKEN,
    VERIFIER,
    App,
    answered,
    public,
)
from tests.mockserver.planted import RunTests
from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    FIXTURES_FILE,
    JANES,
    JANES_EMAILS,
    JSON,
    OAUTH,
    ROOT,
    Json,
    MockServer,
    StartServer,
    head,
    invoke,
)

pytest_plugins = ["pytester"]


@pytest.fixture(params=["a client with a secret", "a public client"])
def app(request: pytest.FixtureRequest, sandbox: Sandboxed) -> App:
    return public(sandbox) if request.param == "a public client" else App(sandbox)


def test_an_app_logs_a_user_in_and_gets_the_documented_answer(app: App) -> None:
    tokens = app.tokens(scope="profile_read profile_write")
    assert set(tokens) == set(OAUTH["components"]["schemas"]["TokenAnswer"]["properties"])
    told = {name: tokens[name] for name in tokens if name not in ("access_token", "refresh_token")}
    assert told == {
        "username": "janedoe",
        "user_id": 2,
        "expires_in": 15552000,
        "token_type": "Bearer",
        "scope": "profile_read profile_write",
    }
    assert app.reads(tokens["access_token"]) == 200


def test_the_state_comes_back_as_it_was_sent(app: App) -> None:
    state = "ünï&code=x #\r\nSet-Cookie: x"
    answer = answered(app.post(state=state))
    assert answer["state"] == state
    assert answered(app.post(state=state, decision="deny"))["state"] == state
    assert "state" not in answered(app.post(state=None))


def test_a_user_who_denies_sends_the_app_back_without_a_code(app: App) -> None:
    answer = app.post(decision="deny", username=None, password=None)
    assert answer.status_code == 303
    assert answered(answer)["error"] == "access_denied"


def test_refreshing_gives_new_tokens_with_the_same_or_fewer_scopes(app: App) -> None:
    first = app.tokens()
    assert first["scope"] == "profile_read email_read"  # those that are documented for none
    second = app.refresh(first["refresh_token"], scope="email_read").json()
    assert second["scope"] == "email_read"
    third = app.refresh(second["refresh_token"]).json()
    assert third["scope"] == "profile_read email_read"
    assert len({one["access_token"] for one in (first, second, third)}) == 3
    assert app.reads(first["access_token"]) == app.reads(third["access_token"]) == 200
    assert app.reads(second["access_token"]) == "scope-missing"


@pytest.mark.parametrize(("kind", "after"), [("access_token", 200), ("refresh_token", 400)])
def test_revoking_a_refresh_token_ends_the_session_and_an_access_token_itself_alone(
    app: App, kind: str, after: int
) -> None:
    tokens = app.tokens()
    for _ in range(2):  # the second time there is nothing left to revoke, which is no error
        answer = app.revoke(token=tokens[kind], token_type_hint="nonsense")
        assert (answer.status_code, answer.content) == (200, b"")
    assert app.reads(tokens["access_token"]) == "token-revoked"
    assert app.refresh(tokens["refresh_token"]).status_code == after


def test_bodies_may_be_json_and_a_code_is_of_its_sandbox_alone(sandbox: Sandboxed) -> None:
    fields = {"client_id": "TestClientID", "client_secret": "TestClientSecret"}
    grant = {"grant_type": "authorization_code", "code": App(sandbox).code(), "redirect_uri": BACK}
    elsewhere = App(Sandboxed(sandbox.server)).exchange(grant["code"])
    assert elsewhere.json()["error"] == "invalid_grant"
    answer = sandbox.send("POST", TOKEN, json={**fields, **grant})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == JSON
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()["access_token"]
    assert sandbox.send("POST", REVOKE, json={**fields, "token": token}).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [BACK, "http://127.0.0.1:1/callback", "http://[::1]:65535/callback", "http://localhost/"],
)
def test_the_port_of_a_loopback_redirect_uri_is_free(sandbox: Sandboxed, uri: str) -> None:
    app = App(sandbox)
    code = answered(answer := app.post(redirect_uri=uri))["code"]
    assert answer.headers["location"].startswith(f"{uri}?")
    assert app.exchange(code, redirect_uri=uri).status_code == 200


def client(sandbox: Sandboxed, **members: Any) -> App:
    """Add a client of its own to a sandbox."""
    state = sandbox.state()
    made = {"client_id": "mine", "redirect_uris": ["https://app.example.com/cb?x=1"], **members}
    state["oauth_clients"].append(made)
    sandbox.control("PUT", "state", state)
    return App(sandbox, "mine", members.get("client_secret"))


def test_the_only_redirect_uri_of_a_client_may_be_left_out(sandbox: Sandboxed) -> None:
    app = client(sandbox, client_secret="s")
    answer = app.post(redirect_uri=None)
    assert answer.headers["location"].startswith("https://app.example.com/cb?x=1&code=")
    assert app.exchange(answered(answer)["code"], redirect_uri=None).status_code == 200


def test_a_client_with_auto_approve_gets_its_code_without_a_page(sandbox: Sandboxed) -> None:
    app = client(sandbox, auto_approve="johndoe")
    answer = app.get(redirect_uri=None)
    assert answer.status_code == 302
    tokens = app.exchange(answered(answer)["code"], redirect_uri=None).json()
    assert (tokens["username"], tokens["user_id"]) == ("johndoe", 3)


def test_the_tokens_of_a_client_live_as_long_as_the_fixtures_say(sandbox: Sandboxed) -> None:
    app = client(sandbox, client_secret="s", expires_in=60)
    tokens = app.exchange(app.code(redirect_uri=None), redirect_uri=None).json()
    assert tokens["expires_in"] == 60
    listed = {one["access_token"]: one for one in sandbox.control("GET", "tokens")}
    token = listed[tokens["access_token"]]
    assert token["client_id"] == "mine"
    assert 55 < token["expires_in"] <= 60


@pytest.mark.parametrize("way", ["a snapshot", "the state"])
def test_a_login_that_has_begun_goes_on_after_the_world_was_put_back(app: App, way: str) -> None:
    sandbox, first, code = app.sandbox, app.tokens(), app.code()
    sandbox.control("POST", "snapshots/kept")
    kept = sandbox.state()
    for again in (False, True):
        if again and way == "a snapshot":
            sandbox.control("POST", "snapshots/kept/restore")
        elif again:
            sandbox.control("PUT", "state", kept)
        assert sandbox.state() == kept
        assert app.exchange(code).status_code == 200
        assert app.refresh(first["refresh_token"]).status_code == 200
    sandbox.control("POST", "reset")
    assert app.reads(first["access_token"]) == "token-unknown"
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_used_code_is_still_known_as_used_after_its_state_was_put_back(app: App) -> None:
    code = app.code()
    token = app.exchange(code).json()["access_token"]
    app.sandbox.control("PUT", "state", app.sandbox.state())
    assert app.exchange(code).json()["error"] == "invalid_grant"
    assert app.reads(token) == "token-revoked"


def test_the_flow_stands_in_the_journal_without_its_secrets(sandbox: Sandboxed) -> None:
    app = App(sandbox)
    tokens = app.tokens()
    page, token = sandbox.requests()
    assert (page["operation"], page["status"]) == ("decide", 303)
    assert page["notes"] == ["janedoe has allowed TestClientID: profile_read email_read"]
    assert (token["operation"], token["status"]) == ("request_token", 200)
    assert token["notes"] == ["client TestClientID", "for janedoe: profile_read email_read"]
    shown = str((page, token))
    for secret in (*tokens.values(), "janedoe-password", "TestClientSecret"):
        if secret not in ("janedoe", 2, 15552000, "Bearer", "profile_read email_read"):
            assert str(secret) not in shown
    assert '"token_type":"Bearer"' in token["response"]["body"]
    archived = sandbox.control("GET", "requests.har")["log"]["entries"][0]["response"]
    assert archived["redirectURL"].startswith(f"{BACK}?code=")
    app.exchange("nobodys")
    assert sandbox.last()["code"] == "invalid_grant"
    assert "no such code" in sandbox.last()["why"]


@pytest.mark.parametrize("operation", ["authorize", "request_token", "revoke"])
def test_faults_reach_the_flow(sandbox: Sandboxed, operation: str) -> None:
    sandbox.fault(operation=operation, code=503, times=1)
    app = App(sandbox)
    calls: dict[str, Callable[[], httpx.Response]] = {
        "authorize": app.get,
        "request_token": lambda: app.refresh("r"),
        "revoke": lambda: sandbox.send("POST", REVOKE, data={"token": "t"}),
    }
    assert calls[operation]().status_code == 503
    assert calls[operation]().status_code != 503
    for kind in ("garbage", "contract"):
        answer = sandbox.send("GET", AUTHORIZE, headers={"Prefer": f"fault={kind}"})
        assert answer.headers["preference-applied"] == f"fault={kind}"


def test_a_forced_401_of_the_token_endpoint_has_its_challenge(sandbox: Sandboxed) -> None:
    answer = sandbox.send("POST", TOKEN, headers={"Prefer": "code=401"})
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["www-authenticate"].startswith('Basic realm="OAuth 2 token flow"')


def test_the_first_requests_of_all_may_come_at_once(start_server: StartServer) -> None:
    server, first = start_server(), head("GET", f"{AUTHORIZE}?client_id=Nobody")
    connections = [server.connect() for _ in range(8)]
    for connection in connections:
        connection.sendall(first)
    for connection in connections:
        with connection, connection.makefile("rb") as stream:
            assert stream.read().startswith(b"HTTP/1.1 400 ")


def fields(page: str) -> Json:
    """Return the hidden fields of the page."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: value.replace("&#34;", '"').replace("&lt;", "<") for name, value in found}


def log_in(app: OAuth2Session, base: str, login: Json = LOGIN, **verifier: str) -> Json:
    """Have authlib log janedoe in; gives the fields of the page, and the token."""
    url, state = app.create_authorization_url(f"{base}{AUTHORIZE}", **verifier)
    page = app.get(url, withhold_token=True)
    form = {**fields(page.text), **login}
    back = app.post(f"{base}{AUTHORIZE}", data=form, withhold_token=True, allow_redirects=False)
    came = back.headers["location"]
    token = app.fetch_token(f"{base}{TOKEN}", authorization_response=came, state=state, **verifier)
    return {**form, **token}


def test_authlib_logs_in_with_a_secret(server: MockServer, sandbox: Sandboxed) -> None:
    base = f"{server.url}{sandbox.prefix}"
    with OAuth2Session(
        "TestClientID",
        "TestClientSecret",
        scope="profile_read email_write",
        redirect_uri=BACK,
        token_endpoint=f"{base}{TOKEN}",
    ) as app:
        token = log_in(app, base)
        assert token["scope"] == "profile_read email_write"
        assert app.get(f"{base}{JANES}").status_code == 200
        assert app.get(f"{base}{JANES_EMAILS}").status_code == 403
        sandbox.control("POST", f"tokens/{token['access_token']}/expire")
        assert app.get(f"{base}{JANES}").status_code == 401
        app.token["expires_at"] = 1  # as its clock would say by then: it refreshes by itself
        assert app.get(f"{base}{JANES}").status_code == 200
        assert app.token["refresh_token"] != token["refresh_token"]
        assert app.revoke_token(f"{base}{REVOKE}", app.token["refresh_token"]).status_code == 200
        assert app.get(f"{base}{JANES}").status_code == 401


def test_authlib_logs_in_as_a_public_client(server: MockServer, sandbox: Sandboxed) -> None:
    base = f"{server.url}{sandbox.prefix}"
    with OAuth2Session(
        "TestPublicClientID",
        redirect_uri=BACK,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    ) as app:
        # Every login of HTTP Basic is taken.
        login = {**LOGIN, "username": "username", "password": "password"}
        assert log_in(app, base, login, code_verifier=VERIFIER)["code_challenge"] == CHALLENGE
        assert app.get(f"{base}{JANES}").json()["username"] == "janedoe"


def test_the_test_of_the_guide_runs_as_it_stands_there(run_tests: RunTests) -> None:
    guide = (ROOT / "docs" / "guides" / "logging-in.md").read_text("utf-8")
    result = run_tests(guide.partition("```python\n")[2].partition("```")[0])
    result.assert_outcomes(passed=1)


def test_the_fixtures_of_the_guide_can_be_served(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guides" / "logging-in.md").read_text("utf-8")
    account = FIXTURES_FILE.read_text("utf-8").partition("logins:")[0]
    fixtures = tmp_path / "fixtures.yaml"
    fixtures.write_text(account + guide.partition("```yaml\n")[2].partition("```")[0])
    done = invoke("check", "--fixtures", str(fixtures))
    assert done.returncode == 0, done.stderr
