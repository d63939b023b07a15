"""A failure is told under the requirement that the exchange breaks, and under no other that was asked about."""

from __future__ import annotations

import pytest

from conformance.catalogue.results import Status
from conformance.selftest.changes import CHANGES, build
from conformance.selftest.stage import perform
from conformance.selftest.trials import load

NAMED = [
    # A name beside the path is there, and no other account is reached.
    ("add-answers-true", "add-email/not-primary", "add-email/others-untouched"),
    ("form-first-member-only", "update-email/form", "update-email/others-untouched"),
    ("account-from-body", "add-email/others-untouched", "add-email/listed"),
]


@pytest.mark.parametrize(("defect", "broken", "kept"), NAMED)
def test_a_defect_is_told_under_what_it_breaks_alone(defect: str, broken: str, kept: str) -> None:
    load()
    result = perform(build([CHANGES[defect]]), only=(broken, kept), max_examples=1).result

    assert result
    failed = {one.requirement.id for one in result.requirements if one.status is Status.FAILED}
    assert (broken in failed, kept in failed) == (True, False)
