"""Sandboxes: list, drop."""

from __future__ import annotations

from collections.abc import Mapping
from mmap import PAGESIZE
from pathlib import Path
from typing import Any

from mockserver.accounts.refusals import Unknown
from mockserver.pipeline.operation import Handler
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.request import Request
from mockserver.sandboxes.sandbox import Sandboxes

Json = dict[str, Any]

_SHOWN = 100


def handlers(sandboxes: Sandboxes) -> Mapping[str, Handler]:
    """Return the operations."""

    def list_sandboxes(_: Request, __: Outcome) -> Json:
        named = sandboxes.named
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
                for one in list(named.values())[-_SHOWN:]
            ],
        }

    def drop_sandboxes(_: Request, __: Outcome) -> None:
        sandboxes.drop_all()

    def drop_sandbox(request: Request, outcome: Outcome) -> None:
        if not sandboxes.drop(outcome.params["name"]):
            raise Unknown("sandbox-unknown", "no sandbox has this name")

    return {
        "list_sandboxes": list_sandboxes,
        "drop_sandboxes": drop_sandboxes,
        "drop_sandbox": drop_sandbox,
    }


def _memory() -> int:
    """Return the memory of this process in bytes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGESIZE
    except (OSError, ValueError, IndexError):
        return 0
