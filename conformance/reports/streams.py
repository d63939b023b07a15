"""Streams for people: the colours, width and characters of one, and the progress of a run on it."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

import click

from conformance.reports.texts import Hide, fitted, visible
from conformance.reports.view import LOOKS, Kind, plural

_NARROWEST, _USUAL, _WIDEST = 40, 100, 120
_REDRAW_S = 0.1
_PLAIN_S = 10.0
_CLEAR = "\r\x1b[2K"


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

    def painted(self, text: str, **how: Any) -> str:
        """Set a text in a colour, in bold or dim, as click.style does."""
        return click.style(text, **how) if self.colours else text

    def mark(self, kind: Kind, text: str = "") -> str:
        """Return the sign of a kind of result, or a text, in its colour."""
        sign, colour = LOOKS[kind]
        return self.painted(text or sign, fg=colour, bold=True)

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


class Progress:
    """The progress of a run on a stream, in requirements, as the verdict counts. To be called from one thread.

    Attributes:
        total: The number of requirements.
        remaining: The seconds that the run will still take; None if they are not known.

    Args:
        stream: The stream to write to: stderr, so that stdout stays clean for programs.
        hide: Masks secrets in a text.
        clock: Seconds, ever growing.
    """

    def __init__(
        self, stream: TextIO, hide: Hide, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._hide = hide
        self._clock = clock
        self.total = 0
        self.remaining: float | None = None
        self._moving = is_terminal(stream)
        self._style = style_of(stream)
        self._decided = 0
        self._failed = 0
        self._written_at = clock()
        self._said = ""
        """The last sentence that stands in a log, or on a terminal."""

    def phase(self, words: str) -> None:
        """Show the phase that begins, such as `Trying the logins`, on a terminal."""
        if self._moving:
            self._draw(words)

    def add(self, name: str, *, failed: bool = False) -> None:
        """Count a requirement that is decided, and show its name now and then; the last one always."""
        self._decided += 1
        self._failed += failed
        now = self._clock()
        waited = now - self._written_at >= (_REDRAW_S if self._moving else _PLAIN_S)
        if self._moving and (waited or self._decided == self.total):
            self._draw(f"{self._sentence()} · {name}")
        elif waited:
            self._log()
        else:
            return
        self._written_at = now

    def close(self) -> None:
        """Leave no trace on a terminal; elsewhere, end a log that was begun with the last count."""
        if self._moving and self._said:
            self._write(_CLEAR)
        elif self._said and self._said != self._sentence():
            self._log()
        self._said = ""

    def _sentence(self) -> str:
        of = f"{self._decided:,} of " if self.total else ""
        known = plural(self.total or self._decided, "requirement")
        left = ""
        if self.remaining is not None and self._decided < self.total:
            seconds = self.remaining
            told = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
            left = f", about {told} left"
        return f"{of}{known}, {self._failed:,} failed{left}"

    def _log(self) -> None:
        self._said = self._sentence()
        self._write(f"{self._said}\n")

    def _draw(self, words: str) -> None:
        self._said = fitted(visible(self._hide(words)), self._style.width - 1)
        self._write(f"{_CLEAR}{self._said}")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(self._style.writable(text))
            self._stream.flush()
        except (OSError, ValueError):  # the reader is gone, and that ends no run
            abandon(self._stream)
