"""Tests of the lanes: what runs at the same time finds what runs alone finds, and nothing else."""

from __future__ import annotations

import pytest

from conformance.catalogue.results import Status
from conformance.checks.support import accounts
from conformance.selftest.changes import CHANGES, build
from conformance.selftest.stage import perform
from conformance.selftest.trials import load

load()

pytestmark = pytest.mark.usefixtures("slow_target")

_DEFECTS = (
    # Of each kind that lanes might hide: access, refusals that change something, one account's writes,
    # what reaches over to the other account, and what only shows over several requests.
    "scope-403-acts",
    "add-to-the-first-too",
    "saved-until-refused",
    "delete-takes-wildcards",
    "password-settable",
)
_OVER_PARTS = (
    # What reaches from one part of an account to the other, while both are written to.
    "add-changes-company",
    "gravatar-becomes-address",
    "401-acts",
    "other-any-password",
)
_BOTH_PARTS = ("update-user", "add-email")


def _found(name: str, *only: str, parallel: bool) -> tuple[int, set[str]]:
    """Return the exit code, and the requirements that fail; of those that a defect breaks, or of the chosen ones."""
    changes = [CHANGES[name]] if name else []
    only = only or (getattr(changes[0], "breaks", ()) if changes else ())
    done = perform(build(changes), only=only, max_examples=1, parallel=parallel, shrinking=0)
    assert done.result is not None, done.error
    failed = [one.requirement.id for one in done.result.requirements if one.status is Status.FAILED]
    return done.result.exit_code, set(failed)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [*((one, ()) for one in _DEFECTS), *((one, _BOTH_PARTS) for one in _OVER_PARTS)],
)
def test_a_defect_is_found_in_lanes_as_it_is_found_alone(
    name: str, chosen: tuple[str, ...]
) -> None:
    code, failed = _found(name, *chosen, parallel=True)

    assert (code, failed) == _found(name, *chosen, parallel=False)
    assert code == 1


def test_what_a_check_did_is_seen_though_what_it_left_is_put_back_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accounts, "_CROWD", 0)

    assert _found("delete-takes-wildcards", parallel=True)[0] == 1


def test_the_reference_is_conformant_in_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFORMANCE_DEBUG", "1")  # a crash of a check is told, and not tried again

    assert _found("", parallel=True) == (0, set())
