"""The progress of a run: a line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import replace
from unittest.mock import Mock

import pytest

from conformance.reports import Progress
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.stage import perform
from tests.conformance.reports.samples import Screen, untouched


def test_progress_on_a_terminal_is_one_line_that_leaves_no_trace() -> None:
    screen, clock = Screen(), Mock(return_value=0.0)

    with closing(Progress(screen, untouched, clock=clock)) as progress:
        progress.total = 3
        progress.phase("Trying the logins")
        clock.return_value = 1.0
        progress.add("get-user/json")
        clock.return_value = 2.0
        progress.remaining = 100
        progress.add("delete-email/primary-refused", failed=True)
        progress.add("delete-email/removes")

    drawn = screen.getvalue().split("\r\x1b[2K")
    assert drawn == [
        "",
        "Trying the logins",
        "1 of 3 requirements, 0 failed · get-user/json",
        "2 of 3 requirements, 1 failed, about 2 min left · delete-email/primary-refused",
        "3 of 3 requirements, 1 failed · delete-email/removes",
        "",
    ]


def test_progress_elsewhere_is_a_line_now_and_then_and_one_at_the_end() -> None:
    stream, clock = io.StringIO(), Mock(return_value=0.0)

    with closing(Progress(stream, untouched, clock=clock)) as progress:
        progress.phase("Trying the logins")
        for second in range(25):
            clock.return_value = float(second)
            progress.add("get-user/json", failed=second == 3)

    assert stream.getvalue() == (
        "11 requirements, 1 failed\n21 requirements, 1 failed\n25 requirements, 1 failed\n"
    )


def test_progress_shows_neither_secrets_nor_escape_sequences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Screen()
    monkeypatch.setenv("COLUMNS", "80")

    clock = iter(range(9)).__next__
    progress = Progress(screen, lambda text: text.replace("hunter2", "[secret]"), clock)
    progress.phase("\x1b]0;hunter2\x07")
    progress.add("get-user/json hunter2")

    assert screen.getvalue() == (
        "\r\x1b[2K\\u001b]0;[secret]\\u0007"
        "\r\x1b[2K1 requirement, 0 failed · get-user/json [secret]"
    )


class BareErrors(Service):
    """A service whose errors have no body: a SHOULD that does not hold."""

    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        return replace(reply, body=b"") if reply.status >= 400 else reply


@pytest.mark.parametrize(("level", "failed"), [("must", 0), ("should", 1)])
def test_what_does_not_fail_the_run_has_not_failed(level: str, failed: int) -> None:
    screen, only = Screen(), ("get-user/error-body", "get-user/success")

    with closing(Progress(screen, untouched)) as progress:
        result = perform(BareErrors(), progress=progress, only=only, level=level).result

    assert result
    assert result.exit_code == failed
    assert f"2 of 2 requirements, {failed} failed" in screen.getvalue()
