"""The journal: what was asked, by whom, what was answered, and why; assertions on it; HAR."""

from __future__ import annotations

import base64
import copy
import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts_contract import control_file, read_contract
from mockserver.journal import MAX_SHOWN, Journal, Limits, Record, pack
from mockserver.redaction import HIDDEN, Redactor
from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    BY_ID,
    CONTRACT,
    FORM,
    JANES,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    JSON,
    OPERATIONS,
    USER,
    Json,
    MockServer,
    Operation,
    StartServer,
    basic,
    bearer,
    head,
    named,
    problem,
    write_yaml,
)

CONTROL = read_contract(control_file(), validate=False)


def call(sandbox: Sandboxed, operation: Operation, authorization: str | None = JOHN) -> None:
    """Send a valid request of an operation."""
    body = {} if operation.body is None else {"json": operation.body}
    sandbox.send(operation.method, operation.path(), authorization, **body)


def fill(sandbox: Sandboxed, requests: int) -> None:
    """Send so many requests at once, to a path that leads nowhere."""
    path = f"{sandbox.prefix}/x"
    sandbox.server.raw_bytes(head("GET", path, last=False) * (requests - 1) + head("GET", path))


# What an entry tells


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
    call(sandbox, OPERATIONS[0])
    assert [sandbox.requests() for _ in range(5)] == [sandbox.requests()] * 5


def test_the_newest_entry_comes_last(sandbox: Sandboxed) -> None:
    for operation in OPERATIONS:
        call(sandbox, operation)
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


def test_an_entry_tells_what_in_a_response_broke_the_contract(
    start_server: StartServer, tmp_path: Path
) -> None:
    data = copy.deepcopy(CONTRACT)
    data["components"]["schemas"]["User"]["properties"]["company"] = {"type": "integer"}
    contract = write_yaml(tmp_path / "contract.yaml", data)
    sandbox = Sandboxed(start_server("--contract", str(contract)), "")
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
        call(sandbox, operation)
        call(sandbox, operation, None)
    sandbox.send("GET", JOHNS, JOHN, headers={"Prefer": "code=503"})
    schema = CONTROL.schema("Request", "response")
    for entry in sandbox.requests():
        assert schema.violations(entry) == []
        assert set(entry) == set(schema.raw["required"])


# What it keeps


def test_the_journal_is_emptied_by_delete_and_by_reset(sandbox: Sandboxed) -> None:
    for method, path in (("DELETE", "requests"), ("POST", "reset")):
        call(sandbox, OPERATIONS[0])
        sandbox.control(method, path)
        assert sandbox.requests() == []
    call(sandbox, OPERATIONS[0])
    assert sandbox.last()["id"] == 3


def test_the_journal_keeps_the_last_thousand_requests(sandbox: Sandboxed) -> None:
    fill(sandbox, 1001)
    sandbox.send("GET", JOHNS, JOHN)
    entries = sandbox.requests()
    assert [entry["id"] for entry in entries] == list(range(3, 1003))
    assert entries[-1]["operation"] == "get_user"


def test_a_large_body_is_cut_and_its_size_told(sandbox: Sandboxed) -> None:
    text = "x" * 100_000
    sandbox.send("PATCH", JOHNS, JOHN, json={"nickname": text})
    request = sandbox.last()["request"]
    assert 0 < len(request["body"]) <= MAX_SHOWN
    assert request["size"] == len(orjson.dumps({"nickname": text}))


def record(size: int) -> Record:
    """A request that takes so many bytes."""
    start: tuple[Any, ...] = (
        0.0,
        0.0,
        "GET",
        "/",
        b"",
        None,
        None,
        None,
        200,
        None,
        None,
        [],
        None,
        [],
        b"",
        0,
        [],
    )
    bare = len(pack((*start, b"", 0)))
    return pack((*start, b" " * (size - bare), size - bare))


