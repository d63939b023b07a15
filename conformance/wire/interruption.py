"""The interruptions of a run: signals that end it, and that wait while something must come to its end."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none
_SIGNALS = (signal.SIGINT, signal.SIGTERM, *([_HANGUP] if _HANGUP is not None else []))
_AT_ONCE = 1.0  # seconds


def take_interruptions() -> None:
    """Turn each signal into KeyboardInterrupt: SIGINT too, which a shell ignores in the background.

    One that follows within a second is of the same wish: raised a second time, it would end what the first one
    began. A hang-up that is ignored stays so: `nohup` asks for that.
    """
    last = -math.inf

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        if last - before > _AT_ONCE:
            raise KeyboardInterrupt

    for one in _SIGNALS:
        if one != _HANGUP or signal.getsignal(one) != signal.SIG_IGN:
            signal.signal(one, interrupt)


@contextmanager
def ignored_interruptions() -> Iterator[None]:
    """Ignore the signals within a block that must come to its end."""
    with _handled(signal.SIG_IGN):
        yield


@contextmanager
def deferred_interruptions(do: Callable[[], object] | None = None) -> Iterator[None]:
    """Raise KeyboardInterrupt for a signal within a block at its end; call a function, if there is one, at once.

    For waits that an exception would break off in the middle: `Thread.join` of Python 3.11 then takes a thread
    that runs for one that has ended.
    """
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        # One may come while the function is at work for the first: it need not bear that.
        is_first = not came
        came.append(number)
        if is_first and do is not None:
            do()

    with _handled(note):
        yield
    if came:
        raise KeyboardInterrupt


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    """Handle the signals otherwise within a block; not those that are ignored."""
    previous = {}
    for one in _SIGNALS:
        if signal.getsignal(one) in (signal.SIG_IGN, None):
            continue
        try:
            previous[one] = signal.signal(one, handler)
        except ValueError:  # not the main thread, which alone is interrupted
            break
    try:
        yield
    finally:
        for one, before in previous.items():
            signal.signal(one, before)
