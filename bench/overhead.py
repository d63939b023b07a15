"""`python -m bench.overhead`: what sandboxes, faults and the journal cost those who do not use them.

They stand in the way of every request. The server of this checkout is measured against the one of a commit
without them, and a caller who names a sandbox against one who does not: in turn, several rounds, each in a
process of its own. See `bench/in_process.py` for what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEASURE = Path(__file__).parent / "in_process.py"


@contextmanager
def tree_of(revision: str) -> Iterator[Path]:
    """The files of a commit, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "archive", revision]
        archive = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


def measure(tree: Path, prefix: str = "") -> dict[str, float]:
    """The microseconds for each kind of request, by the server of a source tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, str(MEASURE), *([prefix] if prefix else [])]
    output = subprocess.run(
        command, cwd=tree, env=environment, check=True, stdout=subprocess.PIPE
    ).stdout
    figures: dict[str, float] = json.loads(output)
    return figures


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=main.__doc__)
    parser.add_argument("--against", default="15f5f3d", help="a commit without the workbench")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rounds: dict[str, list[dict[str, float]]] = {"without": [], "unused": [], "in a sandbox": []}
    with tree_of(arguments.against) as tree:
        for _ in range(arguments.rounds):
            rounds["without"].append(measure(tree))
            rounds["unused"].append(measure(ROOT))
            rounds["in a sandbox"].append(measure(ROOT, "/~somebody"))
    print(f"microseconds for a request, the best of {arguments.rounds} rounds")
    print(f"{'':<24}{arguments.against:>12}{'unused':>18}{'in a sandbox':>18}")
    for kind in rounds["without"][0]:
        best = [min(figures[kind] for figures in one) for one in rounds.values()]
        shown = "".join(f"{figure:>11.1f} ({figure / best[0]:.2f})" for figure in best[1:])
        print(f"{kind:<24}{best[0]:>12.1f}{shown}")


if __name__ == "__main__":
    main()
