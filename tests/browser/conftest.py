"""Debian's Chromium, and pages of other origins in it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # A page of this name was rebound to our address.
    "--host-resolver-rules=MAP evil.example 127.0.0.1",
)

Fetch = Callable[..., Any]
"""Calls a page's `fetch` with a URL and options; gives what the page sees of the answer."""

SCRIPT = """
async ([url, options]) => {
    try {
        const answer = await fetch(url, options);
        const headers = Object.fromEntries(answer.headers);
        return {status: answer.status, type: answer.type, headers, text: await answer.text()};
    } catch (error) {
        return {error: error.name};
    }
}
"""


class EmptyPage(BaseHTTPRequestHandler):
    """A page without anything on it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>A page</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def page_port() -> Iterator[int]:
    """Where the pages come from."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield pages.server_port
        pages.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium is not None, "there is no chromium (Debian: apt-get install chromium)"
    started = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
    yield started
    started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a profile of its own."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture(params=["127.0.0.1", "localhost", "evil.example"])
def foreign(request: pytest.FixtureRequest, page: Page, page_port: int) -> Page:
    """A page of another origin: of the same host, of the same machine, and of the wide world."""
    page.goto(f"http://{request.param}:{page_port}/")
    return page


@pytest.fixture
def fetch(foreign: Page) -> Fetch:
    return fetch_of(foreign)


def fetch_of(page: Page) -> Fetch:
    def fetch(url: str, **options: object) -> Any:
        return page.evaluate(SCRIPT, [url, options])

    return fetch
