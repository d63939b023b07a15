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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from conformance.account.restorer import Part
from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import CheckResult, Status
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Deferred, Guessing, NotVerified
from conformance.checks.support.logins import Ground
from conformance.checks.support.marking import Task
from conformance.runner.runner import perform
from conformance.wire.threads import do_together
from conformance.wire.transport import TransportError

_CHUNK = 8  # tasks of a lane after which its account is read

Value = TypeVar("Value")
Done = tuple[Task, list[CheckResult]]


def run_in_lanes(run: CheckContext, tasks: Sequence[Task]) -> Iterator[Done]:
    """Run what can run at the same time; yield each task that passes, with its results.

    Args:
        run: The context, with both accounts at rest.
        tasks: Any; those that are not yielded are to be run alone.
    """
    if not run.client.parallel or run.connections < 2:
        return
    chosen = [one for one in tasks if not (one.check.generated or one.check.last)]
    writing = [] if run.ground.no_writes else [one for one in chosen if one.writes]
    # What cannot be prepared is told by the checks, one by one.
    with contextlib.suppress(NotVerified, TransportError):
        if writing:
            for role in run.watched:
                run.standing(role)
            run.settle()
        refused = _frozen(run, chosen)
        yield from refused.passed
        if refused.calm:
            parts = _by_part(run, _in_order(writing, refused.deferred))
            changed = _write(run, parts, refused.guesses)
            yield from changed.passed
            if changed.calm and changed.deferred:
                left: dict[Part, list[Task]] = {"all": _in_order(writing, changed.deferred)}
                yield from _write(run, left, ()).passed
    if writing:
        with contextlib.suppress(NotVerified, TransportError):
            run.leave()


@dataclass
class _Outcome:
    """The outcome of some lanes.

    Attributes:
        passed: The tasks that passed, with their results.
        deferred: Those that cannot run there.
        guesses: Those that send wrong passwords, and are left.
        calm: Whether both accounts were as they must be at all times.
        surprised: Set once a lane that writes finds that one was not.
    """

    passed: list[Done] = field(default_factory=list)
    deferred: list[Task] = field(default_factory=list)
    guesses: deque[Task] = field(default_factory=deque)
    calm: bool = True
    surprised: threading.Event = field(default_factory=threading.Event)


def _in_order(tasks: Sequence[Task], some: Sequence[Task]) -> list[Task]:
    """Return some of the tasks in their order, whichever lane was done with them first."""
    known = set(map(id, some))
    return [one for one in tasks if id(one) in known]


def _by_part(run: CheckContext, tasks: Sequence[Task]) -> dict[Part, list[Task]]:
    """Return the tasks for each part of an account: that which their first requirement is about."""
    parts: dict[Part, list[Task]] = {part: [] for part in run.descriptions.keeping.reads}
    for task in tasks:
        if operation := catalogue()[task.ids[0]].operation:
            parts[run.descriptions[operation].touches].append(task)
    return parts if tasks else {}


def _frozen(run: CheckContext, tasks: Sequence[Task]) -> _Outcome:
    """Run what changes nothing, in as many lanes as there are connections."""
    queue, outcome = deque(tasks), _Outcome()
    lanes = [_frozen_lane(run) for _ in range(run.connections)]
    for lane in lanes[1:]:
        lane.may_guess = False
    found = _in_threads(run, [partial(_work, lane, queue, outcome) for lane in lanes])
    return _finish(run, outcome, found)


def _write(
    run: CheckContext, parts: Mapping[Part, Sequence[Task]], guesses: Iterable[Task]
) -> _Outcome:
    """Run what changes a part of one account, each in a lane of its own, and wrong passwords beside them."""
    sides = (False, True) if run.target.other is not None else (False,)
    outcome = _Outcome(guesses=deque(guesses))
    queues = [
        # Which task runs at which account does not hang on how quickly it is answered.
        (_lane(run, turned=turned, within=part), deque(tasks[number :: len(sides)]))
        for part, tasks in parts.items()
        for number, turned in enumerate(sides)
    ]
    lanes = [lane for lane, _ in queues]
    queues += [(_frozen_lane(run), outcome.guesses) for _ in sides if outcome.guesses]
    found = _in_threads(run, [partial(_work, *one, outcome) for one in queues])
    # Before anything is put back: what a lane has changed for another one may be put back by it, too.
    _in_threads(run, [lane.verify for lane in lanes])
    if any(lane.surprise for lane in lanes):
        outcome.surprised.set()
    _in_threads(run, [lane.leave for lane in lanes])
    return _finish(run, outcome, found)


