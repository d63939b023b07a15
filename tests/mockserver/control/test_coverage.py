"""Coverage of the contract: what requests have met, and what not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts_contract import read_contract
from mockserver.control import coverage
from mockserver.sandboxes import coverage as counting
from mockserver.sandboxes.coverage import CORRUPTED, FORCED, Coverage, Met, Run
from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    CODES,
    CONTRACT_FILE,
    JANES,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    OPERATIONS,
    Json,
    bearer,
    responses,
)

EXPECTED = list(coverage.documented(read_contract(CONTRACT_FILE)))
ALL: list[Met] = [
    (operation.id, int(status), code, "Bearer" if status < "3" else None)
    for operation, statuses in EXPECTED
    for status, codes in statuses.items()
    for code in [*codes, None][: len(codes) or 1]
]


def read(caller: Sandboxed) -> Json:
    return dict(caller.control("GET", "coverage"))


def of(caller: Sandboxed, name: str) -> Json:
    """Return the numbers of an operation that are not zero, with those of a code as `status code`."""
    [row] = [one for one in read(caller)["operations"] if one["operation"] == name]
    [scope] = row["scopes"]
    met = {name: scope[name] for name in ("granted", "refused")}
    met |= {name: row[name] for name in ("requests", "corrupted")}
    met |= {f"undocumented {one['status']}": one["met"] for one in row["undocumented"]}
    for one in row["statuses"]:
        met |= {one["status"]: one["met"], f"forced {one['status']}": one["forced"]}
        met |= {f"{one['status']} {code['code']}": code["met"] for code in one["codes"]}
    return {name: times for name, times in met.items() if times}


def test_statuses_codes_and_scopes_are_counted_for_their_operation(sandbox: Sandboxed) -> None:
    for scope in ("email_read", "email_read", "email_write", "email_write"):
        more = {"email": "john@more.example.com"}
        sandbox.send("POST", JOHNS_EMAILS, bearer(f"johndoe-{scope}"), json=more)
    sandbox.send("GET", JOHNS, JOHN)
    sandbox.send("GET", JANES, JOHN)

    refused = {"403": 2, "403 scope-missing": 2, "refused": 2, "400": 1, "400 email-taken": 1}
    assert of(sandbox, "add_email") == {"requests": 4, "201": 1, "granted": 1, **refused}
    # A login by HTTP Basic uses no scope.
    assert of(sandbox, "get_user") == {"requests": 2, "200": 1, "403": 1, "403 not-the-owner": 1}
    assert of(sandbox, "update_user") == {}
    sums = read(sandbox)["summary"]
    assert [one["met"] for one in sums.values()] == [2, 5, 3, 1]


def test_all_that_the_contract_documents_is_expected(sandbox: Sandboxed) -> None:
    rows = {one["operation"]: one for one in read(sandbox)["operations"]}
    for operation in OPERATIONS:
        row = rows[operation.id]
        assert [one["status"] for one in row["statuses"]] == list(responses(operation))
        assert [one["scope"] for one in row["scopes"]] == [operation.scope]
        codes = [(code["code"], one["status"]) for one in row["statuses"] for code in one["codes"]]
        assert sorted(codes) == sorted(
            (name, str(code["status"]))
            for name, code in CODES["accounts"].items()
            if operation.id in code.get("operations", [operation.id])
            and str(code["status"]) in responses(operation)
        )


def test_of_the_token_flow_only_what_an_operation_can_answer_is_expected(
    sandbox: Sandboxed,
) -> None:
    grant = {"grant_type": "authorization_code", "code": "x", "client_id": "TestPublicClientID"}
    sandbox.send("POST", "/api/v1.1/o/token/", json=grant)

    rows = {one["operation"]: one["statuses"] for one in read(sandbox)["operations"]}

    met = {code["code"]: code["met"] for one in rows["request_token"] for code in one["codes"]}
    assert {name for name, times in met.items() if times} == {"invalid_grant"}
    assert set(met) == set(CODES["oauth"]) - {"unsupported_response_type", "access_denied"}
    revoking = [code["code"] for one in rows["revoke"] for code in one["codes"]]
    assert revoking == ["invalid_request", "invalid_grant", "invalid_client"]


def test_a_forced_answer_counts_with_the_code_that_it_shows_and_a_corrupted_one_does_not(
    sandbox: Sandboxed,
) -> None:
    sandbox.wish("code=404")
    sandbox.wish("code=418")
    sandbox.wish("fault=contract")
    sandbox.wish("wait=0.001")

    forced = {"404": 1, "404 user-unknown": 1, "forced 404": 1, "undocumented 418": 1}
    assert of(sandbox, "get_user") == {"requests": 4, "200": 1, "corrupted": 1, **forced}


def test_a_request_that_finds_no_operation_counts_elsewhere(sandbox: Sandboxed) -> None:
    sandbox.send("GET", "/nowhere")
    sandbox.send("PUT", JOHNS)
    sandbox.send("GET", "/_mock/state")

    found = read(sandbox)

    assert found["requests"] == 2
    assert [(one["status"], one["code"], one["met"]) for one in found["elsewhere"]] == [
        ("404", "path-unknown", 1),
        ("405", "method-not-allowed", 1),
    ]


def test_coverage_survives_reset_an_empty_journal_and_its_bound(sandbox: Sandboxed) -> None:
    sandbox.send("GET", JOHNS, JOHN)
    sandbox.fill(1001)
    sandbox.control("POST", "reset")
    sandbox.control("DELETE", "requests")

    assert of(sandbox, "get_user") == {"requests": 1, "200": 1}
    assert read(sandbox)["requests"] == 1002


def test_the_run_holds_all_sandboxes_also_those_that_were_dropped(sandbox: Sandboxed) -> None:
    everybody = Sandboxed(sandbox.server, "")
    everybody.control("DELETE", "coverage")
    other = Sandboxed(sandbox.server)
    for caller in (everybody, sandbox, other):
        caller.send("GET", JOHNS, JOHN)
    everybody.control("DELETE", f"sandboxes/{other.name}")

    assert of(everybody, "get_user") == {"requests": 3, "200": 3}
    assert read(everybody)["sandbox"] is None
    assert read(sandbox)["sandbox"] == sandbox.name
    assert of(sandbox, "get_user") == {"requests": 1, "200": 1}
    assert of(other, "get_user") == {}

    sandbox.control("DELETE", "coverage")
    assert of(sandbox, "get_user") == {}
    assert of(everybody, "get_user") == {"requests": 3, "200": 3}
    sandbox.send("GET", JOHNS, JOHN)
    everybody.control("DELETE", "coverage")
    assert of(everybody, "get_user") == of(sandbox, "get_user") == {}


def test_the_table_has_what_the_json_has(sandbox: Sandboxed) -> None:
    sandbox.send("GET", JOHNS, JOHN)
    answer = sandbox.send("GET", "/_mock/coverage.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == coverage.text(read(sandbox))


def test_in_the_table_a_row_is_an_operation_and_a_column_a_status() -> None:
    numbers: dict[Met, int] = {
        ("get_user", 200, None, "Bearer"): 1,
        ("get_user", 404, "user-unknown", FORCED): 1,
    }
    found = coverage.report(EXPECTED, numbers)

    lines = coverage.text({"complete": False, **found}).splitlines()

    statuses = sorted({status for operation in OPERATIONS for status in responses(operation)})
    assert lines[0].split() == ["requests", *statuses, "scope"]
    assert lines[1].split() == ["get_user", "2", "1", "-", "-", "(1)", "profile_read", "1"]
    assert lines[2].split()[:3] == ["update_user", "0", "-"]
    assert "  403  not-the-owner, scope-missing" in lines
    assert lines[-2:] == [
        "3.6 % of the contract: 1 of 6 operations, 2 of 36 statuses, 1 of 88 codes, 1 of 6 scopes",
        "There were too many different answers to count: some are missing here.",
    ]


@given(st.sampled_from(range(len(ALL))))
def test_all_is_100_percent_and_without_any_part_of_it_it_is_less(left_out: int) -> None:
    numbers = dict.fromkeys(ALL, 1)
    assert coverage.report(EXPECTED, numbers)["percent"] == 100
    del numbers[ALL[left_out]]
    assert coverage.report(EXPECTED, numbers)["percent"] < 100


def test_a_status_is_met_by_the_entry_that_documents_it(tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("""
openapi: 3.0.3
info: {title: Another API, version: "1"}
paths:
  /things/:
    get:
      operationId: list_things
      responses:
        "200": {description: All of them.}
        4XX: {description: No.}
        default: {description: Else.}
