"""A page in Chromium, watched for complaints and for the addresses of its requests."""

from __future__ import annotations

from typing import Any, Literal

from playwright.sync_api import Browser

Theme = Literal["light", "dark"]


class Watched:
    """A page in a context of its own, which a test closes in the end."""

    def __init__(self, browser: Browser, size: tuple[int, int], theme: Theme) -> None:
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.context.set_default_timeout(10_000)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        # Chromium writes each answer from 400 on to its console; those we provoke.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def close(self) -> None:
        """Close the page, which must not have complained."""
        self.context.close()
        assert self.complaints == []
