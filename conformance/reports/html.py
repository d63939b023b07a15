"""The HTML report: one page that needs nothing else, no network and no script.

Its content security policy allows the page's own style sheet, by its hash, and nothing else. Where a server
sends a stricter one (Jenkins does) the page loses its looks and stays readable.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from conformance.reports.matrix import matrix
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
    """A run as an HTML page; `written` is the time that it names."""
    shown = show(run)
    css = _style_sheet()
    return _template().render(
        run=run,
        written=written,
        css=Markup(css),  # noqa: S704 - it is our own file
        css_hash=_hash(css),
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


def _hash(css: str) -> str:
    return base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")


@cache
def _style_sheet() -> str:
    return (_FOLDER / "page.css").read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
