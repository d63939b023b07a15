"""Faults: what goes wrong on demand, by a rule or by `Prefer`."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts_contract import accounts_file, read_contract
from mockserver.faults import MAX_WAIT, Fault, Faults
from mockserver.wishes import parse_prefer
from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    BY_ID,
    JANES,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    OPERATIONS,
    PROBLEM,
    WRITING,
    Operation,
    StartServer,
    head,
    named,
    pointers,
    problem,
)

GET_USER = BY_ID["get_user"]
COMPILED = read_contract(accounts_file(), validate=False)


def wish(
    sandbox: Sandboxed, prefer: str, operation: Operation = GET_USER, **more: Any
) -> httpx.Response:
    """A valid request that wishes something."""
    headers = {"Prefer": prefer, **more}
    path = operation.path()
    return sandbox.send(operation.method, path, JOHN, headers=headers, json=operation.body)


# A status on demand


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 418, 429, 500, 503, 599])
def test_a_wished_status_is_answered_in_place_of_the_operation(
    sandbox: Sandboxed, operation: Operation, status: int
) -> None:
    before = sandbox.state()
    answer = wish(sandbox, f"code={status}", operation)
    assert answer.status_code == status
    assert answer.headers["preference-applied"] == f"code={status}"
    assert sandbox.state() == before


def test_a_wished_status_needs_no_login(sandbox: Sandboxed) -> None:
    assert sandbox.send("GET", JOHNS, headers={"Prefer": "code=503"}).status_code == 503


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_a_documented_status_has_its_documented_example_as_body(
    sandbox: Sandboxed, operation: Operation
) -> None:
    for status in COMPILED.operations[operation.id].responses:
        answer = wish(sandbox, f"code={status}", operation)
        response = COMPILED.operations[operation.id].responses[status]
        assert answer.status_code == int(status)
        if not response.content:
            assert answer.content == b""
            continue
        [media] = response.content.values()
        assert answer.headers["content-type"] == media.name
        assert media.schema is not None
        assert media.schema.is_valid(answer.json())
        if media.examples:
            assert answer.json() in media.examples.values()


def test_a_status_that_is_not_documented_comes_as_a_problem(sandbox: Sandboxed) -> None:
    answer = wish(sandbox, "code=418")
    assert answer.headers["content-type"] == PROBLEM
    problem(answer, 418, "wanted")


@pytest.mark.parametrize(("status", "seconds"), [(429, "1"), (503, "1"), (500, None)])
def test_a_wished_status_says_when_to_try_again_where_that_is_usual(
    sandbox: Sandboxed, status: int, seconds: str | None
) -> None:
    assert wish(sandbox, f"code={status}").headers.get("retry-after") == seconds


def test_a_rule_may_bring_its_own_body_and_retry_after(sandbox: Sandboxed) -> None:
    sandbox.fault(code=503, retry_after=7, body={"mine": [1, None, "ä"]})
    answer = sandbox.send("GET", JOHNS, JOHN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json() == {"mine": [1, None, "ä"]}
    assert "preference-applied" not in answer.headers


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_that_has_no_body_gets_none(sandbox: Sandboxed, status: int) -> None:
    sandbox.fault(code=status, body={"a": 1})
    path = sandbox.prefix + JOHNS
    request = head("GET", path, last=False)
    answers = sandbox.server.raw_bytes(request + head("GET", "/_mock/health"))
    first, second = answers.split(b"\r\n\r\n", 1)
    assert first.startswith(b"HTTP/1.1 %d " % status)
    assert second.startswith(b"HTTP/1.1 200 ")


def test_a_page_may_read_a_wished_answer(sandbox: Sandboxed) -> None:
    for prefer in ("code=503", "fault=garbage", "fault=contract"):
        answer = wish(sandbox, prefer, Origin="http://app.example.com")
        assert answer.headers["access-control-allow-origin"] == "http://app.example.com"
        assert "Retry-After" in answer.headers["access-control-expose-headers"]


# Waiting


def test_a_wait_comes_before_the_answer(sandbox: Sandboxed) -> None:
    began = time.monotonic()
    assert wish(sandbox, "wait=0.25").status_code == 200
    assert time.monotonic() - began >= 0.24
    assert sandbox.last()["ms"] >= 240
    assert sandbox.last()["fault"] == "Prefer: wait 0.25 s"


def test_while_one_waits_others_are_answered(sandbox: Sandboxed) -> None:
    with sandbox.server.connect() as waiting:
        waiting.sendall(head("GET", sandbox.prefix + JOHNS, "Prefer: wait=30"))
        assert sandbox.send("GET", JOHNS, JOHN).status_code == 200


def test_a_server_that_ends_waits_for_no_wish(start_server: StartServer) -> None:
    server = start_server()
    with server.connect() as waiting:
        waiting.sendall(head("GET", JOHNS, "Prefer: wait=60"))
        assert server.send("GET", JOHNS, JOHN).status_code == 200
        assert server.stop() == 0
    assert not any("Traceback" in line for line in server.log[:])


def test_a_rule_waits_too(sandbox: Sandboxed) -> None:
    sandbox.fault(wait=0.1)
    assert sandbox.send("GET", JOHNS, JOHN).status_code == 200
    assert sandbox.last()["ms"] >= 90


@given(st.floats(0, 60), st.floats(0, 60), st.integers())
def test_a_uniform_wait_lies_between_its_ends(one: float, other: float, seed: int) -> None:
    fault = Fault("fault-1", {"wait": {"uniform": [one, other]}, "seed": seed})
    for _ in range(20):
        effect = fault.fire("get_user", "GET", "johndoe")
        assert effect is not None
        assert min(one, other) <= effect.wait <= max(one, other)


@given(st.floats(0, 60), st.floats(0, 60), st.integers())
def test_a_normal_wait_is_never_less_than_nothing_nor_far_too_long(
    mean: float, deviation: float, seed: int
) -> None:
    wait = {"normal": {"mean": mean, "deviation": deviation}}
    fault = Fault("fault-1", {"wait": wait, "seed": seed})
    waits = []
    for _ in range(20):
        effect = fault.fire("get_user", "GET", "johndoe")
        assert effect is not None
        assert 0 <= effect.wait <= MAX_WAIT
        waits.append(effect.wait)
    if deviation == 0:
        assert waits == [mean] * 20


# Spoilt answers


def test_a_reset_is_seen_before_any_answer(sandbox: Sandboxed) -> None:
    with sandbox.server.connect() as connection:
        connection.sendall(head("GET", sandbox.prefix + JOHNS, "Prefer: fault=reset"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_reset_is_seen_on_a_connection_that_was_used_before(sandbox: Sandboxed) -> None:
    keep = head("GET", "/_mock/health", last=False)
    with sandbox.server.connect() as connection:
        connection.sendall(keep)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.read()
        connection.sendall(head("GET", sandbox.prefix + JOHNS, "Prefer: fault=reset"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_reset_among_pipelined_requests_ends_those_behind_it(sandbox: Sandboxed) -> None:
    reset = head("GET", sandbox.prefix + JOHNS, "Prefer: fault=reset", last=False)
    with sandbox.server.connect() as connection:
        connection.sendall(reset + reset + head("GET", "/_mock/health"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert len(sandbox.requests()) == 1


def test_a_reset_of_a_request_with_a_body_is_a_reset(sandbox: Sandboxed) -> None:
    with pytest.raises(httpx.TransportError):
        wish(sandbox, "fault=reset", BY_ID["add_email"])
    emails = [one["email"] for one in sandbox.state()["accounts"][1]["emails"]]
    assert "john+added@example.com" in emails


def test_a_truncated_answer_breaks_off_in_its_body(sandbox: Sandboxed) -> None:
    path = sandbox.prefix + JOHNS
    fields = (f"Authorization: {JOHN}", "Prefer: fault=truncate")
    answer = sandbox.server.raw_bytes(head("GET", path, *fields, last=False))
    headers, body = answer.split(b"\r\n\r\n", 1)
    assert headers.startswith(b"HTTP/1.1 200 ")
    [length] = [line for line in headers.split(b"\r\n") if line.startswith(b"content-length")]
    assert 0 < len(body) < int(length.split()[1])


def test_a_truncated_answer_is_an_error_for_clients(sandbox: Sandboxed) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        wish(sandbox, "fault=truncate")


def test_a_truncated_answer_without_a_body_breaks_off_in_its_header(sandbox: Sandboxed) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        wish(sandbox, "fault=truncate", BY_ID["delete_email"])
    path = sandbox.prefix + JOHNS
    fields = (f"Authorization: {JOHN}", "Prefer: fault=truncate")
    answer = sandbox.server.raw_bytes(head("HEAD", path, *fields))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\n\r\n" not in answer


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_garbage_is_no_json(sandbox: Sandboxed, operation: Operation) -> None:
    answer = wish(sandbox, "fault=garbage", operation)
    assert answer.is_success
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match=r"."):
        answer.json()


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_an_answer_that_breaks_the_contract_is_json_all_the_same(
    sandbox: Sandboxed, operation: Operation
) -> None:
    answer = wish(sandbox, "fault=contract", operation)
    assert answer.headers["content-type"] == "application/json"
    response = COMPILED.operations[operation.id].responses.get(str(answer.status_code))
    if operation.success != 204:
        assert response is not None
        [media] = response.content.values()
        assert media.schema is not None
        assert not media.schema.is_valid(answer.json())
    else:
        assert response is None
        answer.json()


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
def test_a_wished_status_can_break_the_contract_too(
    sandbox: Sandboxed, operation: Operation, status: int
) -> None:
    answer = wish(sandbox, f"code={status}, fault=contract", operation)
    assert answer.status_code == status
    response = COMPILED.operations[operation.id].response(status)
    if response is not None and response.content:
        [media] = response.content.values()
        assert media.schema is not None
        assert not media.schema.is_valid(answer.json())


@pytest.mark.parametrize("kind", ["truncate", "garbage", "contract"])
@pytest.mark.parametrize("operation", WRITING, ids=named)
def test_a_spoilt_answer_lets_the_operation_run(
    sandbox: Sandboxed, operation: Operation, kind: str
) -> None:
    before = sandbox.state()
    if kind == "truncate":
        with pytest.raises(httpx.RemoteProtocolError):
            wish(sandbox, f"fault={kind}", operation)
    else:
        wish(sandbox, f"fault={kind}", operation)
    assert sandbox.state() != before


def test_a_refusal_can_be_spoilt_too(sandbox: Sandboxed) -> None:
    answer = sandbox.send("GET", JOHNS, headers={"Prefer": "fault=contract"})
    assert answer.status_code == 401
    assert "type" not in answer.json()


# The wishes of a request


@pytest.mark.parametrize(
    "prefer",
    [
        "code=503",
        "CODE=503",
        'code="503"',
        "code = 503",
        "respond-async, code=503",
        "code=503; why=because",
        'handling="a, code=404", code=503',
        "code=503, code=404",
    ],
)
def test_a_wish_is_understood_as_rfc_7240_writes_it(sandbox: Sandboxed, prefer: str) -> None:
    assert wish(sandbox, prefer).status_code == 503


def test_a_wish_may_stand_in_several_fields(sandbox: Sandboxed) -> None:
    request = head("GET", sandbox.prefix + JOHNS, "Prefer: respond-async", "Prefer: code=503")
    assert sandbox.server.raw(request).status == 503


@pytest.mark.parametrize(
    "prefer",
    [
        "code=",
        "code",
        "code=99",
        "code=100",
        "code=600",
        "code=02000",
        "code=5e2",
        "code=-503",
        "code=²00",
        "wait=-1",
        "wait=61",
        "wait=nan",
        "wait=inf",
        "wait=1e1",
        "wait=soon",
        "wait=1_0",
        "fault=fire",
        "fault=",
        "fault=Reset",
    ],
)
def test_a_wish_that_cannot_be_granted_is_ignored_with_a_note(
    sandbox: Sandboxed, prefer: str
) -> None:
    with sandbox.server.connect() as connection:
        request = head("GET", sandbox.prefix + JOHNS, f"Authorization: {JOHN}", f"Prefer: {prefer}")
        connection.sendall(request)
        assert connection.recv(12) == b"HTTP/1.1 200"
    entry = sandbox.last()
    [note] = entry["notes"]
    assert note.startswith(f"ignored: Prefer {prefer.partition('=')[0]} must be ")
    assert entry["fault"] is None


@pytest.mark.parametrize(
    "prefer", ["", ",", ",,=,", "return=minimal", '"', 'a="', "=503", "kode=1"]
)
def test_other_wishes_are_left_alone(sandbox: Sandboxed, prefer: str) -> None:
    assert wish(sandbox, prefer).status_code == 200
    assert sandbox.last()["notes"] == []


@given(st.text(st.characters(max_codepoint=255)))
def test_no_wish_is_too_odd_to_be_read(prefer: str) -> None:
    effect, notes = parse_prefer(prefer)
    assert effect is None or effect.code is None or 200 <= effect.code <= 599
    assert len(notes) <= 3


# Rules


def test_a_rule_is_listed_and_counted_as_it_fires(sandbox: Sandboxed) -> None:
    made = sandbox.fault(operation="get_user", code=503, times=2)
    assert made == {
        "id": made["id"],
        "operation": "get_user",
        "code": 503,
        "times": 2,
        "hits": 0,
        "remaining": 2,
    }
    statuses = [sandbox.send("GET", JOHNS, JOHN).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert sandbox.faults() == [{**made, "hits": 2, "remaining": 0}]


def test_a_rule_without_a_number_of_times_fires_for_ever(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500)
    assert {sandbox.send("GET", JOHNS, JOHN).status_code for _ in range(10)} == {500}
    [rule] = sandbox.faults()
    assert (rule["hits"], rule["remaining"]) == (10, None)


@pytest.mark.parametrize(
    ("match", "hit", "missed"),
    [
        ({"operation": "get_user"}, ("GET", JOHNS), ("GET", JOHNS_EMAILS)),
        ({"method": "GET"}, ("GET", JOHNS), ("PATCH", JOHNS)),
        ({"method": "HEAD"}, ("HEAD", JOHNS), ("GET", JOHNS)),
        ({"username": "johndoe"}, ("GET", JOHNS), ("GET", JANES)),
        (
            {"operation": "list_emails", "username": "johndoe"},
            ("GET", JOHNS_EMAILS),
            ("GET", JOHNS),
        ),
        ({"operation": "get_user", "method": "HEAD"}, ("HEAD", JOHNS), ("GET", JOHNS)),
    ],
)
def test_a_rule_fires_only_for_what_it_names(
    sandbox: Sandboxed, match: Mapping[str, str], hit: tuple[str, str], missed: tuple[str, str]
) -> None:
    sandbox.fault(**match, code=503)
    assert sandbox.send(*missed).status_code == 401
    assert sandbox.send(*hit).status_code == 503


def test_the_first_rule_that_fires_decides(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500, times=1)
    sandbox.fault(code=502, probability=0)
    sandbox.fault(code=503)
    assert [sandbox.send("GET", JOHNS, JOHN).status_code for _ in range(2)] == [500, 503]
    assert [rule["hits"] for rule in sandbox.faults()] == [1, 0, 1]


def test_a_wish_of_the_request_goes_before_all_rules(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500)
    assert wish(sandbox, "code=418").status_code == 418
    assert sandbox.faults()[0]["hits"] == 0
    assert wish(sandbox, "respond-async").status_code == 500


@pytest.mark.parametrize(
    ("prefer", "granted"),
    [
        ("wait=0.01", "wait=0.01"),
        ("fault=garbage", "fault=garbage"),
        ("fault=contract; a=b, wait=0.01,code=418", "code=418, wait=0.01, fault=contract"),
        ("wait=0.01, code=2, respond-async", "wait=0.01"),
    ],
)
def test_the_answer_confirms_the_wishes_that_were_granted(
    sandbox: Sandboxed, prefer: str, granted: str
) -> None:
    assert wish(sandbox, prefer).headers["preference-applied"] == granted


def test_a_rule_does_not_say_that_a_preference_was_applied(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500)
    assert "preference-applied" not in wish(sandbox, "respond-async").headers


def fired(seed: int | None, probability: float) -> list[bool]:
    faults = Faults()
    faults.add({"code": 500, "probability": probability, "seed": seed})
    return [faults.fire("get_user", "GET", "johndoe") is not None for _ in range(200)]


@given(st.integers(), st.floats(0, 1))
def test_a_probability_with_a_seed_fires_for_the_same_requests_each_time(
    seed: int, probability: float
) -> None:
    assert fired(seed, probability) == fired(seed, probability)


def test_a_probability_fires_about_as_often_as_it_says(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500, probability=0.3, seed=7)
    statuses = [sandbox.send("GET", JOHNS, JOHN).status_code for _ in range(100)]
    assert 15 <= statuses.count(500) <= 45
    assert sandbox.faults()[0]["hits"] == statuses.count(500)
    sandbox.control("POST", "reset")
    sandbox.fault(code=500, probability=0.3, seed=7)
    assert [sandbox.send("GET", JOHNS, JOHN).status_code for _ in range(100)] == statuses


def test_the_ends_of_a_probability_are_never_and_always() -> None:
    assert not any(fired(1, 0))
    assert all(fired(1, 1))


def test_a_fault_is_removed_by_its_id(sandbox: Sandboxed) -> None:
    first, second = sandbox.fault(code=500), sandbox.fault(code=503)
    sandbox.control("DELETE", f"faults/{first['id']}")
    assert [rule["id"] for rule in sandbox.faults()] == [second["id"]]
    assert sandbox.send("GET", JOHNS, JOHN).status_code == 503
    problem(sandbox.send("DELETE", f"/_mock/faults/{first['id']}"), 404, "fault-unknown")


def test_all_faults_are_removed_at_once_and_by_a_reset(sandbox: Sandboxed) -> None:
    for path, method in (("faults", "DELETE"), ("reset", "POST")):
        sandbox.fault(code=500)
        sandbox.control(method, path)
        assert sandbox.faults() == []
        assert sandbox.send("GET", JOHNS, JOHN).status_code == 200


def test_a_fault_touches_its_own_sandbox_only(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500)
    for other in (Sandboxed(sandbox.server), Sandboxed(sandbox.server, "")):
        assert other.send("GET", JOHNS, JOHN).status_code == 200


def test_a_fault_never_touches_the_control_api(sandbox: Sandboxed) -> None:
    sandbox.fault(fault="reset")
    for path in ("/_mock/health", "/_mock/state", "/_mock/faults", "/_mock/", "/openapi.yaml"):
        answer = sandbox.send("GET", path, headers={"Prefer": "code=503, fault=garbage"})
        assert answer.status_code == 200
    assert sandbox.faults()[0]["hits"] == 0


def test_a_fault_touches_no_preflight(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500)
    asks = {"Origin": "http://app.example.com", "Access-Control-Request-Method": "GET"}
    assert sandbox.send("OPTIONS", JOHNS, headers=asks).status_code == 204
    assert sandbox.faults()[0]["hits"] == 0


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ({}, [""]),
        ({"operation": "get_user"}, [""]),
        ({"operation": "get_users", "code": 503}, ["/operation"]),
        ({"opperation": "get_user", "code": 503}, ["/opperation"]),
        ({"method": "TRACE", "code": 503}, ["/method"]),
        ({"code": 199}, ["/code"]),
        ({"code": 600}, ["/code"]),
        ({"code": "503"}, ["/code"]),
        ({"code": 503.5}, ["/code"]),
        ({"fault": "fire"}, ["/fault"]),
        ({"wait": -1}, ["/wait"]),
        ({"wait": 61}, ["/wait"]),
        ({"wait": {"uniform": [1]}}, ["/wait"]),
        ({"wait": {"normal": {"mean": 1}}}, ["/wait"]),
        ({"code": 503, "times": 0}, ["/times"]),
        ({"code": 503, "probability": 1.1}, ["/probability"]),
        ({"code": 503, "seed": "seven"}, ["/seed"]),
        ({"fault": "reset", "retry_after": 1}, ["/retry_after"]),
        ({"wait": 1, "body": {}}, ["/body"]),
        ({"operation": "nothing", "body": {}}, ["/operation", "", "/body"]),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_places(
    sandbox: Sandboxed, rule: Mapping[str, Any], places: list[str]
) -> None:
    kept = sandbox.fault(code=500)
    answer = sandbox.send("POST", "/_mock/faults", json=rule)
    found = pointers(answer)
    assert [place for place in places if not any(one.startswith(place) for one in found)] == []
    assert sandbox.faults() == [kept]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"code": 503, "times": 0}, "times must be at least 1, and is 0"),
        ({"wait": 61}, "wait must be at most 60, and is 61"),
        ({"wait": {"uniform": [1]}}, "wait/uniform must have at least 2 items, and has 1"),
        ({"wait": "long"}, 'wait has none of the documented forms, and is "long"'),
        ({"cod": 503, "times": 0}, "cod is not documented"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_in_plain_words(
    sandbox: Sandboxed, rule: Mapping[str, Any], words: str
) -> None:
    answer = sandbox.send("POST", "/_mock/faults", json=rule)
    assert words in problem(answer, 400, "body-invalid")["detail"]


def test_there_is_an_end_to_the_number_of_rules(sandbox: Sandboxed) -> None:
    for _ in range(100):
        sandbox.fault(code=500)
    answer = sandbox.send("POST", "/_mock/faults", json={"code": 500})
    problem(answer, 400, "too-many-faults")


def test_the_journal_and_the_log_name_the_rule(sandbox: Sandboxed) -> None:
    rule = sandbox.fault(code=503)["id"]
    with sandbox.server.recording() as lines:
        sandbox.send("PATCH", JOHNS, JOHN, json={"location": "Here"})
    entry = sandbox.last()
    assert entry["fault"] == f"{rule}: code 503"
    assert entry["code"] == "wanted"
    assert rule in entry["why"]
    assert json.loads(lines[0])["fault"] == f"{rule}: code 503"
    assert json.loads(entry["request"]["body"]) == {"location": "Here"}


def test_a_wished_status_does_not_need_a_body_that_could_be_read(sandbox: Sandboxed) -> None:
    large = b"x" * (1024 * 1024 + 1)
    headers = {"Prefer": "code=503"}
    answer = sandbox.send("PATCH", JOHNS, JOHN, content=large, headers=headers)
    assert answer.status_code == 503
    answer = sandbox.send("PATCH", JOHNS, JOHN, content=b"{no json", headers=headers)
    assert answer.status_code == 503


def test_a_client_that_leaves_while_it_waits_harms_nobody(sandbox: Sandboxed) -> None:
    sandbox.fault(wait=0.2)
    for _ in range(3):
        with sandbox.server.connect() as connection:
            connection.sendall(head("GET", sandbox.prefix + JOHNS))
            connection.shutdown(socket.SHUT_RDWR)
    assert sandbox.send("GET", JOHNS, JOHN).status_code == 200
