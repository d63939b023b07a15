"""Pages in Chromium: the tests of one process share its window, and have a page each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.console_page import Console, OpenConsole
from tests.support import MockServer


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark all tests that lie here."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


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
