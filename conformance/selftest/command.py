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
from typing import NoReturn

from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import INTERRUPTED
from conformance.selftest.changes import CHANGES
from conformance.selftest.matrix import Matrix, read_justifications
from conformance.selftest.page import page
from conformance.selftest.trials import Trial, load, trials
from conformance.settings import count

FOUND, NOT_FOUND, USAGE = 0, 1, 2

_MAX_EXAMPLES = 2
"""Generated requests per operation and kind: what is planted is found by few, and runs are many."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command.

    Returns:
        0: every defect was found by the requirements that it names, and no variation was accused.
        1: something was not found, or accused wrongly. 2: usage.
    """
    parser = _parser()
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    load()
    names = _chosen(chosen.only)
    unknown = [path for path in chosen.report if path.suffix not in (".html", ".json")]
    if unknown or not names:
        problem = f"{unknown[0]}: a report is .html or .json" if unknown else "nothing is called so"
        sys.stderr.write(f"conformance selftest: {problem}\n")
        return USAGE
    if chosen.list:
        for name in names:
            sys.stdout.write(f"{name}: {CHANGES[name].sentence}\n")
        return FOUND
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run_selftest(
            names,
            reports=chosen.report,
            processes=chosen.processes,
            max_examples=chosen.max_examples,
            full=chosen.full,
            complete=not chosen.only,
        )
    except KeyboardInterrupt:
        return INTERRUPTED


def run_selftest(
    names: Sequence[str],
    *,
    reports: Sequence[Path],
    processes: int,
    max_examples: int,
    full: bool,
    complete: bool,
) -> int:
    """Try defects and variations, print the matrix in short, and write the reports.

    Args:
        names: Of the defects and variations to try.
        reports: Files to write: .html or .json.
        processes: How many try them at the same time.
        max_examples: Generated requests per operation and kind.
        full: Whether each defect meets all checks, and not only those of what it breaks.
        complete: Whether these are all, so that gaps are complained of.

    Returns:
        0, or 1 if something was not found, or accused wrongly.
    """
    begun = time.monotonic()
    done: list[Trial] = []
    for trial in trials(names, processes, max_examples, full=full):
        done.append(trial)
        _show_progress(len(done), len(names) + 1)
    matrix = Matrix(catalogue(), CHANGES, done, read_justifications(), complete=complete, full=full)
    complaints = list(matrix.complaints())
    seconds = time.monotonic() - begun
    _print(matrix, complaints, seconds)
    for path in reports:
        data = matrix.to_data()
        text = page(matrix, seconds) if path.suffix == ".html" else json.dumps(data, indent=2)
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
    parser.add_argument(
        "--only",
        metavar="ID_OR_PREFIX",
        action="append",
        default=[],
        help="try this defect or variation, or all whose ids (or broken requirements) begin so",
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        action="append",
        default=[],
        type=Path,
        help="write the kill matrix as a page (.html) or as data (.json); may be given again",
    )
    parser.add_argument(
        "--processes",
        metavar="N",
        type=count,
        default=os.cpu_count() or 1,
        help="how many are tried at the same time (default: one per processor)",
    )
    parser.add_argument(
        "--max-examples",
        metavar="N",
        type=count,
        default=_MAX_EXAMPLES,
        help=f"generated requests per operation and kind (default: {_MAX_EXAMPLES})",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="let each defect meet all checks, and not only those of what it breaks; try each variation alone",
    )
    parser.add_argument(
        "--list", action="store_true", help="list the defects and variations, and try none"
    )
    return parser


def _chosen(choices: Sequence[str]) -> list[str]:
    """The names that are chosen: by the name itself, else by the beginning of it or of what is broken."""
    known = CHANGES

    def matches(name: str, choice: str) -> bool:
        if choice in known:
            return name == choice
        breaks = getattr(known[name], "breaks", ())
        return any(one.startswith(choice) for one in (name, *breaks))

    return [
        name for name in known if not choices or any(matches(name, choice) for choice in choices)
    ]


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {total} servers tried" + ("\n" if done == total else ""))
        sys.stderr.flush()


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
        f"{numbers['finding_alone']} of {numbers['checks']} checks find something alone, "
        "and the others are justified.\n"
        if not complaints
        else f"\n{len(complaints)} complaints:\n"
    )
    stream.writelines(f"  {complaint}\n" for complaint in complaints)
    stream.write(f"{seconds:.0f} s\n")


if __name__ == "__main__":
    sys.exit(main())
