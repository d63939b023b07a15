"""The journal: what was asked, by whom, what was answered, and why."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from accounts_contract import control_file, read_contract
from mockserver.sandboxes.hiding import HIDDEN
from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    JANES,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    JSON,
    OPERATIONS,
    USER,
    MockServer,
    Operation,
    basic,
    bearer,
    call,
    named,
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


def test_an_entry_reads_the_same_each_time(sandbox: Sandboxed) -> None:
    call(sandbox, OPERATIONS[0], JOHN)
    assert [sandbox.requests() for _ in range(5)] == [sandbox.requests()] * 5


def test_the_newest_entry_comes_last(sandbox: Sandboxed) -> None:
    for operation in OPERATIONS:
        call(sandbox, operation, JOHN)
    entries = sandbox.requests()
    assert [entry["operation"] for entry in entries] == [one.id for one in OPERATIONS]
    assert [entry["id"] for entry in entries] == list(range(1, len(OPERATIONS) + 1))


# Each kind of refusal: how it comes about, its status and code, and a part of its reason.
REFUSALS: list[tuple[str, Mapping[str, Any], int, str, str]] = [
    ("no login", {"path": JOHNS}, 401, "credentials-missing", "needs credentials"),
    (
        "a malformed login",
        {"path": JOHNS, "authorization": "Basic ==="},
        401,
        "credentials-malformed",
        "cannot be read",
    ),
    (
        "a wrong password",
        {"path": JOHNS, "authorization": basic("johndoe", "wrong-password")},
        401,
        "credentials-wrong",
        "no account has this name and password",
    ),
    (
        "an unknown token",
        {"path": JOHNS, "authorization": bearer("nobodys-token")},
        401,
        "token-unknown",
        "nobody has",
    ),
    (
        "an expired token",
        {"path": JOHNS, "authorization": bearer("johndoe-expired")},
        401,
        "token-expired",
        "has expired",
    ),
    (
        "a revoked token",
        {"path": JOHNS, "authorization": bearer("johndoe-revoked")},
        401,
        "token-revoked",
        "was revoked",
    ),
    (
        "an inactive account",
        {
            "path": USER.replace("{username}", "inactive"),
            "authorization": basic("inactive", "inactive-password"),
        },
        401,
        "account-inactive",
        "is not active",
    ),
    (
        "an unknown user",
        {"path": USER.replace("{username}", "nobody"), "authorization": JOHN},
        404,
        "user-unknown",
        "no account has the username 'nobody'",
    ),
    (
        "somebody else",
        {"path": JANES, "authorization": JOHN},
        403,
        "not-the-owner",
        "you are logged in as johndoe, and this account is janedoe's",
    ),
    (
        "a missing scope",
        {"path": JOHNS, "authorization": bearer("johndoe-email_read")},
        403,
        "scope-missing",
        "needs the scope profile_read, and the token has email_read",
    ),
    (
        "a media type",
        {
            "method": "PATCH",
            "path": JOHNS,
            "authorization": JOHN,
            "content": b"<a/>",
            "headers": {"Content-Type": "text/xml"},
        },
        415,
        "media-type-unsupported",
        "'text/xml' is not read here",
    ),
    (
        "no JSON",
        {
            "method": "PATCH",
            "path": JOHNS,
            "authorization": JOHN,
            "content": b"{",
            "headers": {"Content-Type": JSON},
        },
        400,
        "body-malformed",
        "is not JSON",
    ),
    (
        "a wrong type",
        {"method": "PATCH", "path": JOHNS, "authorization": JOHN, "json": {"location": 7}},
        400,
        "body-invalid",
        "location must be",
    ),
    (
        "a large body",
        {
            "method": "PATCH",
            "path": JOHNS,
            "authorization": JOHN,
            "json": {"location": "x" * 1_100_000},
        },
        413,
        "body-too-large",
        "larger than 1 MiB",
    ),
    (
        "a taken address",
        {
            "method": "POST",
            "path": JOHNS_EMAILS,
            "authorization": JOHN,
            "json": {"email": "jane.doe@example.com"},
        },
        400,
        "email-taken",
        "another account has this address",
    ),
    (
        "the primary address",
        {
            "method": "DELETE",
            "path": JOHNS_EMAILS,
            "authorization": JOHN,
            "json": {"email": "john.doe@example.com"},
        },
        400,
        "primary-email",
        "cannot be deleted",
    ),
    (
        "an unknown address",
        {
            "method": "DELETE",
            "path": JOHNS_EMAILS,
            "authorization": JOHN,
            "json": {"email": "no@example.com"},
        },
        404,
        "email-unknown",
        "has no such address",
    ),
    (
        "a wrong method",
        {"method": "PUT", "path": JOHNS},
        405,
        "method-not-allowed",
        "does not take PUT",
    ),
    ("a wrong path", {"path": "/api/v1.1/user/johndoe/"}, 404, "path-unknown", "did you mean"),
    ("a missing slash", {"path": JOHNS.rstrip("/")}, 404, "path-unknown", "a slash is missing"),
]


@pytest.mark.parametrize(
    ("request_", "status", "code", "why"),
    [one[1:] for one in REFUSALS],
    ids=[one[0] for one in REFUSALS],
)
def test_an_entry_tells_why_a_request_was_refused(
    sandbox: Sandboxed, request_: Mapping[str, Any], status: int, code: str, why: str
) -> None:
    answer = sandbox.send(**{"method": "GET", **request_})
    refusal = problem(answer, status, code)
    entry = sandbox.last()
    assert (entry["status"], entry["code"], entry["why"]) == (status, code, refusal["detail"])
    assert why in entry["why"]
    assert json.loads(entry["response"]["body"])["code"] == code


def test_an_entry_names_the_members_that_were_ignored(sandbox: Sandboxed) -> None:
    sandbox.send("PATCH", JOHNS, JOHN, json={"nickname": "Jo", "location": "Here"})
    assert sandbox.last()["notes"] == ["ignored members: nickname"]


def test_an_entry_tells_what_in_a_response_broke_the_contract(defective: MockServer) -> None:
    sandbox = Sandboxed(defective)
    problem(sandbox.send("GET", JOHNS, JOHN), 500, "response-breaks-contract")
    entry = sandbox.last()
    assert entry["code"] == "response-breaks-contract"
    assert "company" in entry["why"]


def test_the_control_api_is_not_in_the_journal(sandbox: Sandboxed) -> None:
    for path in ("/_mock/state", "/_mock/health", "/_mock/", "/_mock/nothing", "/openapi.yaml"):
        sandbox.send("GET", path)
        sandbox.server.send("GET", path, headers={"X-Mock-Sandbox": sandbox.name})
    assert sandbox.requests() == []


def test_what_asks_for_a_sandbox_in_vain_stands_in_the_common_journal(server: MockServer) -> None:
    common = Sandboxed(server, "")
    server.send("GET", "/~not%20good/_mock/state")
    server.send("GET", f"/~not%20good{JOHNS}", JOHN)
    [entry] = common.requests()
    assert (entry["path"], entry["code"]) == (f"/~not%20good{JOHNS}", "sandbox-malformed")


def test_preflights_are_not_in_the_journal(sandbox: Sandboxed) -> None:
    asks = {"Origin": "http://app.example.com", "Access-Control-Request-Method": "GET"}
    assert sandbox.send("OPTIONS", JOHNS, headers=asks).status_code == 204
    assert sandbox.requests() == []
    sandbox.send("OPTIONS", JOHNS)
    assert sandbox.last()["method"] == "OPTIONS"


def test_the_journal_is_as_its_contract_says(sandbox: Sandboxed) -> None:
    for operation in OPERATIONS:
        call(sandbox, operation, JOHN)
        call(sandbox, operation, None)
    sandbox.send("GET", JOHNS, JOHN, headers={"Prefer": "code=503"})
    schema = CONTROL.schema("Request", "response")
    for entry in sandbox.requests():
        assert schema.violations(entry) == []
        assert set(entry) == set(schema.raw["required"])
