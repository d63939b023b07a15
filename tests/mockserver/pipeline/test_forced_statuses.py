"""Forced statuses: answered in place of the operation."""

from __future__ import annotations

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    BY_ID,
    JOHN,
    JOHNS,
    OPERATIONS,
    PROBLEM,
    READ,
    Operation,
    head,
    named,
    problem,
)


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 418, 429, 500, 503, 599])
def test_a_wished_status_is_answered_in_place_of_the_operation(
    sandbox: Sandboxed, status: int
) -> None:
    before = sandbox.state()
    answer = sandbox.wish(f"code={status}", BY_ID["add_email"])
    assert answer.status_code == status
    assert answer.headers["preference-applied"] == f"code={status}"
    assert sandbox.state() == before


def test_a_status_that_is_not_documented_comes_as_a_problem(sandbox: Sandboxed) -> None:
    answer = sandbox.wish("code=418")
    assert answer.headers["content-type"] == PROBLEM
    problem(answer, 418, "wanted")


def test_a_wished_status_says_when_to_try_again_where_that_is_usual(sandbox: Sandboxed) -> None:
    for status, seconds in ((429, "1"), (503, "1"), (500, None)):
        assert sandbox.wish(f"code={status}").headers.get("retry-after") == seconds


def test_a_rule_may_bring_its_own_body_and_retry_after(sandbox: Sandboxed) -> None:
    sandbox.fault(code=503, retry_after=7, body={"mine": [1, None, "ä"]})
    answer = sandbox.send("GET", JOHNS, JOHN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json() == {"mine": [1, None, "ä"]}
    sandbox.control("DELETE", "faults")
    sandbox.fault(code=503, body=None)
    assert sandbox.send("GET", JOHNS).content == b"null"


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_that_has_no_body_gets_none(sandbox: Sandboxed, status: int) -> None:
    sandbox.fault(code=status, body={"a": 1})
    path = sandbox.prefix + JOHNS
    request = head("GET", path, last=False)
    answers = sandbox.server.raw_bytes(request + head("GET", "/_mock/health"))
    first, second = answers.split(b"\r\n\r\n", 1)
    assert first.startswith(b"HTTP/1.1 %d " % status)
    assert second.startswith(b"HTTP/1.1 200 ")


def test_a_wished_status_does_not_need_a_body_that_could_be_read(sandbox: Sandboxed) -> None:
    large = b"x" * (1024 * 1024 + 1)
    headers = {"Prefer": "code=503"}
    answer = sandbox.send("PATCH", JOHNS, JOHN, content=large, headers=headers)
    assert answer.status_code == 503
    answer = sandbox.send("PATCH", JOHNS, JOHN, content=b"{no json", headers=headers)
    assert answer.status_code == 503


def test_a_wished_status_comes_with_the_fields_that_belong_to_it(sandbox: Sandboxed) -> None:
    challenge = sandbox.send("GET", JOHNS).headers["www-authenticate"]
    assert sandbox.wish("code=401").headers["www-authenticate"] == challenge
    allow = sandbox.send("PUT", JOHNS).headers["allow"]
    assert sandbox.wish("code=405").headers["allow"] == allow
    adding = BY_ID["add_email"]
    accept = sandbox.send(
        "POST", adding.path(), JOHN, content="x", headers={"Content-Type": "text/plain"}
    ).headers["accept"]
    assert sandbox.wish("code=415", adding).headers["accept"] == accept
    assert "www-authenticate" not in sandbox.wish("code=403").headers


@pytest.mark.parametrize("operation", [BY_ID["get_user"], BY_ID["delete_email"]], ids=named)
@pytest.mark.parametrize(
    ("example", "token"),
    [
        ("credentialsMissing", None),
        ("tokenUnknown", "nobodys"),
        ("tokenExpired", "johndoe-expired"),
        ("scopeMissing", "johndoe-none"),
    ],
)
def test_a_wished_refusal_has_the_challenge_of_a_real_one(
    sandbox: Sandboxed, operation: Operation, example: str, token: str | None
) -> None:
    login = {} if token is None else {"Authorization": f"Bearer {token}"}
    real = sandbox.send(operation.method, operation.path(), headers=login)
    for prefer in (f"example={example}", f"code={real.status_code}, example={example}"):
        wished = sandbox.wish(prefer, operation)
        assert wished.headers["www-authenticate"] == real.headers["www-authenticate"]
    sandbox.fault(example=example)
    by_rule = sandbox.send(operation.method, operation.path(), JOHN, json=operation.body)
    assert by_rule.headers["www-authenticate"] == real.headers["www-authenticate"]


def test_the_journal_tells_who_has_got_a_wished_status(sandbox: Sandboxed) -> None:
    sandbox.wish("code=503")
    assert (sandbox.last()["username"], sandbox.last()["scheme"]) == ("johndoe", "Basic")
    sandbox.send("GET", JOHNS, "Bearer wrong", headers={"Prefer": "code=503"})
    assert sandbox.last()["username"] is None


@pytest.mark.parametrize("prefer", ["fault=contract", "fault=garbage", "code=418", "code=200"])
def test_what_goes_wrong_on_demand_is_no_defect(sandbox: Sandboxed, prefer: str) -> None:
    with sandbox.server.recording() as lines:
        sandbox.wish(prefer)
    assert sandbox.last()["notes"] == []
    assert not any("breaks the contract" in line for line in lines)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_a_status_has_a_documented_example_as_body_and_each_can_be_wished_for(
    sandbox: Sandboxed, operation: Operation
) -> None:
    for status, response in READ[operation.id].responses.items():
        unnamed = sandbox.wish(f"code={status}", operation)
        assert unnamed.status_code == int(status)
        assert bool(unnamed.content) == bool(response.content)
        for media in response.content.values():
            assert unnamed.headers["content-type"] == media.name
            assert unnamed.json() in media.examples.values()
            for name, example in media.examples.items():
                for prefer in (f"code={status}, example={name}", f"example={name}"):
                    answer = sandbox.wish(prefer, operation)
                    assert (answer.status_code, answer.json()) == (int(status), example)
                    assert answer.headers["content-type"] == media.name
                    assert answer.headers["preference-applied"] == prefer


def test_a_rule_with_an_example_fires_where_that_is_documented(sandbox: Sandboxed) -> None:
    rule = sandbox.fault(example="addressTaken")
    assert sandbox.wish("respond-async").status_code == 200
    answer = sandbox.wish("respond-async", BY_ID["add_email"])
    assert (answer.status_code, answer.json()["code"]) == (400, "email-taken")
    assert sandbox.last()["fault"] == f"{rule['id']}: example addressTaken"
    assert sandbox.faults()[0]["hits"] == 1


def test_a_rule_may_set_header_fields_of_any_answer(sandbox: Sandboxed) -> None:
    fields = {"X-RateLimit-Remaining": "0", "retry-after": "9", "Content-Type": "text/plain"}
    sandbox.fault(code=429, headers=fields, times=1)
    sandbox.fault(headers={"X-Region": "west"})
    for status in (429, 200):
        answer = sandbox.send("GET", JOHNS, JOHN, headers={"Origin": "http://a.example"})
        exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
        assert ("x-region" in exposed, "x-ratelimit-remaining" in exposed) == (
            status == 200,
            status == 429,
        )
        assert answer.status_code == status
        expected = fields if status == 429 else {"x-region": "west"}
        assert {name: answer.headers.get_list(name) for name in expected} == {
            name: [value] for name, value in expected.items()
        }
    assert sandbox.last()["fault"].endswith(": header X-Region")
