"""Sandboxes: list, drop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from mmap import PAGESIZE
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from mockserver.accounts.refusals import Invalid, Unknown
from mockserver.pipeline.operation import Handler, by_name
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.request import Request
from mockserver.sandboxes.sandbox import Sandboxes

Json = dict[str, Any]

_SHOWN = 100


def handlers(sandboxes: Sandboxes) -> Mapping[str, Handler]:
    """Return the operations."""

    def list_sandboxes(request: Request, _: Outcome) -> Json:
        named, before = sandboxes.named, _before(request)
        older = (one for one in reversed(list(named.values())) if one.used < before)
        page = list(islice(older, _SHOWN + 1))
        has_more, page = len(page) > _SHOWN, page[:_SHOWN]
        return {
            "server": sandboxes.server,
            "count": len(named),
            "most": sandboxes.most,
            "requests_each": sandboxes.entries_each,
            "memory_bytes": _memory(),
            "sandboxes": [
                {
                    "name": one.name,
                    "requests": len(one.journal),
                    "faults": len(one.faults.rules),
                    "idle_s": round(sandboxes.idle_seconds(one), 1),
                }
                for one in reversed(page)
            ],
            "before": repr(page[-1].used) if has_more else None,
        }

    def drop_sandboxes(_: Request, __: Outcome) -> None:
        sandboxes.drop_all()

    def drop_sandbox(request: Request, outcome: Outcome) -> None:
        if not sandboxes.drop(outcome.params["name"]):
            raise Unknown("sandbox-unknown", "no sandbox has this name")

    return by_name(list_sandboxes, drop_sandboxes, drop_sandbox)


def _before(request: Request) -> float:
    """Return the time before which the sandboxes of a page were used. Raises Invalid."""
    for name, value in parse_qsl(request.query.decode("latin-1"), keep_blank_values=True):
        if name == "before":
            with suppress(ValueError):
                return float(value)
            detail = "before must be what the page before this one has as 'before'"
            raise Invalid("parameter-invalid", detail)
    return math.inf


def _memory() -> int:
    """Return the memory of this process in bytes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGESIZE
    except (OSError, ValueError, IndexError):
        return 0
