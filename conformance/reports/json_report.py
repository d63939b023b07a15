"""The JSON report. Its keys are an interface: programs read them."""

from __future__ import annotations

import json
from typing import Any

from conformance.catalogue.results import CheckResult, RequirementResult, RunResult
from conformance.reports.texts import CleanRun
from conformance.reports.view import entries


def json_report(run: CleanRun) -> str:
    """Return a run as JSON. A status that no check explains gets an entry of its own."""
    return json.dumps(_run(run), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _run(run: RunResult) -> dict[str, Any]:
    return {
        "verdict": run.verdict.value,
        "target": run.target,
        "contract": run.contract,
        "seed": run.seed,
        "duration_s": round(run.duration_s, 3),
        "summary": run.summary(),
        "requirements": [_requirement(one) for one in run.requirements],
    }


def _requirement(result: RequirementResult) -> dict[str, Any]:
    return {
        "id": result.requirement.id,
        "level": result.requirement.level,
        "title": result.requirement.title,
        "source": result.requirement.source,
        "status": result.status.value,
        "checks": [_check(check) for check in entries(result)],
    }


def _check(check: CheckResult) -> dict[str, str]:
    return {
        "name": check.name,
        "status": check.status.value,
        "message": check.message,
        "expected": check.expected,
        "actual": check.actual,
        "curl": check.curl,
    }
