"""Lanes: tasks that run at the same time, over several connections.

First all that is refused anyway, since it changes nothing; then what changes one part of one account, a
lane for each part, and beside them all wrong passwords, one by one; then what changes one account as a
whole. A task counts only if all of it passes here, and if both accounts are as they must be at all times:
any other is run again alone, where what is wrong can be told.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from conformance.account.restore_file import Record
from conformance.account.restorer import Part
from conformance.catalogue.requirements import slug
from conformance.catalogue.results import CheckResult, Status
from conformance.checks.support.context import CheckContext
from conformance.checks.support.ground import Prepared
from conformance.checks.support.judge import Deferred, Guessing, NotVerified
from conformance.checks.support.marking import Task
from conformance.target.target import Target
from conformance.wire.threads import do_together
from conformance.wire.transport import TransportError

_CHUNK = 8  # tasks of a lane after which its account is read
_GOOD = (Status.PASSED, Status.NOT_CONFIGURED)

Perform = Callable[[CheckContext, Task], list[CheckResult]]
Value = TypeVar("Value")
Done = tuple[Task, list[CheckResult]]


def run_in_lanes(run: CheckContext, tasks: Sequence[Task], perform: Perform) -> Iterator[Done]:
    """Run what can run at the same time; yield each task that passes, with its results.

    Args:
        run: The context, with both accounts at rest.
        tasks: Any; those that are not yielded are to be run alone.
        perform: Runs one task once. Raises Deferred.
    """
    if not run.client.parallel or run.connections < 2:
        return
    chosen = [one for one in tasks if not (one.check.generated or one.check.last)]
    writing = [] if run.prepared.no_writes else [one for one in chosen if one.writes]
    # What cannot be prepared is told by the checks, one by one.
    with contextlib.suppress(NotVerified, TransportError):
        if writing:
            for role in run.roles:
                run.standing(role)
            run.settle()
        found, guesses = _frozen(run, chosen, perform)
        yield from found
        left = _without(writing, [*guesses, *(task for task, _ in found)])
        done = _write(run, _by_part(run, left), guesses, perform)
        if done is not None:
            yield from done
            left = _without(left, [task for task, _ in done])
            yield from _write(run, {"all": left}, (), perform) or ()
    if writing:
        with contextlib.suppress(NotVerified, TransportError):
            run.leave()


def _without(tasks: Sequence[Task], others: Sequence[Task]) -> list[Task]:
    known = set(map(id, others))
    return [one for one in tasks if id(one) not in known]


def _by_part(run: CheckContext, tasks: Sequence[Task]) -> dict[Part, list[Task]]:
    """Return the tasks by the part of an account that their first requirement is about."""
    operations = {slug(one): one for one in run.operations}
    parts: dict[Part, list[Task]] = {}
    for task in tasks:
        operation = operations.get(task.ids[0].partition("/")[0])
        if operation is not None:
            parts.setdefault(run.descriptions[operation].touches, []).append(task)
    return parts


def _frozen(
    run: CheckContext, tasks: Sequence[Task], perform: Perform
) -> tuple[list[Done], list[Task]]:
    """Run what changes nothing, in as many lanes as there are connections.

    Returns:
        The tasks that pass with their results, and those that send wrong passwords, which are not run here.
    """
    queue, guesses = deque(tasks), list[Task]()

    def work(_number: int) -> list[Done]:
        lane = _frozen_lane(run)
        lane.may_guess = False
        found = []
        while task := _next(lane, queue):
            try:
                results = _attempt(lane, task, perform)
            except Guessing:
                guesses.append(task)
                continue
            if results is not None:
                found.append((task, results))
        return found

    works = [partial(work, number) for number in range(run.connections)]
    found = [one for some in _in_threads(run, works) for one in some]
    return found if _is_at_rest(run) else [], guesses


def _write(
    run: CheckContext,
    parts: Mapping[Part, Sequence[Task]],
    guesses: Sequence[Task],
    perform: Perform,
) -> list[Done] | None:
    """Run what changes a part of one account, each in a lane of its own, and wrong passwords beside them.

    Returns:
        The tasks that pass, with their results; None if something was not as it must be.
    """
    sides = (False, True) if run.target.other is not None else (False,)
    guessing = deque(guesses)
    guessers = [_frozen_lane(run, turned=one) for one in sides] if guesses else []
    lanes = []
    for part, tasks in parts.items():
        queue = deque(tasks)
        for one in sides if tasks else ():
            lane = _lane(run, turned=one)
            lane.within = part
            lanes.append((lane, queue))
    surprised = threading.Event()

    def guess(lane: CheckContext) -> list[Done]:
        found: list[Done] = []
        while not surprised.is_set() and (task := _next(lane, guessing)):
            results = _attempt(lane, task, perform)
            if results is not None:
                found.append((task, results))
        return found

    def work(lane: CheckContext, queue: deque[Task]) -> list[Done]:
        lane.alone = lane.lax = True
        found: list[Done] = []
        chunk: list[Done] = []

        def verify() -> None:
            lane.verify()
            if lane.surprise:
                surprised.set()
            found.extend(chunk)
            chunk.clear()

        while not surprised.is_set() and (task := _next(lane, queue)):
            results = _attempt(lane, task, perform)
            if lane.surprise:
                surprised.set()
            elif results is not None:
                chunk.append((task, results))
            if len(chunk) >= _CHUNK:
                verify()
        verify()
        lane.leave()
        return found

    works = [
        *(partial(work, *lane) for lane in lanes),
        *(partial(guess, lane) for lane in guessers),
    ]
    found = [one for some in _in_threads(run, works) for one in some]
    # What is not as it must be in one lane may be the work of another.
    return found if _is_at_rest(run) and not surprised.is_set() else None


def _attempt(lane: CheckContext, task: Task, perform: Perform) -> list[CheckResult] | None:
    """Run a task once; return its results if all of it passed."""
    try:
        results = perform(lane, task)
    except Guessing:
        raise
    except Deferred:
        with contextlib.suppress(NotVerified, TransportError):
            lane.settle()
        return None
    good = all(one.status in _GOOD for one in results) and not lane.surprise
    return results if good and results else None


def _is_at_rest(run: CheckContext) -> bool:
    """Read what a context looks at; return whether it is as it must be, and put it back if not."""
    try:
        run.verify()
        calm = not run.surprise
        run.forget()
        run.settle()
        run.verify()
    except (NotVerified, TransportError):
        return False
    return calm


def _lane(run: CheckContext, *, turned: bool = False) -> CheckContext:
    """Return a context for a thread of its own; if it is turned, the accounts are in each other's place."""
    target, prepared = _swapped(run) if turned else (run.target, run.prepared)
    turn = _turned if turned else dict
    lane = CheckContext(replace(run.ground, target=target, prepared=prepared), run)
    lane.begin_as(turn(run.resting), turn(run.known()))
    return lane


