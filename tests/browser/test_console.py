"""The console, in Chromium: through its buttons, and by the keyboard."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.support import JANE, MockServer, StartServer, basic, bearer, clean_environment

pytestmark = pytest.mark.browser

Theme = Literal["light", "dark"]

JANES = "/api/v1.1/users/janedoe/"
JANES_EMAILS = f"{JANES}emails/"
TABS = ("requests", "world", "tokens", "faults", "sandboxes")
MARKUP = "<img src=x onerror=\"document.title='hacked'\">"

WIDE = (1400, 900)
NARROW = (360, 740)


class Console:
    """The page, with an eye on everything that it must not do."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("console", self._hear)
        page.on("request", self._watch)

    def _hear(self, message: Any) -> None:
        # Chromium writes each answer from 400 on to its console; those we provoke.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", f"blob:{self.url}/")):
            self.complaints.append(f"request to another host: {request.url}")

    def open(self, sandbox: str = "") -> None:
        """Open the page, and wait until it is alive."""
        self.page.goto(f"{self.url}/~{sandbox}/_mock/" if sandbox else f"{self.url}/_mock/")
        self.is_live()

    def is_live(self) -> None:
        expect(self.page.locator("#connection")).to_have_text("Live")

    def __getitem__(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def press(self, name: str) -> None:
        """Press the button of a name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def row(self, text: str) -> Locator:
        """The requests that show a text."""
        return self["#list > li:visible"].filter(has_text=text)

    def open_row(self, text: str) -> Locator:
        """Open the newest request that shows a text; gives its details."""
        row = self.row(text).first
        row.locator("summary").click()
        return row.locator(".details")

    def says(self, section: str, text: str) -> None:
        expect(self[f"#{section}-message"]).to_contain_text(text)

    def focused(self) -> str:
        """The id of what has the focus, or its class and text."""
        found = self.page.evaluate(
            "(one => one.id || `${one.tagName} ${one.textContent.slice(0, 60)}`)(document.activeElement)"
        )
        return str(found)

    def clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))


class OpenConsole:
    """Opens consoles, and in the end finds that none of them complained."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._opened: list[Console] = []

    def __call__(
        self, server: MockServer, size: tuple[int, int] = WIDE, theme: Theme = "light"
    ) -> Console:
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(10_000)
        console = Console(context.new_page(), server.url)
        self._opened.append(console)
        return console

    def close(self) -> None:
        for console in self._opened:
            console.page.context.close()
        assert [console.complaints for console in self._opened if console.complaints] == []


@pytest.fixture
def open_console(browser: Browser) -> Iterator[OpenConsole]:
    opening = OpenConsole(browser)
    yield opening
    opening.close()


@pytest.fixture
def console(open_console: OpenConsole, server: MockServer) -> Console:
    server.send("DELETE", "/_mock/sandboxes")
    opened = open_console(server)
    opened.open()
    return opened


def test_a_request_appears_as_it_comes_with_the_reason_for_its_refusal(
    console: Console, server: MockServer
) -> None:
    expect(console["#no-requests"]).to_be_visible()

    server.send("POST", JANES_EMAILS, bearer("janedoe-email_read"), json={"email": "a@b.example"})

    row = console.row("scope-missing")
    for text in ("POST", JANES_EMAILS, "403", "add_email", "janedoe", "email_write", " ms"):
        expect(row).to_contain_text(text)
    expect(console["#announcer"]).to_contain_text("403 scope-missing")
    expect(console["#no-requests"]).to_be_hidden()


def test_a_request_opens_to_its_headers_bodies_and_notes(
    console: Console, server: MockServer
) -> None:
    body = (
        '{"location":"Zürich","colour":"blue","big":12345678901234567890,"empty":{},"list":[1,[]]}'
    )
    headers = {"Content-Type": "application/json"}
    server.send("PATCH", JANES, JANE, content=body.encode(), headers=headers)

    details = console.open_row("PATCH")

    expect(details).to_contain_text("ignored members: colour, big, empty, list")
    expect(details).to_contain_text("janedoe, by Basic")
    expect(details).to_contain_text("Basic ***")
    shown = details.get_by_label("Request, body").inner_text()
    assert shown == (
        '{\n  "location": "Zürich",\n  "colour": "blue",\n  "big": 12345678901234567890,\n'
        '  "empty": {},\n  "list": [\n    1,\n    []\n  ]\n}'
    )
    answer = details.get_by_label("Response 200, body").inner_text()
    assert json.loads(answer)["location"] == "Zürich"


def test_the_page_starts_with_what_the_journal_holds(
    open_console: OpenConsole, server: MockServer
) -> None:
    for number in range(3):
        server.send("GET", f"/early-{number}")

    console = open_console(server)
    console.open()

    texts = console["#list .path"].all_inner_texts()
    assert texts == ["/early-2", "/early-1", "/early-0"]


def test_a_request_that_comes_while_the_journal_is_read_is_shown_once(
    open_console: OpenConsole, server: MockServer
) -> None:
    console = open_console(server)

    def read_slowly(route: Route) -> None:
        server.send("GET", "/told-twice")
        route.fulfill(response=route.fetch())

    console.page.route("**/_mock/requests", read_slowly)
    console.open()
    server.send("GET", "/later")

    expect(console["#list .path"]).to_have_text(["/later", "/told-twice"])


def test_markup_in_what_clients_send_stays_text(
    console: Console, server: MockServer, start_server: StartServer
) -> None:
    state = server.state()
    state["accounts"].append(
        {
            "username": "<iframe>",
            "password": "<b>secret</b>",
            "full_name": MARKUP,
            "emails": [{"email": "<iframe>@b.example", "primary": True}],
        }
    )
    server.put_state(state)
    server.send("PATCH", JANES, JANE, json={"full_name": MARKUP, MARKUP: MARKUP})
    server.raw(
        f"GET /{MARKUP.replace(' ', '/')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    )
    server.send("GET", "/headers", headers={"X-Markup": MARKUP, "Prefer": f'code="{MARKUP}"'})
    server.send("POST", "/_mock/faults", json={"username": MARKUP, "code": 500, "body": MARKUP})
    server.send("POST", "/_mock/tokens", json={"username": "<iframe>", "scopes": []})
    expect(console["#list > li"]).to_have_count(3)

    for summary in console["#list summary"].all():
        summary.click()
    for name in ("World", "Tokens", "Faults", "Sandboxes"):
        console.tab(name)
        console["section:visible >> text=Refresh"].click()
    console["#filter-text"].fill(MARKUP)

    expect(console["#fault-table"]).to_contain_text(MARKUP)
    expect(console["#users"]).to_contain_text(MARKUP)
    expect(console["#token-table"]).to_contain_text("<iframe>")
    expect(console["#list .details"].first).to_contain_text(MARKUP)
    assert console["img, iframe, object, svg, [onerror]"].count() == 0
    assert console.page.title() == "accounts-mock console"


def test_the_curl_line_repeats_the_request(
    console: Console, server: MockServer, open_console: OpenConsole
) -> None:
    body = '{"full_name": "O\'Hara \\"$HOME\\" `id` \\\\ 日本",\n "location": "@file !x"}'
    path = "/~shop-7/api/v1.1/users/janedoe/"
    query = "?q=it's&[a]={b}&c=$d"
    raw = body.encode()
    head = (
        f"PATCH {path}{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Authorization: Bearer janedoe-all\r\nContent-Type: application/json\r\n"
        f"X-Team: it's $us\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    assert server.raw(head.encode() + raw).status == 200
    shop = open_console(server)
    shop.open("shop-7")

    details = shop.open_row("PATCH")
    details.get_by_role("button", name="Copy curl line").click()
    expect(details.get_by_role("button", name="Copy curl line")).to_have_text("Copied")
    line = shop.clipboard()
    expect(details).to_contain_text("Set TOKEN first.")
    assert "janedoe-all" not in line
    answered = in_a_shell(line, TOKEN="janedoe-all")

    assert json.loads(answered)["full_name"] == 'O\'Hara "$HOME" `id` \\ 日本'
    first, second = server.send("GET", "/~shop-7/_mock/requests").json()
    for member in ("method", "path", "query", "status", "username", "scheme"):
        assert first[member] == second[member]
    assert first["request"]["body"] == second["request"]["body"]
    assert second["request"]["headers"]["X-Team".lower()] == "it's $us"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("GET", JANES, {"Authorization": JANE}, ""),
        ("HEAD", JANES, {"Authorization": JANE}, ""),
        ("PATCH", JANES, {"Authorization": JANE}, '{"location": "untyped"}'),
        ("DELETE", JANES_EMAILS, {"Authorization": JANE}, "{}"),
        ("GET", "/a/../b/./c", {"X-Empty": "", "Accept": "text/x"}, ""),
        ("GET", JANES, {"Authorization": JANE, "Prefer": "code=503"}, ""),
    ],
    ids=["basic", "head", "no content type", "delete with a body", "dots", "prefer"],
)
def test_the_curl_line_of_any_request_gets_the_same_answer(
    console: Console,
    server: MockServer,
    method: str,
    path: str,
    headers: dict[str, str],
    body: str,
) -> None:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}{length}\r\n"
    )
    server.raw((head + body).encode(), method)

    details = console.open_row(method)
    line = details.locator(".curl pre").inner_text()
    in_a_shell(line, USER="janedoe", PASSWORD="janedoe-password")

    first, second = server.send("GET", "/_mock/requests").json()
    assert {**second, "response": None} | COMES_ANEW == {**first, "response": None} | COMES_ANEW
    assert second["request"]["body"] == first["request"]["body"]
    assert kept(second["request"]["headers"]) == kept(first["request"]["headers"])


