"""Each mutant and each variation is tried: does it tell, and what does the suite say of it?"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context

from conformance.selftest.builds import Mutant, Variation
from conformance.selftest.defects import MUTANTS
from conformance.selftest.probe import Seen, Unmeant, difference, observe
from conformance.selftest.stage import Broken, perform
from conformance.selftest.variations import VARIATIONS
from conformance.requirements import catalogue
from conformance.results import CheckResult, Status

BASELINE = "the mock server itself"
Subject = Mutant | Variation


@dataclass(frozen=True)
class Trial:
    """What became of one server.

    Attributes:
        id: Of the mutant or variation, or BASELINE.
        exit_code: The suite's.
        failed: The requirements that failed, each with the checks that failed it.
        unverified: The requirements that could not be tried to the end.
        checks: The requirements with all their checks; of the baseline alone.
        seconds: How long it took.
        requests: How many requests the suite sent.
        trouble: What went wrong with the trial itself; empty if nothing did.
    """

    id: str
    exit_code: int
    failed: dict[str, tuple[str, ...]]
    unverified: tuple[str, ...]
    checks: dict[str, tuple[str, ...]]
    seconds: float
    requests: int
    trouble: str = ""


def subjects() -> dict[str, Subject]:
    """All mutants and variations by their ids."""
    everything: tuple[Subject, ...] = (*MUTANTS, *VARIATIONS)
    return {one.id: one for one in everything}


def trials(
    names: Sequence[str], processes: int, max_examples: int, *, full: bool = True
) -> Iterator[Trial]:
    """Try the servers of some names, in several processes; in the order of the names.

    Unless in full, a mutant meets only the checks of the requirements that it breaks.
    """
    attempt = partial(_try, max_examples=max_examples, full=full)
    if processes == 1:
        yield from map(attempt, names)
        return
    # Spawned, not forked: a worker starts from nothing, whatever the caller has open.
    with ProcessPoolExecutor(processes, get_context("spawn"), _quiet) as pool:
        yield from pool.map(attempt, names)


def _quiet() -> None:
    """What is imported stays: the collector need not look at it for each of the many runs."""
    subjects()
    gc.freeze()
    # The parser of multipart forms warns of each that it refuses.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def _try(name: str, max_examples: int, *, full: bool) -> Trial:
    begun = time.monotonic()
    subject = subjects().get(name)
    change = None if subject is None else subject.change
    trouble = "" if subject is None else _unseen(subject)
    try:
        only = () if full else _narrow(subject)
        performance = perform(change, only=only, max_examples=max_examples)
    except Broken as error:
        seconds = time.monotonic() - begun
        return Trial(name, 2, {}, (), {}, seconds, 0, f"the suite could not be run: {error}")
    if performance.defects:
        trouble = f"it failed otherwise than it was meant to: {performance.defects[0]}"
    result = performance.result
    failed = {
        one.requirement.id: _names(one.checks, Status.FAILED)
        for one in result.requirements
        if one.status is Status.FAILED
    }
    unverified = tuple(
        one.requirement.id
        for one in result.requirements
        if one.status not in (Status.PASSED, Status.FAILED)
    )
    checks = (
        {one.requirement.id: _names(one.checks) for one in result.requirements}
        if subject is None
        else {}
    )
    return Trial(
        name,
        result.exit_code,
        failed,
        unverified,
        checks,
        round(time.monotonic() - begun, 3),
        result.requests,
        trouble,
    )


def _narrow(subject: Subject | None) -> tuple[str, ...]:
    """The requirements that are tried, unless in full: those that a mutant breaks.

    Where all of these are SHOULDs everything is tried, since nothing else may be found to fail.
    """
    if not isinstance(subject, Mutant):
        return ()
    levels = {catalogue()[requirement].level for requirement in subject.breaks}
    return subject.breaks if "MUST" in levels else ()


def _names(checks: Sequence[CheckResult], status: Status | None = None) -> tuple[str, ...]:
    """The names of checks without their parameters, each once."""
    names = [
        check.name.partition(" [")[0]
        for check in checks
        if status is None or check.status is status
    ]
    return tuple(dict.fromkeys(names))


def _unseen(subject: Subject) -> str:
    """Why a server does not tell itself from the mock server; empty if it does."""
    if isinstance(subject, Variation) and not subject.visible:
        return ""
    try:
        found = difference(subject.change, _base())
    except Unmeant as error:
        return f"it failed otherwise than it was meant to: {error}"
    return "" if found is not None else "no request of the probe tells it from the mock server"


@cache
def _base() -> tuple[Seen, ...]:
    return tuple(observe(None))
