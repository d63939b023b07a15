"""The end of a run on the terminal: each cause once, with its requests to send again; the rest in brief."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from rich.cells import cell_len

from conformance.catalogue.results import Finding, RunResult, Verdict
from conformance.reports import view
from conformance.reports.style import Style, style_of
from conformance.reports.texts import (
    CleanRun,
    Hide,
    clean,
    fitted,
    one_line,
    shortened,
    wrapped,
)
from conformance.reports.view import Kind, Shown

Paint = Callable[[str], str]

_LONGEST = 300
_FEW = 4
_ENDS = 2  # steps of a long sequence, at its beginning and at its end
_VERDICT_KINDS = {Verdict.CONFORMANT: Kind.PASSED, Verdict.INCOMPLETE: Kind.NOT_VERIFIED}


def print_result(run: RunResult, stream: TextIO, hide: Hide, style: Style | None = None) -> None:
    """Print the results of a run; `style` is that of the stream, if left out."""
    chosen = style or style_of(stream)
    stream.writelines(
        f"{chosen.writable(line.rstrip())}\n" for line in terminal_lines(clean(run, hide), chosen)
    )
    stream.flush()


def terminal_lines(run: CleanRun, style: Style) -> Iterator[str]:
    """Yield the lines about a run."""
    by_id = view.show(run)
    shown = list(by_id.values())
    page = _Page(style)
    fails, warns = view.findings_of(run, by_id)
    for finding in fails:
        yield from page.finding(finding)
        yield ""
    yield from page.part("Warnings", "a SHOULD that does not hold", page.warnings(warns))
    for kind, (title, meaning) in view.REASONED.items():
        yield from page.part(title, meaning, page.reasons(kind, shown))
    yield from page.part("Notes", "", page.notes(run.notes))
    yield from page.summary(run, shown)


class _Page:
    def __init__(self, style: Style) -> None:
        self._style = style

    def finding(self, finding: Finding) -> Iterator[str]:
        faint, strong = self._style.faint, self._style.strong
        yield from self._marked(Kind.FAILED, finding.title, strong)
        yield from self._text(view.brief_ids(finding.requirements), 2, faint)
        if finding.follows:
            yield from self._text(
                f"From it follow: {view.brief_ids(finding.follows, _FEW)}", 2, faint
            )
        for label, text in (("Expected", finding.expected), ("Actual  ", finding.actual)):
            if text:
                brief = shortened(text, _LONGEST)
                yield from self._hanging(strong(label), len(label), brief, indent=2)
        alone, last = len(finding.steps) == 1, len(finding.steps) - _ENDS
        for number, step in enumerate(finding.steps, 1):
            if _ENDS < number <= last:
                if number == last:
                    yield f"  … {view.plural(last - _ENDS, 'more step')}, told in each --report"
                continue
            # In one piece, however long: it is there to be copied.
            yield f"  {'' if alone else f'{number}. '}" + step.curl.replace("\n", "\n  ")
            if step.file:
                yield f"     {step.file}: {len(step.body):,} bytes, written beside each --report"
            if not alone:
                yield f"     {faint(fitted(f'→ {step.answer}', self._style.width - 5))}"

    def part(self, title: str, meaning: str, lines: Iterator[str]) -> Iterator[str]:
        """Yield lines under their heading; nothing if there are none."""
        first = next(lines, None)
        if first is None:
            return
        yield self._style.strong(
            fitted(f"{title}: {meaning}" if meaning else title, self._style.width)
        )
        yield first
        yield from lines
        yield ""

    def warnings(self, findings: Sequence[Finding]) -> Iterator[str]:
        for one in findings:
            text = f"{one.title} {view.brief_ids((*one.requirements, *one.follows))}"
            yield from self._marked(Kind.WARNING, text)

    def reasons(self, kind: Kind, shown: Sequence[Shown]) -> Iterator[str]:
        for reason, group in view.by_reason(shown, kind).items():
            text = f"{shortened(one_line(reason), _LONGEST)}: {view.brief_ids([one.id for one in group], _FEW)}"
            yield from self._marked(kind, text)

    def notes(self, notes: Sequence[str]) -> Iterator[str]:
        for note in notes:
            yield from self._hanging("-", 1, shortened(note, _LONGEST))

    def summary(self, run: RunResult, shown: Sequence[Shown]) -> Iterator[str]:
        yield from self._text(f"{run.target}  {run.contract}")
        yield from self._text(view.counted(shown))
        yield from self._text(view.effort(run))
        verdict = f"{view.verdict_words(run).upper()} (exit code {run.exit_code})"
        painted = self._style.painted(verdict, _VERDICT_KINDS.get(run.verdict, Kind.FAILED))
        sentence = view.verdict_sentence(run, shown)
        if cell_len(f"{verdict}  {sentence}") <= self._style.width:
            yield f"{painted}  {sentence}"
        else:
            yield from self._text(sentence)
            yield painted

    def _marked(self, kind: Kind, text: str, paint: Paint = str) -> Iterator[str]:
        return self._hanging(self._style.mark(kind), 1, text, paint=paint)

    def _hanging(
        self, start: str, taken: int, text: str, indent: int = 0, paint: Paint = str
    ) -> Iterator[str]:
        """Yield a text whose lines stand behind the columns that its start takes."""
        lines = wrapped(text, self._style.width - indent - taken - 1)
        yield f"{' ' * indent}{start} {paint(next(lines))}"
        yield from (f"{' ' * (indent + taken + 1)}{paint(line)}" for line in lines)

    def _text(self, text: str, indent: int = 0, paint: Paint = str) -> Iterator[str]:
        for line in wrapped(text, self._style.width - indent):
            yield f"{' ' * indent}{paint(line)}"
