"""The end of a run on the terminal: the failures first, with their requests to send again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from conformance.catalogue.results import RunResult, Verdict
from conformance.reports.columns import columns, wrapped
from conformance.reports.style import Style, style_of
from conformance.reports.texts import CleanRun, Hide, clean, shortened
from conformance.reports.view import (
    Entry,
    Kind,
    Shown,
    by_reason,
    counts,
    plural,
    show,
    verdict_sentence,
    verdict_words,
)

_CHECKS_SHOWN = 3
_LONGEST = 1_200
_VERDICT_KINDS = {
    Verdict.CONFORMANT: Kind.PASSED,
    Verdict.NONCONFORMANT: Kind.FAILED,
    Verdict.ERROR: Kind.FAILED,
    Verdict.INCOMPLETE: Kind.NOT_VERIFIED,
}


def print_result(run: RunResult, stream: TextIO, hide: Hide, style: Style | None = None) -> None:
    """Print the results of a run; `style` is that of the stream, if left out."""
    chosen = style or style_of(stream)
    stream.writelines(
        f"{chosen.writable(line.rstrip())}\n" for line in terminal_lines(clean(run, hide), chosen)
    )
    stream.flush()


def terminal_lines(run: CleanRun, style: Style) -> Iterator[str]:
    """Yield the lines about a run."""
    shown = show(run)
    page = _Page(style)

    def of(kind: Kind) -> list[Shown]:
        return [one for one in shown if one.kind is kind]

    yield from page.findings("Failed", of(Kind.FAILED))
    yield from page.findings("Warnings: a SHOULD that does not hold", of(Kind.WARNING))
    yield from page.reasons("Not verified", of(Kind.NOT_VERIFIED))
    yield from page.reasons("Not configured: no bar to conformance", of(Kind.NOT_CONFIGURED))
    yield from page.reasons("Waived", of(Kind.WAIVED))
    yield from page.notes(run.notes)
    yield from page.summary(run, shown)


class _Page:
    def __init__(self, style: Style) -> None:
        self._style = style

    def findings(self, title: str, shown: Sequence[Shown]) -> Iterator[str]:
        yield from self._heading(title, shown)
        for one in shown:
            yield from self._finding(one)
            yield ""

    def reasons(self, title: str, shown: Sequence[Shown]) -> Iterator[str]:
        """List requirements under the reason that they share."""
        yield from self._heading(title, shown)
        for reason, group in by_reason(shown):
            yield from self._marked(group[0].kind, _brief(reason or group[0].kind.words))
            for one in group:
                yield f"    {one.id}"
        if shown:
            yield ""

    def notes(self, notes: Sequence[str]) -> Iterator[str]:
        if notes:
            yield self._style.strong("Notes")
        for note in notes:
            yield from self._labelled("-", _brief(note), indent=0)
        if notes:
            yield ""

    def summary(self, run: RunResult, shown: Sequence[Shown]) -> Iterator[str]:
        found = counts(shown)
        parts = [
            f"{count:,} {_counted(kind, count)}"
            for kind, count in found.items()
            if count or kind in {Kind.FAILED, Kind.PASSED}
        ]
        what = f"{plural(len(shown), 'requirement')}: {', '.join(parts)}"
        how = [f"{run.duration_s:.1f} s", plural(run.requests, "request"), f"seed {run.seed}"]
        yield from self._text(f"{run.target}  {run.contract}")
        yield from self._text(what)
        yield from self._text(", ".join(how))
        verdict = f"{verdict_words(run).upper()} (exit code {run.exit_code})"
        painted = self._style.painted(verdict, _VERDICT_KINDS[run.verdict])
        sentence = verdict_sentence(run, shown)
        if columns(f"{verdict}  {sentence}") <= self._style.width:
            yield f"{painted}  {sentence}"
        else:
            yield from self._text(sentence)
            yield painted

    def _heading(self, title: str, shown: Sequence[Shown]) -> Iterator[str]:
        if shown:
            for line in wrapped(f"{title} ({len(shown):,})", self._style.width):
                yield self._style.strong(line)
            yield ""

    def _finding(self, shown: Shown) -> Iterator[str]:
        requirement = shown.result.requirement
        name = f"{self._style.mark(shown.kind)} {self._style.strong(shown.id)}"
        yield f"{name}  {requirement.level}"
        yield from self._text(requirement.title, indent=2)
        yield from self._text(f"“{requirement.source}”", indent=2, faint=True)
        decisive = shown.decisive
        for entry in decisive[:_CHECKS_SHOWN]:
            yield ""
            yield from self._check(entry)
        left = len(decisive) - _CHECKS_SHOWN
        if left > 0:
            yield ""
            yield from self._text(f"and {plural(left, 'check')} more", indent=2)

    def _check(self, entry: Entry) -> Iterator[str]:
        check = entry.check
        yield from self._marked(entry.kind, check.name)
        if entry.message:
            yield from self._text(_brief(entry.message), indent=4)
        if check.expected:
            yield from self._labelled("Expected", _brief(check.expected), indent=4)
        if check.actual:
            yield from self._labelled("Actual  ", _brief(check.actual), indent=4)
        if check.curl:
            # In one piece, however long: it is there to be copied.
            yield from (f"    {line}" for line in check.curl.split("\n"))

    def _marked(self, kind: Kind, text: str) -> Iterator[str]:
        lines = wrapped(text, self._style.width - 4)
        yield f"  {self._style.mark(kind)} {next(lines)}"
        yield from (f"    {line}" for line in lines)

    def _labelled(self, label: str, text: str, indent: int) -> Iterator[str]:
        start = " " * indent
        gap = " " * (len(label) + 1)
        lines = wrapped(text, self._style.width - indent - len(gap))
        yield f"{start}{self._style.strong(label)} {next(lines)}"
        yield from (f"{start}{gap}{line}" for line in lines)

    def _text(self, text: str, indent: int = 0, *, faint: bool = False) -> Iterator[str]:
        for line in wrapped(text, self._style.width - indent):
            yield f"{' ' * indent}{self._style.faint(line) if faint else line}"


def _brief(text: str) -> str:
    return shortened(text, _LONGEST)


def _counted(kind: Kind, count: int) -> str:
    return "warnings" if kind is Kind.WARNING and count != 1 else kind.words
