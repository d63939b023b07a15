"""Several things at once, in threads that all have ended when the call returns, whatever it is interrupted by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from conformance.wire.interruption import deferred_interruptions
from conformance.wire.pace import Stopped

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def do_together(
    items: Sequence[_Item],
    do: Callable[[_Item], _Result],
    number: int,
    begin: Callable[[threading.Event], None],
) -> list[_Result]:
    """Do something with each item, in some threads; return the results in the order of the items.

    Args:
        items: The items.
        do: Does it; it may raise Stopped once the event of its thread is set.
        number: The number of threads.
        begin: Called first in each thread, with the event that is set when nothing more is to be begun.

    Raises:
        Exception: The first one that was raised, in the order of the items. After it nothing more is begun.
        KeyboardInterrupt: An interruption stops the threads, and is raised at their end.
    """
    stop = threading.Event()

    def work(item: _Item) -> _Result:
        if stop.is_set():
            raise Stopped
        try:
            return do(item)
        except Exception:
            stop.set()
            raise

    with (
        deferred_interruptions(stop.set),
        ThreadPoolExecutor(max(number, 1), initializer=begin, initargs=(stop,)) as pool,
    ):
        done = [pool.submit(work, item) for item in items]
    errors = [error for one in done if (error := one.exception()) is not None]
    # Those that were stopped by another's error have none of their own.
    for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
        raise error
    return [one.result() for one in done]
