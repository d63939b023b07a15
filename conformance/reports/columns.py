"""Text in the columns of a terminal, where a character may take none, one or two."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def columns(text: str) -> int:
    """Count the columns that a text takes."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fitted(text: str, width: int) -> str:
    """Put a text on one line, cut to a number of columns."""
    line = " ".join(text.split())
    if columns(line) <= width:
        return line
    kept, _ = _split(line, max(width - 1, 0))
    return f"{kept}…"


def wrapped(text: str, width: int) -> Iterator[str]:
    """Break a text into lines, at spaces where possible; keep its own line ends."""
    for line in text.expandtabs(4).split("\n"):
        yield from _wrapped_line(line.rstrip(), max(width, 8))


def _wrapped_line(line: str, width: int) -> Iterator[str]:
    head, rest = _split(line, width)
    while rest:
        space = len(head) if rest.startswith(" ") else head.rfind(" ")
        if space > 0 and head[:space].strip():
            head, rest = line[:space], line[space:]
        yield head.rstrip()
        line = rest.lstrip()
        head, rest = _split(line, width)
    yield line


def _split(line: str, width: int) -> tuple[str, str]:
    """Split a line into the part that fits, and the rest."""
    taken = 0
    for index, character in enumerate(line):
        taken += _columns(character)
        if taken > width:
            return line[:index], line[index:]
    return line, ""
