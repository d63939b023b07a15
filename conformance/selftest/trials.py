"""Every defect and every legal variation is tried: what does the suite say of it?"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from multiprocessing import get_context
from pkgutil import iter_modules

from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import CheckResult, Status
from conformance.selftest import defects, variations
from conformance.selftest.changes import CHANGES, Change, Defect, Variation, build, groups
from conformance.selftest.stage import Stage, perform

BASELINE = "the reference itself"
_A_MUST = "get-user/members"
"""It is tried beside what only should be: a run that verifies no MUST is incomplete."""


@dataclass(frozen=True)
class Trial:
    """The outcome of the trial of one service.

    Attributes:
        id: Of the defect or variation, or BASELINE.
        exit_code: The suite's.
        failed: The requirements that failed, each with the checks that failed it.
        unverified: The requirements that could not be tried to the end.
        checks: The requirements with all their checks; of the baseline alone.
        seconds: How long it took; a group of variations shares its time.
        trouble: What went wrong with the trial itself; empty if nothing did.
    """

    id: str
    exit_code: int
    failed: dict[str, tuple[str, ...]]
    unverified: tuple[str, ...]
    checks: dict[str, tuple[str, ...]]
    seconds: float
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """The manner of trying.

    Attributes:
        max_examples: Generated requests per operation and kind.
        full: Whether a defect meets all checks, and not only those of the requirements that it breaks, and
            a variation is tried alone, where it has to show that it is different.
        parallel: Whether several requests are sent at once, as in a run of the suite; else one by one.
    """

    max_examples: int
    full: bool = False
    parallel: bool = False


def load() -> None:
    """Read all defects and variations into CHANGES, in the order of their modules."""
    for package in (defects, variations):
        for module in sorted(one.name for one in iter_modules(package.__path__)):
            import_module(f"{package.__name__}.{module}")


def trials(names: Sequence[str], processes: int, manner: Manner) -> Iterator[Trial]:
    """Try the baseline, and the defects and variations of some names, in so many processes.

    With a few defects alone, the reference meets their checks alone.
    """
    load()
    chosen = [CHANGES[name] for name in names]
    legal = [one for one in chosen if isinstance(one, Variation)]
    together = [[one] for one in legal] if manner.full else groups(legal)
    # The longest first, so that the last ones are short.
    jobs = [(BASELINE,), *(tuple(one.id for one in group) for group in together)]
    jobs += [(one.id,) for one in chosen if isinstance(one, Defect)]
    few = not legal and not manner.full
    needed = dict.fromkeys(one for name in names for one in getattr(CHANGES[name], "breaks", ()))
    attempt = partial(_attempt, manner=manner, baseline=(*needed, _A_MUST) if few else ())
    if processes == 1:
        for job in jobs:
            yield from attempt(job)
        return
    # Spawned, not forked: a worker starts from nothing, whatever the caller has open.
    with ProcessPoolExecutor(processes, get_context("spawn"), _start) as pool:
        for found in pool.map(attempt, jobs):
            yield from found


def _start() -> None:
    """Import everything once: the collector need not look at it for each of the many runs."""
    load()
    gc.freeze()


def _attempt(job: Sequence[str], manner: Manner, baseline: tuple[str, ...]) -> list[Trial]:
    """Try the reference, one change, or several variations at once, and one by one if they are accused."""
    if len(job) > 1:
        together = _try(job, manner)
        misses = {
            name: change.misses for name in job if isinstance(change := CHANGES[name], Variation)
        }
        expected = {one for each in misses.values() for one in each}
        if together.exit_code == 0 and set(together.failed) == expected and not together.trouble:
            share = replace(together, seconds=round(together.seconds / len(job), 3))
            return [
                replace(share, id=name, failed={one: together.failed[one] for one in missed})
                for name, missed in misses.items()
            ]
    if job == (BASELINE,):
        return [_try(job, manner, baseline)]
    return [_try_alone(name, manner) for name in job]


def _try_alone(name: str, manner: Manner) -> Trial:
    """Try one service: a defect with the checks of what it breaks, and with more where these do not lead up to it."""
    change = CHANGES[name]
    if manner.full or not isinstance(change, Defect):
        return _try([name], manner)
    must = any(catalogue()[one].level == "MUST" for one in change.breaks)
    for only in (change.breaks, change.may_break):
        trial = _try([name], manner, only if must else (*only, _A_MUST))
        if set(change.breaks) <= set(trial.failed):
            return trial
    return _try([name], manner)


def _try(job: Sequence[str], manner: Manner, only: tuple[str, ...] = ()) -> Trial:
    begun = time.monotonic()
    changes = [CHANGES[name] for name in job if name != BASELINE]
    stage = perform(
        build(changes),
        only=only,
        max_examples=manner.max_examples,
        parallel=manner.parallel,
        shrinking=0,
    )
    seconds = round(time.monotonic() - begun, 3)
    name = " + ".join(job)
    if stage.result is None:
        trouble = f"the suite could not be run: {stage.error}"
        return Trial(name, 2, {}, (), {}, seconds, trouble)
    found = {one.requirement.id: one for one in stage.result.requirements}
    decided = (Status.PASSED, Status.FAILED)
    return Trial(
        name,
        stage.result.exit_code,
        {
            requirement: _names(one.checks, Status.FAILED)
            for requirement, one in found.items()
            if one.status is Status.FAILED
        },
        tuple(name for name, one in found.items() if one.status not in decided),
        {} if changes else {name: _names(one.checks, *Status) for name, one in found.items()},
        seconds,
        _trouble(changes[0] if manner.full and changes else None, stage, manner.max_examples),
    )


def _trouble(change: Change | None, stage: Stage, max_examples: int) -> str:
    """Return what is wrong with the change itself, or an empty text."""
    if stage.crashes:
        return f"it failed otherwise than it was meant to: {stage.crashes[0]}"
    if not isinstance(change, Variation) or not change.visible:
        return ""
    same = stage.answers == _answers_of_the_reference(max_examples)
    return "no answer tells it from the reference" if same else ""


@cache
def _answers_of_the_reference(max_examples: int) -> list[int]:
    return perform(build([]), max_examples=max_examples).answers


def _names(checks: Sequence[CheckResult], *statuses: Status) -> tuple[str, ...]:
    """Return the names of the checks with some statuses without their parameters, each once."""
    names = (check.name.partition(" [")[0] for check in checks if check.status in statuses)
    return tuple(dict.fromkeys(names))
