"""Logging in in a real browser: the pages of the token flow, attacks on them, and no login box of the browser's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.watched import Watched
from tests.mockserver.oauth.app import AUTHORIZE, LOGIN
from tests.support import FORM, JANES, ROOT, MockServer

GUIDE = (ROOT / "docs" / "guides" / "logging-in.md").read_text("utf-8")
LOGIN_JS = GUIDE.partition("```js\n")[2].partition("```")[0]
"""The code of the guide, run as it stands there but for the address of the API."""


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


def asking(client_id: str, redirect_uri: str, **more: str) -> str:
    """Return the address of the authorize page."""
    asked = {"client_id": client_id, "response_type": "code", "redirect_uri": redirect_uri, **more}
    return f"{AUTHORIZE}?{urlencode(asked)}"


def log_in(page: Page, password: str) -> None:
    page.get_by_label("Username").fill("janedoe")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Allow").click()


def add_client(server: MockServer, client_id: str, *redirect_uris: str) -> None:
    state = server.state()
    made = {"client_id": client_id, "client_secret": "s", "redirect_uris": redirect_uris}
    state["oauth_clients"].append(made)
    server.put_state(state)


def test_the_single_page_app_of_the_guide_logs_in_refreshes_and_logs_out(
    page: Page, server: MockServer, app: str
) -> None:
    elsewhere = LOGIN_JS.replace("const API = '';", f"const API = '{server.url}';")
    page.route(
        "**/login.js", lambda route: route.fulfill(body=elsewhere, content_type="text/javascript")
    )
    page.goto(app)
    page.evaluate("import('/login.js').then((login) => login.logIn('profile_read email_read'))")
    expect(page.get_by_role("heading")).to_have_text(
        "Allow TestPublicClientID to use your account?"
    )
    expect(page.get_by_role("listitem")).to_have_text(
        ["Read the profile. profile_read", "Read the email addresses. email_read"]
    )
    log_in(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text("No account has this username and password.")
    log_in(page, "janedoe-password")
    page.wait_for_url(f"{app}/callback?*")
    told = page.evaluate(
        """async ([server, path]) => {
            const login = await import("/login.js");
            const reads = async ({ access_token }) => {
                const headers = { Authorization: `Bearer ${access_token}` };
                return (await fetch(server + path, { headers })).status;
            };
            const first = await login.loggedIn();
            const [second, same] = await Promise.all([login.refresh(first), login.refresh(first)]);
            const before = [await reads(first), await reads(second), second === same];
            await login.logOut(second);
            const refused = await login.refresh(second).catch((error) => error.message);
            return [first.username, ...before, await reads(first), await reads(second), refused];
        }""",
        [server.url, JANES],
    )
    assert told[:-1] == ["janedoe", 200, 200, True, 401, 401]
    assert "good once" in told[-1]


def test_denying_needs_no_login(page: Page, server: MockServer, app: str) -> None:
    callback = f"{app.replace('localhost', '127.0.0.1')}/callback"
    page.goto(f"{server.url}/~mine{asking('TestClientID', callback)}")
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url(f"{callback}?error=access_denied*")


def test_the_policy_of_the_page_lets_the_user_go_where_the_client_leads(
    page: Page, server: MockServer, app: str
) -> None:
    page.route("https://app.example.com/**", lambda route: route.fulfill(body="arrived"))
    for client_id, uri, arrives in (
        ("onward", f"{app}/onward", f"{app}/"),
        ("onward-by-ip", f"{app.replace('localhost', '127.0.0.1')}/onward", f"{app}/"),
        ("elsewhere", "https://app.example.com/callback", "https://app.example.com/callback?*"),
    ):
        add_client(server, client_id, uri)
        page.goto(f"{server.url}{asking(client_id, uri)}")
        log_in(page, "janedoe-password")
        page.wait_for_url(arrives)


def test_script_in_names_is_shown_and_not_run(page: Page, server: MockServer) -> None:
    name = '"><img/src=x/onerror=document.title=1><script>document.title=1</script>'
    add_client(server, name, "http://localhost/")
    page.goto(f"{server.url}{asking(name, 'http://localhost/', state=name, scope='profile_read')}")
    expect(page.get_by_role("heading")).to_contain_text(name)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Username")).to_have_value(name)
    expect(page).to_have_title(f"Allow {name}? · mock server")
    page.goto(f"{server.url}{asking('TestClientID', f'http://localhost/{name}')}")
    expect(page.get_by_role("alert")).to_contain_text(name)
    assert page.locator("img, script").count() == 0


def test_the_page_cannot_be_framed(watched: Watched, server: MockServer, app: str) -> None:
    watched.page.goto(app)
    for url in (asking("TestClientID", "http://localhost/"), AUTHORIZE):
        with watched.page.expect_console_message(lambda one: "frame-ancestors" in one.text):
            watched.page.evaluate(
                "(src) => document.body.append(Object.assign(document.createElement('iframe'), { src }))",
                f"{server.url}{url}",
            )
    watched.complaints.clear()


def test_a_foreign_page_cannot_allow_in_the_name_of_a_user(
    page: Page, server: MockServer, app: str
) -> None:
    page.goto(app)
    asked = {
        "client_id": "TestClientID",
        "response_type": "code",
        "redirect_uri": "http://localhost/",
    }
    page.evaluate(
        """([url, fields]) => {
            const form = Object.assign(document.createElement("form"), { method: "post", action: url });
            for (const [name, value] of Object.entries(fields)) {
                form.append(Object.assign(document.createElement("input"), { name, value }));
            }
            document.body.append(form); form.submit();
        }""",
        [f"{server.url}{AUTHORIZE}", {**asked, **LOGIN}],
    )
    expect(page.get_by_role("alert")).to_contain_text("page of another origin")
    assert server.state()["authorization_codes"] == []


def test_a_401_to_a_script_opens_no_login_box(page: Page, server: MockServer) -> None:
    # As behind Vite's proxy, the page and the API are of one origin.
    page.goto(f"{server.url}/")
    asked = boxes(page)
    body = "grant_type=refresh_token&refresh_token=x"
    form = {"Content-Type": FORM, "Authorization": "Basic eDp5"}
    for path, options in (
        (JANES, {"headers": {}}),
        (JANES, {"headers": {"Authorization": "Basic eDp5"}}),
        (JANES, {"headers": {"Authorization": "Bearer nobodys"}}),
        (JANES, {"headers": {"Prefer": "code=401"}}),
        ("/api/v1.1/o/token/", {"headers": form, "method": "POST", "body": body}),
    ):
        status, challenge = page.evaluate(
            """async ([url, options]) => {
                const answer = await fetch(url, { ...options, credentials: "include" });
                return [answer.status, answer.headers.get("WWW-Authenticate")];
            }""",
            [path, options],
        )
        assert asked == [], (path, options)
        assert status == 401
        assert challenge.startswith("Bearer ")
        assert "Basic" not in challenge


def test_a_401_to_the_user_at_the_address_bar_still_opens_the_box(
    page: Page, server: MockServer
) -> None:
    asked = boxes(page)
    answer = page.goto(f"{server.url}{JANES}")
    assert answer is not None
    assert [one["scheme"].lower() for one in asked] == ["basic"]


def boxes(page: Page) -> list[dict[str, Any]]:
    """Collect what Chromium would ask the user for a login for, and cancel it."""
    asked: list[dict[str, Any]] = []
    session = page.context.new_cdp_session(page)

    def ask(event: dict[str, Any]) -> None:
        asked.append(event["authChallenge"])
        answer = {"response": "CancelAuth"}
        session.send(
            "Fetch.continueWithAuth",
            {"requestId": event["requestId"], "authChallengeResponse": answer},
        )

    def go_on(event: dict[str, Any]) -> None:
        session.send("Fetch.continueRequest", {"requestId": event["requestId"]})

    session.on("Fetch.authRequired", ask)
    session.on("Fetch.requestPaused", go_on)
    session.send("Fetch.enable", {"handleAuthRequests": True})
    return asked
