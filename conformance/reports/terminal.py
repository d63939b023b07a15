"""The end of a run on the terminal: each cause once, with its requests to send again; the rest in brief."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TextIO

from rich.cells import cell_len

from conformance.catalogue.results import RunResult, Verdict
from conformance.reports import view
from conformance.reports.html import rendered
from conformance.reports.streams import Style, style_of
from conformance.reports.texts import CleanRun, Hide, clean, fitted, shortened, wrapped
from conformance.reports.view import Kind

Paint = Callable[[str], str]

_LONGEST = 300
_FEW = 4
_ENDS = 2  # steps of a long sequence, at its beginning and at its end
_VERDICT_KINDS = {Verdict.CONFORMANT: Kind.PASSED, Verdict.INCOMPLETE: Kind.NOT_VERIFIED}


def print_result(run: RunResult, stream: TextIO, hide: Hide, style: Style | None = None) -> None:
    """Print the results of a run; `style` is that of the stream, if left out."""
    chosen = style or style_of(stream)
    stream.write(chosen.writable(f"{_terminal_report(clean(run, hide), chosen)}\n"))
    stream.flush()


def _terminal_report(run: CleanRun, style: Style) -> str:
    def laid(
        text: str, indent: int = 0, paint: Paint = str, start: str = "", taken: int = 0
    ) -> str:
        """Break a text into lines that stand behind the columns that its start takes."""
        first, behind = f"{' ' * indent}{start}", " " * (indent + taken)
        lines = enumerate(wrapped(text, style.width - len(behind)))
        return "\n".join(f"{behind if at else first}{paint(line)}".rstrip() for at, line in lines)

    verdict = f"{view.verdict_words(run).upper()} (exit code {run.exit_code})"
    sentence = view.verdict_sentence(run, list(view.show(run).values()))
    together = cell_len(f"{verdict}  {sentence}") <= style.width
    painted = style.mark(_VERDICT_KINDS.get(run.verdict, Kind.FAILED), verdict)
    return rendered(
        "terminal.jinja",
        run,
        style=style,
        strong=partial(style.painted, bold=True),
        faint=partial(style.painted, dim=True),
        few=_FEW,
        ends=_ENDS,
        brief=partial(shortened, longest=_LONGEST),
        fitted=fitted,
        laid=laid,
        verdict=f"{painted}  {sentence}" if together else f"{laid(sentence)}\n{painted}",
    )
