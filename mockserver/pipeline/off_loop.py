"""Long work beside the event loop, so that no request keeps the others waiting.

One thread does it, one piece of work after the other: several would take turns with the event loop, and each
turn takes 5 ms. The interpreter changes threads between two steps of Python alone, so whatever is large is
parsed, checked and written part by part.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from queue import SimpleQueue
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def off_loop(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of a function that is called in the thread for long work. It must change nothing shared."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(act: Callable[[], None]) -> None:
        if not future.done():
            act()

    def work() -> None:
        gc.disable()  # it would look through all of the new data again and again, and nothing else would run
        try:
            act = partial(future.set_result, function(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - the caller gets it
            act = partial(future.set_exception, error)
        finally:
            gc.enable()
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, act)

    _queue().put(work)
    return await future


@cache
def _queue() -> SimpleQueue[Callable[[], None]]:
    """Return the queue of the thread, which begins with the first work and never keeps the process from ending."""
    queue: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def serve() -> None:
        while True:
            queue.get()()

    Thread(target=serve, name="long-work", daemon=True).start()
    return queue
