"""The journal as HAR: as the client has seen it, broken answers too."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import BY_ID, JOHN, JOHNS, JOHNS_EMAILS, JSON, OPERATIONS, Json, call


def members(data: Json, *required: str) -> None:
    assert [name for name in required if name not in data] == []


def test_the_archive_is_har_1_2(sandbox: Sandboxed) -> None:
    assert sandbox.control("GET", "requests.har")["log"]["entries"] == []
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
            # With params beside it, importers drop the text.
            assert set(request["postData"]) == {"mimeType", "text"}
            assert request["postData"]["mimeType"] == JSON
        url = httpx.URL(request["url"])
        assert url.host == "127.0.0.1"
        assert url.raw_path.decode().partition("?")[0] == sandbox.prefix + listed["path"]
        assert sandbox.server.client.get(url).status_code != 404
        assert (request["method"], response["status"]) == (listed["method"], listed["status"])
        assert response["content"]["text"] == listed["response"]["body"]
        caller = (listed["operation"], listed["username"])
        assert (entry["_operation"], entry["_username"]) == caller
        assert entry["comment"].startswith(listed["why"] or "")
    query = log["entries"][-1]["request"]["queryString"]
    assert [tuple(one.values()) for one in query] == [("a", "1"), ("b", ""), ("c", " x")]


def last_of_archive(sandbox: Sandboxed) -> Json:
    """The last entry of the archive."""
    return dict(sandbox.control("GET", "requests.har")["log"]["entries"][-1])


@pytest.mark.parametrize("wish", ["fault=reset", "code=503, fault=reset", "fault=reset, wait=0.01"])
def test_a_reset_has_no_status_and_no_content(sandbox: Sandboxed, wish: str) -> None:
    with pytest.raises(httpx.TransportError):
        sandbox.send("GET", JOHNS, JOHN, headers={"Prefer": wish})

    entry = last_of_archive(sandbox)

    assert entry["response"] == {
        "status": 0,
        "statusText": "",
        "httpVersion": "",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": "", "text": ""},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }
    assert "reset" in entry["comment"]


def test_of_a_truncated_answer_there_is_what_was_sent(sandbox: Sandboxed) -> None:
    whole = sandbox.send("GET", JOHNS, JOHN)
    rule = sandbox.fault(fault="truncate", times=1)
    request = (
        f"GET {sandbox.prefix}{JOHNS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {JOHN}\r\n\r\n"
    )
    sent = sandbox.server.raw_bytes(request.encode()).partition(b"\r\n\r\n")[2]

    entry = last_of_archive(sandbox)

    response = entry["response"]
    assert (response["status"], response["bodySize"]) == (200, len(sent))
    assert response["content"] == {
        "size": len(sent),
        "mimeType": "application/json",
        "text": sent.decode(),
    }
    assert whole.content.startswith(sent)
    assert 0 < len(sent) < len(whole.content)
    assert entry["comment"] == f"{rule['id']}: truncate"


def test_an_answer_to_head_has_no_body(sandbox: Sandboxed) -> None:
    sandbox.send("HEAD", JOHNS, JOHN)
    response = last_of_archive(sandbox)["response"]
    content = {"size": 0, "mimeType": "application/json", "text": ""}
    assert (response["status"], response["bodySize"], response["content"]) == (200, 0, content)


@pytest.mark.parametrize(("method", "path"), [("HEAD", JOHNS), ("DELETE", JOHNS_EMAILS)])
def test_of_an_answer_without_a_body_not_even_the_status_is_sent(
    sandbox: Sandboxed, method: str, path: str
) -> None:
    sandbox.fault(fault="truncate")
    with pytest.raises(httpx.TransportError):
        sandbox.send(method, path, JOHN, json=BY_ID["delete_email"].body)

    response = last_of_archive(sandbox)["response"]

    assert (response["status"], response["content"]["text"], response["headers"]) == (0, "", [])


def test_other_faults_leave_the_answer_whole(sandbox: Sandboxed) -> None:
    for kind in ("garbage", "contract"):
        answer = sandbox.send("GET", JOHNS, JOHN, headers={"Prefer": f"fault={kind}"})
        entry = last_of_archive(sandbox)
        assert entry["response"]["status"] == 200
        assert entry["response"]["bodySize"] == len(answer.content)
        assert entry["comment"] == f"Prefer: {kind}"


def test_a_comment_tells_the_reason_the_fault_and_the_notes(sandbox: Sandboxed) -> None:
    sandbox.fault(wait=0.001)
    body = {"reset": 1, "location": 1}
    sandbox.send("PATCH", JOHNS, JOHN, json=body)

    entry, listed = last_of_archive(sandbox), sandbox.last()

    assert listed["why"]
    assert listed["fault"]
    assert listed["notes"] == ["ignored members: reset"]
    assert entry["comment"] == f"{listed['why']}; {listed['fault']}; ignored members: reset"
    assert entry["response"]["status"] == 400

    sandbox.control("DELETE", "faults")
    # A status on demand tells its fault once.
    sandbox.send("GET", JOHNS, JOHN, headers={"Prefer": "code=404"})
    assert last_of_archive(sandbox)["comment"] == "forced by the header field Prefer: code 404"