def test_all_journals_together_keep_the_newest_requests_that_find_room() -> None:
    limits = Limits(per_journal=10, most_bytes=20_000)
    journals = [Journal(limits) for _ in range(5)]
    for journal in journals:
        for _ in range(4):
            journal.append(record(2000))
    assert [len(journal) for journal in journals] == [0, 0, 2, 4, 4]
    assert [entry.number for entry in journals[2].entries()] == [3, 4]
    journals[0].append(record(18_000))
    assert [len(journal) for journal in journals] == [1, 0, 0, 0, 1]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("aaaaaac"), st.integers(1, 4000))),
)
def test_the_room_of_all_journals_is_never_exceeded(
    steps: list[tuple[int, str, int]],
) -> None:
    limits = Limits(per_journal=5, most_bytes=10_000)
    journals = [Journal(limits) for _ in range(4)]
    made: list[tuple[int, int]] = []
    for which, what, size in steps:
        if what == "a":
            journals[which].append(bytes(size))
            made.append((which, size))
            mine = [index for index, (one, _) in enumerate(made) if one == which]
            if len(mine) > 5:
                del made[mine[0]]
            while sum(size for _, size in made) > 10_000:
                del made[0]
        else:
            journals[which].clear()
            made = [one for one in made if one[0] != which]
        kept = [sum(1 for one, _ in made if one == number) for number in range(4)]
        assert [len(journal) for journal in journals] <= [5] * 4
        assert sum(size for _, size in made) <= 10_000
        # What was let go of early still has its turn: never more is kept than there is room for.
        assert all(len(journal) <= most for journal, most in zip(journals, kept, strict=True))


# Secrets

CANARY = "s3cret/canary+1=="
PASSWORD = 'pass"word\\ü%41'


def with_canaries(sandbox: Sandboxed) -> None:
    """Give johndoe a password and a token that are easy to find."""
    state = sandbox.state()
    state["accounts"][1]["password"] = PASSWORD
    token = {"token": CANARY, "username": "johndoe", "scopes": ["profile_read", "profile_write"]}
    state["tokens"].append(token)
    sandbox.control("PUT", "state", state)


def spill(sandbox: Sandboxed, secret: str) -> None:
    """Send a secret in all places where one might."""
    encoded = quote(secret, safe="")
    fully = "".join(f"%{byte:02X}" for byte in secret.encode())
    escaped = "".join(f"\\u{ord(character):04x}" for character in secret)
    token = bearer(CANARY)
    plain = secret.encode().decode("latin-1") if secret.isascii() else encoded
    for path in (f"{JOHNS}?q={encoded}", f"{JOHNS}?{fully}", f"/x/{encoded}/", f"/x/{fully}"):
        sandbox.send("GET", path, token, headers={"X-Mine": plain, "Cookie": f"a={plain}"})
    sandbox.send("GET", USER.replace("{username}", encoded), token)
    sandbox.send("PATCH", JOHNS, token, json={"location": f"is {secret}!", secret: 1})
    sandbox.send("PATCH", JOHNS, token, json={"location": secret, "company": [secret]})
    for content, media in (
        (f'{{"location": "{escaped}"}}', JSON),
        (f"location={encoded}&{encoded}=1", FORM),
        (f"location={fully}", FORM),
        (secret, "text/plain"),
        (f'{{"location": "{"x" * (MAX_SHOWN - 20)}{secret}"}}', JSON),
        (f'{{"location": "{"x" * (MAX_SHOWN + 1015)}{secret}{"y" * 3000}"}}', JSON),
    ):
        headers = {"Content-Type": media}
        sandbox.send("PATCH", JOHNS, token, content=content.encode(), headers=headers)


def everything_about(sandbox: Sandboxed, secret: str) -> str:
    """All that the journal gives away."""
    texts = [sandbox.send("GET", f"/_mock/{path}").text for path in ("requests", "requests.har")]
    wanted = {"requests": [{"operation": "update_user", "body": {"location": secret}, "times": 99}]}
    texts.append(sandbox.send("POST", "/_mock/requests/verify", json=wanted).text)
    return "\n".join(texts)


