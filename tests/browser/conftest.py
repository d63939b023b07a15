"""Pages in Chromium: the tests of one process share its window, and have a page each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.console_page import Console, OpenConsole
from tests.browser.watched import Watched
from tests.support import MockServer
from tests.support.serving import in_thread


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark all tests that lie here."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def window(browser: Browser, server_process: MockServer) -> Iterator[BrowserContext]:
    """The context of most pages. One page stays open, so that Chromium starts no process for each of the others."""
    context = new_context(browser)
    context.new_page().goto(f"{server_process.url}/_mock/health")
    yield context
    context.close()


@pytest.fixture
def apart(browser: Browser) -> Iterator[BrowserContext]:
    """A context of one test alone, whose clock and network it may change."""
    context = new_context(browser)
    yield context
    context.close()


@pytest.fixture
def watched(window: BrowserContext) -> Iterator[Watched]:
    opened = Watched(window)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def app() -> Iterator[str]:
    """The URL of an app on an origin of its own."""
    pages = ThreadingHTTPServer(("127.0.0.1", 0), App)
    with in_thread(pages):
        yield f"http://localhost:{pages.server_address[1]}"


@pytest.fixture
def open_console(window: BrowserContext) -> Iterator[OpenConsole]:
    opened: list[Console] = []

    def open_one(server: MockServer) -> Console:
        opened.append(Console(window, server.url))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def console(open_console: OpenConsole, server: MockServer) -> Console:
    server.send("DELETE", "/_mock/sandboxes")
    opened = open_console(server)
    opened.open()
    return opened


def new_context(browser: Browser) -> BrowserContext:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(10_000)
    return context


class App(BaseHTTPRequestHandler):
    """An app without content; from `/onward` its server leads on to another origin."""

    def do_GET(self) -> None:
        onward = self.path.startswith("/onward")
        self.send_response(302 if onward else 200)
        if onward:
            port = self.headers["Host"].rpartition(":")[2]
            self.send_header("Location", f"http://localhost:{port}/")
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>App</title>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server has it
        """Say nothing."""
