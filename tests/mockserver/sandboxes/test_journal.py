"""The journal: what was asked, by whom, what was answered, and why."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest

from accounts_contract import control_file, read_contract
from mockserver.sandboxes.hiding import HIDDEN
from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    JANES,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    OPERATIONS,
    Json,
    MockServer,
    Operation,
    bearer,
    call,
    named,
    preflight,
    problem,
)

CONTROL = read_contract(control_file(), validate=False)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_an_entry_tells_all_of_a_request_and_its_answer(
    sandbox: Sandboxed, operation: Operation
) -> None:
    before = time.time()
    body = {} if operation.body is None else {"json": operation.body}
    path = f"{operation.path()}?a=1&b=%20"
    answer = sandbox.send(operation.method, path, JOHN, headers={"X-Mine": "a b"}, **body)
    [entry] = sandbox.requests()
    assert entry["id"] == 1
    assert before - 1 <= datetime.fromisoformat(entry["time"]).timestamp() <= time.time() + 1
    assert 0 < entry["ms"] < 20_000
    assert entry["method"] == operation.method
    assert (entry["path"], entry["query"]) == (operation.path(), "a=1&b=%20")
    assert entry["operation"] == operation.id
    assert (entry["username"], entry["scheme"]) == ("johndoe", "Basic")
    assert entry["status"] == answer.status_code == operation.success
    assert (entry["code"], entry["why"], entry["notes"], entry["fault"]) == (None, None, [], None)
    assert entry["request"]["headers"]["authorization"] == f"Basic {HIDDEN}"
    assert "x-mine" in entry["request"]["headers"]
    if operation.body is not None:
        assert json.loads(entry["request"]["body"]) == operation.body
    assert entry["request"]["size"] == len(entry["request"]["body"])
    assert entry["response"]["body"] == answer.text
    assert entry["response"]["size"] == len(answer.content)
    for name, value in entry["response"]["headers"].items():
        assert answer.headers[name] == value


@pytest.mark.parametrize(
    "authorization", [None, bearer("janedoe-all"), bearer("johndoe-email_read")]
)
def test_a_body_is_kept_that_was_refused_unread(
    sandbox: Sandboxed, authorization: str | None
) -> None:
    sandbox.send("PATCH", JOHNS, authorization, json={"location": "Here"})
    entry = sandbox.last()
    assert entry["status"] in (401, 403)
    assert json.loads(entry["request"]["body"]) == {"location": "Here"}
    assert entry["request"]["size"] == len(entry["request"]["body"])
    assert sandbox.verify({"operation": "update_user", "body": {"location": "Here"}}) == []


# A refusal of each stage of the pipeline.
REFUSALS: list[tuple[str, str, str | None, Json | None, int, str]] = [
    ("GET", "/api/v1.1/user/johndoe/", None, None, 404, "path-unknown"),
    ("PUT", JOHNS, None, None, 405, "method-not-allowed"),
    ("GET", JOHNS, None, None, 401, "credentials-missing"),
    ("GET", JANES, JOHN, None, 403, "not-the-owner"),
    ("PATCH", JOHNS, JOHN, {"location": 7}, 400, "body-invalid"),
    ("PATCH", JOHNS, JOHN, {"location": "x" * 1_100_000}, 413, "body-too-large"),
    ("DELETE", JOHNS_EMAILS, JOHN, {"email": "no@example.com"}, 404, "email-unknown"),
]


@pytest.mark.parametrize(
    ("method", "path", "login", "body", "status", "code"), REFUSALS, ids=lambda one: str(one)[:30]
)
def test_an_entry_tells_why_a_request_was_refused(
    sandbox: Sandboxed,
    method: str,
    path: str,
    login: str | None,
    body: Json | None,
    status: int,
    code: str,
) -> None:
    refusal = problem(sandbox.send(method, path, login, json=body), status, code)
    entry = sandbox.last()
    assert (entry["status"], entry["code"], entry["why"]) == (status, code, refusal["detail"])
    assert json.loads(entry["response"]["body"])["code"] == code


def test_the_control_api_and_preflights_are_not_in_the_journal(sandbox: Sandboxed) -> None:
    for path in ("/_mock/state", "/_mock/health", "/_mock/", "/_mock/nothing", "/openapi.yaml"):
        sandbox.send("GET", path)
        sandbox.server.send("GET", path, headers={"X-Mock-Sandbox": sandbox.name})
    assert preflight(sandbox, JOHNS).status_code == 204
    assert sandbox.requests() == []
    sandbox.send("OPTIONS", JOHNS)
    assert sandbox.last()["method"] == "OPTIONS"


def test_what_asks_for_a_sandbox_in_vain_stands_in_the_common_journal(server: MockServer) -> None:
    common = Sandboxed(server, "")
    server.send("GET", "/~not%20good/_mock/state")
    server.send("GET", f"/~not%20good{JOHNS}", JOHN)
    [entry] = common.requests()
    assert (entry["path"], entry["code"]) == (f"/~not%20good{JOHNS}", "sandbox-malformed")


def test_the_journal_is_as_its_contract_says_with_the_newest_last(sandbox: Sandboxed) -> None:
    for operation in OPERATIONS:
        call(sandbox, operation, JOHN)
        call(sandbox, operation, None)
    sandbox.send("GET", JOHNS, JOHN, headers={"Prefer": "code=503"})
    entries = sandbox.requests()
    assert sandbox.requests() == entries
    assert [one["operation"] for one in entries[:-1:2]] == [one.id for one in OPERATIONS]
    assert [one["id"] for one in entries] == list(range(1, len(entries) + 1))
    schema = CONTROL.schema("Request", "response")
    for entry in entries:
        assert schema.violations(entry) == []
        assert set(entry) == set(schema.raw["required"])
