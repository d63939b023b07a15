"""`python -m bench.overhead`: the cost of sandboxes, faults and the journal where they are not used.

They stand in the way of every request. The server of this checkout is measured against the one of a commit
without them, and a caller who names a sandbox against one who does not. Several rounds, each with new
processes: no two of them are equally fast. Within a round they run side by side and are asked in turn, a
second each, so that other load of the machine meets all of them. What counts is the processor time that
the server takes for a request, sockets and all. `--in-process` leaves the sockets out, and shows which part is
ours: see `bench/in_process.py`.
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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.__main__ import PATCH, PATH, Peer, load, started

ROOT = Path(__file__).parents[1]
MEASURE = Path(__file__).parent / "in_process.py"
_TURNS = 4

Figures = dict[str, float]
"""The microseconds for a request, by its kind."""


@contextmanager
def tree_of(revision: str) -> Iterator[Path]:
    """Check the files of a commit out into a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "archive", revision]
        archive = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


class Case(NamedTuple):
    """The server of a source tree, called with a prefix before the path."""

    name: str
    tree: Path
    prefix: str = ""


def in_process(cases: Sequence[Case]) -> list[Figures]:
    """Measure a request to each server, without sockets."""
    return [_in_process(case) for case in cases]


def _in_process(case: Case) -> Figures:
    environment = {**os.environ, "PYTHONPATH": str(case.tree)}
    command = [sys.executable, str(MEASURE), *([case.prefix] if case.prefix else [])]
    output = subprocess.run(
        command, cwd=case.tree, env=environment, check=True, stdout=subprocess.PIPE
    ).stdout
    figures: Figures = json.loads(output)
    return figures


def over_sockets(cases: Sequence[Case]) -> list[Figures]:
    """Measure the processor time of a request in each `mockserver serve`."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        patch = Path(folder) / "patch.lua"
        patch.write_text(PATCH)
        servers = [stack.enter_context(started(_server(case.tree))) for case in cases]
        figures: list[Figures] = [{} for _ in cases]
        for kind, script in (("get_user with a token", None), ("update_user, JSON", patch)):
            spent, requests = [0.0] * len(cases), [0] * len(cases)
            for turn in range(_TURNS + 1):  # the first one warms up
                for number, (case, server) in enumerate(zip(cases, servers, strict=True)):
                    before = _processor_seconds(server.pid)
                    measured = load(server.port, script, 1, case.prefix + PATH)
                    if turn:
                        spent[number] += _processor_seconds(server.pid) - before
                        requests[number] += measured.requests
            for number, found in enumerate(figures):
                found[kind] = spent[number] / requests[number] * 1e6
        return figures


def _server(tree: Path) -> Peer:
    program = (
        f"import sys; sys.path.insert(0, {str(tree)!r}); from mockserver.cli import main; main()"
    )
    return Peer("mockserver", (sys.executable, "-c", program, "serve", "--port", "{port}"))


def _processor_seconds(pid: int) -> float:
    """Return the time that the threads of a process have run (the kernel's sched-stats.rst)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads) / 1e9


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=main.__doc__)
    parser.add_argument("--against", default="6034711", help="a commit without the workbench")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--in-process", action="store_true", help="leave the sockets out")
    arguments = parser.parse_args()
    if not arguments.in_process and shutil.which("wrk") is None:
        sys.exit("wrk is needed here: apt-get install wrk")
    measure = in_process if arguments.in_process else over_sockets
    with tree_of(arguments.against) as tree:
        cases = [
            Case(arguments.against, tree),
            Case("unused", ROOT),
            Case("in a sandbox", ROOT, "/~somebody"),
        ]
        rounds = [measure(cases) for _ in range(arguments.rounds)]
    print(
        f"microseconds for a request: the median of {arguments.rounds} rounds, and of their ratios"
    )
    print(f"{'':<24}{arguments.against:>12}{'unused':>18}{'in a sandbox':>18}")
    for kind in rounds[0][0]:
        base, *others = zip(*([figures[kind] for figures in one] for one in rounds), strict=True)
        shown = ""
        for found in others:
            ratio = statistics.median(a / b for a, b in zip(found, base, strict=True))
            shown += f"{statistics.median(found):>11.1f} ({ratio:.2f})"
        print(f"{kind:<24}{statistics.median(base):>12.1f}{shown}")


if __name__ == "__main__":
    main()
