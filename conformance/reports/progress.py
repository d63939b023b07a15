"""The progress of a run: one line that changes on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from conformance.reports.columns import fitted
from conformance.reports.style import abandon, is_terminal, style_of
from conformance.reports.texts import Hide, visible

_REDRAW_S = 0.1
_PLAIN_S = 10.0
_CLEAR = "\r\x1b[2K"


class Progress:
    """The progress of a run on a stream. To be called from one thread.

    Args:
        stream: The stream to write to: stderr, so that stdout stays clean for programs.
        hide: Masks secrets in a text.
        clock: Seconds, ever growing.
    """

    def __init__(
        self,
        stream: TextIO,
        hide: Hide,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._hide = hide
        self._total = 0
        self._clock = clock
        self._moving = is_terminal(stream)
        self._style = style_of(stream)
        self._checks = 0
        self._failed = 0
        self._written_at = clock()
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def expect(self, total: int) -> None:
        """Set the number of checks."""
        self._total = total

    def phase(self, words: str) -> None:
        """Show the phase that begins, such as `Trying the logins`, on a terminal."""
        if self._moving:
            self._draw(self._shown(words))

    def add(self, name: str, *, failed: bool = False) -> None:
        """Count a check that has ended, and show its name now and then."""
        self._checks += 1
        self._failed += failed
        now = self._clock()
        if now - self._written_at < (_REDRAW_S if self._moving else _PLAIN_S):
            return
        self._written_at = now
        if self._moving:
            self._draw(f"{self._sentence()} · {self._shown(name)}")
        else:
            self._write(f"{self._sentence()}\n")

    def close(self) -> None:
        """Leave no trace on a terminal."""
        if self._drawn:
            self._write(_CLEAR)
            self._drawn = False

    def _sentence(self) -> str:
        of = f" of {self._total:,}" if self._total else ""
        return f"{self._checks:,}{of} checks, {self._failed:,} failed"

    def _shown(self, words: str) -> str:
        return visible(self._hide(words))

    def _draw(self, words: str) -> None:
        self._write(f"{_CLEAR}{fitted(words, self._style.width - 1)}")
        self._drawn = True

    def _write(self, text: str) -> None:
        try:
            self._stream.write(self._style.writable(text))
            self._stream.flush()
        except (OSError, ValueError):  # the reader is gone, and that ends no run
            abandon(self._stream)
