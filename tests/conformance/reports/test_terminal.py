"""The end of a run on the terminal."""

from __future__ import annotations

import io
import re

import pytest

from conformance.catalogue.results import INTERRUPTED, Status, Verdict
from conformance.reports import print_result
from conformance.reports.columns import columns
from conformance.reports.style import Style, style_of
from tests.conformance.reports.samples import (
    FAILURE,
    Screen,
    check_of,
    failed_run,
    lines_of,
    one_of_each,
    passed_run,
    realistic_run,
    result_of,
    run_of,
    untouched,
)

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def test_a_failure_is_told_with_its_words_expected_actual_and_a_curl_line() -> None:
    text = lines_of(failed_run())

    beginning = """\
Failed (1)

✗ delete-email/primary-refused  MUST
  The primary address is refused with 400, and stays.
  “You cannot delete a user's primary email address.”

  ✗ the primary address, as JSON
    The primary address was deleted.
    Expected 400, and the address stays
    Actual   204 No Content; the list has 1 address:
             []
"""
    assert text.startswith(f"{beginning}    {FAILURE.curl}\n")


def test_what_failed_comes_first_and_the_verdict_last() -> None:
    text = lines_of(one_of_each())

    titles = ["Failed", "Warnings", "Not verified", "Not configured", "Waived", "Notes"]
    places = [text.index(f"\n{title}") for title in titles[1:]]
    assert text.startswith(titles[0])
    assert places == sorted(places)
    assert text.splitlines()[-3:] == [
        "6 requirements: 1 failed, 1 warning, 1 not verified, 1 waived, 1 not configured, 1 passed",
        "6.3 s, 1,841 requests, seed 20260304",
        "NOT CONFORMANT (exit code 1)  The implementation breaks the contract.",
    ]


def test_what_was_not_tried_is_listed_under_its_reason() -> None:
    text = lines_of(one_of_each())

    for reason, requirement in (
        ('? the target file has no token "" of the owner', "list-emails/forbidden/scope"),
        ("– the target file has no expired_token", "get-user/unauthenticated/expired"),
        ("~ ACC-1024, until 2026-06-30", "update-user/any-script"),
    ):
        assert f"  {reason}\n    {requirement}\n" in text


def test_a_message_that_repeats_what_was_expected_is_left_out() -> None:
    check = check_of(
        "get-user/json", "profile", Status.FAILED, message="expected JSON", expected="JSON"
    )

    text = lines_of(run_of(result_of("get-user/json", Status.FAILED, check)))

    assert "Expected JSON" in text
    assert "expected JSON" not in text


def test_many_failing_checks_of_one_requirement_are_counted() -> None:
    checks = [
        check_of("get-user/json", f"case {number}", Status.FAILED, message="No JSON.")
        for number in range(40)
    ]

    text = lines_of(run_of(result_of("get-user/json", Status.FAILED, *checks)))

    assert text.count("No JSON.") == 3
    assert "and 37 checks more" in text


@pytest.mark.parametrize("width", [40, 60, 120])
def test_lines_fit_the_terminal_but_for_what_is_there_to_be_copied(width: int) -> None:
    lines = lines_of(realistic_run(), style=Style(width=width)).splitlines()

    wide = [line for line in lines if columns(line) > width]
    assert all(line.startswith(("    curl ", "✗ ", "! ")) for line in wide)


def test_the_target_cannot_write_escape_sequences() -> None:
    text = lines_of(realistic_run(), style=Style(colours=True))

    assert "\\u001b[31mKeyError" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", ESCAPES.sub("", text))


@pytest.mark.parametrize(
    ("stream", "environment", "colours"),
    [
        (Screen(), {}, True),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"NO_COLOR": ""}, True),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colours_are_for_terminals_and_for_those_who_want_them(
    stream: io.StringIO, environment: dict[str, str], *, colours: bool
) -> None:
    assert style_of(stream, environment).colours is colours


def test_colours_change_nothing_of_the_text() -> None:
    run = one_of_each()
    coloured = lines_of(run, style=Style(colours=True))

    assert coloured != lines_of(run)
    assert ESCAPES.sub("", coloured) == lines_of(run)


def test_a_stream_that_lacks_our_signs_gets_plain_ones() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    print_result(realistic_run(), stream, untouched)

    written = raw.getvalue().decode("ascii")
    assert written.startswith("Failed (6)\n\nx update-user/forbidden/owner-basic")
    assert "\\u540d\\u524d" in written


@pytest.mark.parametrize(
    ("verdict", "exit_code", "words"),
    [
        (Verdict.CONFORMANT, 0, "CONFORMANT (exit code 0)"),
        (Verdict.INCOMPLETE, 3, "INCOMPLETE (exit code 3)"),
        (Verdict.ERROR, 2, "COULD NOT BE TESTED (exit code 2)"),
        (Verdict.INCOMPLETE, INTERRUPTED, "INTERRUPTED (exit code 130)"),
    ],
)
def test_the_last_line_says_the_verdict_and_the_exit_code(
    verdict: Verdict, exit_code: int, words: str
) -> None:
    text = lines_of(passed_run(verdict=verdict, exit_code=exit_code))

    assert text.splitlines()[-1].startswith(words)


def test_a_run_that_only_a_waiver_fails_does_not_accuse_the_implementation() -> None:
    note = "get-user/members is waived, and passes; remove the waiver"

    text = lines_of(passed_run(verdict=Verdict.NONCONFORMANT, exit_code=1, notes=[note]))

    assert f"- {note}" in text
    assert "No requirement failed, but something else fails the run: see the notes." in text
