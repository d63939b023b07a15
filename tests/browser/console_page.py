"""The console as the tests use it: opened in Chromium, and watched for what it must not do."""

from __future__ import annotations

import re
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import MockServer

Theme = Literal["light", "dark"]

JANES = "/api/v1.1/users/janedoe/"
JANES_EMAILS = f"{JANES}emails/"
TABS = ("requests", "world", "tokens", "faults", "sandboxes")

WIDE = (1400, 900)
NARROW = (360, 740)

_MADE = re.compile(r"^(Added|Minted) \S+$")


class Console:
    """The page, with an eye on everything that it must not do."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("console", self._hear)
        page.on("request", self._watch)

    def _hear(self, message: Any) -> None:
        # Chromium writes each answer from 400 on to its console; those we provoke.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", f"blob:{self.url}/")):
            self.complaints.append(f"request to another host: {request.url}")

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
        """The requests that show a text."""
        return self["#list > li:visible"].filter(has_text=text)

    def open_row(self, text: str) -> Locator:
        """Open the newest request that shows a text; gives its details."""
        row = self.row(text).first
        row.locator("summary").click()
        return row.locator(".details")

    def says(self, section: str, text: str) -> None:
        expect(self[f"#{section}-message"]).to_contain_text(text)

    def focused(self) -> str:
        """The id of what has the focus, or its class and text."""
        found = self.page.evaluate(
            "(one => one.id || `${one.tagName} ${one.textContent.slice(0, 60)}`)(document.activeElement)"
        )
        return str(found)

    def copy(self, button: Locator) -> str:
        """What a button copies."""
        button.click()
        expect(button).to_have_text("Copied")
        return self.clipboard()

    def clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))


class OpenConsole:
    """Opens consoles, and in the end finds that none of them complained."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._opened: list[Console] = []

    def __call__(
        self, server: MockServer, size: tuple[int, int] = WIDE, theme: Theme = "light"
    ) -> Console:
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(10_000)
        console = Console(context.new_page(), server.url)
        self._opened.append(console)
        return console

    def close(self) -> None:
        for console in self._opened:
            console.page.context.close()
        complaints = [said for console in self._opened for said in console.complaints]
        assert not complaints, complaints
