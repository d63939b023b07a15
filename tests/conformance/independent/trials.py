"""The suite against every change of this server: each defect must be found, each variation pass.

python -m tests.conformance.independent.trials [NAME]... [--max-examples N] [--processes N] [--full]

Prints what the suite got wrong; exit 1 if there is any.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.plugin import Plugin
from conformance.results import Status
from conformance.settings import Settings
from conformance.suite import run_suite
from tests.conformance.independent.catalogue import Change, build
from tests.conformance.independent.defects import DEFECTS
from tests.conformance.independent.targets import target
from tests.conformance.independent.variations import VARIATIONS
from tests.conformance.independent.wire import Server

# What pytest does around each check, and nobody needs here.
_QUICK = ("-pno:logging", "-pno:unraisableexception", "-pno:threadexception", "-pno:debugging")

LEFT_OUT = {
    "sign_up_stays": "it shows only when the address that an account came with is deleted, and the "
    "suite touches no address but its own",
    "form_semicolon": "a semicolon that parts the members of a form is an older reading of forms",
    "trailing_comma_taken": "the documented examples end so",
    "text_joiners": "somebody may count format characters as control characters",
    "text_formats": "somebody may count format characters as control characters",
    "string_is_true": "only false has to be refused by anyone's reading",
    "one_is_true": "only false has to be refused by anyone's reading",
    "truthy_is_true": "only false has to be refused by anyone's reading",
    "nan_taken": "parsers in wide use take NaN, and nothing becomes of it",
    "gravatar_signed": "a picture that has another address each time cannot be compared",
    "empty_profile_stays": "what could not be put back is not tried: exit code 3",
    "long_profile_stays": "what could not be put back is not tried: exit code 3",
    "bare_url_stays": "what could not be put back is not tried: exit code 3",
    "spaced_profile_stays": "nobody sees beforehand that it is not put back as it was: exit code 3",
}
"""Changes that the suite does not judge as it should, and why not."""


@dataclass(frozen=True)
class Trial:
    """What the suite said of one server.

    Attributes:
        name: Of the changes.
        exit_code: The suite's.
        failed: The requirements that failed, with what was found.
        unverified: The requirements that could not be tried to the end, with the reason.
        notes: What else the suite said.
        seconds: How long it took.
    """

    name: str
    exit_code: int
    failed: tuple[str, ...]
    unverified: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        lines = [f"{self.name}: exit code {self.exit_code}, {self.seconds:.1f} s"]
        lines += [f"    {line}" for line in (*self.failed, *self.unverified, *self.notes)]
        return "\n".join(lines)


def attempt(
    changes: Sequence[str], *, max_examples: int = 8, seed: int = 1, hasty: bool = False
) -> Trial:
    """Run the suite against the server with some changes.

    Args:
        changes: Names of variations and of a defect.
        max_examples: Generated requests per operation and kind.
        seed: Of the generated requests.
        hasty: Whether the run ends with the first failure.
    """
    found = [find(name) for name in changes]
    with Server(build(found)) as server, TemporaryDirectory() as folder:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            path = Path(folder, "target.yaml")
            path.write_text(target(server.url, server.service.seed), "utf-8")
            plugin = Plugin(Settings(path, seed=seed, max_examples=max_examples))
            run_suite(plugin, more=[*_QUICK, *(["-x"] if hasty else [])])
        finally:
            server.shutdown()
    result = plugin.result
    told = [] if result is None else result.requirements
    return Trial(
        " + ".join(changes) or "the server as it is",
        plugin.exit_code,
        tuple(
            f"{one.requirement.id}: {check.message}"
            for one in told
            for check in one.checks
            if check.status is Status.FAILED
        ),
        tuple(
            f"{one.requirement.id} [{one.status.value}]"
            for one in told
            if one.status is Status.NOT_VERIFIED
        )
        if not hasty
        else (),
        (*([plugin.error] if plugin.error else []), *(result.notes if result else ())),
        0.0 if result is None else result.duration_s,
    )


def find(name: str) -> Change:
    """A variation or a defect by its name."""
    return VARIATIONS.changes.get(name) or DEFECTS.find(name)


def attempts(
    names: Sequence[Sequence[str]], processes: int, *, max_examples: int, hasty: bool
) -> Iterator[Trial]:
    """Try many servers, in several processes."""
    one = partial(attempt, max_examples=max_examples, hasty=hasty)
    with ProcessPoolExecutor(processes, get_context("spawn"), _quiet) as pool:
        yield from pool.map(one, names)


def _quiet() -> None:
    logging.disable(logging.WARNING)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all, or what is named; print what was got wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--max-examples", type=int, default=8)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--full", action="store_true", help="do not end at the first failure")
    chosen = parser.parse_args(arguments)
    known = [n for n in (*DEFECTS.changes, *VARIATIONS.changes) if n not in LEFT_OUT]
    defects = [name for name in chosen.names or known if name in DEFECTS.changes]
    variations = [name for name in chosen.names or known if name not in defects]
    wrong = 0
    for names, right in ((variations, 0), (defects, 1)):
        runs = attempts(
            [[name] for name in names],
            chosen.processes,
            max_examples=chosen.max_examples,
            hasty=right == 1 and not chosen.full,
        )
        good = 0
        for trial in runs:
            good += trial.exit_code == right
            if trial.exit_code != right or chosen.names:
                sys.stdout.write(f"{trial}\n")
                sys.stdout.flush()
        wrong += len(names) - good
        sys.stdout.write(f"{good} of {len(names)} right (exit code {right})\n")
    for name, reason in LEFT_OUT.items() if not chosen.names else ():
        sys.stdout.write(f"not tried: {name}: {reason}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