COMES_ANEW = {"id": 0, "time": "", "ms": 0, "request": None}


def kept(headers: dict[str, str]) -> dict[str, str]:
    """The header fields that a curl line must repeat."""
    own = {"host", "connection", "content-length", "user-agent"}
    return {
        name.lower(): value
        for name, value in headers.items()
        if name.lower() not in own and (name.lower(), value) != ("accept", "*/*")
    }


def in_a_shell(line: str, **variables: str) -> str:
    """What a command line prints."""
    done = subprocess.run(
        ["/bin/sh", "-c", line.replace("curl ", "curl -sS ", 1)],
        env=clean_environment({**variables, "NO_PROXY": "*"}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, (line, done.stderr)
    return done.stdout


def test_requests_are_filtered_by_text_status_and_operation(
    console: Console, server: MockServer
) -> None:
    server.send("GET", JANES, JANE)
    server.send("GET", JANES)
    server.send("GET", JANES_EMAILS, JANE, headers={"Prefer": "code=503"})
    server.send("GET", "/nowhere")
    paths = console["#list > li:visible .path"]
    expect(paths).to_have_count(4)

    console["#filter-text"].fill("credentials emails")
    expect(console["#shown"]).to_have_text("0 of 4 shown")
    console["#filter-text"].fill("NOWHERE")
    expect(paths).to_have_text(["/nowhere"])
    console["#filter-text"].fill("")
    for status, count in (("refused", 3), ("2", 1), ("4", 2), ("5", 1), ("fault", 1)):
        console["#filter-status"].select_option(status)
        expect(paths).to_have_count(count)
    console["#filter-status"].select_option("")
    console["#filter-operation"].select_option("get_user")
    expect(paths).to_have_count(2)
    server.send("GET", JANES_EMAILS, JANE)
    server.send("GET", JANES, JANE)
    expect(paths).to_have_count(3)
    console["#filter-operation"].select_option("-")
    expect(paths).to_have_text(["/nowhere"])


def test_a_paused_list_stands_still_and_then_catches_up(
    console: Console, server: MockServer
) -> None:
    console.press("Pause")
    for number in range(3):
        server.send("GET", f"/while-paused-{number}")

    expect(console["#pause"]).to_have_text("Resume (3)")
    assert console["#list > li"].count() == 0
    console["#pause"].click()
    expect(console["#list > li"]).to_have_count(3)


def test_clear_empties_the_journal_and_the_list(console: Console, server: MockServer) -> None:
    server.send("GET", JANES, JANE)
    expect(console["#list > li"]).to_have_count(1)

    console.press("Clear")

    expect(console["#list > li"]).to_have_count(0)
    assert server.send("GET", "/_mock/requests").json() == []


def test_the_journal_is_downloaded_as_har(
    console: Console, server: MockServer, tmp_path: Path
) -> None:
    server.send("GET", JANES, JANE)

    with console.page.expect_download() as download:
        console.press("HAR")
    download.value.save_as(tmp_path / "requests.har")

    assert download.value.suggested_filename == "requests.har"
    log = json.loads((tmp_path / "requests.har").read_text(encoding="utf-8"))["log"]
    assert JANES in [httpx.URL(entry["request"]["url"]).path for entry in log["entries"]]


def test_what_is_being_read_does_not_move_when_requests_come(
    console: Console, server: MockServer
) -> None:
    for number in range(40):
        server.send("GET", f"/before-{number}")
    expect(console["#list > li"]).to_have_count(40)
    console.row("/before-20").locator("summary").click()
    before = console.row("/before-20").bounding_box()

    for number in range(5):
        server.send("GET", f"/after-{number}")
    expect(console["#newer"]).to_have_text("↑ 5 newer")

    assert console.row("/before-20").bounding_box() == before
    console["#newer"].click()
    expect(console.row("/after-4")).to_be_in_viewport()
    expect(console["#newer"]).to_be_hidden()


def test_a_token_is_minted_used_and_revoked(console: Console, server: MockServer) -> None:
    console.tab("Tokens")
    console["#mint-user"].select_option("johndoe")
    console.page.get_by_role("checkbox", name="profile_read").check()
    console["#mint-lifetime"].select_option("3600")

    console.press("Mint token")
    console.says("tokens", "Minted ")
    row = console["#token-table tbody tr"].first
    expect(row).to_contain_text("profile_read")
    expect(row).to_contain_text("valid")
    expect(row).to_contain_text("for 60 min")
    row.get_by_role("button", name="Copy").click()
    expect(row.get_by_role("button", name="Copy")).to_have_text("Copied")
    token = bearer(console.clipboard())

    assert server.send("GET", "/api/v1.1/users/johndoe/", token).status_code == 200
    assert server.send("GET", "/api/v1.1/users/johndoe/emails/", token).status_code == 403
    row.get_by_role("button", name="Revoke").click()
    expect(console["#token-table tbody tr"].first).to_contain_text("revoked")
    assert server.send("GET", "/api/v1.1/users/johndoe/", token).status_code == 401


def test_copying_works_where_the_clipboard_is_closed_to_the_page(console: Console) -> None:
    console.tab("Tokens")
    console.page.evaluate(
        "void (navigator.clipboard.writeText = () => Promise.reject(new Error()))"
    )
    button = console["#token-table"].get_by_role("button", name="Copy johndoe-all")

    button.click()

    expect(button).to_have_text("Copied")
    assert console.clipboard() == "johndoe-all"
    expect(button).to_be_focused()


def test_the_lifetime_of_a_token_may_be_any(console: Console, server: MockServer) -> None:
    console.tab("Tokens")
    console["#mint-lifetime"].select_option("")
    console["#mint-seconds"].fill("90061")
    console.press("Mint token")
    expect(console["#token-table tbody tr"].first).to_contain_text("for 25 h")
    assert server.send("GET", "/_mock/tokens").json()[-1]["expires_in"] in range(90000, 90062)

    console["#mint-lifetime"].select_option("0")
    console.press("Mint token")
    expect(console["#token-table tbody tr"].first).to_contain_text("expired")


def test_the_scopes_to_choose_from_are_those_of_the_contract(console: Console) -> None:
    console.tab("Tokens")
    offered = console["#mint-scopes label"].all_inner_texts()
    assert [text.strip() for text in offered] == [
        "profile_read",
        "profile_write",
        "email_read",
        "email_write",
    ]


def test_the_tables_show_users_and_addresses_and_follow_what_requests_change(
    console: Console, server: MockServer
) -> None:
    console.tab("World")
    expect(console["#users"]).to_contain_text("username:password")
    expect(console["#users tr"].filter(has_text="Ina Active")).to_contain_text("inactive")
    expect(console["#addresses tbody tr"]).to_have_count(5)

    server.send("POST", JANES_EMAILS, JANE, json={"email": "jane@new.example"})
    server.send("PATCH", JANES, JANE, json={"company": "Another, Ltd."})

    row = console["#addresses tr"].filter(has_text="jane@new.example")
    expect(row.locator("td")).to_have_text(["janedoe", "no", "no"])
    expect(console["#users"]).to_contain_text("Another, Ltd.")
    console["#addresses-of"].select_option("johndoe")
    expect(console["#addresses-count"]).to_have_text("3 shown")


def test_a_scenario_with_hundreds_of_addresses_is_entered(
    console: Console, server: MockServer
) -> None:
    console.tab("World")
    console["#scenario"].select_option("many-emails")
    expect(console["#scenario-description"]).to_have_text("janedoe has 500 addresses.")

    console.press("Enter")

    console.says("world", "Started from many-emails.")
    expect(console["#addresses-count"]).to_have_text("100 of 504 shown")
    console.press("Show more")
    expect(console["#addresses tbody tr"]).to_have_count(504)
    assert len(server.send("GET", JANES_EMAILS, JANE).json()) == 500


def test_a_snapshot_is_saved_and_restored(console: Console, server: MockServer) -> None:
    console.tab("World")
    before = server.state()
    console["#snapshot"].fill("before-checkout")
    console.press("Save")
    console.says("world", "Saved as before-checkout.")

    server.send("PATCH", JANES, JANE, json={"location": "elsewhere"})
    expect(console["#users"]).to_contain_text("elsewhere")
    console.press("Restore")

    console.says("world", "Went back to before-checkout.")
    expect(console["#users"]).not_to_contain_text("elsewhere")
    assert server.state() == before


def test_a_refused_action_says_why_where_it_was_taken(console: Console) -> None:
    console.tab("World")
    console["#snapshot"].fill("never-saved")
    console.press("Restore")
    console.says("world", "404 no snapshot has this name")

    console.tab("Faults")
    console.press("Add fault")
    console.says("faults", "must say what goes wrong")
    console["#fault-retry"].fill("3")
    console["#fault-wait"].fill("0.1")
    console.press("Add fault")
    console.says("faults", "goes with code, which is missing")


def test_reset_asks_first_and_goes_back_to_the_fixtures(
    console: Console, server: MockServer
) -> None:
    fixtures = server.state()
    server.send("PATCH", JANES, JANE, json={"location": "elsewhere"})
    server.send("POST", "/_mock/faults", json={"code": 500, "operation": "get_user"})
    expect(console["#list > li"]).to_have_count(1)
    page = console.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    page.keyboard.press("w")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert console.focused() == "reset"
    page.keyboard.press("Enter")
    expect(console["#confirm"]).to_be_visible()
    assert console.focused() == "confirm-no"
    page.keyboard.press("Escape")
    expect(console["#confirm"]).to_be_hidden()
    assert console.focused() == "reset"
    assert server.state() != fixtures

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    console.says("world", "Back to the fixtures.")
    assert server.state() == fixtures
    assert sent.count(f"{server.url}/_mock/reset") == 1
    assert server.send("GET", "/_mock/faults").json() == []
    expect(console["#list > li"]).to_have_count(0)
    expect(console["#faults-count"]).to_have_text("")


def test_a_fault_is_added_fires_and_is_removed(console: Console, server: MockServer) -> None:
    console.tab("Faults")
    console["#fault-operation"].select_option("get_user")
    console["#fault-username"].fill("janedoe")
    console["#fault-times"].fill("2")
    console["#fault-code"].fill("503")
    console["#fault-retry"].fill("7")
    console.press("Add fault")
    console.says("faults", "Added ")
    rule = console["#fault-table tbody tr"].first
    expect(rule).to_contain_text("get_user of janedoe")
    expect(rule).to_contain_text("status 503, Retry-After 7 s")

    answer = server.send("GET", JANES, JANE)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    expect(rule.locator("td.number")).to_have_text(["1", "1"])
    expect(console.row("503").locator(".fault")).to_contain_text("code 503")
    rule.get_by_role("button", name="Remove").click()
    expect(console["#fault-table"]).to_contain_text("nothing goes wrong on demand")
    assert server.send("GET", JANES, JANE).status_code == 200


def test_faults_of_all_kinds_are_listed_and_removed_together(
    console: Console, server: MockServer
) -> None:
    console.tab("Faults")
    console["#fault-wait"].fill("0.01")
    console["#fault-wait-to"].fill("0.02")
    console["#fault-probability"].fill("0.25")
    console.press("Add fault")
    expect(console["#fault-table"]).to_contain_text("wait 0.01 to 0.02 s")
    expect(console["#fault-table"]).to_contain_text("any operation in 25 % of cases")
    console["#fault-fault"].select_option("reset")
    console.press("Add fault")
    expect(console["#fault-table tbody tr"]).to_have_count(2)
    with contextlib.suppress(httpx.TransportError):
        server.send("GET", JANES, JANE)

    console.press("Remove all")

    expect(console["#fault-table"]).to_contain_text("nothing goes wrong on demand")
    assert server.send("GET", "/_mock/faults").json() == []
    assert console.focused() == "faults"


def test_switching_the_sandbox_switches_everything(console: Console, server: MockServer) -> None:
    server.send("PATCH", f"/~shop-7{JANES}", JANE, json={"location": "in the shop"})
    server.send("GET", "/only-in-the-common-one")
    console.press("Sandbox: common")
    console["#sandboxes-refresh"].click()
    row = console["#sandbox-table tr"].filter(has_text="shop-7")
    expect(row.locator("td.number").first).to_have_text("1")
    expect(console["#sandboxes-facts"]).to_contain_text("1 of at most 10000")

    row.get_by_role("link", name="shop-7").click()
    console.is_live()

    assert console.page.url == f"{server.url}/~shop-7/_mock/"
    expect(console["#here"]).to_have_text("Sandbox: shop-7")
    expect(console["#list .path"]).to_have_text([JANES])
    console.tab("World")
    expect(console["#users"]).to_contain_text("in the shop")
    server.send("GET", "/only-in-the-shop", headers={"X-Mock-Sandbox": "shop-7"})
    server.send("GET", "/only-in-the-common-one")
    expect(console["#list .path"]).to_have_text(["/only-in-the-shop", JANES])

    console.tab("Sandboxes")
    console["#sandbox-name"].fill("quite.new_1")
    console.page.keyboard.press("Enter")
    console.is_live()
    assert console.page.url == f"{server.url}/~quite.new_1/_mock/"
    console.page.get_by_role("link", name="common").click()
    console.is_live()
    assert console.page.url == f"{server.url}/_mock/"


def test_a_sandbox_is_dropped_and_the_page_leaves_it(console: Console, server: MockServer) -> None:
    server.send("PATCH", f"/~other{JANES}", JANE, json={"location": "elsewhere"})
    console.open("doomed")
    console.tab("Sandboxes")
    for name in ("other", "doomed"):
        console.press(f"Drop {name}")
        expect(console["#confirm"]).to_contain_text(f"Drop the sandbox {name}?")
        console["#confirm-yes"].click()

    console.page.wait_for_url(f"{server.url}/_mock/")
    console.is_live()
    console.says("sandboxes", "Dropped doomed.")
    assert server.send("GET", "/_mock/sandboxes").json()["count"] == 0


def test_all_sandboxes_are_dropped_from_within_one(console: Console, server: MockServer) -> None:
    server.send("GET", f"/~other{JANES}", JANE)
    console.open("doomed")
    console.tab("Sandboxes")

    console.press("Drop all …")
    console["#confirm-yes"].click()

    console.page.wait_for_url(f"{server.url}/_mock/")
    console.says("sandboxes", "Dropped all.")
    assert server.send("GET", "/_mock/sandboxes").json()["count"] == 0


def test_the_page_asks_for_the_control_token_and_keeps_it(
    open_console: OpenConsole, start_server: StartServer
) -> None:
    server = start_server("--control-token", "let-me-in")
    console = open_console(server)
    console.page.goto(f"{server.url}/_mock/")
    field = console.page.get_by_label("Control token")
    expect(field).to_be_focused()
    expect(console["main"]).to_be_hidden()
    expect(console["#unlock-message"]).to_have_text("")

    field.fill("wrong")
    console.page.keyboard.press("Enter")
    expect(console["#unlock-message"]).to_have_text("The server refuses this token.")
    field.fill("let-me-in")
    console.page.keyboard.press("Enter")

    console.is_live()
    expect(console["#unlock"]).to_be_hidden()
    server.send("GET", JANES, JANE)
    expect(console.row(JANES)).to_have_count(1)
    console.tab("World")
    expect(console["#users"]).to_contain_text("johndoe")
    expect(console["#scenario option"]).to_have_count(4)
    console.page.reload()
    console.is_live()


def test_a_server_for_sandboxes_only_leads_to_one(
    open_console: OpenConsole, start_server: StartServer
) -> None:
    server = start_server("--require-sandbox")
    console = open_console(server)
    console.page.goto(f"{server.url}/_mock/")
    expect(console["#requests-message"]).to_contain_text("this server serves sandboxes only")

    console.press("Sandbox: common")
    console["#sandbox-name"].fill("mine")
    console.page.keyboard.press("Enter")

    console.is_live()
    server.send("GET", f"/~mine{JANES}", JANE)
    expect(console.row(JANES)).to_have_count(1)


def test_a_lost_connection_is_shown_and_made_again(
    open_console: OpenConsole, start_server: StartServer
) -> None:
    server = start_server()
    server.send("GET", "/before")
    console = open_console(server)
    console.open()
    server.stop()
    expect(console["#connection"]).to_contain_text("Not connected, trying again")
    expect(console["#retry"]).to_be_visible()
    expect(console.row("/before")).to_have_count(1)

    console.press("Try now")
    again = start_server("--port", str(server.port))
    again.send("GET", "/meanwhile")
    again.send("PATCH", JANES, JANE, json={"location": "elsewhere"})
    console.tab("World")

    expect(console["#connection"]).to_have_text("Live", timeout=20_000)
    expect(console["#requests-message"]).to_have_text("")
    again.send("GET", "/after")
    expect(console["#list .path"]).to_have_text(["/after", JANES, "/meanwhile", "/before"])
    expect(console["#users"]).to_contain_text("elsewhere")


def test_a_hidden_page_leaves_its_connection_to_others(
    console: Console, server: MockServer
) -> None:
    page = console.page
    page.clock.install()
    show = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true}); document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(f"({show})(true)")
    page.clock.run_for(11_000)
    expect(console["#connection"]).to_have_text("Asleep while hidden")
    server.send("GET", "/while-asleep")

    page.evaluate(f"({show})(false)")

    console.is_live()
    expect(console.row("/while-asleep")).to_have_count(1)


