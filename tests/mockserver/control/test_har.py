"""The journal in the HTTP Archive format."""

from __future__ import annotations

from datetime import datetime

import httpx

from tests.mockserver.sandboxed import Sandboxed
from tests.support import JOHN, JOHNS, JSON, OPERATIONS, Json, call


def members(data: Json, *required: str) -> None:
    assert [name for name in required if name not in data] == []


def test_the_archive_is_har_1_2(sandbox: Sandboxed) -> None:
    for operation in OPERATIONS:
        call(sandbox, operation, JOHN)
    sandbox.send("GET", f"{JOHNS}?a=1&b=&c=%20x", None, headers={"Prefer": "code=503"})
    answer = sandbox.send("GET", "/_mock/requests.har")
    assert answer.headers["content-type"] == JSON
    log = answer.json()["log"]
    assert log["version"] == "1.2"
    members(log["creator"], "name", "version")
    assert len(log["entries"]) == len(OPERATIONS) + 1
    for entry, listed in zip(log["entries"], sandbox.requests(), strict=True):
        members(entry, "startedDateTime", "time", "request", "response", "cache", "timings")
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        assert entry["time"] == sum(entry["timings"].values())
        assert {"send", "wait", "receive"} <= set(entry["timings"])
        request, response = entry["request"], entry["response"]
        common = ("httpVersion", "cookies", "headers", "headersSize", "bodySize")
        members(request, "method", "url", "queryString", *common)
        members(response, "status", "statusText", "content", "redirectURL", *common)
        members(response["content"], "size", "mimeType", "text")
        for pair in (*request["headers"], *response["headers"], *request["queryString"]):
            assert set(pair) == {"name", "value"}
            assert all(isinstance(value, str) for value in pair.values())
        if request["bodySize"]:
            members(request["postData"], "mimeType", "text", "params")
            assert request["postData"]["mimeType"] == JSON
        url = httpx.URL(request["url"])
        assert url.host == "127.0.0.1"
        assert url.raw_path.decode().partition("?")[0] == sandbox.prefix + listed["path"]
        assert sandbox.server.client.get(url).status_code != 404
        assert (request["method"], response["status"]) == (listed["method"], listed["status"])
        assert response["content"]["text"] == listed["response"]["body"]
        assert entry["comment"].startswith(listed["why"] or "")
    assert log["entries"][-1]["request"]["queryString"] == [
        {"name": "a", "value": "1"},
        {"name": "b", "value": ""},
        {"name": "c", "value": " x"},
    ]


def test_the_archive_of_an_empty_journal_is_empty(sandbox: Sandboxed) -> None:
    assert sandbox.control("GET", "requests.har")["log"]["entries"] == []
