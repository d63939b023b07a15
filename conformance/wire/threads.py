"""Several things at once, in threads that all have ended when the call returns, whatever it is interrupted by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
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
    """
    results: dict[int, _Result] = {}
    errors: dict[int, Exception] = {}
    left = iter(enumerate(items))
    lock = threading.Lock()
    stop = threading.Event()

    def work() -> None:
        begin(stop)
        while not stop.is_set():
            with lock:
                index, item = next(left, (-1, None))
            if item is None:
                return
            try:
                results[index] = do(item)
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - raised again by the thread that asked
                errors[index] = error
                stop.set()

    _run([threading.Thread(target=work, daemon=True) for _ in range(number)], stop)
    if errors:
        raise errors[min(errors)]
    return [results[index] for index in range(len(items))]


def _run(threads: Sequence[threading.Thread], stop: threading.Event) -> None:
    """Start threads and wait for the end of all. An interruption stops them, and is raised at their end."""
    with deferred_interruptions(stop.set):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
