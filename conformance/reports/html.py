"""The HTML report: one page that needs nothing else, no network and no script.

Its content security policy allows the page's own style sheet, by its hash, and nothing else. Under a
stricter policy of a server (Jenkins) the page loses its style and stays readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conformance.reports.matrix import matrix
from conformance.reports.pages import style_sheet, template
from conformance.reports.texts import CleanRun
from conformance.reports.view import (
    GLYPHS,
    WHOLE,
    Kind,
    Shown,
    by_reason,
    counts,
    plural,
    show,
    verdict_sentence,
    verdict_words,
)

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _Group:
    """The requirements of one operation (the first part of their ids)."""

    name: str
    shown: Sequence[Shown]

    @property
    def counts(self) -> dict[Kind, int]:
        return {kind: count for kind, count in counts(self.shown).items() if count}


@dataclass(frozen=True, slots=True)
class _Bar:
    """A piece of the bar that shows the counts; places are in per mille of its width."""

    kind: Kind
    start: float
    width: float


def html_report(run: CleanRun, written: datetime) -> str:
    """Return a run as an HTML page; `written` is the time that it names."""
    shown = show(run)
    css, css_hash = style_sheet(_FOLDER / "page.css")
    return template(_FOLDER / "page.html").render(
        run=run,
        written=written,
        css=css,
        css_hash=css_hash,
        verdict=verdict_words(run),
        sentence=verdict_sentence(run, shown),
        counts=counts(shown),
        levels={level: counts(_of_level(shown, level)) for level in ("MUST", "SHOULD")},
        bars=_bars(shown),
        sections={kind: [one for one in shown if one.kind is kind] for kind in Kind},
        groups=_groups(shown),
        matrix=matrix(shown),
        total=len(shown),
        checks=sum(len(one.result.checks) for one in shown),
        Kind=Kind,
        WHOLE=WHOLE,
        GLYPHS=GLYPHS,
        by_reason=by_reason,
        plural=plural,
    )


def _of_level(shown: Sequence[Shown], level: str) -> list[Shown]:
    return [one for one in shown if one.result.requirement.level == level]


def _groups(shown: Sequence[Shown]) -> list[_Group]:
    groups: dict[str, list[Shown]] = {}
    for one in shown:
        groups.setdefault(one.id.partition("/")[0], []).append(one)
    return [_Group(name, members) for name, members in groups.items()]


def _bars(shown: Sequence[Shown]) -> list[_Bar]:
    bars = []
    start = 0.0
    for kind, count in counts(shown).items():
        if count:
            width = 1000 * count / len(shown)
            bars.append(_Bar(kind, round(start, 2), round(width, 2)))
            start += width
    return bars
