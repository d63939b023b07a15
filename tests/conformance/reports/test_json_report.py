"""The JSON report: programs read it, so its keys are fixed, and its schema describes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from conformance.catalogue.results import RunResult, Status, Verdict
from tests.conformance.reports.samples import (
    FAILURE,
    failed_run,
    json_of,
    one_of_each,
    realistic_run,
    result_of,
    run_of,
)
from tests.support import ROOT

DOCUMENTED = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
SCHEMA = jsonschema_rs.validator_for(DOCUMENTED)
OF_REQUIREMENT = DOCUMENTED["$defs"]["requirement"]
CHECK_KEYS = OF_REQUIREMENT["properties"]["checks"]["items"]["required"]


def report(run: RunResult) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json_of(run))
    SCHEMA.validate(read)
    return read


def test_the_keys_are_those_of_the_schema_and_no_others() -> None:
    written = report(realistic_run())

    assert list(written) == DOCUMENTED["required"]
    assert list(written["summary"]) == DOCUMENTED["properties"]["summary"]["required"]
    assert {tuple(one) for one in written["requirements"]} == {tuple(OF_REQUIREMENT["required"])}
    checks = [check for one in written["requirements"] for check in one["checks"]]
    assert len(checks) > 500
    assert {tuple(check) for check in checks} == {tuple(CHECK_KEYS)}


PLANTED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key is missing": lambda one: one.pop("exit_code"),
    "another verdict": lambda one: one.update(verdict="fine"),
    "a later version": lambda one: one.update(schema_version=2),
    "a count in words": lambda one: one["summary"].update(failed="one"),
    "a count is missing": lambda one: one["summary"].pop("warnings"),
    "a finding of nothing": lambda one: one["findings"][0].update(requirements=[]),
    "a step without its command": lambda one: one["findings"][0]["steps"][0].pop("curl"),
    "a requirement that says nothing": lambda one: one["requirements"][0].update(checks=[]),
    "a status of its own": lambda one: one["requirements"][0].update(status="warning"),
    "a check without what came": lambda one: one["requirements"][0]["checks"][0].pop("actual"),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=list(PLANTED))
def test_the_schema_refuses_another_report(plant: Callable[[dict[str, Any]], object]) -> None:
    written = report(failed_run())

    plant(written)

    assert not SCHEMA.is_valid(written)


def test_a_failure_is_told_with_what_was_expected_what_came_and_how_to_send_it_again() -> None:
    written = report(failed_run())

    assert written["verdict"] == "nonconformant"
    failed = written["requirements"][0]
    assert (failed["id"], failed["level"], failed["status"]) == (
        "delete-email/primary-refused",
        "MUST",
        "failed",
    )
    assert failed["checks"] == [
        {key: getattr(FAILURE, key) for key in CHECK_KEYS} | {"status": "failed"}
    ]
    assert written["findings"] == [
        {
            "kind": "failed",
            "title": "The primary address is refused with 400, and stays.",
            "requirements": ["delete-email/primary-refused"],
            "follows": [],
            "operations": ["delete_email"],
            "expected": FAILURE.expected,
            "actual": FAILURE.actual,
            "steps": [{"curl": FAILURE.curl, "answer": FAILURE.actual, "file": ""}],
            "examples": 1,
        }
    ]


@pytest.mark.parametrize(
    ("level", "failed", "warnings", "kind"), [("must", 1, 1, "warning"), ("should", 2, 0, "failed")]
)
def test_a_should_that_fails_is_a_warning_unless_the_run_asks_for_it(
    level: str, failed: int, warnings: int, kind: str
) -> None:
    written = report(run_of(*one_of_each().requirements, level=level))

    assert written["summary"] == {
        "passed": 1,
        "failed": failed,
        "warnings": warnings,
        "not_verified": 1,
        "not_configured": 1,
        "waived": 1,
    }
    assert [one["kind"] for one in written["findings"]] == ["failed", kind]


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


def test_the_run_is_described_and_one_that_could_not_begin_says_why() -> None:
    reason = "https://staging.example.com: refused"
    written = report(run_of(verdict=Verdict.ERROR, exit_code=2, notes=["a note"], reason=reason))

    described = ("version", "exit_code", "started", "requests", "notes", "reason")
    assert [written[key] for key in described] == [
        "1.2.3",
        2,
        "2026-03-04T05:06:01Z",
        1841,
        ["a note"],
        reason,
    ]