def test_all_can_be_reached_by_keyboard_and_nothing_holds_the_focus(
    console: Console, server: MockServer
) -> None:
    server.send("GET", JANES)
    expect(console["#list > li"]).to_have_count(1)
    console.tab("Faults")
    page = console.page
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.locator(".skip").focus()
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if (now := console.focused()).startswith("A Skip"):
            break
        if not now.startswith("BODY"):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        reached.append(now)
    else:
        raise AssertionError(f"the focus does not come round: {reached}")

    wanted = ["here", "help-open", "tab-faults", "filter-text", "filter-status", "filter-operation"]
    wanted += ["pause", "clear", "har", "faults-refresh", "fault-operation", "fault-username"]
    wanted += ["fault-times", "fault-probability", "fault-code", "fault-retry", "fault-wait"]
    places = [reached.index(name) for name in wanted]
    assert places == sorted(places)
    assert any("GET" in name and "401" in name for name in reached)


def test_single_keys_do_what_the_page_says_and_can_be_switched_off(
    console: Console, server: MockServer
) -> None:
    for number in range(3):
        server.send("GET", f"/number-{number}")
    expect(console["#list > li"]).to_have_count(3)
    keyboard = console.page.keyboard

    keyboard.press("j")
    keyboard.press("j")
    assert "/number-1" in console.focused()
    keyboard.press("k")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(console["details[open]"]).to_have_count(1)
    keyboard.press("c")
    expect(console["details[open] .curl .copy"]).to_have_text("Copied")
    assert console.clipboard() == f"curl {server.url}/number-1"
    keyboard.press("p")
    expect(console["#pause"]).to_have_attribute("aria-pressed", "true")
    keyboard.press("p")
    for key, name in zip("wtfs", TABS[1:], strict=True):
        keyboard.press(key)
        expect(console[f"#{name}"]).to_be_visible()
        assert console.focused() == name
    keyboard.press("/")
    keyboard.type("wtfs?")
    expect(console["#filter-text"]).to_have_value("wtfs?")
    expect(console["#sandboxes"]).to_be_visible()
    keyboard.press("Escape")
    expect(console["#filter-text"]).to_have_value("")

    keyboard.press("?")
    expect(console["#help"]).to_be_visible()
    console.page.get_by_label("Single keys work outside of fields").uncheck()
    keyboard.press("Escape")
    keyboard.press("w")
    expect(console["#sandboxes"]).to_be_visible()


