"""The tab of the console that shows what requests have met of the contract."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.console_page import Console
from tests.support import JANE, JANES, MockServer, bearer


def chips(console: Console, operation: str, kind: str) -> Locator:
    row = console["#coverage-table tbody tr"].filter(has_text=operation)
    return row.locator(f".chip[data-kind={kind}]")


def test_what_was_met_and_what_not_is_shown_as_requests_come(
    console: Console, server: MockServer
) -> None:
    server.send("GET", f"/~shop{JANES}", bearer("janedoe-all"))
    console.open("shop")
    console.tab("Coverage")
    expect(console["#coverage-of"]).to_contain_text("Requests of the sandbox shop.")
    expect(chips(console, "get_user", "met")).to_have_text(["200 1", "scope profile_read 1"])
    expect(chips(console, "get_user", "unmet")).to_have_text(["401 –", "403 –", "404 –"])

    server.send("GET", f"/~shop{JANES}", bearer("janedoe-none"))
    server.send("GET", f"/~shop{JANES}", JANE, headers={"Prefer": "code=503"})

    expect(chips(console, "get_user", "met")).to_have_text(
        ["200 1", "403 1", "scope profile_read 1"]
    )
    expect(chips(console, "get_user", "else")).to_have_text(["503 1"])
    percent = server.send("GET", "/~shop/_mock/coverage").json()["percent"]
    expect(console["#coverage-percent"]).to_have_text(f"{percent} % of the contract")
    expect(console["#coverage-sums"]).to_have_text(
        re.compile(r"^1 of \d+ operations, 2 of \d+ statuses, .*, met by 3 requests\.$")
    )
    console["#coverage-codes"].check()
    expect(chips(console, "get_user", "met")).to_contain_text(["scope-missing 1"])
    expect(chips(console, "get_user", "unmet")).to_contain_text(["not-the-owner –"])

    console.press("Count anew …")
    console["#confirm-yes"].click()
    console.says("coverage", "Counting from now on.")
    expect(chips(console, "get_user", "met")).to_have_count(0)
    console.page.get_by_role("link", name="All sandboxes").click()
    console.is_live()
    expect(console["#coverage-of"]).to_contain_text("All requests since the server was started")
