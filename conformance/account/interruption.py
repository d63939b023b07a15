"""The interruptions of a run: signals that end it, and that wait while accounts are restored."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none
_SIGNALS = (signal.SIGINT, signal.SIGTERM, *([_HANGUP] if _HANGUP is not None else []))


def take_interruptions() -> None:
    """Turn each signal into KeyboardInterrupt: SIGINT too, which a shell ignores in the background.

    A hang-up that is ignored stays so: `nohup` asks for that.
    """
    for one in _SIGNALS:
        if one != _HANGUP or signal.getsignal(one) != signal.SIG_IGN:
            signal.signal(one, _interrupt)


@contextmanager
def ignored_interruptions() -> Iterator[None]:
    """Ignore the signals within a block that must come to its end."""
    previous = {}
    for one in _SIGNALS:
        try:
            previous[one] = signal.signal(one, signal.SIG_IGN)
        except ValueError:  # not the main thread, which alone is interrupted
            break
    try:
        yield
    finally:
        for one, handler in previous.items():
            signal.signal(one, handler)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
