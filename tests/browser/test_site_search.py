"""The search of the built site in a browser."""

from __future__ import annotations

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.watched import Watched
from tests.support import ROOT
from tests.support.environments import succeed
from tests.support.serving import in_thread


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that writes no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_search_finds_numbers_and_words(watched: Watched, tmp_path: Path) -> None:
    succeed([sys.executable, str(ROOT / "docs" / "build.py"), str(tmp_path)], ROOT)
    # From a disk, browsers load no excerpts of the pages that were found.
    files = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    with in_thread(files):
        for query, found in FOUND.items():
            search = f"http://127.0.0.1:{files.server_port}/search.html?q={query}"
            # What is still asked for when the page goes would be an error on it.
            watched.page.goto(search, wait_until="networkidle")
            expect(watched.page.locator("#search-results ul.search")).to_contain_text(found)


FOUND = {
    "429": "What the mock server says",
    "503": "Operations and errors",
    "delete_email": "Operations and errors",
    "401 credentials": "Operations and errors",
}
