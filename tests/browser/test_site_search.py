"""The search of the built site in a browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.watched import Watched
from tests.support import ROOT


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that writes no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the site; from a disk, browsers load no excerpts of the pages that were found."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, ROOT / "docs" / "build.py", folder], check=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("429", "What the mock server says"),
        ("503", "Operations and errors"),
        ("delete_email", "Operations and errors"),
        ("401 credentials", "Operations and errors"),
    ],
)
def test_the_search_finds_numbers_and_words(
    browser: Browser, site: str, query: str, found: str
) -> None:
    watched = Watched(browser, (1280, 900), "light")
    watched.page.goto(f"{site}/search.html?q={query}")
    expect(watched.page.locator("#search-results ul.search")).to_contain_text(found)
    watched.close()