def test_the_tabs_are_moved_through_by_arrows(console: Console) -> None:
    console.tab("World")
    for key, name in (
        ("ArrowRight", "tokens"),
        ("ArrowLeft", "world"),
        ("ArrowLeft", "sandboxes"),
        ("ArrowRight", "world"),
        ("End", "sandboxes"),
        ("Home", "world"),
    ):
        console.page.keyboard.press(key)
        assert console.focused() == f"tab-{name}"
        expect(console[f"#{name}"]).to_be_visible()
        expect(console[f"#tab-{name}"]).to_have_attribute("aria-selected", "true")


def test_on_a_narrow_screen_the_requests_are_a_tab_and_nothing_sticks_out(
    open_console: OpenConsole, server: MockServer
) -> None:
    server.send("GET", "/long" * 60)
    server.send("PATCH", JANES, JANE, json={"full_name": "x" * 300})
    server.send("POST", "/_mock/faults", json={"operation": "get_user", "code": 503})
    console = open_console(server, NARROW)
    console.open()
    for name in TABS:
        console[f"#tab-{name}"].click()
        expect(console["main > section:visible"]).to_have_count(1)
        if name == "requests":
            for summary in console["#list summary"].all():
                summary.click()
        expect(console[f"#{name} h2"].first).to_be_attached()
        assert console.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0], name
        assert console["#tabs"].evaluate("one => one.scrollWidth <= one.clientWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_stands_out_in_both_themes(
    open_console: OpenConsole, server: MockServer, theme: Theme
) -> None:
    server.send("POST", "/_mock/faults", json={"operation": "list_emails", "code": 503})
    for path, login in ((JANES, JANE), (JANES, basic("a", "b")), (JANES_EMAILS, JANE)):
        server.send("GET", path, login)
    server.send("PATCH", JANES, JANE, json={"unknown": 1})
    console = open_console(server, theme=theme)
    console.open()
    expect(console["#list > li"]).to_have_count(4)
    for summary in console["#list summary"].all():
        summary.click()
    console.page.mouse.move(0, 0)

    lightness = console.page.evaluate(f"{COLOURS} (lightness(background(document.body)))")
    assert (lightness < 0.2) == (theme == "dark")
    for name in TABS[1:]:
        console[f"#tab-{name}"].click()
        expect(console[f"#{name}"]).to_be_visible()
        assert console.page.evaluate(f"{COLOURS} faint()") == []


