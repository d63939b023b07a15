"""The reference in a real browser: no request leaves the machine, and "Try it" works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.watched import PHONE, THEMES, WIDE, Watched
from tests.support import BY_ID, OPERATIONS, MockServer, StartServer, account, invoke

# A page of each kind, and those of the operations with the most on them.
KINDS = [
    "index",
    "errors",
    "reading",
    "control",
    "oauth",
    "control-stream_events",
    "oauth-authorize",
]
PAGES = [*KINDS, "control-add_fault", "control-put_state", "oauth-request_token", *BY_ID]


class Reference(Watched):
    """The pages in a browser, with an eye on every request and every complaint."""

    def open(self, url: str) -> None:
        self.page.goto(url)
        if self.page.locator("#swagger-ui").count():
            expect(self.page.locator("[data-ready] .execute")).to_be_visible()

    def log_in(self, label: str) -> None:
        name = re.compile(f"^{re.escape(label)} ")
        self.page.locator("#logins").get_by_role("button", name=name).click()

    def answers(self, status: int) -> str:
        """Press the button of "Try it", expect a status, and return the text of the answer."""
        self.page.locator(".execute").click()
        answer = self.page.locator(".live-responses-table .response")
        expect(answer.locator(".response-col_status")).to_contain_text(str(status))
        return answer.inner_text()

    def reached(self) -> set[str]:
        """Return the hosts of the requests; a file and the page itself have none."""
        found = (re.match(r"(?:https?|wss?)://([^/]+)", url) for url in self.requests)
        return {one[1] for one in found if one}


@pytest.fixture
def reference(window: BrowserContext) -> Iterator[Reference]:
    opened = Reference(window)
    yield opened
    opened.close()


def host(server: MockServer) -> str:
    return server.url.removeprefix("http://")


def test_try_it_works_for_all_six_operations_in_the_sandbox_of_the_reader(
    reference: Reference, server: MockServer
) -> None:
    docs = f"{server.url}/~reader/docs/"
    told = {}
    for operation in OPERATIONS:
        reference.open(f"{docs}{operation.id}.html")
        told[operation.id] = reference.answers(operation.success)
    assert '"username": "janedoe"' in told["get_user"]
    assert "Private Island" in told["update_user"]
    assert "jane.doe+other@example.com" in told["add_email"]
    assert '"verified": true' in told["update_email"]
    journal = server.send("GET", "/~reader/_mock/requests").json()
    assert [one["operation"] for one in journal] == [one.id for one in OPERATIONS]
    assert server.send("GET", "/_mock/requests").json() == []
    assert reference.reached() == {host(server)}


def test_a_refusal_is_shown_and_no_login_box_opens(
    reference: Reference, server: MockServer
) -> None:
    reference.open(f"{server.url}/docs/list_emails.html")
    reference.log_in("janedoe-profile_read")
    told = reference.answers(403)
    assert "scope-missing" in told
    reference.log_in("Nobody")
    assert "credentials-missing" in reference.answers(401)
    reference.log_in("johndoe:johndoe-password")
    assert "not-the-owner" in reference.answers(403)
    reference.page.get_by_placeholder("username").fill("johndoe")
    assert "john@work.example.com" in reference.answers(200)


def test_a_login_at_a_click_stands_in_the_code_which_can_be_copied(
    reference: Reference, server: MockServer
) -> None:
    reference.open(f"{server.url}/docs/get_user.html")
    reference.log_in("username:password")
    for language in ("Python", "JavaScript", "curl"):
        reference.page.get_by_text(language, exact=True).click()
        sample = reference.page.locator(".sample:visible")
        expect(sample).to_have_count(1)
        expect(sample).to_contain_text("Basic dXNlcm5hbWU6cGFzc3dvcmQ=")
        sample.get_by_role("button", name="Copy").click()
        expect(sample.get_by_role("button")).to_have_text("Copied")
        copied = reference.clipboard()
        assert "Basic dXNlcm5hbWU6cGFzc3dvcmQ=" in copied
        assert copied == sample.locator("code").inner_text()


def test_the_logins_are_those_of_the_world_that_is_served(
    reference: Reference, server: MockServer
) -> None:
    server.put_state({"accounts": [account("mallory", password="schön")]})
    reference.open(f"{server.url}/docs/get_user.html")
    expect(reference.page.locator(".sample:visible")).to_contain_text("/users/mallory/")
    assert '"username": "mallory"' in reference.answers(200)


def test_a_server_that_asks_for_its_control_token_gives_logins_to_nobody_else(
    reference: Reference, start_server: StartServer
) -> None:
    server = start_server("--control-token", "of-the-console")
    reference.open(f"{server.url}/docs/get_user.html")
    logins = reference.page.locator("#logins")
    expect(logins).not_to_contain_text("janedoe-password")
    for token in ("wrong", "of-the-console"):
        logins.get_by_role("textbox").fill(token)
        logins.get_by_role("button", name="Use it").click()
        if token == "wrong":
            expect(logins).to_contain_text("refuses this token")
    expect(logins).to_contain_text("janedoe:janedoe-password")
    reference.answers(200)
    reference.open(f"{server.url}/docs/control-list_scenarios.html")
    assert "fresh-user" in reference.answers(200)


def test_the_static_site_needs_no_server_to_be_read_and_one_to_be_tried(
    reference: Reference, server: MockServer, tmp_path: Path
) -> None:
    assert invoke("docs", str(tmp_path), "--server", f"{server.url}/~static").returncode == 0
    for name in KINDS:
        reference.open(f"file://{tmp_path}/{name}.html")
    assert reference.reached() == set()
    reference.open(f"file://{tmp_path}/add_email.html")
    assert "jane.doe+other@example.com" in reference.answers(201)
    reference.log_in("johndoe-all")
    assert "not-the-owner" in reference.answers(403)
    assert reference.reached() == {host(server)}


def test_every_page_fits_its_window_and_asks_nobody_else(
    reference: Reference, server: MockServer
) -> None:
    for name in PAGES:
        reference.look(WIDE, "light")
        reference.open(f"{server.url}/docs/{name}.html")
        assert reference.fits(), name
        for theme in THEMES:
            reference.look(PHONE, theme)
            assert reference.fits(), (name, theme)
        assert reference.page.evaluate(BROKEN_NAMES) == [], name
        assert reference.page.evaluate(COVERED_CODE) == [], name
    assert reference.reached() == {host(server)}


def test_the_console_and_the_first_page_lead_to_the_reference(
    reference: Reference, server: MockServer
) -> None:
    for start in ("/~here/", "/~here/_mock/"):
        reference.page.goto(f"{server.url}{start}")
        reference.page.locator("a[href$='docs/']:visible").first.click()
        expect(reference.page).to_have_url(f"{server.url}/~here/docs/")


# Names in the tables that stand on two lines.
BROKEN_NAMES = """() => [...document.querySelectorAll("td:is(:nth-child(2), :nth-child(3)) > code")]
  .filter(one => /^[a-z_]+$/.test(one.textContent) && one.getClientRects().length > 1)
  .map(one => one.textContent)"""

# The samples whose button covers their code.
COVERED_CODE = """() => [...document.querySelectorAll(".sample")].filter(one => one.checkVisibility())
  .filter(one => one.querySelector("button").getBoundingClientRect().bottom
    > one.querySelector("pre").getBoundingClientRect().top)
  .map(one => one.textContent)"""
