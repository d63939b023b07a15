"""The end of a run on the terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import INTERRUPTED, Status, Step, Verdict
from conformance.reports import print_result
from conformance.reports.streams import Style, style_of
from conformance.reports.view import brief_ids
from tests.conformance.reports.samples import (
    FAILURE,
    Screen,
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


def test_a_cause_is_told_with_its_ids_expected_actual_and_a_curl_line() -> None:
    text = lines_of(failed_run())

    assert text.startswith(
        f"""\
✗ The primary address is refused with 400, and stays.
  delete-email/primary-refused
  Expected 400, and the address stays
  Actual   204 No Content; the list has 1 address:
           []
  {FAILURE.curl}

"""
    )


def test_a_sequence_is_shown_whole_and_a_file_is_named() -> None:
    body = b"\xff" * 5000
    steps = (
        Step("curl -X POST …", '201 (application/json) {"email": "a@example.com"}'),
        Step("curl --data-binary @body-1.bin …", "500 (text/html)\noops", "body-1.bin", body),
    )

    text = lines_of(
        run_of(result_of(FAILURE.requirement, Status.FAILED, replace(FAILURE, steps=steps)))
    )

    assert (
        """
  1. curl -X POST …
     → 201 (application/json) {"email": "a@example.com"}
  2. curl --data-binary @body-1.bin …
     body-1.bin: 5,000 bytes, written beside each --report
     → 500 (text/html) oops
"""
        in text
    )


def test_of_a_long_sequence_the_beginning_and_the_end_are_shown() -> None:
    steps = [Step(f"curl {number}", "200") for number in range(1, 54)]
    failure = replace(FAILURE, steps=steps)

    lines = lines_of(run_of(result_of(FAILURE.requirement, Status.FAILED, failure))).splitlines()

    told = [line.strip() for line in lines if "curl" in line or "more" in line]
    middle = "… 49 more steps, told in each --report"
    assert told == [
        *("1. curl 1", "2. curl 2"),
        middle,
        *("52. curl 52", "53. curl 53"),
    ]


def test_what_failed_comes_first_the_rest_in_brief_and_the_verdict_last() -> None:
    lines = lines_of(one_of_each()).splitlines()

    assert lines[lines.index("") + 1 :] == [
        "Warnings: a SHOULD that does not hold",
        "! A 401 carries WWW-Authenticate with a Basic and a Bearer challenge.",
        "  get-user/unauthenticated/challenge",
        "",
        "Not verified: not tried to the end, and not counted as passed",
        '? the target file has no token "" of the owner: list-emails/forbidden/scope',
        "",
        "Not configured: an optional key of the target file shows it; no failure",
        "– the target file has no expired_token: get-user/unauthenticated/expired",
        "",
        "Waived: failed, and allowed by a waiver until its date",
        "~ ACC-1024, until 2026-06-30: update-user/any-script",
        "",
        "Notes",
        "- The gravatar_url could not be restored: it differs from the recorded one.",
        "",
        "https://staging.example.com/team-a  docker.io Accounts API 1.1",
        "6 requirements: 1 failed, 1 warning, 1 not verified, 1 waived, 1 not configured, 1 passed",
        "6.3 s, 1,841 requests, seed 20260304",
        "NOT CONFORMANT (exit code 1)  The implementation breaks the contract.",
    ]


def test_ids_of_one_kind_are_named_together_and_long_lists_are_counted() -> None:
    ids = [one for one in catalogue() if one.endswith("/unauthenticated/expired")]
    assert brief_ids(ids) == "unauthenticated/expired (all 6 operations)"
    assert brief_ids(ids[:2]) == "unauthenticated/expired (get-user, update-user)"
    assert brief_ids([*ids, "get-user/json", "get-user/members", "add-email/json"], most=2) == (
        "unauthenticated/expired (all 6 operations), json (get-user, add-email), and 1 more"
    )


def test_three_defects_and_a_run_that_was_cut_short_fit_on_two_screens() -> None:
    lines = lines_of(realistic_run(), style=Style(width=100)).splitlines()

    screens = sum(max(1, -(-cell_len(line) // 100)) for line in lines)
    assert screens <= 100, f"{screens} lines of 100 columns"


@pytest.mark.parametrize("width", [40, 60, 120])
def test_lines_fit_the_terminal_but_for_what_is_there_to_be_copied(width: int) -> None:
    lines = lines_of(realistic_run(), style=Style(width=width)).splitlines()

    wide = [line for line in lines if cell_len(line) > width]
    assert all(line.startswith("  curl ") for line in wide)


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
    assert written.startswith("x A token without the scope email_read is refused with 403")
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
