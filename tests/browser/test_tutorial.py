"""The page of the tutorial, as it stands there, in Chromium."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.watched import Watched
from tests.support import ROOT, MockServer

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")


def test_the_page_of_the_tutorial_does_what_the_tutorial_says(
    watched: Watched, server: MockServer
) -> None:
    [html] = re.findall(r"```html\n(.*?)```", TUTORIAL, re.DOTALL)
    [fault] = re.findall(r"-d '(\{[^']*\"times\"[^']*)'", TUTORIAL)
    page = watched.page

    def add(address: str) -> None:
        page.locator("input").fill(address)
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.get_by_role("button", name="Add").click()

    alert, addresses = page.get_by_role("alert"), page.get_by_role("listitem")
    page.set_content(html.replace("http://127.0.0.1:8080", server.url))
    expect(addresses).to_have_text(["jane.doe@example.com (primary)"])
    add("jane@work.example.com")
    expect(addresses).to_have_count(2)
    add("jane")
    expect(alert).to_contain_text("email does not match")

    server.send("POST", "/_mock/faults", content=fault)
    add("first@example.com")
    expect(alert).to_contain_text("forced by")
    add("second@example.com")
    expect(alert).to_contain_text("forced by")
    add("third@example.com")
    expect(addresses).to_have_count(3)
    expect(alert).to_be_empty()
