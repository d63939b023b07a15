"""Texts of a report: without secrets, not too long, without invisible characters, and broken into lines.

A whole run is cleaned once, before any writer. So a writer only follows the rules of its own format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, NewType

from rich.console import Console
from rich.text import Text

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


def fitted(text: str, width: int) -> str:
    """Put a text on one line, cut to a number of columns."""
    line = Text(one_line(text))
    line.truncate(width, overflow="ellipsis")
    return line.plain


def wrapped(text: str, width: int) -> Iterator[str]:
    """Break a text into lines, at spaces where possible; keep its own line ends."""
    for line in Text(text).wrap(_console(), max(width, 8), tab_size=4):
        yield line.plain.rstrip()


@cache
def _console() -> Console:
    """Return a console that writes nothing: rich asks it for its defaults."""
    return Console()
