"""Serving on while the contract or the fixtures are edited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

_EVERY = 0.3  # seconds between two looks; looking costs two calls of stat

Stamp = tuple[int, int, int] | None


async def watch(files: list[Path], changed: Callable[[list[Path]], Awaitable[None]]) -> None:
    """Call `changed` with the files that have changed, for ever.

    Editors replace a file as often as they rewrite it, so what is compared is what the name stands for.
    """
    seen = [_stamp(file) for file in files]
    while True:
        await asyncio.sleep(_EVERY)
        now = [_stamp(file) for file in files]
        if now == seen:
            continue
        different = [file for file, old, new in zip(files, seen, now, strict=True) if old != new]
        seen = now
        await changed(different)


def _stamp(file: Path) -> Stamp:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
