"""The console while very many requests come."""

from __future__ import annotations

import http.client
import threading

from playwright.sync_api import expect

from tests.browser.console_page import Console
from tests.support import MockServer


def test_two_thousand_requests_leave_the_page_bounded_and_responsive(
    console: Console, server: MockServer
) -> None:
    page = console.page
    page.evaluate(
        """() => {
          window.gaps = []; let last = performance.now();
          const look = now => { gaps.push(now - last); last = now; requestAnimationFrame(look); };
          requestAnimationFrame(look);
        }"""
    )
    flood = threading.Thread(target=send_many, args=(server, 2000))
    flood.start()
    for name in ("Tokens", "Faults", "World") * 3:
        console.tab(name)
        expect(console[f"#{name.lower()}"]).to_be_visible(timeout=2000)
    flood.join()

    expect(console["#list > li"].first).to_contain_text("/flood/1999")
    assert console["#list > li"].count() == 500
    expect(console["#shown"]).to_have_text("the last 500 shown")
    gaps = sorted(page.evaluate("window.gaps"))
    # Other work on the machine stops the page for a moment too; a flood that freezes it does so for long.
    assert gaps[-1] < 3000, f"the page stood still for {gaps[-1]:.0f} ms"
    assert gaps[len(gaps) // 2] < 100
    console["#filter-text"].fill("flood/1998")
    expect(console["#shown"]).to_have_text("1 of the last 500 shown")


def send_many(server: MockServer, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    for number in range(count):
        connection.request("GET", f"/flood/{number}")
        connection.getresponse().read()
    connection.close()
