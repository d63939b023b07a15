"""Waiting for a condition, or for a line of a stream."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import IO

PATIENCE = 20.0
"""Seconds after which something that should happen is taken for something that will not."""


def eventually(happens: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


class Lines:
    """The lines of a stream, as they come."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def __getitem__(self, index: slice) -> list[str]:
        with self._changed:
            return self._lines[index]

    def find(self, wanted: Callable[[str], bool], start: int = 0) -> int:
        """Return the index of the first wanted line, as soon as it is there."""
        deadline = time.monotonic() + PATIENCE
        seen = start
        with self._changed:
            while True:
                for index in range(seen, len(self._lines)):
                    if wanted(self._lines[index]):
                        return index
                seen = max(seen, len(self._lines))
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    everything = "\n".join(self._lines)
                    raise AssertionError(f"the line did not come; what came is:\n{everything}")
                self._changed.wait(left)

    def close(self) -> None:
        """Read to the end, and close the stream."""
        self._thread.join(PATIENCE)
        self._stream.close()