def _work(lane: CheckContext, queue: deque[Task], outcome: _Outcome) -> list[Done]:
    """Run the tasks of a queue in a lane, until none is left, or an account is not as it must be."""
    found: list[Done] = []
    while not (outcome.surprised.is_set() or lane.client.stopping):
        guesses_next = lane.frozen and lane.may_guess and outcome.guesses and queue
        try:
            task = (outcome.guesses if guesses_next else queue).popleft()
        except IndexError:  # other lanes may have taken the last one
            break
        try:
            results = perform(lane, task, beside=True)
        except Deferred as reason:
            with contextlib.suppress(NotVerified, TransportError):
                lane.settle()
            (outcome.guesses if isinstance(reason, Guessing) else outcome.deferred).append(task)
            continue
        good = {Status.PASSED, Status.NOT_CONFIGURED}.issuperset(one.status for one in results)
        if results and good and not lane.surprise:
            found.append((task, results))
            if lane.alone and len(found) % _CHUNK == 0:
                lane.verify()
        if lane.alone and lane.surprise:
            outcome.surprised.set()
    return found


def _finish(run: CheckContext, outcome: _Outcome, found: Sequence[Sequence[Done]]) -> _Outcome:
    """Return the outcome of lanes: what passed there counts only if nothing is changed that none of them changed."""
    outcome.calm = _is_at_rest(run) and not outcome.surprised.is_set()
    outcome.passed = [one for some in found for one in some] if outcome.calm else []
    return outcome


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


def _lane(run: CheckContext, *, turned: bool = False, within: Part | None = None) -> CheckContext:
    """Return a context for a thread of its own.

    Args:
        run: The context of the run.
        turned: Whether the accounts are in each other's place.
        within: The part of the owner's account that is all it has; None for both accounts.
    """
    turn = _turned if turned else dict
    lane = CheckContext(_swapped(run) if turned else run.ground, run)
    lane.begin_as(turn(run.resting), turn(run.known()))
    if within is not None:
        lane.within, lane.alone = within, True
    return lane


def _frozen_lane(run: CheckContext) -> CheckContext:
    """Return a lane that changes nothing: the addresses that it names are there, and no other lane's."""
    lane = _lane(run)
    lane.frozen = True
    lane.standing_addresses = dict(run.standing_addresses)
    return lane


def _swapped(run: CheckContext) -> Ground:
    """Return the ground with the two accounts in each other's place."""
    owner, other = run.target.owner, run.target.other
    assert other is not None
    target = replace(
        run.target, owner=replace(other, role="owner"), other=replace(owner, role="other")
    )
    record = run.ground.record
    if record is not None:
        usernames, accounts = _turned(record.usernames), _turned(record.accounts)
        record = replace(record, usernames=usernames, accounts=accounts)
    roles = {"owner": "other", "other": "owner"}
    dead = {}
    for key, reason in run.ground.dead.items():
        _, role, rest = key.split(".", 2)
        dead[f"accounts.{roles[role]}.{rest}"] = reason
    # What is made from another member is put back by that one, if the target file has it.
    made = run.descriptions.keeping.derived.values()
    fixed = _turned(run.ground.fixed)
    fixed["owner"] = [*fixed.get("owner", ()), *(one for one in made if not getattr(other, one))]
    return replace(run.ground, target=target, record=record, dead=dead, fixed=fixed)


def _turned(by_role: Mapping[str, Value]) -> dict[str, Value]:
    return {"other" if role == "owner" else "owner": value for role, value in by_role.items()}


def _in_threads(run: CheckContext, works: Sequence[Callable[[], Value]]) -> list[Value]:
    """Call functions, each in a thread of its own."""
    return do_together(works, lambda work: work(), len(works), run.client.begin_thread)
