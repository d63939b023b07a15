"""A page of another origin in a real browser: it may use the API, and not the control API."""

from __future__ import annotations

import http.server
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support import MockServer, StartServer
from tests.support.serving import in_thread

USER = "/api/v1.1/users/janedoe/"
EMAILS = f"{USER}emails/"
OTHER = "jane.doe+other@example.com"
TOKEN = "Bearer janedoe-all"

_FETCH = """
async ([url, options]) => {
  try {
    const answer = await fetch(url, options);
    return {
      status: answer.status,
      text: await answer.text(),
      challenge: answer.headers.get("WWW-Authenticate"),
      allow: answer.headers.get("Allow"),
    };
  } catch (error) {
    return {failed: String(error)};
  }
}
"""


class _Blank(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Another origin</title>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server has it
        """Say nothing."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The address of a page that is not ours."""
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    with in_thread(pages):
        yield f"http://localhost:{pages.server_address[1]}"


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(origin)
    yield page
    page.close()


def _fetch(page: Page, url: str, method: str = "GET", **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate(_FETCH, [url, {"method": method, **options}])
    return answer


def _send(
    page: Page, server: MockServer, method: str, path: str, body: str | None = None, **more: Any
) -> dict[str, Any]:
    headers = {"Authorization": TOKEN}
    if body is not None:
        headers["Content-Type"] = "application/json"
        more["body"] = body
    return _fetch(page, f"{server.url}{path}", method, headers=headers, **more)


@pytest.mark.parametrize("credentials", ["omit", "include"])
def test_a_page_of_another_origin_runs_all_six_operations(
    page: Page, server: MockServer, credentials: str
) -> None:
    def send(method: str, path: str, body: str | None = None) -> tuple[int, str]:
        answer = _send(page, server, method, path, body, credentials=credentials)
        return answer["status"], answer["text"]

    status, text = send("GET", USER)
    assert (status, '"username":"janedoe"' in text) == (200, True)
    status, text = send("PATCH", USER, '{"company": "Elsewhere"}')
    assert (status, '"company":"Elsewhere"' in text) == (200, True)
    assert send("POST", EMAILS, f'{{"email": "{OTHER}"}}')[0] == 201
    status, text = send("PATCH", EMAILS, f'{{"email": "{OTHER}", "verified": true}}')
    assert (status, '"verified":true' in text) == (200, True)
    status, text = send("GET", EMAILS)
    assert (status, OTHER in text) == (200, True)
    assert send("DELETE", EMAILS, f'{{"email": "{OTHER}"}}') == (204, "")


def test_a_page_of_another_origin_reads_what_it_did_wrong(page: Page, server: MockServer) -> None:
    def status(method: str, path: str, body: str | None = None) -> int:
        return int(_send(page, server, method, path, body)["status"])

    unauthenticated = _fetch(page, f"{server.url}{USER}")
    assert unauthenticated["status"] == 401
    assert "Basic" not in unauthenticated["challenge"]
    assert "Bearer" in unauthenticated["challenge"]
    not_allowed = _send(page, server, "PUT", USER)
    assert not_allowed["status"] == 405
    assert "PATCH" in not_allowed["allow"]
    assert status("GET", "/api/v1.1/users/johndoe/") == 403
    assert status("GET", "/api/v1.1/users/nobody/") == 404
    assert status("GET", USER.removesuffix("/")) == 404
    assert status("PATCH", USER, '{"company": 1}') == 400
    assert status("PATCH", USER, f'{{"company": "{"x" * 1_100_000}"}}') == 413
    text = _fetch(page, f"{server.url}{USER}", "PATCH", headers={"Authorization": TOKEN}, body="x")
    assert text["status"] == 415


@pytest.mark.parametrize(("path", "status"), [(USER, 405), ("/nowhere", 501)])
def test_a_page_that_sends_small_letters_reads_what_was_meant(
    page: Page, server: MockServer, path: str, status: int
) -> None:
    answer = _send(page, server, "patch", path, '{"company": "x"}')
    assert (answer.get("status"), answer.get("failed")) == (status, None)
    assert "did you mean PATCH?" in answer["text"]
    last = server.send("GET", "/_mock/requests").json()[-1]
    assert (last["method"], last["status"]) == ("patch", status)


def test_the_headers_of_the_mock_server_pass_the_preflight(page: Page, server: MockServer) -> None:
    headers = {"Authorization": TOKEN, "X-Mock-Sandbox": "mine", "Prefer": "respond-async"}
    assert _fetch(page, f"{server.url}{USER}", headers=headers)["status"] == 200


@pytest.mark.parametrize("wish", [{"X-Mock-Sandbox": "reset"}, {"Prefer": "fault=reset"}])
def test_a_page_of_another_origin_sees_a_reset_after_its_preflight(
    page: Page, server: MockServer, wish: dict[str, str]
) -> None:
    sandbox = {name: value for name, value in wish.items() if name == "X-Mock-Sandbox"}
    if sandbox:
        rule = {"operation": "add_email", "fault": "reset", "times": 1}
        server.send("POST", "/_mock/faults", headers=sandbox, json=rule)
    headers = {"Authorization": TOKEN, "Content-Type": "application/json", **wish}
    answer = _fetch(
        page, f"{server.url}{EMAILS}", "POST", headers=headers, body=f'{{"email": "{OTHER}"}}'
    )

    assert "failed" in answer
    sent = server.send("GET", "/_mock/requests", headers=sandbox).json()
    assert [one["method"] for one in sent] == ["POST"]


def test_a_page_of_another_origin_cannot_use_the_control_api(
    page: Page, server: MockServer
) -> None:
    _send(page, server, "PATCH", USER, '{"company": "Kept"}')
    assert "failed" in _fetch(page, f"{server.url}/_mock/state")
    assert "failed" in _fetch(page, f"{server.url}/_mock/reset", "POST")
    _fetch(page, f"{server.url}/_mock/reset", "POST", mode="no-cors")
    assert server.state()["accounts"][0]["company"] == "Kept"


def test_a_page_of_an_allowed_origin_can(
    browser: Browser, origin: str, start_server: StartServer
) -> None:
    server = start_server("--allow-origin", origin)
    page = browser.new_page()
    page.goto(origin)
    assert _fetch(page, f"{server.url}/_mock/state")["status"] == 200
    assert _fetch(page, f"{server.url}/_mock/reset", "POST")["status"] == 204
    page.close()


def test_a_name_that_was_rebound_to_the_server_opens_nothing(
    browser: Browser, server: MockServer
) -> None:
    # The browser of the tests takes this name for our address, as a rebound one would be.
    home = f"http://rebound.example:{server.port}"
    page = browser.new_page()
    page.goto(f"{home}/openapi.json")
    answer = _fetch(page, f"{home}/_mock/state")
    page.close()
    assert answer["status"] == 403
    assert "rebound.example" in answer["text"]
