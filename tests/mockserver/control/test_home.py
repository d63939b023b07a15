"""The first page: it answers whoever waits for the server, and leads to what there is."""

from __future__ import annotations

import re

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import MockServer

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("accept", [None, "*/*", BROWSER, "application/json;q=0.5, text/html"])
def test_the_first_page_leads_to_everything(server: MockServer, accept: str | None) -> None:
    page = server.send("GET", "/", headers={} if accept is None else {"Accept": accept})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    links = re.findall(r'href="(/[^"]*)"', page.text)
    assert {"/_mock/", "/docs/", "/openapi.yaml", "/_mock/openapi.yaml"} <= set(links)
    assert [link for link in links if server.send("GET", link).status_code != 200] == []


@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/json, text/plain, */*", "text/html;q=0.9, application/json"],
)
def test_who_prefers_json_gets_the_same_as_json(sandbox: Sandboxed, accept: str) -> None:
    answer = sandbox.send("GET", "/", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"
    links = answer.json()
    assert set(links) == {"console", "docs", "contract", "control_contract", "health"}
    for link in links.values():
        assert f"/~{sandbox.name}/" in link
        assert sandbox.server.client.get(link).status_code == 200


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_waiting_for_the_server_leaves_nothing_in_the_journal(
    server: MockServer, method: str
) -> None:
    server.send("DELETE", "/_mock/requests")
    for path in ("/", "/docs/", "/docs/get_user.html"):
        assert server.send(method, path).status_code == 200
    assert server.send("GET", "/_mock/requests").json() == []
