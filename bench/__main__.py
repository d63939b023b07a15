"""`python -m bench`: the mock server beside its peers, the cost of each stage, and how cost grows.

Writes `docs/benchmarks.md`, its plots, and the figures themselves (`docs/benchmarks/results.json`), of which a run of
some parts replaces those parts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

from bench import compare, growth, page, peers, stages
from clients.steps import StepError

RESULTS = page.DOCS / "benchmarks" / "results.json"
PARTS = ("throughput", "start", "memory", "stages", "growth")


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="of load in each round")
    parser.add_argument("--requests", type=int, default=1_000_000, help="before memory is measured")
    parser.add_argument("--patience", type=int, default=90, help="seconds for those requests")
    parser.add_argument("--quick", action="store_true", help="leave the largest sizes out")
    arguments = parser.parse_args()
    parts = arguments.only or PARTS
    if shutil.which("wrk") is None and not {"throughput", "memory"}.isdisjoint(parts):
        sys.exit("wrk is needed here: apt-get install wrk")
    machine = _machine()  # before anything of ours keeps it busy
    try:
        peers.install()
    except StepError as error:  # those peers are named as missing
        print(error, file=sys.stderr)
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    results["machine"] = machine
    needs_peers = not {"start", "throughput", "memory"}.isdisjoint(parts)
    servers, missing = compare.available() if needs_peers else ([], results.get("missing", {}))
    results["missing"] = missing
    measures: dict[str, Callable[[], Any]] = {
        "throughput": lambda: compare.throughput(servers, arguments.rounds, arguments.seconds),
        "start": lambda: compare.start(servers, arguments.rounds),
        "memory": lambda: compare.memory(servers, arguments.requests, arguments.patience),
        "stages": stages.measure,
        "growth": lambda: growth.measure(quick=arguments.quick),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    for part, measure in measures.items():
        if part in parts:
            results[part] = measure()
            RESULTS.write_text(json.dumps(results) + "\n", "utf-8")
            page.write(json.loads(RESULTS.read_text("utf-8")))
    print(page.summary(results))
    print(f"written: {page.DOCS / 'benchmarks.md'}")


def _machine() -> str:
    """Return the machine and the hour, as the page names them."""
    busy = os.getloadavg()[0]
    processors = os.cpu_count() or 1
    told = f"{time.strftime('%d %B %Y')}, {processors} processors, {platform.system()}, Python {platform.python_version()}"
    if busy <= processors:
        return told
    return (
        f"{told}; others kept the machine busy (load {busy:.0f}), so requests per second are few, those of\n"
        "servers with many threads more than their due: here, read the processor time"
    )


if __name__ == "__main__":
    main()
