"""A page of another origin in a real browser: it may use the API, and not the control API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support import JANES, JANES_EMAILS, JSON, MockServer, StartServer

OTHER = "jane.doe+other@example.com"
TOKEN = "Bearer janedoe-all"

_FETCH = """([url, options]) => fetch(url, options).then(async answer => ({
  status: answer.status,
  text: await answer.text(),
  challenge: answer.headers.get("WWW-Authenticate"),
  allow: answer.headers.get("Allow"),
}), error => ({failed: String(error)}))"""


@pytest.fixture
def page(window: BrowserContext, app: str) -> Iterator[Page]:
    page = window.new_page()
    page.goto(app)
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
        headers["Content-Type"] = JSON
        more["body"] = body
    return _fetch(page, f"{server.url}{path}", method, headers=headers, **more)


def test_a_page_of_another_origin_runs_all_six_operations(page: Page, server: MockServer) -> None:
    other = f'"email": "{OTHER}"'
    for method, path, body, status, told in (
        ("GET", JANES, None, 200, '"username":"janedoe"'),
        ("PATCH", JANES, '{"company": "Elsewhere"}', 200, '"company":"Elsewhere"'),
        ("POST", JANES_EMAILS, f"{{{other}}}", 201, OTHER),
        ("PATCH", JANES_EMAILS, f'{{{other}, "verified": true}}', 200, '"verified":true'),
        ("GET", JANES_EMAILS, None, 200, OTHER),
        ("DELETE", JANES_EMAILS, f"{{{other}}}", 204, ""),
    ):
        # Chromium asks for more where credentials are included.
        answer = _send(page, server, method, path, body, credentials="include")
        assert answer.get("status") == status, (method, path, answer)
        assert told in answer["text"]


def test_a_page_of_another_origin_reads_what_it_did_wrong(page: Page, server: MockServer) -> None:
    unauthenticated = _fetch(page, f"{server.url}{JANES}")
    assert unauthenticated["status"] == 401
    assert "Basic" not in unauthenticated["challenge"]
    assert "Bearer" in unauthenticated["challenge"]
    not_allowed = _send(page, server, "PUT", JANES)
    assert not_allowed["status"] == 405
    assert "PATCH" in not_allowed["allow"]
    text = _fetch(page, f"{server.url}{JANES}", "PATCH", headers={"Authorization": TOKEN}, body="x")
    assert text["status"] == 415
    large = f'{{"company": "{"x" * 1_100_000}"}}'
    assert _send(page, server, "PATCH", JANES, large).get("status") == 413


def test_a_page_that_sends_small_letters_reads_what_was_meant(
    page: Page, server: MockServer
) -> None:
    for path, status in ((JANES, 405), ("/nowhere", 501)):
        answer = _send(page, server, "patch", path, '{"company": "x"}')
        assert (answer.get("status"), answer.get("failed")) == (status, None)
        assert "did you mean PATCH?" in answer["text"]
        last = server.send("GET", "/_mock/requests").json()[-1]
        assert (last["method"], last["status"]) == ("patch", status)


def test_the_headers_of_the_mock_server_pass_the_preflight(page: Page, server: MockServer) -> None:
    headers = {"Authorization": TOKEN, "X-Mock-Sandbox": "mine", "Prefer": "respond-async"}
    assert _fetch(page, f"{server.url}{JANES}", headers=headers)["status"] == 200


@pytest.mark.parametrize("wish", [{"X-Mock-Sandbox": "reset"}, {"Prefer": "fault=reset"}])
def test_a_page_of_another_origin_sees_a_reset_after_its_preflight(
    apart: BrowserContext, app: str, server: MockServer, wish: dict[str, str]
) -> None:
    # On a connection of an earlier page, Chromium would send a request that was reset again.
    page = apart.new_page()
    page.goto(app)
    sandbox = {} if "Prefer" in wish else wish
    if sandbox:
        rule = {"operation": "add_email", "fault": "reset", "times": 1}
        server.send("POST", "/_mock/faults", headers=sandbox, json=rule)
    headers = {"Authorization": TOKEN, "Content-Type": JSON, **wish}
    answer = _fetch(
        page, f"{server.url}{JANES_EMAILS}", "POST", headers=headers, body=f'{{"email": "{OTHER}"}}'
    )

    assert "failed" in answer
    sent = server.send("GET", "/_mock/requests", headers=sandbox).json()
    assert [one["method"] for one in sent] == ["POST"]


def test_a_page_of_another_origin_cannot_use_the_control_api(
    page: Page, server: MockServer
) -> None:
    _send(page, server, "PATCH", JANES, '{"company": "Kept"}')
    assert "failed" in _fetch(page, f"{server.url}/_mock/state")
    assert "failed" in _fetch(page, f"{server.url}/_mock/reset", "POST")
    _fetch(page, f"{server.url}/_mock/reset", "POST", mode="no-cors")
    assert server.state()["accounts"][0]["company"] == "Kept"


def test_a_page_of_an_allowed_origin_can(page: Page, app: str, start_server: StartServer) -> None:
    server = start_server("--allow-origin", app)
    assert _fetch(page, f"{server.url}/_mock/state")["status"] == 200
    assert _fetch(page, f"{server.url}/_mock/reset", "POST")["status"] == 204


def test_a_name_that_was_rebound_to_the_server_opens_nothing(
    page: Page, server: MockServer
) -> None:
    # The browser of the tests takes this name for our address, as a rebound one would be.
    home = f"http://rebound.example:{server.port}"
    page.goto(f"{home}/openapi.json")
    answer = _fetch(page, f"{home}/_mock/state")
    assert answer["status"] == 403
    assert "rebound.example" in answer["text"]
