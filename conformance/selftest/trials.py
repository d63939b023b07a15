"""Every defect and every legal variation is tried: what does the suite say of it?"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context

from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import CheckResult, Status
from conformance.selftest.changes import CHANGES, Defect, Variation, build, groups
from conformance.selftest.defects import load as load_defects
from conformance.selftest.stage import Performance, perform
from conformance.selftest.variations import load as load_variations

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
    """Read all defects and variations into CHANGES."""
    load_defects()
    load_variations()


def trials(names: Sequence[str], processes: int, manner: Manner) -> Iterator[Trial]:
    """Try the baseline, and the defects and variations of some names, in so many processes."""
    load()
    chosen = [CHANGES[name] for name in names]
    variations = [one for one in chosen if isinstance(one, Variation)]
    together = [[one] for one in variations] if manner.full else groups(variations)
    # The longest first, so that the last ones are short.
    jobs = [(BASELINE,), *(tuple(one.id for one in group) for group in together)]
    jobs += [(one.id,) for one in chosen if isinstance(one, Defect)]
    attempt = partial(_attempt, manner=manner)
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


def _attempt(job: Sequence[str], manner: Manner) -> list[Trial]:
    """Try the reference, one change, or several variations at once, and one by one if they are accused."""
    if len(job) > 1:
        together = _try(job, manner)
        changes = [CHANGES[name] for name in job]
        misses = {
            one for change in changes if isinstance(change, Variation) for one in change.misses
        }
        if together.exit_code == 0 and set(together.failed) == misses and not together.trouble:
            share = replace(together, seconds=round(together.seconds / len(job), 3))
            return [
                replace(
                    share,
                    id=change.id,
                    failed={one: together.failed[one] for one in change.misses},
                )
                for change in changes
                if isinstance(change, Variation)
            ]
    return [_try_alone(name, manner) for name in job]


def _try_alone(name: str, manner: Manner) -> Trial:
    """Try one service: a defect with the checks of what it breaks, and with more where these do not lead up to it."""
    change = CHANGES.get(name)
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
    performance = perform(
        build(changes),
        only=only,
        max_examples=manner.max_examples,
        parallel=manner.parallel,
        shrinking=0,
    )
    seconds = round(time.monotonic() - begun, 3)
    name = " + ".join(job)
    result = performance.result
    if result is None:
        trouble = f"the suite could not be run: {performance.error}"
        return Trial(name, 2, {}, (), {}, seconds, 0, trouble)
    return Trial(
        name,
        result.exit_code,
        {
            one.requirement.id: _names(one.checks, Status.FAILED)
            for one in result.requirements
            if one.status is Status.FAILED
        },
        tuple(
            one.requirement.id
            for one in result.requirements
            if one.status not in (Status.PASSED, Status.FAILED)
        ),
        {} if changes else {one.requirement.id: _names(one.checks) for one in result.requirements},
        seconds,
        result.requests,
        _trouble(changes[0] if manner.full and changes else None, performance, manner.max_examples),
    )


def _trouble(change: Defect | Variation | None, performance: Performance, max_examples: int) -> str:
    """Return what is wrong with the change itself, or an empty text."""
    if performance.crashes:
        return f"it failed otherwise than it was meant to: {performance.crashes[0]}"
    if not isinstance(change, Variation) or not change.visible:
        return ""
    same = performance.answers == _answers_of_the_reference(max_examples)
    return "no answer tells it from the reference" if same else ""


@cache
def _answers_of_the_reference(max_examples: int) -> tuple[int, ...]:
    return perform(build([]), max_examples=max_examples).answers


def _names(checks: Sequence[CheckResult], status: Status | None = None) -> tuple[str, ...]:
    """Return the names of checks without their parameters, each once."""
    names = [
        check.name.partition(" [")[0]
        for check in checks
        if status is None or check.status is status
    ]
    return tuple(dict.fromkeys(names))