def _frozen_lane(run: CheckContext, *, turned: bool = False) -> CheckContext:
    """Return a lane that changes nothing: the addresses that it names are there, and no other lane's."""
    lane = _lane(run, turned=turned)
    lane.frozen = True
    standing = run.standing_addresses
    lane.standing_addresses = _turned(standing) if turned else dict(standing)
    return lane


def _swapped(run: CheckContext) -> tuple[Target, Prepared]:
    """Return the target with the two accounts in each other's place."""
    owner, other = run.target.owner, run.target.other
    assert other is not None
    target = replace(
        run.target, owner=replace(other, role="owner"), other=replace(owner, role="other")
    )
    prepared = run.prepared
    record = prepared.record
    if record is not None:
        record = Record(
            record.base_url, record.tag, _turned(record.usernames), _turned(record.accounts)
        )
    dead = {_turned_key(key): reason for key, reason in prepared.dead.items()}
    # What is made from another member is put back by that one, if the target file has it.
    made = run.descriptions.keeping.derived.values()
    fixed = (*prepared.fixed_of_other, *(one for one in made if not getattr(other, one)))
    return target, replace(prepared, record=record, dead=dead, fixed_members=fixed)


def _turned(by_role: Mapping[str, Value]) -> dict[str, Value]:
    return {"other" if role == "owner" else "owner": value for role, value in by_role.items()}


def _turned_key(key: str) -> str:
    role = "other" if key.startswith("accounts.owner.") else "owner"
    return f"accounts.{role}.{key.split('.', 2)[2]}"


def _next(run: CheckContext, queue: deque[Task]) -> Task | None:
    """Return the next task; None if there is none, or the run was interrupted."""
    try:
        return None if run.client.stopping else queue.popleft()
    except IndexError:
        return None


def _in_threads(run: CheckContext, works: Sequence[Callable[[], Value]]) -> list[Value]:
    """Call functions, each in a thread of its own."""
    return do_together(works, lambda work: work(), len(works), run.client.begin_thread)
