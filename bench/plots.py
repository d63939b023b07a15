"""Plots as SVG, written by hand: bars, and lines with both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _LEFT, _RIGHT = 720, 150, 90
_COLOURS = ("#1d63ed", "#8a8f98", "#e8710a", "#0f8b6d", "#9333a8")
_OPEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
    'font-size="13"><rect width="100%" height="100%" fill="white"/>'
)


def bars(groups: Mapping[str, Mapping[str, float]], unit: str) -> str:
    """Return bars in groups: for each group, a bar for each name."""
    most = max(value for group in groups.values() for value in group.values())
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    room = _WIDTH - _LEFT - _RIGHT
    parts, y = [], 10
    for title, group in groups.items():
        parts.append(_text(10, y + 14, title, weight="bold"))
        y += 22
        for name, value in group.items():
            colour = _COLOURS[names.index(name) % len(_COLOURS)]
            length = max(room * value / most, 1)
            parts.append(_text(_LEFT - 8, y + 13, name, anchor="end"))
            parts.append(
                f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="17" fill="{colour}"/>'
            )
            parts.append(_text(_LEFT + length + 6, y + 13, f"{short(value)} {unit}"))
            y += 21
        y += 10
    return "\n".join([_OPEN.format(width=_WIDTH, height=y), *parts, "</svg>\n"])


def lines(series: Mapping[str, Sequence[tuple[float, float]]], across: str) -> str:
    """Return lines over a size; what grows as the size rises as steeply as the grey lines."""
    height, bottom, top = 330, 50, 20
    xs = [math.log10(x) for points in series.values() for x, _ in points]
    ys = [math.log10(max(y, 1e-3)) for points in series.values() for _, y in points]
    left, right = min(xs), max(xs)
    low, high = math.floor(min(ys)), math.ceil(max(ys) + 1e-9)
    wide, tall = _WIDTH - _LEFT - _RIGHT - 90, height - bottom - top

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - left) / ((right - left) or 1)
        return _LEFT + wide * across, top + tall * (1 - (y - low) / ((high - low) or 1))

    parts = []
    for power in range(low, high + 1):
        x, y = at(left, power)
        parts.append(f'<path d="M{x:.1f} {y:.1f}h{wide}" stroke="#ddd"/>')
        parts.append(_text(x - 8, y + 4, short(10.0**power), anchor="end"))
        rise = min(right - left, high - power)
        (x1, y1), (x2, y2) = at(left, power), at(left + rise, power + rise)
        parts.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#eee"/>')
    for size in sorted({round(x, 6) for x in xs}):
        x, y = at(size, low)
        parts.append(_text(x, y + 20, short(10.0**size), anchor="middle"))
    parts.append(_text(_LEFT + wide / 2, height - 10, across, anchor="middle"))
    for (name, points), colour in zip(series.items(), _COLOURS, strict=False):
        placed = [at(math.log10(x), math.log10(max(y, 1e-3))) for x, y in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
        x, y = placed[-1]
        parts.append(_text(x + 8, y + 4, name, colour=colour))
    return "\n".join([_OPEN.format(width=_WIDTH, height=height), *parts, "</svg>\n"])


def short(value: float) -> str:
    """Return a number in three digits."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = "#222",
) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"'
    return f"<text {place}>{escape(text)}</text>"
