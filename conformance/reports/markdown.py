"""The report in Markdown, for the summary of a CI job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from conformance.catalogue.results import Finding
from conformance.reports import view
from conformance.reports.texts import CleanRun, one_line, shortened
from conformance.reports.view import Kind

_LONGEST = 2_000
_MARKUP = re.compile(r"[\\`*_\[\]|~]|^[#+=-]|^\d+[.)]")


def markdown_report(run: CleanRun) -> str:
    """Return a run as Markdown."""
    return "\n".join(_lines(run)) + "\n"


def _lines(run: CleanRun) -> Iterator[str]:
    by_id = view.show(run)
    shown = list(by_id.values())
    fails, warns = view.findings_of(run, by_id)
    verdict = view.verdict_words(run).capitalize()
    yield f"# {view.GLYPHS[Kind.PASSED] if run.exit_code == 0 else view.GLYPHS[Kind.FAILED]} {verdict}"
    yield from ("", _plain(view.verdict_sentence(run, shown)), "")
    yield f"{_plain(run.target)} · {_plain(run.contract)} · {view.counted(shown)} · {view.effort(run)}"
    yield from _findings("Findings", fails)
    yield from _findings("Warnings: a SHOULD that does not hold", warns)
    for kind, (title, meaning) in view.REASONED.items():
        items = [
            f"{reason}: {view.brief_ids([one.id for one in group])}"
            for reason, group in view.by_reason(shown, kind).items()
        ]
        yield from _list(f"{title}: {meaning}", items)
    yield from _list("Notes", run.notes)


def _findings(title: str, findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield from ("", f"## {title}")
    for one in findings:
        yield from ("", f"### {_plain(one.title)}", "", f"`{view.brief_ids(one.requirements)}`")
        if one.follows:
            yield from ("", f"From it follow: `{view.brief_ids(one.follows)}`")
        yield from ("", *_fenced(_told(one)), "", "<details><summary>Send it again</summary>", "")
        yield from _fenced(_steps(one))
        yield from ("", "</details>")


def _told(finding: Finding) -> str:
    told = (("Expected", finding.expected), ("Actual  ", finding.actual))
    return "\n".join(f"{label} {shortened(text, _LONGEST)}" for label, text in told if text)


def _steps(finding: Finding) -> str:
    lines = []
    for step in finding.steps:
        lines += [step.curl, f"# {one_line(shortened(step.answer, _LONGEST))}"]
        lines += [f"# {step.file} stands beside this report"] if step.file else []
    return "\n".join(lines)


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield from ("", f"## {title}", "")
    yield from (f"- {_plain(one)}" for one in items)


def _fenced(text: str) -> list[str]:
    """Put a text between fences that are longer than any in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return [f"{fence}text", text, fence]


def _plain(text: str) -> str:
    """Put a text on one line that no reader of Markdown takes for markup."""
    escaped = html.escape(one_line(text), quote=False)
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", escaped)
