"""Markup that clients send is shown as text."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.console_page import Console
from tests.support import JANE, JANES, MockServer, account, head

MARKUP = "<img src=x onerror=\"document.title='hacked'\">"


def test_markup_in_what_clients_send_stays_text(console: Console, server: MockServer) -> None:
    state = server.state()
    planted = account("<iframe>", password="<b>secret</b>", full_name=MARKUP)
    state["accounts"].append(planted)
    server.put_state(state)
    server.send("PATCH", JANES, JANE, json={"full_name": MARKUP, MARKUP: MARKUP})
    server.raw(head("GET", f"/{MARKUP.replace(' ', '/')}"))
    server.send("GET", "/headers", headers={"X-Markup": MARKUP, "Prefer": f'code="{MARKUP}"'})
    server.send("POST", "/_mock/faults", json={"username": MARKUP, "code": 500, "body": MARKUP})
    server.send("POST", "/_mock/tokens", json={"username": "<iframe>", "scopes": []})
    expect(console["#list > li"]).to_have_count(3)
    for summary in console["#list summary"].all():
        summary.click()
    for name in ("World", "Tokens", "Faults", "Sandboxes"):
        console.tab(name)
        console["section:visible >> text=Refresh"].click()
    console.tab("Send")
    console["#send-login"].select_option(label="<iframe>:<b>secret</b>")
    console["#send-headers"].fill("Prefer: code=418")
    console["#send-target"].evaluate("(one, path) => (one.value = path)", f"/{MARKUP}")
    console["#send-operation"].select_option("")
    console.press("Send")
    expect(console["#send-answer .why"]).to_contain_text("there is no /%3Cimg")
    console["#filter-text"].fill(MARKUP)

    expect(console["#fault-table"]).to_contain_text(MARKUP)
    expect(console["#users"]).to_contain_text(MARKUP)
    expect(console["#token-table"]).to_contain_text("<iframe>")
    expect(console["#list .details"].first).to_contain_text(MARKUP)
    assert console["img, iframe, object, svg, [onerror]"].count() == 0
    assert console.page.title() == "accounts-mock console"
