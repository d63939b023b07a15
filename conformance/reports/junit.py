"""JUnit XML, as Jenkins, GitLab and GitHub's reporters read it.

One test suite; one test case per check. The elements:

- `<failure>`: a check that fails the run. The message holds what was expected and what came.
- `<skipped>`: a check that is not verified, not configured or waived, or a failing SHOULD where only a MUST
  fails the run (as pytest reports an expected failure). None of them passed, and none of them fails the run.
  The message begins with its status.
- `<error>`: the run itself was not possible.

A verdict that no test case shows gets one of its own, so that the file never looks better than the run.
GitLab shows the text of an element and not its message, so the text has everything. It merges test cases
of one name, so names are made unique.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.catalogue.results import CheckResult, RunResult, Verdict
from conformance.reports import view
from conformance.reports.html import rendered
from conformance.reports.texts import CleanRun, one_line, shortened
from conformance.reports.view import Kind, Shown

_LONGEST = 300  # characters of an answer in a message


@dataclass(frozen=True, slots=True)
class _Case:
    """A test case; `tag` is its element, if it has one."""

    classname: str
    name: str
    seconds: float = 0.0
    tag: str = ""
    message: str = ""
    type: str = ""
    text: str = ""


def junit_report(run: CleanRun, written: datetime) -> str:
    """Return a run as JUnit XML; `written` is the time of its end."""
    shown = list(view.show(run).values())
    cases = [case for one in shown for case in _cases(one)]
    cases += _verdict(run, shown, {one.tag for one in cases})
    started = written - timedelta(seconds=run.duration_s)
    return rendered("junit.xml", run, cases=cases, started=started) + "\n"


def _cases(shown: Shown) -> Iterator[_Case]:
    taken: Counter[str] = Counter()
    for check in shown.checks:
        taken[check.name] += 1
        name = f"{check.name} ({taken[check.name]})" if taken[check.name] > 1 else check.name
        classname = shown.id.replace("/", ".")
        yield _Case(classname, name, check.duration_s, *_outcome(shown, check))


def _outcome(shown: Shown, check: CheckResult) -> tuple[str, ...]:
    """Return tag, message, type and text of a check that did not pass."""
    kind, said = shown.kind_of(check), view.message_of(check)
    if kind is Kind.PASSED:
        return ()
    requirement = shown.result.requirement
    told = (
        ("", said.rstrip(".") if check.actual else ""),
        ("expected ", check.expected if check.actual else ""),
        ("actual ", check.actual),
    )
    parts = [f"{label}{one_line(shortened(text, _LONGEST))}" for label, text in told if text]
    message = "; ".join(parts) or one_line(check.message or shown.reason or shown.title)
    story = (
        ("", f"{requirement.id} ({requirement.level}): {requirement.title}"),
        ("Source: ", requirement.source),
        ("", said),
        ("Expected: ", check.expected),
        ("Actual:   ", check.actual),
        *(("", step.curl) for step in check.steps),
        ("", "" if check.steps else check.curl),
    )
    text = "\n".join(f"{label}{text}" for label, text in story if text)
    if kind is Kind.FAILED:
        return "failure", message, requirement.level, text
    return "skipped", f"{kind.words}: {message}", kind.value, text


def _verdict(run: RunResult, shown: Sequence[Shown], tags: set[str]) -> Iterator[_Case]:
    """Yield a test case for the run, if no other shows that it is not conformant."""
    kinds = {Verdict.NONCONFORMANT: "failure", Verdict.INCOMPLETE: "skipped"}
    tag = kinds.get(run.verdict, "error")
    if run.verdict is not Verdict.CONFORMANT and tag not in tags:
        sentence = view.verdict_sentence(run, shown)
        said = one_line(" ".join([run.reason, *run.notes]) or sentence)
        message = f"{view.verdict_words(run)}: {said}"
        text = "\n".join([sentence, *run.notes])
        yield _Case("conformance", "the run as a whole", 0.0, tag, message, run.verdict, text)
