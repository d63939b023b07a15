"""The cleaning of texts before a report."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from conformance.reports.texts import LONGEST, clean, fitted, shortened, visible, wrapped
from tests.conformance.reports.samples import failed_run


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 名前, 🦊, ÿ", "plain text, 名前, 🦊, ÿ"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x00\x7f", "\\u001b[31mred\\u0000\\u007f"),
        ("back\rwards", "back\\rwards"),
        ("\x9b31m", "\\u009b31m"),
        ("half \ud83e", "half \\ud83e"),
        ("\ufffe\uffff", "\\ufffe\\uffff"),
        ("user\u202etxt.exe\u2066", "user\\u202etxt.exe\\u2066"),
        ("in\u200bvisible, hard\xa0space", "in\\u200bvisible, hard\\u00a0space"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("می\u200cخواهم 👩\u200d🚀", "می\u200cخواهم 👩\u200d🚀"),
    ],
)
def test_what_cannot_be_seen_is_escaped_as_in_json(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.dictionaries(st.text(), st.text()))
def test_a_json_body_stays_the_same_body(body: dict[str, str]) -> None:
    assert json.loads(visible(json.dumps(body, ensure_ascii=False))) == body


def test_a_long_text_keeps_its_beginning_and_its_end_and_says_what_is_missing() -> None:
    text = f"begin{'x' * 1_000_000}end"

    short = shortened(text)

    assert short.startswith("beginxxx")
    assert short.endswith("xxxend")
    assert f"[{len(text) - LONGEST:,} characters left out]" in short
    assert len(short) < LONGEST + 60


def test_no_text_grows_by_being_cut() -> None:
    assert [len(shortened("x" * length, 100)) for length in (100, 130)] == [100, 130]
    assert all(len(shortened("x" * length, 100)) <= length for length in range(300))


def test_ids_and_levels_stay_as_programs_know_them() -> None:
    cleaned = clean(failed_run(), lambda _text: "hidden")

    requirement = cleaned.requirements[0].requirement
    assert (requirement.id, requirement.level) == ("delete-email/primary-refused", "MUST")
    assert requirement.title == "hidden"
    (finding,) = cleaned.findings
    assert finding.requirements == ["delete-email/primary-refused"]
    assert {finding.title, finding.actual, finding.steps[0].curl} == {"hidden"}


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 9, ["one two", "three"]),
        ("one\n\n  two", 20, ["one", "", "  two"]),
        ("abcdefghijklmnop", 8, ["abcdefgh", "ijklmnop"]),
        ("a abcdefghijkl", 8, ["a", "abcdefgh", "ijkl"]),
        ("名前名前名前", 8, ["名前名前", "名前"]),
        ("", 20, [""]),
    ],
)
def test_lines_break_at_spaces_and_by_the_columns_that_characters_take(
    text: str, width: int, lines: list[str]
) -> None:
    assert list(wrapped(text, width)) == lines


@given(st.text(), st.integers(8, 40))
def test_no_line_is_wider_than_asked_for(text: str, width: int) -> None:
    shown = visible(text)

    assert all(cell_len(line) <= width for line in wrapped(shown, width))
    assert cell_len(fitted(shown, width)) <= width
