"""The runner: the plan, and one task of it after the other, each outcome turned into results."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from conformance.catalogue.results import CheckResult, Status
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Deferred, Judge, NotVerified
from conformance.checks.support.marking import Task, checks
from conformance.wire.pace import Stopped
from conformance.wire.transport import TransportError


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


def perform(run: CheckContext, task: Task, *, beside: bool = False) -> list[CheckResult]:
    """Run one task, put back what it left, and return what it found. Never raises an Exception.

    Beside others it is run once: what it finds is confirmed where it is alone. Then it raises Deferred.
    """
    begun, several = time.monotonic(), run.connections
    operation = task.arguments.get("op", "")
    judge = Judge(task.ids, task.name, run.target.redact, run.trail, operation=operation)
    run.surprise = ""
    early = _attempt(run, task, judge)
    if not beside and (judge.failures or run.surprise or run.connections < several):
        judge, early = _confirmed(run, task, judge)
    seconds = round(time.monotonic() - begun, 4)
    return [replace(one, duration_s=seconds) for one in judge.results(early)]


def _confirmed(run: CheckContext, task: Task, first: Judge) -> tuple[Judge, Status | None]:
    """Repeat a task with care from restored accounts: what does not show again may have another cause."""
    surprise = run.surprise
    again = first.fresh()
    run.careful = True
    run.forget()
    try:
        lasting = not _at_rest(run, task)
        early = _attempt(run, task, again)
    finally:
        run.careful = False
    if lasting and early is Status.NOT_VERIFIED:
        again.adopt(first)  # it cannot be repeated for what it did: that is no other cause
    reason = ""
    with contextlib.suppress(NotVerified, TransportError):
        reason = run.look_for_others() if task.writes else ""
    if reason:
        again.retract(reason)
    for one in again.accusing:
        if why := run.change_under(one):
            again.retract(why, one)
    reason = reason or again.ended or "it did not show again when the check was repeated"
    again.lacks_again(first.failures, reason)
    if surprise and not again.failures and not first.failures:
        again.lacks(Status.NOT_VERIFIED, f"{surprise}: {reason}")
    return again, early


def _at_rest(run: CheckContext, task: Task) -> bool:
    """Put back what an attempt left; return whether the target let the accounts be put back, and be read."""
    if not task.writes or run.ground.no_writes:
        return True
    try:
        run.settle()
        # To put one account back may have changed the other, and may show in a while.
        run.forget()
        rest = run.resting
        return run.observe_until(dict.fromkeys(rest, "all"), lambda now: now == rest) == rest
    except TransportError:
        return True  # nothing is known
    except NotVerified:
        return False


def _attempt(run: CheckContext, task: Task, judge: Judge) -> Status | None:
    """Run a task. Return the status of requirements that it did not reach; None if it ended well."""
    if task.writes and run.ground.no_writes:
        judge.ended = run.ground.no_writes
        return Status.NOT_VERIFIED
    early = None
    with run.judging(judge):
        try:
            task.check.function(run, **task.arguments)
        except (Deferred, Stopped):
            raise
        except (NotVerified, TransportError) as reason:
            judge.ended, early = str(reason), getattr(reason, "status", Status.NOT_VERIFIED)
        except Exception as error:  # a defect of ours must not accuse the target
            judge.ended, early = broke(error, "the check"), Status.NOT_VERIFIED
            if os.environ.get("CONFORMANCE_DEBUG"):
                raise
        with contextlib.suppress(NotVerified, TransportError):
            if task.writes:
                run.settle()
    return early


def broke(error: BaseException, what: str = "the suite") -> str:
    """Describe a defect of ours."""
    return f"internal error in {what} ({type(error).__name__}: {error}); please report this"
