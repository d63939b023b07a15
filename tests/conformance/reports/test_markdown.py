"""The report in Markdown. `test_hostile_texts.py` holds that no text of a target becomes markup."""

from __future__ import annotations

from dataclasses import replace

from conformance.catalogue.results import Status, Step, Verdict
from tests.conformance.reports.samples import (
    FAILURE,
    markdown_of,
    one_of_each,
    passed_run,
    result_of,
    run_of,
)


def test_the_verdict_comes_first_then_each_cause_with_its_requests_to_unfold() -> None:
    text = markdown_of(one_of_each())

    assert text.startswith(
        f"""\
# ✗ Not conformant

The implementation breaks the contract.

https://staging.example.com/team-a · docker.io Accounts API 1.1 · 6 requirements: 1 failed, 1 warning, \
1 not verified, 1 waived, 1 not configured, 1 passed · 6.3 s, 1,841 requests, seed 20260304

## Findings

### The primary address is refused with 400, and stays.

`delete-email/primary-refused`

```text
Expected 400, and the address stays
Actual   204 No Content; the list has 1 address:
[]
```

<details><summary>Send it again</summary>

```text
{FAILURE.curl}
# 204 No Content; the list has 1 address: []
```

</details>

## Warnings: a SHOULD that does not hold
"""
    )
    assert text.endswith(
        """\
## Waived: failed, and allowed by a waiver until its date

- ACC-1024, until 2026-06-30: update-user/any-script

## Notes

- The gravatar\\_url could not be restored: it differs from the recorded one.
"""
    )


def test_a_sequence_stands_in_one_piece() -> None:
    steps = (Step("curl one", "201"), Step("curl two", "500"))
    failure = replace(FAILURE, steps=steps)

    text = markdown_of(run_of(result_of(FAILURE.requirement, Status.FAILED, failure)))

    assert "```text\ncurl one\n# 201\ncurl two\n# 500\n```" in text


def test_a_conformant_run_is_told_in_three_lines_and_one_that_could_not_begin_with_its_reason() -> (
    None
):
    assert len(markdown_of(passed_run()).splitlines()) == 5
    refused = run_of(verdict=Verdict.ERROR, exit_code=2, reason="no `owner` login works")
    assert "\nno \\`owner\\` login works\n" in markdown_of(refused)