def spellings(secret: str) -> list[str]:
    """How a secret may look, whole or cut."""
    return [
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        "".join(f"%{byte:02X}" for byte in secret.encode()),
        secret[:9],
    ]


@pytest.mark.parametrize("secret", [CANARY, PASSWORD, "johndoe-all"])
def test_no_secret_stands_in_the_journal(sandbox: Sandboxed, secret: str) -> None:
    with_canaries(sandbox)
    spill(sandbox, secret)
    told = everything_about(sandbox, secret)
    assert HIDDEN in told
    assert [one for one in spellings(secret)[:-1] if one in told] == []
    if secret == CANARY:
        assert secret[:9] not in told


def test_no_login_stands_in_the_journal_as_basic_encodes_it(sandbox: Sandboxed) -> None:
    for login in ("johndoe:johndoe-password", "username:password"):
        encoded = base64.b64encode(login.encode()).decode()
        sandbox.send("GET", f"{JOHNS}?basic={encoded}", f"Basic {encoded}")
        sandbox.send("PATCH", JOHNS, JOHN, json={"location": encoded})
        assert encoded.rstrip("=") not in everything_about(sandbox, encoded)


@pytest.mark.parametrize("leave", ["reset", "scenarios/inactive", "snapshots/s/restore", "state"])
def test_a_minted_token_is_a_secret_also_when_its_world_is_gone(
    sandbox: Sandboxed, leave: str
) -> None:
    sandbox.control("POST", "snapshots/s")
    fresh = sandbox.state()
    wish = {"username": "johndoe", "scopes": ["profile_write"]}
    token = sandbox.control("POST", "tokens", wish)["access_token"]
    sandbox.send("PATCH", JOHNS, bearer(token), json={"location": token})
    sandbox.control(
        "PUT" if leave == "state" else "POST", leave, fresh if leave == "state" else None
    )
    sandbox.send("GET", f"{JOHNS}?token={token}", bearer(token))
    assert token not in everything_about(sandbox, token)


def test_a_revoked_token_stays_a_secret(sandbox: Sandboxed) -> None:
    sandbox.control("DELETE", "tokens/johndoe-all")
    sandbox.send("GET", f"{JOHNS}?token=johndoe-all")
    assert "johndoe-all" not in everything_about(sandbox, "johndoe-all")


def test_a_word_of_a_sentence_is_no_secret(sandbox: Sandboxed) -> None:
    sandbox.send("GET", JOHNS, basic("johndoe", "wrong"))
    assert "this name and password" in sandbox.last()["response"]["body"]


SECRET = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=6, max_size=20)


@given(st.lists(SECRET, min_size=1), st.text(), st.text(), st.data())
def test_no_secret_is_left_in_a_text(
    secrets: list[str], before: str, after: str, data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(secrets))
    redacted = Redactor(secrets)(f"{before}={chosen}&{after}")
    if HIDDEN not in chosen:
        assert f"={chosen}&" not in redacted


def test_many_secrets_are_hidden_as_few_are() -> None:
    secrets = [f"{number}-is-a-secret" for number in range(1000)]
    text = "a 7-is-a-secret and 999-is-a-secret, and a-secret"
    assert Redactor(secrets)(text) == "a *** and ***, and a-secret"


def test_the_longest_secret_that_fits_is_hidden() -> None:
    assert Redactor(["secret-1", "secret-1-and-more"])("secret-1-and-more secret-1") == "*** ***"


# Assertions on it


@pytest.fixture
def played(sandbox: Sandboxed) -> Sandboxed:
    """A sandbox with a journal: add, add, list, and a refusal."""
    for email in ("one@example.com", "two@example.com"):
        sandbox.send(
            "POST", JOHNS_EMAILS, JOHN, json={"email": email, "extra": {"deep": [1, True]}}
        )
    sandbox.send("GET", JOHNS_EMAILS, bearer("johndoe-email_read"))
    sandbox.send("GET", JOHNS)
    return sandbox


