"""All of the console can be used by the keyboard."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.console_page import TABS, Console
from tests.support import JANES, MockServer


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
    wanted += ["pause", "clear", "har", "faults-refresh", "fault-operation", "fault-method"]
    wanted += ["fault-username", "fault-times", "fault-probability", "fault-seed", "fault-code"]
    wanted += ["fault-retry", "fault-wait"]
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
    for key, name in zip("nwtfvs", TABS[1:], strict=True):
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
        ("ArrowLeft", "send"),
        ("ArrowLeft", "sandboxes"),
        ("ArrowRight", "send"),
        ("End", "sandboxes"),
        ("Home", "send"),
    ):
        console.page.keyboard.press(key)
        assert console.focused() == f"tab-{name}"
        expect(console[f"#{name}"]).to_be_visible()
        expect(console[f"#tab-{name}"]).to_have_attribute("aria-selected", "true")
