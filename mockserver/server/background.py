"""Tasks beside the serving: edited files are reloaded, and idle sandboxes dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from mockserver.sandboxes.sandbox import Sandboxes
from mockserver.server.log import Log

LOOK_EVERY = 0.3
"""Seconds between two looks at the files; looking costs two calls of stat."""

_MINUTE = 60.0
_NAMED = 10  # of the sandboxes that were dropped

Stamp = tuple[int, int, int] | None


class Watch:
    """A watch on files that begins when it is made: best before they are read.

    Editors replace a file as often as they rewrite it, so the files behind the names are compared.
    """

    def __init__(self, files: list[Path]) -> None:
        self._seen = {file: _stamp(file) for file in files}

    async def keep(self, changed: Callable[[list[Path]], Awaitable[None]]) -> None:
        """Call `changed` with the files that have changed, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = {file: _stamp(file) for file in self._seen}
            different = [file for file, stamp in now.items() if stamp != self._seen[file]]
            self._seen = now
            if different:
                await changed(different)


async def tidy(sandboxes: Sandboxes, log: Log, every: float = _MINUTE) -> None:
    """Drop the sandboxes that have been idle for an hour, for ever, and log their names."""
    while True:
        await asyncio.sleep(every)
        dropped = sandboxes.drop_idle()
        if dropped:
            names = ", ".join(dropped[:_NAMED])
            more = f" and {len(dropped) - _NAMED} more" if len(dropped) > _NAMED else ""
            log.event("dropped-sandboxes", f"nobody used {names}{more} for an hour: dropped")


def _stamp(file: Path) -> Stamp:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
