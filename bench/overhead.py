"""`python -m bench.overhead`: what sandboxes, faults and the journal cost those who do not use them.

They stand in the way of every request. The server of this checkout is measured against the one of a commit
without them, and a caller who names a sandbox against one who does not: in turn, several rounds, each in a
process of its own. What counts is the processor time that the server takes for a request, sockets and all:
it does not depend on what else the machine does. `--in-process` leaves the sockets out, and shows which part
is ours: see `bench/in_process.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.__main__ import PATCH, PATH, Peer, load, started

ROOT = Path(__file__).parents[1]
MEASURE = Path(__file__).parent / "in_process.py"
_TICKS = os.sysconf("SC_CLK_TCK")

Figures = dict[str, float]
"""The microseconds for a request, by its kind."""


@contextmanager
def tree_of(revision: str) -> Iterator[Path]:
    """The files of a commit, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "archive", revision]
        archive = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


def in_process(tree: Path, prefix: str = "") -> Figures:
    """What a request costs the server of a source tree, without sockets."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, str(MEASURE), *([prefix] if prefix else [])]
    output = subprocess.run(
        command, cwd=tree, env=environment, check=True, stdout=subprocess.PIPE
    ).stdout
    figures: Figures = json.loads(output)
    return figures


def over_sockets(tree: Path, prefix: str = "") -> Figures:
    """What a request costs the process of `mockserver serve` of a source tree."""
    program = (
        f"import sys; sys.path.insert(0, {str(tree)!r}); from mockserver.cli import main; main()"
    )
    peer = Peer("mockserver", (sys.executable, "-c", program, "serve", "--port", "{port}"))
    figures = {}
    with started(peer) as running, tempfile.TemporaryDirectory() as folder:
        patch = Path(folder) / "patch.lua"
        patch.write_text(PATCH)
        for name, script in (("get_user with a token", None), ("update_user, JSON", patch)):
            load(running.port, script, 1, prefix + PATH)  # warm
            before = _processor_seconds(running.pid)
            measured = load(running.port, script, 3, prefix + PATH)
            spent = _processor_seconds(running.pid) - before
            figures[name] = spent / measured.requests * 1e6
    return figures


def _processor_seconds(pid: int) -> float:
    """The time that a process has spent, in itself and in the system (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=main.__doc__)
    parser.add_argument("--against", default="15f5f3d", help="a commit without the workbench")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--in-process", action="store_true", help="leave the sockets out")
    arguments = parser.parse_args()
    if not arguments.in_process and shutil.which("wrk") is None:
        sys.exit("wrk is needed here: apt-get install wrk")
    measure: Callable[..., Figures] = in_process if arguments.in_process else over_sockets
    rounds: dict[str, list[Figures]] = {"without": [], "unused": [], "in a sandbox": []}
    with tree_of(arguments.against) as tree:
        for _ in range(arguments.rounds):
            rounds["without"].append(measure(tree))
            rounds["unused"].append(measure(ROOT))
            rounds["in a sandbox"].append(measure(ROOT, "/~somebody"))
    print(
        f"microseconds for a request: the median of {arguments.rounds} rounds, and of their ratios"
    )
    print(f"{'':<24}{arguments.against:>12}{'unused':>18}{'in a sandbox':>18}")
    for kind in rounds["without"][0]:
        base = [figures[kind] for figures in rounds["without"]]
        shown = ""
        for name in ("unused", "in a sandbox"):
            found = [figures[kind] for figures in rounds[name]]
            ratio = statistics.median(a / b for a, b in zip(found, base, strict=True))
            shown += f"{statistics.median(found):>11.1f} ({ratio:.2f})"
        print(f"{kind:<24}{statistics.median(base):>12.1f}{shown}")


if __name__ == "__main__":
    main()
