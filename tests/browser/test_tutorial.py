"""The page of the tutorial, as it stands there, in Chromium."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support import MockServer

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text("utf-8")


def test_the_page_of_the_tutorial_does_what_the_tutorial_says(
    browser: Browser, server: MockServer
) -> None:
    [html] = re.findall(r"```html\n(.*?)```", TUTORIAL, re.DOTALL)
    [fault] = re.findall(r"-d '(\{[^']*\"times\"[^']*)'", TUTORIAL)
    page = browser.new_page()

    def add(address: str) -> None:
        page.locator("input").fill(address)
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
    page.close()
