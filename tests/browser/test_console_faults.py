"""Faults: added, listed, removed."""

from __future__ import annotations

import contextlib

import httpx
from playwright.sync_api import expect

from tests.browser.console_page import Console
from tests.support import CONTROL_FILE, JANE, JANES, JANES_EMAILS, Json, MockServer, read_yaml


def test_a_fault_is_added_fires_and_is_removed(console: Console, server: MockServer) -> None:
    console.tab("Faults")
    console["#fault-operation"].select_option("get_user")
    console["#fault-username"].fill("janedoe")
    console["#fault-times"].fill("2")
    console["#fault-code"].fill("503")
    console["#fault-retry"].fill("7")
    rule = console.make("Add fault", "get_user of janedoe", "status 503, Retry-After 7 s")

    answer = server.send("GET", JANES, JANE)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    expect(rule.locator("td.number")).to_have_text(["1", "1"])
    expect(console.row("503").locator(".fault")).to_contain_text("code 503")
    rule.get_by_role("button", name="Remove").click()
    expect(console["#fault-table"]).to_contain_text("nothing goes wrong on demand")
    assert server.send("GET", JANES, JANE).status_code == 200


def test_a_fault_may_be_for_one_method(console: Console, server: MockServer) -> None:
    console.tab("Faults")
    methods = read_yaml(CONTROL_FILE)["components"]["schemas"]["Method"]["enum"]
    assert console["#fault-method option"].all_inner_texts() == ["any", *methods]
    console["#fault-method"].select_option("PATCH")
    console["#fault-code"].fill("503")
    rule = console.make("Add fault", "any PATCH", "status 503")

    assert server.send("GET", JANES, JANE).status_code == 200
    assert server.send("PATCH", JANES, JANE, json={}).status_code == 503
    assert server.send("PATCH", JANES_EMAILS, JANE, json={}).status_code == 503
    expect(rule.locator("td.number")).to_have_text(["2", "∞"])


def test_faults_of_all_kinds_are_listed_and_removed_together(
    console: Console, server: MockServer
) -> None:
    console.tab("Faults")
    console["#fault-wait"].fill("0.01")
    console["#fault-wait-to"].fill("0.02")
    console["#fault-probability"].fill("0.25")
    console["#fault-seed"].fill("-7")
    console.make("Add fault", "wait 0.01 to 0.02 s", "any operation in 25 % of cases, seed -7")
    assert server.send("GET", "/_mock/faults").json()[0]["seed"] == -7
    console["#fault-fault"].select_option("reset")
    console.make("Add fault", "any operation", "reset")
    expect(console["#fault-table tbody tr"]).to_have_count(2)
    with contextlib.suppress(httpx.TransportError):
        server.send("GET", JANES, JANE)

    console.press("Remove all")

    expect(console["#fault-table"]).to_contain_text("nothing goes wrong on demand")
    assert server.send("GET", "/_mock/faults").json() == []
    assert console.focused() == "faults"


def test_a_fault_that_makes_no_sense_is_refused_beside_its_button(console: Console) -> None:
    console.tab("Faults")
    console.press("Add fault")
    console.says("faults", "Say what goes wrong: a Status, a Wait, or a Broken answer.")
    console["#fault-retry"].fill("3")
    console["#fault-wait"].fill("0.1")
    console.press("Add fault")
    console.says("faults", "Retry-After goes with a status: fill in Status too.")
    console["#fault-retry"].fill("")
    console["#fault-wait-to"].fill("0.05")
    console.press("Add fault")
    console.says("faults", "Wait at most is less than Wait at least.")
    console["#fault-wait-to"].fill("")
    console["#fault-form"].evaluate("one => (one.noValidate = true)")
    console["#fault-code"].fill("99")
    console.press("Add fault")
    console.says("faults", "Status must be at least 200, and is 99.")


def test_a_preset_is_for_all_requests_until_it_is_pressed_again(
    console: Console, server: MockServer
) -> None:
    console.tab("Faults")
    presets: dict[str, Json] = {
        "429": {"code": 429, "retry_after": 5},
        "500": {"code": 500},
        "Offline": {"fault": "reset"},
        "Slow": {"wait": {"uniform": [1, 3]}},
        "Session ended": {"code": 401},
    }
    for name, effect in presets.items():
        button = console["#fault-presets"].get_by_role("button", name=name)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        [rule] = server.send("GET", "/_mock/faults").json()
        assert effect.items() <= rule.items()
        if name == "Session ended":
            assert server.send("GET", JANES, JANE).json()["code"] == "token-expired"
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false")
        assert server.send("GET", JANES, JANE).status_code == 200

    # A rule for some requests is no preset.
    server.send("POST", "/_mock/faults", json={"code": 500, "operation": "get_user"})
    console.press("Refresh")
    expect(console["#fault-table"]).to_contain_text("get_user")
    expect(console["#fault-presets [aria-pressed=true]"]).to_have_count(0)


def test_a_page_sees_a_reset_that_is_for_one_request(console: Console, server: MockServer) -> None:
    fetch = """([path, method]) => fetch(path, {
        method, body: method === "POST" ? '{"email": "reset@example.com"}' : undefined,
        headers: {Authorization: "Bearer janedoe-all", "Content-Type": "application/json"},
    }).then(answer => answer.status, error => error.name)"""
    # A connection that was used before is what browsers take for an old one, when it is reset.
    assert console.page.evaluate(fetch, [JANES_EMAILS, "GET"]) == 200
    for _ in range(3):
        server.send("POST", "/_mock/faults", json={"fault": "reset", "times": 1})
        server.send("DELETE", "/_mock/requests")
        assert console.page.evaluate(fetch, [JANES_EMAILS, "POST"]) == "TypeError"
        assert len(server.send("GET", "/_mock/requests").json()) == 1
        assert console.page.evaluate(fetch, [JANES_EMAILS, "GET"]) == 200