COLOURS = """
const parse = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return {rgb: [r, g, b], a}; };
const background = one => {
  for (; one; one = one.parentElement) {
    const {rgb, a} = parse(getComputedStyle(one).backgroundColor);
    if (a === 1) return rgb;
  }
  return [255, 255, 255];
};
const lightness = rgb => {
  const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = one => {
  const pair = [lightness(parse(getComputedStyle(one).color).rgb), lightness(background(one))];
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
};
const faint = () => [...document.querySelectorAll("body *")]
  .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .filter(one => one.checkVisibility() && !one.disabled && contrast(one) < 4.5)
  .map(one => `${one.tagName}.${one.className} ${one.textContent.slice(0, 40)} ${contrast(one)}`);
"""


def test_five_thousand_requests_leave_the_page_bounded_and_responsive(
    console: Console, server: MockServer
) -> None:
    page = console.page
    page.evaluate(
        """() => {
          window.gaps = []; let last = performance.now();
          const look = now => { gaps.push(now - last); last = now; requestAnimationFrame(look); };
          requestAnimationFrame(look);
        }"""
    )
    flood = threading.Thread(target=send_many, args=(server, 5000))
    flood.start()
    for name in ("Tokens", "Faults", "World") * 3:
        console.tab(name)
        expect(console[f"#{name.lower()}"]).to_be_visible(timeout=2000)
    flood.join()

    expect(console["#list > li"].first).to_contain_text("/flood/4999")
    assert console["#list > li"].count() == 500
    expect(console["#shown"]).to_have_text("the last 500 shown")
    gaps = sorted(page.evaluate("window.gaps"))
    # Other work on the machine stops the page for a moment too; a flood that freezes it does so for long.
    assert gaps[-1] < 3000, f"the page stood still for {gaps[-1]:.0f} ms"
    assert gaps[len(gaps) // 2] < 100
    console["#filter-text"].fill("flood/4998")
    expect(console["#shown"]).to_have_text("1 of the last 500 shown")


def send_many(server: MockServer, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    for number in range(count):
        connection.request("GET", f"/flood/{number}")
        connection.getresponse().read()
    connection.close()


def test_a_part_that_does_not_exist_is_a_404(server: MockServer) -> None:
    answer = server.send("GET", "/_mock/parts/nothing.js")
    assert (answer.status_code, answer.json()["code"]) == (404, "part-unknown")


def test_the_ready_line_names_the_console(start_server: StartServer) -> None:
    server = start_server()
    assert json.loads(server.ready)["console"] == f"{server.url}/_mock/"
    said = start_server("--log-format", "text").ready
    assert "/_mock/" in said
