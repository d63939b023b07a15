"""The kill matrix as one page that needs nothing else: no network and no script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.reports.html import inlined, template
from conformance.selftest.matrix import Matrix

_FOLDER = Path(__file__).parent
_WIDTH, _HEIGHT = 3, 14  # of a cell of the picture
_LABELS = 420  # the room for the names of the checks


def page(matrix: Matrix, seconds: float) -> str:
    """Return the page of a matrix; `seconds` is what the trials took."""
    style, style_hash = inlined(_FOLDER / "page.css")
    return template(_FOLDER / "page.html").render(
        matrix=matrix,
        summary=matrix.summary(),
        complaints=list(matrix.complaints()),
        seconds=seconds,
        style=style,
        policy=f"default-src 'none'; style-src '{style_hash}'",
        cells=_cells(matrix),
        cell=(_WIDTH, _HEIGHT),
        labels=_LABELS,
    )


def _cells(matrix: Matrix) -> Iterator[dict[str, Any]]:
    """Yield a rectangle for each check that finds a defect.

    Its kind is `alone`, `named` by the requirement, or by `another` one.
    """
    rows = {check.name: number for number, check in enumerate(matrix.checks)}
    for column, row in enumerate(matrix.defects):
        kinds: dict[str, str] = {}
        for requirement, names in row.trial.failed.items():
            for name in names:
                if requirement not in row.subject.breaks:
                    kinds.setdefault(name, "another")
                elif kinds.get(name) != "alone":
                    kinds[name] = "alone" if len(names) == 1 else "named"
        for name in filter(rows.__contains__, kinds):
            place = {"x": _LABELS + column * _WIDTH, "y": rows[name] * _HEIGHT}
            yield place | {"kind": kinds[name], "title": f"{row.subject.id}: {name}"}
