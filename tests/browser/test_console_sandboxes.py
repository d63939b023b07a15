"""Sandboxes: entered, switched, dropped."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.console_page import Console, OpenConsole
from tests.support import JANE, JANES, MockServer, StartServer


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


def test_one_or_all_sandboxes_are_dropped_and_the_page_leaves_its_own(
    console: Console, server: MockServer
) -> None:
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

    server.send("GET", f"/~other{JANES}", JANE)
    console.open("doomed")
    console.tab("Sandboxes")
    console.press("Drop all …")
    console["#confirm-yes"].click()
    console.page.wait_for_url(f"{server.url}/_mock/")
    console.says("sandboxes", "Dropped all.")
    assert server.send("GET", "/_mock/sandboxes").json()["count"] == 0


def test_a_server_for_sandboxes_only_leads_to_one(
    open_console: OpenConsole, start_server: StartServer
) -> None:
    server = start_server("--require-sandbox")
    console = open_console(server)
    console.page.goto(f"{server.url}/_mock/")
    expect(console["#requests-message"]).to_contain_text("This server serves sandboxes only")

    console.press("Sandbox: common")
    console["#sandbox-name"].fill("mine")
    console.page.keyboard.press("Enter")

    console.is_live()
    server.send("GET", f"/~mine{JANES}", JANE)
    expect(console.row(JANES)).to_have_count(1)
