"""The world: its tables, scenarios, snapshots and reset."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.console_page import Console
from tests.support import JANE, JANES, JANES_EMAILS, MockServer


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


def test_the_clients_of_the_token_flow_are_shown(console: Console, server: MockServer) -> None:
    mine = {"client_id": "my-app", "redirect_uris": ["http://localhost/done"], "expires_in": 30}
    state = server.send("GET", "/_mock/state").json()
    state["oauth_clients"].append({**mine, "auto_approve": "janedoe"})
    server.send("PUT", "/_mock/state", json=state)
    console.tab("World")

    row = console["#clients tbody tr"].filter(has_text="TestClientID")
    expect(row).to_contain_text("TestClientSecret")
    row = console["#clients tbody tr"].filter(has_text="my-app")
    for text in ("tokens for 30 s, approved for janedoe", "public", "http://localhost/done"):
        expect(row).to_contain_text(text)


def test_a_scenario_with_hundreds_of_addresses_is_entered(
    console: Console, server: MockServer
) -> None:
    console.tab("World")
    console["#scenario"].select_option("many-emails")
    expect(console["#scenario-description"]).to_have_text("janedoe has 500 addresses.")

    console.press("Enter")

    console.says("world", "Started from many-emails.")
    expect(console["#world-from"]).to_have_text("The scenario many-emails is active.")
    expect(console["#scenario option:checked"]).to_have_text("many-emails (active)")
    expect(console["#addresses-count"]).to_have_text("100 of 504 shown")
    console.press("Show more")
    expect(console["#addresses tbody tr"]).to_have_count(504)
    assert len(server.send("GET", JANES_EMAILS, JANE).json()) == 500


def test_a_snapshot_is_saved_and_restored(console: Console, server: MockServer) -> None:
    console.tab("World")
    before = server.state()
    console["#snapshot"].fill("never-saved")
    console.press("Restore")
    console.says("world", "No snapshot has this name; there are: ")
    console["#snapshot"].fill("before-checkout")
    console.press("Save")
    console.says("world", "Saved as before-checkout.")

    server.send("PATCH", JANES, JANE, json={"location": "elsewhere"})
    expect(console["#users"]).to_contain_text("elsewhere")
    console.press("Restore")

    console.says("world", "Went back to before-checkout.")
    expect(console["#users"]).not_to_contain_text("elsewhere")
    assert server.state() == before


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
    expect(console["#world-from"]).to_have_text("No scenario is active.")
    assert server.state() == fixtures
    assert sent.count(f"{server.url}/_mock/reset") == 1
    assert server.send("GET", "/_mock/faults").json() == []
    expect(console["#list > li"]).to_have_count(0)
    expect(console["#faults-count"]).to_have_text("")
