"""`python -m bench.overhead`: the cost of a request against that of an earlier commit, and within a sandbox.

Several rounds, each with new processes: no two of them are equally fast. Within a round they run side by side and are
asked in turn, a second each, so that other load of the machine meets all of them. What counts is the processor time
that the server takes for a request, sockets and all.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.load import load
from bench.running import free_port, started

ROOT = Path(__file__).parents[1]
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


def measure(cases: Sequence[Case]) -> list[Figures]:
    """Measure the processor time of a request in each `mockserver serve`."""
    with ExitStack() as stack:
        servers = []
        for case in cases:
            port = free_port()
            servers.append(stack.enter_context(started(_command(case.tree, port), port)))
        figures: list[Figures] = [{} for _ in cases]
        for kind in ("get_user, Bearer", "update_user, JSON"):
            spent, requests = [0.0] * len(cases), [0] * len(cases)
            for turn in range(_TURNS + 1):  # the first one warms up
                for number, (case, server) in enumerate(zip(cases, servers, strict=True)):
                    before = server.processor_seconds
                    measured = load(server.port, kind, 16, 1, case.prefix)
                    if turn:
                        spent[number] += server.processor_seconds - before
                        requests[number] += measured.requests
            for number, found in enumerate(figures):
                found[kind] = spent[number] / requests[number] * 1e6
        return figures


def _command(tree: Path, port: int) -> list[str]:
    program = (
        f"import sys; sys.path.insert(0, {str(tree)!r}); from mockserver.cli import main; main()"
    )
    return [sys.executable, "-c", program, "serve", "--port", str(port)]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=main.__doc__)
    parser.add_argument("--against", default="78ae4e2", help="a commit")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed here: apt-get install wrk")
    with tree_of(arguments.against) as tree:
        cases = [
            Case(arguments.against, tree),
            Case("now", ROOT),
            Case("in a sandbox", ROOT, "/~somebody"),
        ]
        rounds = [measure(cases) for _ in range(arguments.rounds)]
    print(
        f"microseconds for a request: the median of {arguments.rounds} rounds, and of their ratios"
    )
    print(f"{'':<24}{arguments.against:>12}{'now':>18}{'in a sandbox':>18}")
    for kind in rounds[0][0]:
        base, *others = zip(*([figures[kind] for figures in one] for one in rounds), strict=True)
        shown = ""
        for found in others:
            ratio = statistics.median(a / b for a, b in zip(found, base, strict=True))
            shown += f"{statistics.median(found):>11.1f} ({ratio:.2f})"
        print(f"{kind:<24}{statistics.median(base):>12.1f}{shown}")


if __name__ == "__main__":
    main()
