"""The HTML page, read as text. `tests/browser/test_report_page.py` looks at it in a browser."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from conformance.catalogue.results import Verdict
from conformance.reports.view import Kind
from tests.conformance.reports.samples import (
    failed_run,
    one_of_each,
    page_of,
    passed_run,
    realistic_run,
    run_of,
)


def test_a_table_of_contents_and_what_failed_come_before_everything_else() -> None:
    page = page_of(failed_run())

    places = [
        page.index(words)
        for words in (
            "<h1>",
            '<nav id="contents"',
            '<a href="#finding-1">The primary address is refused with 400, and stays.</a>',
            '<section id="finding">',
            "<blockquote>You cannot delete a user&#39;s primary email address.</blockquote>",
            "<pre>400, and the address stays</pre>",
            "<pre>204 No Content; the list has 1 address:\n[]</pre>",
            "curl -X DELETE",
            '<section id="requirements">',
            "The primary address was deleted.",
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


def test_no_id_stands_without_the_title_of_its_requirement() -> None:
    page = page_of(realistic_run())

    told, everything = page.split('<section id="requirements">')
    assert 'href="#list-emails/forbidden/scope"' in told
    for found in re.finditer(r'<li>(.*?)<a href="#[a-z-]+/', told):
        assert found[1].endswith(". "), found[0]
    summaries = re.findall(r"<summary>(.*?)</summary>", everything)
    assert all(re.search(r'<span class="title">[^<]+</span> <code>', one) for one in summaries)


def test_the_policy_allows_the_style_sheet_and_the_script_by_their_hashes_and_nothing_else() -> (
    None
):
    page = page_of(one_of_each())

    def digest(tag: str) -> str:
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert (
        f"content=\"default-src 'none'; style-src 'sha256-{digest('style')}'; "
        f"script-src 'sha256-{digest('script')}'; base-uri 'none'; form-action 'none'\"" in page
    )
    assert not re.search(r"<script |\sstyle=|\son\w+=|https?://(?!staging\.example\.com)", page)


def test_sections_without_anything_in_them_are_left_out() -> None:
    page = page_of(passed_run())

    assert re.findall(r'<section id="([^"]+)">', page) == ["requirements", "run"]


def test_a_run_that_could_not_begin_has_a_page_with_the_reason() -> None:
    page = page_of(
        run_of(verdict=Verdict.ERROR, exit_code=2, reason="staging.example.com cannot be reached")
    )

    assert "Could not be tested" in page
    assert "staging.example.com cannot be reached" in page
    assert re.findall(r'<section id="([^"]+)">', page) == ["run"]


@pytest.mark.parametrize("kind", list(Kind))
def test_no_result_is_told_by_colour_alone(kind: Kind) -> None:
    page = page_of(one_of_each())

    assert re.search(
        rf'<span class="badge {kind}"><span class="glyph"[^>]*>.</span> {kind.words}', page
    )
