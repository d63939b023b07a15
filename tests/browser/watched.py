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

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.look(WIDE, "light")
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

    def faint(self) -> list[str]:
        """Return the texts with less contrast to the ground behind them than WCAG 2 asks for (1.4.3)."""
        return list(self.page.evaluate(f"{COLOURS} faint()"))

    def lightness(self) -> float:
        """Return how light the page is: 0 is black, 1 is white."""
        return float(self.page.evaluate(f"{COLOURS} (lightness(ground(document.body)))"))

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
        assert self.complaints == [], self.complaints


COLOURS = """
const parse = text => text.match(/[\\d.]+/g).map(Number);
const ground = one => {
  for (; one; one = one.parentElement) {
    const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
    if (a === 1) return [r, g, b];
  }
  return [255, 255, 255];
};
const lightness = rgb => {
  const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = one => {
  const pair = [parse(getComputedStyle(one).color).slice(0, 3), ground(one)].map(lightness);
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
};
const faint = () => [...document.querySelectorAll("body *")]
  .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .filter(one => one.checkVisibility() && !one.disabled && contrast(one) < 4.5)
  .map(one => `${one.tagName}.${one.className} ${one.textContent.slice(0, 40)} ${contrast(one)}`);
"""
