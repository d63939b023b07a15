"""Services as the tutorials of their frameworks lead to: right ones pass, and what a naive one lacks is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue.results import RunResult
from conformance.runner.suite import Suite
from conformance.settings import Settings
from tests.conformance.frameworks import bottle_service, falcon_service, flask_service
from tests.conformance.frameworks.serving import serving
from tests.conformance.support import write_target

SERVICES = {"Bottle": bottle_service, "Falcon": falcon_service, "Flask": flask_service}
LACKS = {
    "Bottle": (
        ("add-email/invalid-body", "delete-email", "update-user/form-decoding"),
        {
            "add-email/invalid-body/invalid-address",
            "delete-email/primary-refused",
            "update-user/form-decoding",
        },
    ),
    "Falcon": (
        ("get-user", "update-email"),
        {
            "get-user/forbidden/scope",
            "get-user/not-found/username",
            "update-email/answers-address",
            "update-email/no-unset-primary",
            "update-email/no-unverify",
        },
    ),
    "Flask": (
        ("update-user",),
        {
            "update-user/documented-answers",
            "update-user/form",
            "update-user/invalid-body/not-an-object",
            "update-user/read-only-members",
        },
    ),
}
"""The requirements that are asked for, and those that name the faults of a naive service, a cause each."""


def judged(app: Any, folder: Path, **options: Any) -> RunResult:
    def pictures(data: dict[str, Any]) -> None:
        for account in data["accounts"].values():
            account["gravatar_email"] = f"{account['username']}@mail.example.com"

    with serving(app) as url:
        target = write_target(folder, url, pictures)
        suite = Suite(
            Settings(target, seed=1, max_examples=1, patience=0.0, shrinking=5, **options)
        )
        if suite.begin():
            suite.perform_all()
    assert suite.result is not None, suite.error
    return suite.result


# Bottle leaves a long body in a file that it does not close.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_keeps_the_contract_conforms(name: str, tmp_path: Path) -> None:
    result = judged(SERVICES[name].make_app(), tmp_path, quick=True)

    told = [(one.title, one.requirements) for one in result.findings]
    assert result.exit_code == 0, (told, result.notes)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_naive_service_lacks_is_told_as_its_causes(name: str, tmp_path: Path) -> None:
    only, lacks = LACKS[name]
    result = judged(SERVICES[name].make_app(naive=True), tmp_path, only=only)

    musts = {one.requirement.id for one in result.requirements if one.requirement.level == "MUST"}
    told = {
        one.requirements[0] for one in result.findings if not musts.isdisjoint(one.requirements)
    }
    assert result.exit_code == 1
    assert told == lacks
