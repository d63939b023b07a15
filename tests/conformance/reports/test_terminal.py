"""What a person reads on the terminal while a run goes on, and at its end."""

from __future__ import annotations

import io
import re

import pytest

from conformance.catalogue.results import INTERRUPTED, RunResult, Status, Verdict
from conformance.reports import Progress, print_result
from conformance.reports.columns import columns
from conformance.reports.style import Style, style_of
from tests.conformance.report_samples import (
    FAILURE,
    check_of,
    failed_run,
    one_of_each,
    realistic_run,
    result_of,
    run_of,
    untouched,
)

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def told(run: RunResult, style: Style | None = None) -> str:
    stream = io.StringIO()
    print_result(run, stream, untouched, style or Style())
    return stream.getvalue()


def test_a_failure_is_told_with_its_words_expected_actual_and_a_curl_line() -> None:
    text = told(failed_run())

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
    text = told(one_of_each())

    titles = ["Failed", "Warnings", "Not verified", "Not configured", "Waived", "Notes"]
    places = [text.index(f"\n{title}") for title in titles[1:]]
    assert text.startswith(titles[0])
    assert places == sorted(places)
    assert text.splitlines()[-3:] == [
        "6 requirements: 1 failed, 1 warning, 1 not verified, 1 waived, 1 not configured, 1 passed",
        "6.3 s, 1,841 requests, seed 20260304",
        "NOT CONFORMANT (exit code 1)  The implementation breaks what it has to keep.",
    ]


def test_what_was_not_tried_is_listed_under_its_reason() -> None:
    text = told(one_of_each())

    assert (
        """\
  ? the target file has no token "" of the owner
    list-emails/forbidden/scope
"""
        in text
    )
    assert (
        """\
  – the target file has no expired_token
    get-user/unauthenticated/expired
"""
        in text
    )
    assert (
        """\
  ~ ACC-1024, until 2026-06-30
    update-user/any-script
"""
        in text
    )


def test_a_message_that_repeats_what_was_expected_is_left_out() -> None:
    check = check_of(
        "get-user/json", "profile", Status.FAILED, message="expected JSON", expected="JSON"
    )

    text = told(run_of(result_of("get-user/json", Status.FAILED, check)))

    assert "Expected JSON" in text
    assert "expected JSON" not in text


def test_many_failing_checks_of_one_requirement_are_counted() -> None:
    checks = [
        check_of("get-user/json", f"case {number}", Status.FAILED, message="No JSON.")
        for number in range(40)
    ]

    text = told(run_of(result_of("get-user/json", Status.FAILED, *checks)))

    assert text.count("No JSON.") == 3
    assert "and 37 checks more" in text


@pytest.mark.parametrize("width", [40, 60, 120])
def test_lines_fit_the_terminal_but_for_what_is_there_to_be_copied(width: int) -> None:
    lines = told(realistic_run(), Style(width=width)).splitlines()

    wide = [line for line in lines if columns(line) > width]
    assert all(line.startswith(("    curl ", "✗ ", "! ")) for line in wide)


def test_the_target_cannot_write_escape_sequences() -> None:
    text = told(realistic_run(), Style(colours=True))

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
    coloured = told(run, Style(colours=True))

    assert coloured != told(run)
    assert ESCAPES.sub("", coloured) == told(run)


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
    passed = failed_run().requirements[1]

    text = told(run_of(passed, verdict=verdict, exit_code=exit_code))

    assert text.splitlines()[-1].startswith(words)


def test_a_run_that_only_a_waiver_fails_does_not_accuse_the_implementation() -> None:
    passed = failed_run().requirements[1]
    note = "get-user/members passes, and is waived; remove the waiver"

    text = told(run_of(passed, verdict=Verdict.NONCONFORMANT, exit_code=1, notes=[note]))

    assert f"- {note}" in text
    assert "No requirement failed, but something else fails the run: the notes say what." in text


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_progress_on_a_terminal_is_one_line_that_leaves_no_trace() -> None:
    screen, clock = Screen(), Clock()

    with Progress(screen, untouched, clock=clock) as progress:
        progress.expect(600)
        progress.phase("Trying the logins")
        clock.now = 1.0
        progress.add("get-user/json")
        clock.now = 2.0
        progress.add("delete-email/primary-refused", failed=True)

    drawn = screen.getvalue().split("\r\x1b[2K")
    assert drawn == [
        "",
        "Trying the logins",
        "1 of 600 checks, 0 failed · get-user/json",
        "2 of 600 checks, 1 failed · delete-email/primary-refused",
        "",
    ]


def test_progress_elsewhere_is_a_line_now_and_then() -> None:
    stream, clock = io.StringIO(), Clock()

    with Progress(stream, untouched, clock=clock) as progress:
        progress.phase("Trying the logins")
        for second in range(25):
            clock.now = float(second)
            progress.add("get-user/json", failed=second == 3)

    assert stream.getvalue() == "11 checks, 1 failed\n21 checks, 1 failed\n"


def test_progress_shows_neither_secrets_nor_escape_sequences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Screen()
    monkeypatch.setenv("COLUMNS", "80")

    Progress(screen, lambda text: text.replace("hunter2", "[secret]")).phase("\x1b]0;hunter2\x07")

    assert screen.getvalue() == "\r\x1b[2K\\u001b]0;[secret]\\u0007"