@pytest.mark.parametrize(
    "expected",
    [
        {"operation": "add_email"},
        {"operation": "add_email", "times": 2},
        {"operation": "add_email", "body": {"email": "one@example.com"}, "times": 1},
        {"body": {"extra": {"deep": [1, True]}}, "times": 2},
        {"body": {}, "times": 2},
        {"method": "GET", "times": 2},
        {"path": JOHNS, "status": 401, "code": "credentials-missing", "times": 1},
        {"username": "johndoe", "times": 3},
        {"operation": "delete_email", "times": 0},
    ],
)
def test_what_came_is_verified(played: Sandboxed, expected: Json) -> None:
    assert played.verify(expected) == []
    assert played.verify(expected, expected) == []


@pytest.mark.parametrize(
    ("expected", "met", "difference"),
    [
        (
            {"operation": "delete_email"},
            0,
            {"member": "operation", "expected": "delete_email", "actual": "get_user"},
        ),
        (
            {"operation": "add_email", "times": 1, "status": 400},
            0,
            {"member": "status", "expected": 400, "actual": 201},
        ),
        (
            {"operation": "add_email", "body": {"email": "three@example.com"}},
            0,
            {"member": "body/email", "expected": "three@example.com", "actual": "two@example.com"},
        ),
        (
            {"operation": "add_email", "body": {"verified": None}},
            0,
            {"member": "body/verified", "expected": None, "missing": True},
        ),
        (
            {"operation": "add_email", "body": {"extra": {"deep": [1, 1]}}},
            0,
            {"member": "body/extra/deep", "expected": [1, 1], "actual": [1, True]},
        ),
        (
            {"operation": "get_user", "username": "johndoe"},
            0,
            {"member": "username", "expected": "johndoe", "actual": None},
        ),
    ],
)
def test_a_mismatch_names_the_nearest_entries_and_their_differences(
    played: Sandboxed, expected: Json, met: int, difference: Json
) -> None:
    [mismatch] = played.verify(expected)
    assert (mismatch["index"], mismatch["met"]) == (0, met)
    assert mismatch["expected"] == expected
    assert len(mismatch["nearest"]) == 3
    assert mismatch["nearest"][0]["differences"] == [difference]
    counts = [len(near["differences"]) for near in mismatch["nearest"]]
    assert counts == sorted(counts)


def test_a_mismatch_says_how_often_what_came(played: Sandboxed) -> None:
    [mismatch] = played.verify({"operation": "list_emails"}, {"method": "POST", "times": 3})
    assert mismatch["index"] == 1
    assert mismatch["detail"] == "it was expected exactly 3 times, and came 2 times"
    wanted = {"requests": [{"method": "GET", "times": 1, "path": JOHNS, "status": 200}]}
    detail = problem_of(played, wanted)["detail"]
    assert detail == "expectation 1 of 1: it was expected exactly once, and came 0 times"


def problem_of(sandbox: Sandboxed, wanted: Json) -> Json:
    return dict(sandbox.send("POST", "/_mock/requests/verify", json=wanted).json())


@pytest.mark.parametrize(
    ("operations", "mismatches"),
    [
        (["add_email", "list_emails", "get_user"], 0),
        (["add_email", "add_email", "list_emails"], 0),
        (["list_emails", "add_email"], 1),
        (["get_user", "list_emails"], 1),
        (["list_emails", "list_emails"], 1),
        (["add_email", "add_email", "add_email"], 1),
    ],
)
def test_the_order_is_verified_where_it_is_asked_for(
    played: Sandboxed, operations: list[str], mismatches: int
) -> None:
    expected = [{"operation": operation} for operation in operations]
    assert played.verify(*expected) == []
    found = played.verify(*expected, in_order=True)
    assert len(found) == mismatches
    assert all("not after" in mismatch["detail"] for mismatch in found)


