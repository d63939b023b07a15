"""A run of the suite from its beginning to its verdict; the doors for the command line and for pytest use it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import StringIO

from conformance.catalogue.results import CheckResult, RunResult, Status, Verdict
from conformance.checks.support.context import CheckContext
from conformance.checks.support.marking import Task
from conformance.reports import Progress, ReportError, check_report_paths, visible, write_reports
from conformance.runner.lanes import run_in_lanes
from conformance.runner.runner import broke, perform, plan, quick
from conformance.runner.session import RunError, Session, run_result
from conformance.settings import Settings
from conformance.wire.interruption import ignored_interruptions
from conformance.wire.transport import Transport, TransportError

_BUDGET = 60  # seconds
_REQUESTS_PER_EXAMPLE = 30  # one after the other, for an example of each operation and kind
_FEW = 8  # examples, enough where no budget is given
_MOST = 1000


class Suite:
    """One run.

    Attributes:
        tasks: The plan, once the run has begun.
        result: The result, once it is over.
        error: The reason why it could not begin, or why there is no verdict; else empty.
        complaints: Errors that do not outweigh the verdict: a report that could not be written.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.settings = settings
        self.tasks: list[Task] = []
        self.result: RunResult | None = None
        self.error = ""
        self.complaints: list[str] = []
        self._transport = transport
        self._progress = progress or Progress(StringIO(), self.hide)
        self._session: Session | None = None
        self._run: CheckContext | None = None
        self._left: dict[str, int] = {}
        """The tasks of each requirement that are still to be done."""
        self._shown_by_writing: list[CheckResult] = []
        self._done = self._planned = 0

    @property
    def exit_code(self) -> int:
        """The exit code of the run; 2 if it could not begin, or a report could not be written."""
        if self.error or self.result is None:
            return 2
        return self.result.exit_code or (2 if self.complaints else 0)

    @property
    def session(self) -> Session:
        """The session. Only of a run that has begun."""
        assert self._session is not None, "the run has not begun"
        return self._session

    def hide(self, text: str) -> str:
        """Mask the secrets of the run in a text."""
        return text if self._session is None else self._session.target.redact(text)

    def configure(self) -> bool:
        """Read the configuration, and send nothing. Return whether it can be used; if not, set `error`."""
        with self._beginning():
            inputs = [one for one in (self.settings.target, self.settings.waivers) if one]
            check_report_paths(self.settings.report, inputs)
            self._session = Session(self.settings, self._transport)
        return not self.error

    def begin(self) -> bool:
        """Try the logins, write the restore file, make the plan. Return whether it may go on; if not, set `error`."""
        self._progress.phase("Trying the logins")
        if not self.configure():
            return False
        with self._beginning():
            self._run = self.session.start()
            chosen = self.session.verdict.requirements
            self.tasks = plan(self._run, {one.id for one in chosen})
            if self.settings.quick:
                self.tasks = quick(self.tasks, {one.id for one in chosen if one.level == "MUST"})
            self.choose(one.id for one in chosen)
        return not self.error

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        """Turn the errors of a beginning into the reason why the run does not go on."""
        try:
            yield
        except KeyboardInterrupt:
            with ignored_interruptions():
                if self._session is not None:
                    self._session.finish_accounts()
            raise
        except ReportError as error:
            self.error = visible(str(error))
        except RunError as error:
            self.error = self.shown(str(error))
            url = self._session.target.base_url if self._session is not None else ""
            url = self.hide(url or self.settings.base_url or "")
            self.result = run_result(self.settings, Verdict.ERROR, 2, url, reason=self.error)
            self._write_reports()
        except Exception as error:  # noqa: BLE001 - exit code 1 would be a verdict
            self._break(error)
            if self._session is not None:
                self._session.finish_accounts()
        if self.error and self._session is not None:
            self._session.client.close()

    def choose(self, requirements: Iterable[str]) -> None:
        """Keep only these requirements, and the tasks that are about one of them."""
        chosen = set(requirements)
        self.session.verdict.keep_only(chosen)
        self.tasks = [one for one in self.tasks if not chosen.isdisjoint(one.ids)]
        self._planned = len(self.tasks)
        self._left = {one: sum(one in task.ids for task in self.tasks) for one in chosen}
        self._progress.total = len(chosen)

    def perform_together(self) -> None:
        """Run what can run at the same time, and keep in `tasks` what is left to be run alone."""
        assert self._run is not None
        done = set()
        for task, results in run_in_lanes(self._run, self.tasks):
            done.add(id(task))
            self._record(task, results)
        self.tasks = [one for one in self.tasks if id(one) not in done]

    def _set_examples(self) -> None:
        """Set how many examples are generated: as many as there is time for."""
        assert self._run is not None
        budget = self.settings.budget
        left = (budget or _BUDGET) - (time.monotonic() - self.session.begun)
        begun, canary = time.monotonic(), self.session.client.canary
        with suppress(TransportError):  # the checks tell of it
            if canary is not None:
                canary()
        pace = time.monotonic() - begun
        possible = int(left / max(pace * _REQUESTS_PER_EXAMPLE, 0.001))
        self._run.examples = max(1, min(possible, _FEW if budget is None else _MOST))
        self.session.verdict.notes.append(
            f"generated {self._run.examples} examples of each kind; to replay them: "
            f"--seed {self.settings.seed} --max-examples {self._run.examples}"
        )

    def perform(self, task: Task) -> list[CheckResult]:
        """Run one task alone, and record its results."""
        assert self._run is not None
        if task.check.generated and not self._run.examples:
            self._set_examples()
        results = perform(self._run, task)
        self._record(task, results)
        return results

    def _record(self, task: Task, results: list[CheckResult]) -> None:
        self.session.verdict.add(results)
        if task.writes:
            self._shown_by_writing += [one for one in results if one.status is Status.FAILED]
        self._done += 1
        # The first ones come late, and many at once.
        if self._planned < self._done * 10 < self._planned * 10:
            spent = time.monotonic() - self.session.begun
            self._progress.remaining = spent * (self._planned - self._done) / self._done
        for requirement in task.ids:
            if requirement in self._left:
                self._left[requirement] -= 1
                if self._left[requirement] == 0:
                    verdict = self.session.verdict
                    failed = verdict.fails(verdict.result(requirement))
                    self._progress.add(task.name, failed=failed)

    def perform_all(self) -> None:
        """Run all tasks, restore the accounts and reach the verdict."""
        try:
            self.perform_together()
            for task in self.tasks:
                self.perform(task)
        except KeyboardInterrupt:
            with ignored_interruptions():
                self._progress.phase("Interrupted: restoring the accounts")
                self.finish(interrupted=True)
            return
        self.finish()

    def finish(self, *, interrupted: bool = False, broken: str = "") -> None:
        """Restore the accounts, reach the verdict, write the reports.

        Args:
            interrupted: Whether the run was interrupted.
            broken: A defect of ours that ended it; empty if there was none.
        """
        session = self._session
        if session is None or self._run is None or self.result is not None:
            return
        if broken:
            session.verdict.incomplete.append(broken)
        incidents = self._run.incidents
        # The environment, where it did not stand in the way.
        session.verdict.notes += [one for one in (self._run.serial, incidents.late) if one]
        if incidents.minted_again:
            session.verdict.notes.append(
                f"{incidents.minted_again} times a token had ended, and token_command minted another"
            )
        session.verdict.notes += incidents.locked.values()
        if incidents.disturbed:
            # What the other run puts back has no mark by which it could be told.
            session.verdict.retract(self._shown_by_writing, incidents.disturbed)
        try:
            self.result = session.finish(self._run.consistency, interrupted=interrupted)
        except Exception as error:  # noqa: BLE001 - exit code 1 would be a verdict
            self._break(error)
            return
        if broken and self.result.verdict is not Verdict.NONCONFORMANT:
            self.result = replace(self.result, verdict=Verdict.ERROR, exit_code=2)
            self.complaints.append(broken)
        self._write_reports()

    def _break(self, error: BaseException) -> None:
        """Set the error of a defect of ours, which is no verdict on the target."""
        if os.environ.get("CONFORMANCE_DEBUG"):
            raise error
        self.error = self.shown(broke(error))

    def _write_reports(self) -> None:
        assert self.result is not None
        try:
            write_reports(self.result, self.settings.report, self.hide)
        except ReportError as error:
            # The verdict outweighs a report that could not be written.
            self.complaints.append(self.shown(str(error)))
        except Exception as error:  # noqa: BLE001 - exit code 1 would be a verdict
            self.complaints.append(self.shown(broke(error)))

    def shown(self, text: str) -> str:
        """Make a text fit for a terminal: without secrets and escape sequences."""
        return visible(self.hide(text))
