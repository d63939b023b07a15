"""The control API opens every account: no page may use it but our own and those that are allowed."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Fetch, fetch_of
from tests.support import MockServer, StartServer

pytestmark = pytest.mark.browser

SPOILED = json.dumps({"accounts": []})
CALLS: dict[str, dict[str, object]] = {
    "/_mock/state": {},
    "/_mock/tokens": {},
    "/_mock/reset": {"method": "POST"},
}


@pytest.fixture
def spoiled(server: MockServer) -> MockServer:
    """A server on which a reset would show."""
    server.mint("janedoe", ["profile_read"])
    return server


def test_a_foreign_page_can_do_nothing(spoiled: MockServer, fetch: Fetch) -> None:
    with spoiled.unchanged():
        for path, options in CALLS.items():
            assert "error" in fetch(spoiled.url + path, **options)
            opaque = fetch(spoiled.url + path, **options, mode="no-cors", credentials="include")
            assert opaque.get("text", "") == ""
        for method in ("PUT", "POST", "DELETE"):
            for media_type in ("application/json", "text/plain"):
                headers = {"Content-Type": media_type}
                for path in CALLS:
                    url = spoiled.url + path
                    assert "error" in fetch(url, method=method, headers=headers, body=SPOILED)


def test_a_foreign_page_can_do_nothing_without_fetch(spoiled: MockServer, foreign: Page) -> None:
    reset = f"{spoiled.url}/_mock/reset"
    with spoiled.unchanged():
        with foreign.expect_event("requestfinished"):
            foreign.evaluate("url => navigator.sendBeacon(url, 'x')", reset)
        form = f"<form method=post action={reset}><button>Send</button></form>"
        foreign.set_content(form)
        with foreign.expect_response(reset) as answer:
            foreign.get_by_role("button").click()
        assert answer.value.status == 403
        foreign.go_back()
        foreign.set_content(f"<iframe src={spoiled.url}/_mock/state></iframe>")
        with foreign.expect_response(f"{spoiled.url}/_mock/state"):
            pass


def test_a_page_without_an_origin_can_do_nothing(spoiled: MockServer, page: Page) -> None:
    """Such as a file, or a sandboxed frame: their `Origin` is `null`."""
    page.goto("data:text/html,<title>A page</title>")
    fetch = fetch_of(page)
    with spoiled.unchanged():
        for path, options in CALLS.items():
            assert "error" in fetch(spoiled.url + path, **options)
            fetch(spoiled.url + path, **options, mode="no-cors")


def test_a_page_that_is_allowed_can_do_all(
    start_server: StartServer, page: Page, page_port: int
) -> None:
    origin = f"http://evil.example:{page_port}"
    server = start_server("--allow-origin", origin)
    page.goto(origin)
    fetch = fetch_of(page)
    minted = fetch(
        f"{server.url}/_mock/tokens",
        method="POST",
        headers={"Content-Type": "application/json"},
        body=json.dumps({"username": "janedoe", "scopes": []}),
    )
    assert minted.get("status") == 201, minted
    assert len(json.loads(fetch(f"{server.url}/_mock/tokens")["text"])) == 19
    assert fetch(f"{server.url}/_mock/reset", method="POST")["status"] == 204
    assert len(json.loads(fetch(f"{server.url}/_mock/tokens")["text"])) == 18
    # Nobody else can.
    page.goto(f"http://localhost:{page_port}")
    assert "error" in fetch(f"{server.url}/_mock/tokens")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_our_own_page_can_do_all(spoiled: MockServer, page: Page, name: str) -> None:
    url = f"http://{name}:{spoiled.port}"
    page.goto(f"{url}/openapi.json")
    fetch = fetch_of(page)
    before = json.loads(fetch("/_mock/state")["text"])
    assert before == spoiled.state()
    assert fetch("/_mock/reset", method="POST")["status"] == 204
    assert spoiled.state() != before


def test_a_name_that_was_rebound_to_our_address_opens_nothing(
    spoiled: MockServer, page: Page
) -> None:
    page.goto(f"http://evil.example:{spoiled.port}/openapi.json")
    fetch = fetch_of(page)
    with spoiled.unchanged():
        for path, options in CALLS.items():
            answer = fetch(path, **options)
            assert answer.get("status") == 403, answer
            assert json.loads(answer["text"])["code"] == "host-not-allowed"
        answer = fetch("/_mock/state", method="PUT", headers={}, body=SPOILED)
        assert answer.get("status") == 403, answer


def test_a_name_that_is_allowed_opens_all(start_server: StartServer, page: Page) -> None:
    server = start_server("--allow-host", "evil.example")
    page.goto(f"http://evil.example:{server.port}/openapi.json")
    assert fetch_of(page)("/_mock/state")["status"] == 200