""")
    expected = [*EXPECTED, *coverage.documented(read_contract(file))]
    numbers: dict[Met, int] = {
        ("list_things", status, None, None): 1 for status in (200, 404, 418, 503)
    }

    *_, row = coverage.report(expected, numbers)["operations"]

    met = {one["status"]: one["met"] for one in row["statuses"]}
    assert met == {"200": 1, "4XX": 2, "default": 1}
    assert row["scopes"] == []


def test_numbers_are_bounded_and_tell_when_the_bound_was_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "MOST", 3)
    run = Run()
    one, other = Coverage(run), Coverage(run)
    one.begin(("get_user", 503, None, FORCED), 5)
    other.begin(("get_user", 200, None, CORRUPTED))
    other.begin(("get_user", 200, None, None))
    other.begin(("get_user", 201, None, None))

    assert one.complete
    assert not other.complete
    assert len(other.numbers) == 2
    assert not run.counted([one, other]).complete
    run.keep(one)
    assert not one.numbers
    run.keep(other)
    kept = run.counted([one, other])
    assert not kept.complete
    assert kept.numbers == {
        ("get_user", 503, None, FORCED): 5,
        ("get_user", 200, None, CORRUPTED): 1,
        ("get_user", 200, None, None): 1,
    }
    run.forget([one, other])
    assert run.counted([]).complete
    assert not run.counted([]).numbers
    assert run.room == 3