def test_a_number_of_times_counts_in_order_too(played: Sandboxed) -> None:
    adds, lists = {"operation": "add_email", "times": 2}, {"operation": "list_emails", "times": 1}
    none = {"operation": "delete_email", "times": 0}
    assert played.verify(adds, none, lists, in_order=True) == []
    assert len(played.verify(lists, adds, in_order=True)) == 1


def test_a_form_is_verified_by_its_members(sandbox: Sandboxed) -> None:
    body = b"email=john.new%40example.com&verified=true"
    headers = {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=utf-8"}
    sandbox.send("PATCH", JOHNS_EMAILS, JOHN, content=body, headers=headers)
    assert sandbox.verify({"status": 200, "body": {"email": "john.new@example.com"}}) == []
    assert sandbox.verify({"status": 200, "body": {"verified": True}}) == []
    assert sandbox.verify({"status": 200, "body": {"verified": "true"}}) == []
    assert len(sandbox.verify({"body": {"verified": False}})) == 1


def test_an_empty_journal_has_nothing_near(sandbox: Sandboxed) -> None:
    [mismatch] = sandbox.verify({"operation": "get_user"})
    assert mismatch["nearest"] == []
    assert sandbox.verify({"times": 0}) == []


@pytest.mark.parametrize(
    "wanted",
    [{}, {"requests": []}, {"requests": [{"times": -1}]}, {"requests": [{"operaton": "x"}]}, []],
)
def test_an_expectation_that_makes_no_sense_is_refused(sandbox: Sandboxed, wanted: Any) -> None:
    problem(sandbox.send("POST", "/_mock/requests/verify", json=wanted), 400, "body-invalid")


def test_many_expectations_of_a_long_journal_hold_nobody_up_for_long(sandbox: Sandboxed) -> None:
    fill(sandbox, 1000)
    expected = [{"path": "/x", "times": 1}] * 100
    began = time.perf_counter()
    assert len(sandbox.verify(*expected)) == 100
    every = time.perf_counter() - began
    began = time.perf_counter()
    assert len(sandbox.verify(*expected[:1])) == 1
    one = time.perf_counter() - began
    assert every < 500 * one


# HAR


def members(data: Json, *required: str) -> None:
    assert [name for name in required if name not in data] == []


def test_the_archive_is_har_1_2(sandbox: Sandboxed) -> None:
    for operation in OPERATIONS:
        call(sandbox, operation)
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
        assert httpx.get(url).status_code != 404
        assert (request["method"], response["status"]) == (listed["method"], listed["status"])
        assert response["content"]["text"] == listed["response"]["body"]
        assert entry["comment"] == (listed["why"] or "")
    assert log["entries"][-1]["request"]["queryString"] == [
        {"name": "a", "value": "1"},
        {"name": "b", "value": ""},
        {"name": "c", "value": " x"},
    ]


def test_the_archive_of_an_empty_journal_is_empty(sandbox: Sandboxed) -> None:
    assert sandbox.control("GET", "requests.har")["log"]["entries"] == []


# While others write


def test_a_journal_is_whole_while_others_write_it(sandbox: Sandboxed) -> None:
    def write() -> None:
        with httpx.Client(base_url=sandbox.server.url, trust_env=False) as client:
            for _ in range(50):
                client.get(sandbox.prefix + JOHNS, headers={"Authorization": JOHN})

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(10):
        ids = [entry["id"] for entry in sandbox.requests()]
        assert ids == list(range(1, len(ids) + 1))
    for writer in writers:
        writer.join()
    assert [entry["id"] for entry in sandbox.requests()] == list(range(1, 201))
    assert sandbox.verify({"operation": BY_ID["get_user"].id, "status": 200, "times": 200}) == []
