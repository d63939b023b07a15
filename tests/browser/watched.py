"""A page in Chromium, watched for complaints and for the addresses of its requests."""

from __future__ import annotations

from typing import Any, Literal, get_args

from playwright.sync_api import BrowserContext

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)

WIDE = (1400, 900)
PHONE = (390, 740)


class Watched:
    """A page that a test closes in the end."""

    def __init__(
        self, context: BrowserContext, size: tuple[int, int] = WIDE, theme: Theme = "light"
    ) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.look(size, theme)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._hear)
        self.page.on("dialog", lambda one: self.complaints.append(f"dialog: {one.message}"))

    def look(self, size: tuple[int, int], theme: Theme) -> None:
        """Show the page in another size and theme."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme=theme)

    def fits(self) -> bool:
        """Return whether nothing sticks out at the side."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    def clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def _hear(self, message: Any) -> None:
        # Chromium writes each answer from 400 on to its console; those we provoke.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def close(self) -> None:
        """Close the page, which must not have complained."""
        # Its settings would be there for the next page.
        self.page.context.new_cdp_session(self.page).send(
            "Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "local_storage,cookies"}
        )
        self.page.close()
        assert self.complaints == []
