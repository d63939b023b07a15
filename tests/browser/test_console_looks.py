"""The console on a narrow screen, and in both themes."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.console_page import NARROW, TABS, Console
from tests.browser.watched import THEMES, WIDE
from tests.support import JANE, JANES, JANES_EMAILS, MockServer, basic


def test_on_a_narrow_screen_the_requests_are_a_tab_nothing_sticks_out_and_all_can_be_copied(
    console: Console, server: MockServer
) -> None:
    server.send("GET", "/long" * 60)
    server.send("PATCH", JANES, JANE, json={"full_name": "x" * 300})
    server.send("POST", "/_mock/faults", json={"operation": "get_user", "code": 503})
    console.look(NARROW, "light")
    console.open()
    for name in TABS:
        console[f"#tab-{name}"].click()
        expect(console["main > section:visible"]).to_have_count(1)
        if name == "requests":
            for summary in console["#list summary"].all():
                summary.click()
        expect(console[f"#{name} h2"].first).to_be_attached()
        assert console.fits(), name
        assert console["#tabs"].evaluate("one => one.scrollWidth <= one.clientWidth")
        assert console.page.evaluate(BROKEN_WORDS) == []

    # Logins and tokens can be copied, and no section has a frame.
    console["#tab-world"].click()
    button = console.page.get_by_role("button", name="Copy the login janedoe:janedoe-password")
    assert console.copy(button) == "janedoe:janedoe-password"
    console["#tab-tokens"].click()
    button = console.page.get_by_role("button", name="Copy johndoe-all")
    assert console.copy(button) == "johndoe-all"
    console.page.keyboard.press("w")
    assert console.focused() == "world"
    assert console["#world"].evaluate("one => getComputedStyle(one).outlineStyle") == "none"


def test_all_text_stands_out_in_both_themes(console: Console, server: MockServer) -> None:
    server.send("POST", "/_mock/faults", json={"operation": "list_emails", "code": 503})
    for path, login in ((JANES, JANE), (JANES, basic("a", "b")), (JANES_EMAILS, JANE)):
        server.send("GET", path, login)
    server.send("PATCH", JANES, JANE, json={"unknown": 1})
    expect(console["#list > li"]).to_have_count(4)
    for summary in console["#list summary"].all():
        summary.click()
    console.page.mouse.move(0, 0)

    for name in TABS[1:]:
        console[f"#tab-{name}"].click()
        expect(console[f"#{name}"]).to_be_visible()
        for theme in THEMES:
            console.look(WIDE, theme)
            assert (console.lightness() < 0.2) == (theme == "dark")
            assert console.faint() == [], (name, theme)


# The words of tables that stand on two lines, though there is no place within to break them.
BROKEN_WORDS = """() => [...document.querySelectorAll("table :is(code, td, span)")]
  .filter(one => one.checkVisibility() && one.childNodes.length === 1 && one.firstChild.nodeType === 3)
  .filter(one => /^\\w{1,40}$/.test(one.textContent))
  .filter(one => { const range = document.createRange(); range.selectNodeContents(one);
    return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1; })
  .map(one => one.textContent)"""
