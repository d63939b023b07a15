"""The progress of a run: one line that changes on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from conformance.reports.style import abandon, is_terminal, style_of
from conformance.reports.texts import Hide, fitted, visible
from conformance.reports.view import plural

_REDRAW_S = 0.1
_PLAIN_S = 10.0
_CLEAR = "\r\x1b[2K"


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
