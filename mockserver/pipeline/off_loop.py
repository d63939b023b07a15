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

_MANY = 20_000  # new objects; the garbage collector looks through them in some 3 ms


async def off_loop(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of a function that is called in the thread for long work. It must change nothing shared."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    _queue().put(partial(_work, loop, future, partial(function, *args, **kwargs)))
    try:
        return await future
    finally:
        del future  # its error holds this frame: the two would hold each other, and all of the data


def _work(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], function: Callable[[], T]
) -> None:
    """Call a function, and have a future bring what it returns or raises."""
    gc.disable()  # it would look through all of the new data again and again, and nothing else would run
    try:
        act = partial(future.set_result, function())
    except BaseException as error:  # noqa: BLE001 - the caller gets it
        act = partial(future.set_exception, error)
    finally:
        if gc.get_count()[0] > _MANY:
            gc.freeze()  # looking through them, now or ever, would keep everybody waiting
        gc.enable()
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(_settle, future, act)
    del act, future  # an error holds this frame too


def _settle(future: asyncio.Future[T], act: Callable[[], None]) -> None:
    if not future.done():
        act()


@cache
def _queue() -> SimpleQueue[Callable[[], None]]:
    """Return the queue of the thread, which begins with the first work and never keeps the process from ending."""
    queue: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def serve() -> None:
        while True:
            queue.get()()

    Thread(target=serve, name="long-work", daemon=True).start()
    return queue
