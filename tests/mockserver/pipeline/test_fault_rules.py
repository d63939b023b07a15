"""Rules by which something goes wrong: for which requests, how often, and what then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import JANES, JOHN, JOHNS, JOHNS_EMAILS, pointers, preflight, problem


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
    # Without a number of times, for ever.
    sandbox.fault(code=500)
    assert {sandbox.send("GET", JOHNS, JOHN).status_code for _ in range(10)} == {500}
    assert (sandbox.faults()[1]["hits"], sandbox.faults()[1]["remaining"]) == (10, None)


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
    assert sandbox.wish("code=418").status_code == 418
    assert sandbox.faults()[0]["hits"] == 0
    by_rule = sandbox.wish("respond-async")
    assert by_rule.status_code == 500
    assert "preference-applied" not in by_rule.headers


def test_a_probability_fires_about_as_often_as_it_says(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500, probability=0.3, seed=7)
    statuses = [sandbox.send("GET", JOHNS, JOHN).status_code for _ in range(100)]
    assert 15 <= statuses.count(500) <= 45
    assert sandbox.faults()[0]["hits"] == statuses.count(500)
    sandbox.control("POST", "reset")
    sandbox.fault(code=500, probability=0.3, seed=7)
    assert [sandbox.send("GET", JOHNS, JOHN).status_code for _ in range(100)] == statuses


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


def test_a_fault_never_touches_the_control_api_nor_a_preflight(sandbox: Sandboxed) -> None:
    sandbox.fault(fault="reset")
    for path in ("/_mock/health", "/_mock/state", "/_mock/faults", "/_mock/", "/openapi.yaml"):
        answer = sandbox.send("GET", path, headers={"Prefer": "code=503, fault=garbage"})
        assert answer.status_code == 200
    assert preflight(sandbox, JOHNS).status_code == 204
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
        ({"example": "tokenExpired", "body": {}}, ["/body"]),
        ({"example": "noSuchExample"}, ["/example"]),
        ({"code": 404, "example": "tokenExpired"}, ["/example"]),
        ({"operation": "get_user", "example": "addressTaken"}, ["/example"]),
        ({"headers": {"Content-Length": "1"}}, ["/headers/Content-Length"]),
        ({"headers": {"two words": "1"}}, ["/headers/two words"]),
        ({"headers": {"X": "1\r\nY: 2"}}, ["/headers/X"]),
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
