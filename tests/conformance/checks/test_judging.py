"""Tests of the judge: what differs is told without the texts of a run, in pages of any length."""

from __future__ import annotations

import time

import pytest

from conformance.checks.support.judge import Judge, Trail
from conformance.target.redaction import Redactor


def deviation(found: str) -> str:
    judge = Judge(["get-user/json"], "a check", Redactor([]), Trail())
    judge.that("get-user/json", condition=False, expected="JSON", actual=found)
    return judge.failures[0].deviation


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("conformanceab12cd@example.org is missing", "… is missing"),
        ("'conformanceab12cd' is missing", "…' is missing"),
        ("two: to+conformanceab12cd.x@a.example, conformanceab12cd", "two: … …"),
        ("conformance is missing", "conformance is missing"),
    ],
)
def test_the_texts_of_a_run_make_no_other_deviation(found: str, told: str) -> None:
    assert deviation(found) == told


def test_a_long_page_without_a_space_is_told_in_no_time() -> None:
    begun = time.process_time()

    assert deviation("x" * 200_000).strip("x") == "…"
    assert time.process_time() - begun < 1
