"""Texts of a report: without secrets, not too long, without invisible characters, and broken into lines.

A whole run is cleaned once, before any writer. So a writer only follows the rules of its own format.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, NewType

from conformance.catalogue.results import RunResult

Hide = Callable[[str], str]
"""Masks the secrets in a text."""

CleanRun = NewType("CleanRun", RunResult)
"""A run after clean(). Writers take no other."""

LONGEST = 8_000
LONGEST_NAME = 300

_SUSPECT = re.compile(r"[^ -~\n\t]")
# They are invisible, but words and emoji are spelled with them.
_JOINERS = "\u200c\u200d"
# What programs look up in the catalogue, and the names of files.
_KEPT = {"id", "level", "operation", "operations", "requirement", "requirements", "follows", "file"}
_NAMES = {"name", "credential"}


def clean(run: RunResult, hide: Hide) -> CleanRun:
    """Make a run fit to be shown. Ids, levels and operations stay as they are."""

    def cleaned(name: str, value: Any) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            # Secrets first: half a secret would not be recognised.
            longest = LONGEST_NAME if name in _NAMES else LONGEST
            return value if name in _KEPT else visible(shortened(hide(value), longest))
        if isinstance(value, bytes):
            return hide(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        if isinstance(value, Sequence):
            return [cleaned(name, one) for one in value]
        if is_dataclass(value) and not isinstance(value, type):
            changes = {
                one.name: cleaned(one.name, getattr(value, one.name)) for one in fields(value)
            }
            return replace(value, **changes)
        return value

    return CleanRun(cleaned("run", run))


def visible(text: str) -> str:
    r"""Escape the characters of a text that cannot be seen.

    Control characters, lone surrogates, marks that turn the direction of writing and whatever else
    prints nothing become escapes as in JSON (`\u001b`): a JSON body in a curl line stays the same body.
    Line ends and tabs stay.
    """
    return _SUSPECT.sub(lambda found: _escaped(found[0]), text)


def _escaped(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    escaped = json.dumps(character)[1:-1]
    return escaped if escaped != character else f"\\u{ord(character):04x}"


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text, or its beginning and end with the number of characters left out between them.

    A text that would become no shorter by that is returned whole.
    """
    end = longest // 5
    missing = len(text) - longest
    gap = f" … [{missing:,} characters left out] … "
    return text if missing <= len(gap) else f"{text[: longest - end]}{gap}{text[-end:]}"


def one_line(text: str) -> str:
    """Put a text on one line."""
    return " ".join(text.split())


def columns(text: str) -> int:
    """Count the columns that a text takes on a terminal, where a character takes none, one or two."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fitted(text: str, width: int) -> str:
    """Put a text on one line, cut to a number of columns."""
    line = one_line(text)
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
