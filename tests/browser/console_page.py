"""The console, opened in Chromium, and watched for requests elsewhere and complaints."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.watched import Watched
from tests.support import MockServer

TABS = ("requests", "send", "world", "tokens", "faults", "coverage", "sandboxes")

NARROW = (360, 740)

_MADE = re.compile(r"^(Added|Minted) \S+$")


class Console(Watched):
    """The page, watched for requests elsewhere and complaints."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        super().__init__(context)
        self.url = url

    def close(self) -> None:
        """Close the page, which must have asked no other host."""
        super().close()
        ours = (f"{self.url}/", "data:", f"blob:{self.url}/")
        assert [url for url in self.requests if not url.startswith(ours)] == []

    def open(self, sandbox: str = "") -> None:
        """Open the page, and wait until it is alive."""
        self.page.goto(f"{self.url}/~{sandbox}/_mock/" if sandbox else f"{self.url}/_mock/")
        self.is_live()

    def is_live(self) -> None:
        expect(self.page.locator("#connection")).to_have_text("Live")

    def __getitem__(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def press(self, name: str) -> None:
        """Press the button of a name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def make(self, button: str, *shown: str) -> Locator:
        """Press the button that makes something, and find its row, which shows some texts."""
        panel = self["[role=tabpanel]:visible"]
        panel.get_by_role("button", name=button, exact=True).click()
        message = panel.locator(".message")
        expect(message).to_have_text(_MADE)
        name = message.inner_text().split()[1].removesuffix(".")
        row = panel.get_by_role("row").filter(has=self.page.get_by_text(name, exact=True))
        for text in shown:
            expect(row).to_contain_text(text)
        return row

    def row(self, text: str) -> Locator:
        """Return the requests that show a text."""
        return self["#list > li:visible"].filter(has_text=text)

    def open_row(self, text: str) -> Locator:
        """Open the newest request that shows a text; gives its details."""
        row = self.row(text).first
        row.locator("summary").click()
        return row.locator(".details")

    def says(self, section: str, text: str) -> None:
        expect(self[f"#{section}-message"]).to_contain_text(text)

    def focused(self) -> str:
        """Return the id of the focused element, or its tag and text."""
        found = self.page.evaluate(
            "(one => one.id || `${one.tagName} ${one.textContent.slice(0, 60)}`)(document.activeElement)"
        )
        return str(found)

    def copy(self, button: Locator) -> str:
        """Press a button that copies; return the copied text."""
        button.click()
        expect(button).to_have_text("Copied")
        return self.clipboard()


OpenConsole = Callable[[MockServer], Console]
