"""The style of a stream: colours, width and characters."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

import click

from conformance.reports.view import LOOKS, Kind

_NARROWEST, _USUAL, _WIDEST = 40, 100, 120


@dataclass(frozen=True, slots=True)
class Style:
    """The abilities of a stream.

    Attributes:
        colours: True to write escape sequences for colours.
        width: The columns of a line.
        encoding: Other characters are written as escapes.
    """

    colours: bool = False
    width: int = _USUAL
    encoding: str = "utf-8"

    def painted(self, text: str, kind: Kind) -> str:
        """Colour a text for a kind of result."""
        return click.style(text, fg=LOOKS[kind][1], bold=True) if self.colours else text

    def strong(self, text: str) -> str:
        """Set a text in bold."""
        return click.style(text, bold=True) if self.colours else text

    def faint(self, text: str) -> str:
        """Set a text in a faint colour."""
        return click.style(text, dim=True) if self.colours else text

    def mark(self, kind: Kind) -> str:
        """Return the sign of a kind of result, in its colour."""
        return self.painted(LOOKS[kind][0], kind)

    def writable(self, text: str) -> str:
        """Replace the characters that the stream's encoding lacks."""
        for character, plain in _PLAIN.items():
            if not character.encode(self.encoding, "ignore"):
                text = text.replace(character, plain)
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)


_PLAIN = {"✓": "+", "✗": "x", "–": "-", "—": "-", "·": "-", "…": "...", "“": '"', "”": '"'}


def style_of(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Style:
    """Return the style of a stream. NO_COLOR (no-color.org) forbids colours on a terminal."""
    terminal = is_terminal(stream, environment)
    width = _USUAL
    if terminal or environment.get("COLUMNS"):
        width = shutil.get_terminal_size((_USUAL, 24)).columns
    return Style(
        colours=terminal and not environment.get("NO_COLOR"),
        width=min(max(width, _NARROWEST), _WIDEST),
        encoding=getattr(stream, "encoding", None) or "utf-8",
    )


def is_terminal(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a stream is a terminal that can go back to the beginning of a line."""
    return stream.isatty() and environment.get("TERM") != "dumb"


def abandon(stream: TextIO) -> None:
    """Close a stream that takes nothing: its buffer would fail again at the end."""
    with contextlib.suppress(OSError, ValueError):
        stream.close()


class Output(io.FileIO):
    """The file of a standard output for others (pytest) to write to, which outlives a reader that is gone.

    Attributes:
        lost: The reason why nothing more is written; empty as long as it is.
    """

    lost = ""

    def write(self, content: Any) -> int:
        """Write, or drop the bytes."""
        try:
            return super().write(content)
        except OSError as error:
            self.lost = self.lost or error.strerror or str(error)
            return len(content)


def outliving(stream: TextIO) -> Any:
    """Return a text stream to the file of another one; its `buffer.raw` is an Output."""
    buffered = io.BufferedWriter(Output(os.dup(stream.fileno()), "wb"))
    return io.TextIOWrapper(
        buffered, stream.encoding, stream.errors, line_buffering=stream.isatty()
    )
