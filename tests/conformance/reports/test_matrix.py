"""The access matrix: credentials by operations."""

from __future__ import annotations

from typing import Any

from conformance.catalogue.results import CheckResult, Status
from conformance.reports.matrix import Cell, matrix
from conformance.reports.view import Kind, show
from tests.conformance.reports.samples import result_of, result_with, run_of


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
        "owner, token (email_read email_write profile_read profile_write)",
        "owner, token (email_read email_write)",
        "other, token (profile_read)",
        "other, token (email_read)",
        "other, token (email_write)",
        "other, Basic",
        "owner, token (email_read)",
        "owner, token (no scope)",
        "owner, Basic",
    )
    checks = [cell("get_user", label, Status.PASSED) for label in labels]
    elsewhere = result_with(
        "get-user/forbidden/owner-basic", Status.PASSED, "x", credential="owner, Basic"
    )
    unauthenticated = [
        result_with(f"get-user/unauthenticated/{fault}", Status.PASSED, fault, credential="a label")
        for fault in ("missing", "malformed", "challenge")
    ]
    about_access = result_of("get-user/forbidden/scope", Status.PASSED, *checks)
    plain = result_with("get-user/members", Status.FAILED, "x", credential="owner, Basic")
    found = matrix(list(show(run_of(about_access, elsewhere, *unauthenticated, plain)).values()))

    assert {title: [label for label, _ in rows] for title, rows in found.groups.items()} == {
        "The owner": [
            "Basic",
            "token (no scope)",
            "token (email_read)",
            "token (email_read email_write)",
            "token (all scopes)",
        ],
        "The other user": [
            "Basic",
            "token (another scope)",
            "token (the scope of the operation)",
        ],
        "The owner, at the other user's account": ["Basic"],
        "No login": ["missing credentials", "malformed credentials"],
    }
    assert found.operations == ["get_user"]
    assert not any(
        cell and cell.kind is Kind.FAILED
        for rows in found.groups.values()
        for _, cells in rows
        for cell in cells
    )


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

    (rows,) = matrix(list(show(run).values())).groups.values()
    cells = {label: [one for one in found if one] for label, found in rows}

    requirement = "get-user/forbidden/scope"
    assert cells == {
        "Basic": [Cell(Kind.PASSED, requirement, "200", "")],
        "token (email_write)": [Cell(Kind.FAILED, requirement, "403", "200")],
    }
