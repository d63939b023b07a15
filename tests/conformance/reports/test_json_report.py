"""The JSON report: programs read it, so its keys are fixed."""

from __future__ import annotations

import json
from typing import Any

from conformance.catalogue.results import RunResult, Status
from tests.conformance.reports.samples import (
    FAILURE,
    failed_run,
    json_of,
    one_of_each,
    realistic_run,
    result_of,
    run_of,
)

RUN_KEYS = ["verdict", "target", "contract", "seed", "duration_s", "summary", "requirements"]
SUMMARY_KEYS = ["passed", "failed", "not_verified", "not_configured", "waived"]
REQUIREMENT_KEYS = ["id", "level", "title", "source", "status", "checks"]
CHECK_KEYS = ["name", "status", "message", "expected", "actual", "curl"]


def report(run: RunResult) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json_of(run))
    return read


def test_the_keys_are_those_of_the_interface_and_no_others() -> None:
    written = report(realistic_run())

    assert list(written) == RUN_KEYS
    assert list(written["summary"]) == SUMMARY_KEYS
    assert {tuple(one) for one in written["requirements"]} == {tuple(REQUIREMENT_KEYS)}
    checks = [check for one in written["requirements"] for check in one["checks"]]
    assert len(checks) > 500
    assert {tuple(check) for check in checks} == {tuple(CHECK_KEYS)}


def test_a_failure_is_told_with_what_was_expected_what_came_and_how_to_send_it_again() -> None:
    written = report(failed_run())

    assert written["verdict"] == "nonconformant"
    assert written["summary"] == {
        "passed": 1,
        "failed": 1,
        "not_verified": 0,
        "not_configured": 0,
        "waived": 0,
    }
    failed = written["requirements"][0]
    assert (failed["id"], failed["level"], failed["status"]) == (
        "delete-email/primary-refused",
        "MUST",
        "failed",
    )
    assert failed["checks"] == [
        {
            "name": FAILURE.name,
            "status": "failed",
            "message": FAILURE.message,
            "expected": FAILURE.expected,
            "actual": FAILURE.actual,
            "curl": FAILURE.curl,
        }
    ]


def test_every_status_is_written_as_it_is() -> None:
    written = report(one_of_each())

    assert written["summary"] == {
        "passed": 1,
        "failed": 2,
        "not_verified": 1,
        "not_configured": 1,
        "waived": 1,
    }


def test_the_reason_for_a_waiver_stands_beside_the_checks() -> None:
    written = report(one_of_each())

    waived = next(one for one in written["requirements"] if one["status"] == "waived")
    assert [check["status"] for check in waived["checks"]] == ["failed", "waived"]
    assert waived["checks"][1]["message"] == "ACC-1024, until 2026-06-30"


def test_a_requirement_without_checks_says_why() -> None:
    run = run_of(
        result_of("get-user/success", Status.NOT_VERIFIED, reason="no check of it was run")
    )

    (check,) = report(run)["requirements"][0]["checks"]

    assert (check["status"], check["message"]) == ("not_verified", "no check of it was run")
