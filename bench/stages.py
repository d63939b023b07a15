"""The cost of each stage of a request: each is called alone, with all that it passes the request on to.

What the next one takes is subtracted. A stage is found as the server puts it together.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Mapping
from typing import Any

from bench.running import PATH, TOKEN
from mockserver.app import Settings, create_app, warm_up
from mockserver.loading import Sources, load
from mockserver.pipeline.answer import RESPONSE_WRITER
from mockserver.pipeline.connexion_doors import ROUTING_CONTEXT
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.request import REQUEST, Request
from mockserver.sandboxes.sandbox import Sandbox, Sandboxes
from mockserver.server.log import Log

_BATCHES, _BATCH = 60, 500
_METHODS = {"get_user": "GET", "update_user": "PATCH"}


class _Writer:
    """A response writer that is done at once."""

    is_gone = is_on_its_way = False
    unread = b'{"location": "Private Island", "company": "Retired"}'

    def reply(self, *_: Any) -> bool:
        return True


def measure() -> Mapping[str, list[tuple[str, float]]]:
    """Return the microseconds of each stage, by operation, in the order of a request."""
    return asyncio.run(_measure())


async def _measure() -> Mapping[str, list[tuple[str, float]]]:
    log = Log(io.StringIO(), "text")
    loaded = load(Sources())
    sandboxes = Sandboxes(loaded.fixtures)
    app = create_app(loaded.contract, loaded.oauth, loaded.control, sandboxes, Settings(), log)
    await warm_up(app)
    found = {operation: _stages(app, sandboxes.common, operation) for operation in _METHODS}
    log.close()
    return found


def _stages(app: Any, sandbox: Sandbox, operation: str) -> list[tuple[str, float]]:
    door = app.app
    routing = _next(door)
    connexion = _next(routing)

    def scope() -> dict[str, Any]:
        fields = [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {TOKEN}".encode())]
        return {
            "type": "http",
            "method": _METHODS[operation],
            "path": PATH,
            "raw_path": PATH.encode(),
            "headers": [*fields, (b"content-type", b"application/json")],
            "extensions": {RESPONSE_WRITER: _Writer()},
        }

    def entered() -> dict[str, Any]:
        found = scope()
        found[REQUEST] = Request(found, _never, 0.0, sandbox, PATH)
        found[OUTCOME] = Outcome()
        return found

    def routed() -> dict[str, Any]:
        found = entered()
        outcome = found[OUTCOME]
        outcome.operation, outcome.params = operation, {"username": "janedoe"}
        outcome.data = {"location": "Private Island", "company": "Retired"}
        found["extensions"][ROUTING_CONTEXT] = {"api_base_path": "", "operation_id": operation}
        return found

    steps = [("front door, log, journal", door, scope), ("routing", routing, entered)]
    steps.append(("connexion's RoutedMiddleware", connexion, routed))
    stage: Any = next(
        api.operations[operation] for api in connexion.apis[""] if operation in api.operations
    ).__self__
    while stage is not None:
        steps.append((type(stage).__name__, stage, routed))
        stage = _next(stage)
    totals = [_best(stage, prepared) - _best(None, prepared) for _, stage, prepared in steps]
    return [
        (name, total - after)
        for (name, _, _), total, after in zip(steps, totals, [*totals[1:], 0.0], strict=True)
    ]


def _next(stage: Any) -> Any:
    """Return the stage after one; None after the last."""
    after = getattr(stage, "_app", None) or getattr(stage, "app", None)
    return getattr(after, "__self__", after)


def _best(stage: Any, prepared: Callable[[], dict[str, Any]]) -> float:
    """Return the microseconds of a stage in the best of many batches; of the preparation alone for None."""
    best = float("inf")
    for _ in range(_BATCHES):
        began = time.thread_time()
        for _ in range(_BATCH):
            scope = prepared()
            if stage is None:
                continue
            running = stage(scope, _never, None)
            if hasattr(running, "send"):
                try:
                    running.send(None)
                except StopIteration:
                    continue
        best = min(best, time.thread_time() - began)
    return best / _BATCH * 1e6


async def _never() -> Any:
    raise AssertionError("the body is at hand")


if __name__ == "__main__":
    for operation, stages in measure().items():
        print(f"{operation}, microseconds")
        for name, cost in stages:
            print(f"  {name:<32}{cost:6.2f}")
