"""The HTML page, read as text. `test_reports_page.py` looks at it in a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from conformance.catalogue.results import CheckResult, RunResult, Status, Verdict
from conformance.reports.html import html_report
from conformance.reports.matrix import Cell, matrix
from conformance.reports.texts import clean
from conformance.reports.view import Kind, show
from tests.conformance.report_samples import (
    WRITTEN,
    failed_run,
    one_of_each,
    realistic_run,
    result_of,
    run_of,
    untouched,
)


def page_of(run: RunResult) -> str:
    return html_report(clean(run, untouched), WRITTEN)


def test_a_failure_is_told_before_the_list_of_all_requirements() -> None:
    page = page_of(failed_run())

    places = [
        page.index(words)
        for words in (
            "<h1>",
            '<section id="failed">',
            "The primary address is refused with 400, and stays.",
            "<blockquote>You cannot delete a user&#39;s primary email address.</blockquote>",
            "The primary address was deleted.",
            "<pre>400, and the address stays</pre>",
            "<pre>204 No Content; the list has 1 address:\n[]</pre>",
            "curl -X DELETE",
            '<section id="requirements">',
        )
    ]
    assert places == sorted(places)
    assert "Not conformant" in page


def test_every_requirement_is_there_once_to_open() -> None:
    run = realistic_run()
    page = page_of(run)

    ids = re.findall(r'<details class="requirement \w+" id="([^"]+)">', page)
    assert ids == [one.requirement.id for one in run.requirements]


def test_links_lead_somewhere() -> None:
    page = page_of(one_of_each())

    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert len(re.findall("href=", page)) == len(re.findall('href="#', page))


def test_the_policy_allows_the_style_sheet_by_its_hash_and_nothing_else() -> None:
    page = page_of(one_of_each())

    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        f"content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'\"" in page
    )
    assert not re.search(r"<script|\sstyle=|\son\w+=|https?://(?!staging\.example\.com)", page)


def test_sections_without_anything_in_them_are_left_out() -> None:
    page = page_of(run_of(failed_run().requirements[1]))

    assert re.findall(r'<section id="([^"]+)">', page) == ["summary", "matrix", "requirements"]
    assert "No check of this run tries credentials." in page


def test_a_run_that_could_not_begin_has_a_page_with_the_reason() -> None:
    page = page_of(
        run_of(verdict=Verdict.ERROR, exit_code=2, notes=["staging.example.com cannot be reached"])
    )

    assert "Could not be tested" in page
    assert "staging.example.com cannot be reached" in page
    assert re.findall(r'<section id="([^"]+)">', page) == ["summary"]


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


@pytest.mark.parametrize("kind", list(Kind))
def test_no_result_is_told_by_colour_alone(kind: Kind) -> None:
    page = page_of(one_of_each())

    assert re.search(
        rf'<span class="badge {kind}"><span class="glyph"[^>]*>.</span> {kind.words}', page
    )
