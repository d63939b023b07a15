"""The plan of a run: the checks of the chosen requirements, in the order in which they run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from importlib import import_module

from conformance.checks import MODULES
from conformance.checks.support.context import CheckContext
from conformance.checks.support.marking import Check, Task, checks_of

_REQUESTS_PER_EXAMPLE = 30  # one after the other, for an example of each operation and kind
_FEW = 8
_MOST = 1000


def checks() -> Iterator[tuple[str, Check]]:
    """Yield the checks with the names of their modules, as they are declared."""
    for name in MODULES:
        for check in checks_of(import_module(f"conformance.checks.{name}")):
            yield name, check


def plan(run: CheckContext, chosen: AbstractSet[str]) -> list[Task]:
    """Return the repetitions of checks that are about chosen requirements; what is generated comes last."""
    tasks = [
        task
        for _, check in checks()
        if any(map(check.is_about, chosen))
        for task in check.tasks(run)
        if not chosen.isdisjoint(task.ids)
    ]
    return sorted(tasks, key=lambda task: task.check.generated)


def quick(tasks: Sequence[Task], musts: AbstractSet[str]) -> list[Task]:
    """Return a few tasks that are about all of some requirements, as far as there are tasks; in their order."""
    chosen: set[int] = set()
    left = {one for one in musts if any(one in task.ids for task in tasks)}
    plain = [one for one in tasks if not one.check.generated]
    while left:
        # What is refused anyway is sent at once; what changes something takes its time.
        best = max(plain, key=lambda task: (len(left & set(task.ids)), not task.writes))
        chosen.add(id(best))
        left -= set(best.ids)
    return [one for one in tasks if id(one) in chosen]


def examples(seconds: float, per_request: float, budget: int | None) -> int:
    """Return how many examples of each kind can be generated and sent in some time.

    Args:
        seconds: What is left of the budget.
        per_request: The seconds that a request takes.
        budget: The budget, if one was given; else a few are enough.
    """
    possible = int(seconds / max(per_request * _REQUESTS_PER_EXAMPLE, 0.001))
    return max(1, min(possible, _MOST if budget is not None else _FEW))
