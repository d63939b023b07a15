"""`python -m bench.slow_line`: the time that a run of the conformance suite takes on slow lines.

The mock server hands each answer on a while later, as its rule for faults says. A run of each kind is made on each
line; the figures of one machine mean little, their ratios to the fastest line more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from tests.conformance.support import write_target
from tests.support.servers import MockServer

_LINES = (0, 20, 100, 300)  # milliseconds
_KINDS = {"default": (), "quick": ("--quick",)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the suite on each line, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow_line", description=__doc__)
    parser.add_argument("--lines", nargs="+", type=int, default=_LINES, metavar="MS")
    parser.add_argument("--kinds", nargs="+", choices=list(_KINDS), default=list(_KINDS))
    parser.add_argument("--connections", nargs="+", type=int, default=[8], metavar="N")
    chosen = parser.parse_args(arguments)
    print(f"{'line':>8}  {'kind':<10}{'connections':>11}{'seconds':>9}{'requests':>10}  verdict")
    with MockServer() as server, tempfile.TemporaryDirectory() as folder:
        for line, kind, several in product(chosen.lines, chosen.kinds, chosen.connections):
            server.send("POST", "/_mock/reset")
            server.send("POST", "/_mock/faults", json={"wait": line / 1000})
            figures = _run(Path(folder), server.url, kind, several)
            print(f"{line:>5} ms  {kind:<10}{several:>11}{figures}", flush=True)


def _run(folder: Path, url: str, kind: str, connections: int) -> str:
    """Run the suite once, and return its seconds, requests and verdict in columns."""
    target = write_target(folder, url, lambda data: data.update(connections=connections))
    report = folder / "report.json"
    command = [sys.executable, "-m", "conformance.cli", "run", str(target), "--seed", "1"]
    begun = time.monotonic()
    subprocess.run(
        [*command, *_KINDS[kind], "--report", str(report)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.monotonic() - begun
    found = json.loads(report.read_text("utf-8"))
    return f"{seconds:>9.1f}{found['requests']:>10,}  {found['verdict']}"


if __name__ == "__main__":
    main()
