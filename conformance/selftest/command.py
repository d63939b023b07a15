"""`conformance selftest`: run the suite against every defect and every legal variation."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import INTERRUPTED
from conformance.selftest.changes import CHANGES
from conformance.selftest.matrix import Matrix
from conformance.selftest.page import page
from conformance.selftest.trials import Manner, Trial, load, trials
from conformance.settings import count

FOUND, NOT_FOUND, USAGE = 0, 1, 2

_MAX_EXAMPLES = 2
"""Generated requests per operation and kind: what is planted is found by few, and runs are many."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0: every defect was found by the requirements that it names, and no variation was accused.
        1: something was not found, or accused wrongly. 2: usage.
    """
    try:
        chosen = _parser().parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    load()
    names = [name for name in CHANGES if _is_chosen(name, chosen.only)]
    unknown = [path for path in chosen.report if path.suffix not in (".html", ".json")]
    if unknown or not names:
        problem = f"{unknown[0]}: a report is .html or .json" if unknown else "nothing is called so"
        sys.stderr.write(f"conformance selftest: {problem}\n")
        return USAGE
    if chosen.list:
        sys.stdout.writelines(f"{name}: {CHANGES[name].sentence}\n" for name in names)
        return FOUND
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(names, chosen)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(names: Sequence[str], chosen: argparse.Namespace) -> int:
    """Try defects and variations, print the matrix in short, and write the reports."""
    begun = time.monotonic()
    done: list[Trial] = []
    manner = Manner(chosen.max_examples, chosen.full, chosen.parallel)
    for trial in trials(names, chosen.processes, manner):
        done.append(trial)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{len(done)} of {len(names) + 1} servers tried")
            sys.stderr.flush()
    matrix = Matrix(catalogue(), CHANGES, done, complete=not chosen.only)
    complaints = list(matrix.complaints())
    seconds = time.monotonic() - begun
    _print(matrix, complaints, seconds)
    for path in chosen.report:
        as_page = path.suffix == ".html"
        text = page(matrix, seconds) if as_page else json.dumps(matrix.to_data(), indent=2)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        sys.stdout.write(f"written: {path}\n")
    return NOT_FOUND if complaints else FOUND


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End in an orderly way: the processes that try the servers must not outlive this one."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="conformance selftest",
        description="Show that the suite finds planted defects, and accuses no legal variation.",
        epilog="Exit codes: 0 all as it should be, 1 something not found or accused wrongly, 2 usage.",
    )
    add = parser.add_argument
    several: dict[str, Any] = {"action": "append", "default": []}
    only = "try this defect or variation, or all whose ids (or broken requirements) begin so"
    report = "write the kill matrix as a page (.html) or as data (.json); may be given again"
    processes = "how many are tried at the same time (default: one per processor)"
    examples = f"generated requests per operation and kind (default: {_MAX_EXAMPLES})"
    full = "let each defect meet all checks, not only those of what it breaks; try each variation alone"
    parallel = "send several requests at once, as a run does, and find the same"
    listed = "list the defects and variations, and try none"
    add("--only", metavar="ID_OR_PREFIX", help=only, **several)
    add("--report", metavar="FILE", type=Path, help=report, **several)
    add("--processes", metavar="N", type=count, default=os.cpu_count() or 1, help=processes)
    add("--max-examples", metavar="N", type=count, default=_MAX_EXAMPLES, help=examples)
    add("--full", action="store_true", help=full)
    add("--parallel", action="store_true", help=parallel)
    add("--list", action="store_true", help=listed)
    return parser


def _is_chosen(name: str, choices: Sequence[str]) -> bool:
    """Tell whether a choice is a name, or where there is none, begins it or what it breaks."""
    breaks = getattr(CHANGES[name], "breaks", ())
    return not choices or any(
        name == choice
        if choice in CHANGES
        else any(one.startswith(choice) for one in (name, *breaks))
        for choice in choices
    )


def _print(matrix: Matrix, complaints: Sequence[str], seconds: float) -> None:
    stream = sys.stdout
    numbers = matrix.summary()
    for check in matrix.checks:
        found = f"{len(check.finds):>4} found, {len(check.alone):>3} by it alone"
        stream.write(f"{found}  {check.name}\n")
    stream.write(
        f"\n{numbers['found']} of {numbers['defects']} defects found by the requirements that they name; "
        f"{numbers['passed']} of {numbers['variations']} legal variations pass.\n"
        f"{numbers['broken_by_a_defect']} of {numbers['requirements']} requirements are broken by a defect; "
        f"{numbers['finding_alone']} of {numbers['checks']} checks find something alone.\n"
        if not complaints
        else f"\n{len(complaints)} complaints:\n"
    )
    stream.writelines(f"  {complaint}\n" for complaint in complaints)
    stream.write(f"{seconds:.0f} s\n")


if __name__ == "__main__":
    sys.exit(main())
