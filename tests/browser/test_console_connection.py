"""The connection to the server: locked, lost, made again, and given up while the page is hidden."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from tests.browser.console_page import Console, OpenConsole
from tests.support import JANE, JANES, MockServer, StartServer


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
    apart: BrowserContext, server: MockServer
) -> None:
    console = Console(apart, server.url)
    console.open()
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
    console.close()
