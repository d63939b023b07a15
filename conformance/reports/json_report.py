"""The JSON report. Its keys are an interface, described in `docs/report.schema.json`: programs read them."""

from __future__ import annotations

import json
from typing import Any

from conformance.catalogue.results import Finding
from conformance.reports.texts import CleanRun
from conformance.reports.view import Kind, Shown, counts, findings_of, show

SCHEMA_VERSION = 1
"""To be raised when a key goes or changes its meaning; a further key is no such change."""

_SUMMARY = (
    Kind.PASSED,
    Kind.FAILED,
    Kind.WARNING,
    Kind.NOT_VERIFIED,
    Kind.NOT_CONFIGURED,
    Kind.WAIVED,
)


def json_report(run: CleanRun) -> str:
    """Return a run as JSON. A status that no check explains gets an entry of its own."""
    shown = show(run)
    fails, warns = findings_of(run, shown)
    found = counts(list(shown.values()))
    report = {
        **_picked(run, "verdict", "target", "contract", "seed"),
        "duration_s": round(run.duration_s, 3),
        "schema_version": SCHEMA_VERSION,
        **_picked(run, "version", "exit_code", "started", "requests", "notes", "reason"),
        "summary": {
            "warnings" if one is Kind.WARNING else one.value: found[one] for one in _SUMMARY
        },
        "findings": [
            *(_finding(one, Kind.FAILED) for one in fails),
            *(_finding(one, Kind.WARNING) for one in warns),
        ],
        "requirements": [_requirement(one) for one in shown.values()],
    }
    return json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _finding(finding: Finding, kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind,
        **_picked(finding, "title", "requirements", "follows", "operations", "expected", "actual"),
        "steps": [_picked(step, "curl", "answer", "file") for step in finding.steps],
        "examples": finding.examples,
    }


def _requirement(shown: Shown) -> dict[str, Any]:
    return {
        **_picked(shown.result.requirement, "id", "level", "title", "source"),
        "status": shown.result.status,
        "checks": [
            _picked(check, "name", "status", "message", "expected", "actual", "curl")
            for check in shown.checks
        ],
    }


def _picked(value: object, *names: str) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}
