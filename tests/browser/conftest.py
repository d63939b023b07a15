"""The console, opened for a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.console_page import Console, OpenConsole
from tests.support import MockServer


@pytest.fixture
def open_console(browser: Browser) -> Iterator[OpenConsole]:
    opening = OpenConsole(browser)
    yield opening
    opening.close()


@pytest.fixture
def console(open_console: OpenConsole, server: MockServer) -> Console:
    server.send("DELETE", "/_mock/sandboxes")
    opened = open_console(server)
    opened.open()
    return opened
