"""The access matrix: credentials by operations."""

from __future__ import annotations

from typing import Any

from conformance.catalogue.results import CheckResult, Status
from conformance.reports.matrix import Cell, matrix
from conformance.reports.view import Kind, show
from tests.conformance.reports.samples import result_of, run_of


def cell(operation: str, credential: str, status: Status, **texts: Any) -> CheckResult:
    return CheckResult(
        "get-user/forbidden/scope",
        f"{operation}, {credential}",
        status,
        operation=operation,
        credential=credential,
        **texts,
    )


def test_the_matrix_has_a_row_for_each_kind_of_credentials_under_whose_they_are() -> None:
    labels = (
        "no credentials",
        "owner, token (email_read email_write)",
        "other, Basic",
        "owner, token (email_read)",
        "owner, token (no scope)",
        "owner, Basic",
    )
    checks = [cell("get_user", label, Status.PASSED) for label in labels]
    found = matrix(show(run_of(result_of("get-user/forbidden/scope", Status.PASSED, *checks))))

    assert found.size == 6
    assert [(group.title, [label for label, _ in group.rows]) for group in found.groups] == [
        (
            "The owner",
            ["Basic", "token (no scope)", "token (email_read)", "token (email_read email_write)"],
        ),
        ("The other user", ["Basic"]),
        ("No login", ["no credentials"]),
    ]


def test_a_cell_shows_the_worst_of_its_checks_and_both_statuses() -> None:
    place = ("list_emails", "owner, token (email_write)")
    run = run_of(
        result_of(
            "get-user/forbidden/scope",
            Status.FAILED,
            cell(*place, Status.PASSED, expected="status 403"),
            cell(*place, Status.FAILED, expected="status 403", actual="200 (text/html) 500 <b>"),
            cell("get_user", "owner, Basic", Status.PASSED, expected="status 200"),
        )
    )

    (group,) = matrix(show(run)).groups
    cells = {label: [one for one in found if one] for label, found in group.rows}

    requirement = "get-user/forbidden/scope"
    assert cells == {
        "Basic": [Cell(Kind.PASSED, requirement, "200", "", 1)],
        "token (email_write)": [Cell(Kind.FAILED, requirement, "403", "200", 2)],
    }
