"""The suite as a pytest plugin: it gives the checks their context and collects their results."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from conformance.account.restore_file import wait_for
from conformance.catalogue.results import CheckResult, RunResult, Status, Verdict
from conformance.checks import MODULES
from conformance.checks.support.cases import READS
from conformance.checks.support.context import CheckContext, Prepared
from conformance.checks.support.judge import Judge, NotConfigured, NotVerified
from conformance.checks.support.marking import check_of, parametrize
from conformance.reports import (
    Output,
    Progress,
    ReportError,
    check_report_paths,
    visible,
    write_reports,
)
from conformance.runner.session import RunError, Session, connect, failed_run
from conformance.settings import PLUGIN, Settings
from conformance.wire.transport import Transport, TransportError

_PROPERTY = "conformance"


class Plugin:
    """One run within pytest.

    Attributes:
        result: The result of the run, once it is over.
        error: The reason why it could not begin; empty if it could.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport | None = None,
        progress: Progress | None = None,
        output: Output | None = None,
    ) -> None:
        self.__name__ = PLUGIN  # pytest registers it by this name
        self.settings = settings
        self.result: RunResult | None = None
        self.error = ""
        self._code = 0
        self._broken = ""
        """An error in the middle of the run, outside the checks."""
        self._pytest: pytest.Session | None = None
        self._transport = transport
        self._progress = progress
        self._output = output
        self._session: Session | None = None
        self._run: CheckContext | None = None
        self._lock: Path | None = None
        self._chosen: set[str] = set()
        self._narrowed = False
        self._workers = 1

    @property
    def exit_code(self) -> int:
        """The exit code of the run; 2 if it could not be begun, or a report could not be written."""
        return 2 if self.error or self.result is None else self._code or self.result.exit_code

    def hide(self, text: str) -> str:
        """Mask the secrets of the run in a text."""
        return text if self._session is None else self._session.target.redact(text)

    @property
    def run(self) -> CheckContext:
        """The context of the checks."""
        assert self._run is not None, "the run has not begun"
        return self._run

    def judge(self, item: pytest.Item) -> Judge:
        """Make the judge of one check."""
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        mark = item.get_closest_marker("proves")
        return Judge(
            _ids(item) or (),
            _name(item),
            self.run.target.redact,
            operation=parameters.get("op", ""),
            credential="" if mark is None else mark.kwargs.get("credential", ""),
        )

    # -- the beginning ----------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Try the logins and write the restore file, once; a worker of xdist gets the outcome."""
        if hasattr(session.config, "workerinput"):
            self._session = Session(self.settings, self._transport)
            self._start_worker(session.config.workerinput)
        elif self._run is None and not self.begin():
            pytest.exit(self.error, returncode=2)
        self._pytest = session

    def begin(self) -> bool:
        """Try the logins, write the restore file. Return whether checks may follow; if not, set `error`."""
        if self._progress is not None:
            self._progress.phase("Trying the logins")
        try:
            inputs = [one for one in (self.settings.target, self.settings.waivers) if one]
            check_report_paths(self.settings.report, inputs)
        except ReportError as error:
            self.error = visible(str(error))
            return False
        try:
            self._session = Session(self.settings, self._transport)
            self._session.start()
        except KeyboardInterrupt:
            if self._session is not None:
                self._session.finish_accounts()
            raise
        except RunError as error:
            self.error = self._shown(str(error))
            url = self._session.target.base_url if self._session is not None else ""
            self.result = failed_run(self.settings, self.hide(url))
            self._write_reports()
            return False
        except Exception as error:  # noqa: BLE001 - exit code 1 would be a verdict
            self._break(error)
            if self._session is not None:
                self._session.finish_accounts()
            return False
        self._run = self._session.run()
        return True

    def _break(self, error: BaseException) -> None:
        """Set the error of a defect of ours, which is no verdict on the target."""
        if os.environ.get("CONFORMANCE_DEBUG"):
            raise error
        self.error = self._shown(broke(error))

    def _start_worker(self, given: Mapping[str, Any]) -> None:
        assert self._session is not None
        self._workers = int(given["conformance_workers"])
        self._lock = Path(given["conformance_lock"])
        client = connect(self._session.target, workers=self._workers)
        worker = str(given["workerid"]).removeprefix("gw") + "w"
        prepared = Prepared.from_json(given["conformance"])
        self._run = self._session.run(client, worker, prepared)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Pass a worker of xdist the outcome of the preparation."""
        assert self._session is not None
        if self._lock is None:
            descriptor, name = tempfile.mkstemp(prefix="conformance-", suffix=".lock")
            os.close(descriptor)
            self._lock = Path(name)
        node.workerinput["conformance"] = self._session.prepared.to_json()
        node.workerinput["conformance_seed"] = self.settings.seed
        node.workerinput["conformance_lock"] = str(self._lock)
        node.workerinput["conformance_workers"] = node.config.option.numprocesses or 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over the counts of a worker."""
        assert self._session is not None
        output = getattr(node, "workeroutput", {})
        self._chosen |= set(output.get("conformance_chosen", ()))
        self._narrowed |= bool(output.get("conformance_narrowed"))
        self._session.other_requests += int(output.get("conformance_requests", 0))
        if error:
            self._session.verdict.incomplete.append("a worker of pytest-xdist crashed")

    # -- the checks -------------------------------------------------------------------------------

    def pytest_pycollect_makeitem(self, obj: object) -> list[pytest.Item] | None:
        """Leave out a check of which --only chooses nothing, with all its repetitions."""
        check = check_of(obj) if isinstance(obj, FunctionType) else None
        if check is None or self._session is None:
            return None
        chosen = (one.id for one in self._session.verdict.requirements)
        return None if any(map(check.is_about, chosen)) else []

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Repeat a check per operation, credential or member, as it asks."""
        if self._run is not None and check_of(metafunc.function) is not None:
            parametrize(metafunc, self._run)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Drop the checks that --only does not choose, order the rest, keep those that write on one worker."""
        assert self._session is not None
        chosen = {requirement.id for requirement in self._session.verdict.requirements}
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            (kept if _ids(item) is None or chosen & set(_ids(item) or ()) else dropped).append(item)
        if dropped:
            config.hook.pytest_deselected(items=dropped)
        items[:] = sorted(kept, key=_place)
        for item in kept:
            self._chosen |= set(_ids(item) or ()) & chosen
            if _is_alone(item):
                item.add_marker(pytest.mark.xdist_group("writes"))
        self._narrowed = bool(config.getoption("keyword") or config.getoption("markexpr"))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Set the number of checks for the progress; with workers it is unknown."""
        if self._progress is not None:
            self._progress.expect(len(session.items))

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object | None:
        """Run one check, and turn every outcome into results."""
        check = check_of(pyfuncitem.function)
        if check is None or self._run is None:
            return None
        judge = pyfuncitem.funcargs["judge"]
        assert isinstance(judge, Judge)
        arguments = {name: pyfuncitem.funcargs[name] for name in check.arguments}
        early = self._judge(
            judge,
            lambda: pyfuncitem.obj(**arguments),
            writes=_writes(pyfuncitem),
            alone=_is_alone(pyfuncitem),
        )
        results = judge.results(early)
        pyfuncitem.user_properties.append((_PROPERTY, [_plain(result) for result in results]))
        self._conclude(judge, results, early)
        return True

    def _judge(
        self, judge: Judge, call: Callable[[], object], *, writes: bool, alone: bool
    ) -> Status | None:
        """Run a check. Return the status of requirements that it did not reach; None if it ended well."""
        assert self._run is not None
        with self._alone(alone=alone):
            try:
                if writes:
                    self._run.begin(fresh=self._workers > 1)
                call()
                early = None
            except NotConfigured as reason:
                judge.ended, early = str(reason), Status.NOT_CONFIGURED
            except (NotVerified, TransportError) as reason:
                judge.ended, early = str(reason), Status.NOT_VERIFIED
            except Exception as error:  # a defect of ours must not accuse the target
                judge.ended = broke(error, "the check")
                early = Status.NOT_VERIFIED
                if os.environ.get("CONFORMANCE_DEBUG"):
                    raise
            with contextlib.suppress(NotVerified, TransportError):
                if judge.failures and self._run.look_for_others():
                    judge.retract(self._run.disturbed)
                if writes and not self._run.prepared.no_writes:
                    self._run.settle()
        return early

    @contextlib.contextmanager
    def _alone(self, *, alone: bool) -> Iterator[None]:
        """Hold the lock, so that no two workers run checks that write at the same time."""
        if self._lock is None or not alone:
            yield
            return
        with self._lock.open("w") as file:
            wait_for(file.fileno())
            yield

    def _conclude(self, judge: Judge, results: Sequence[CheckResult], early: Status | None) -> None:
        """Report to pytest: a failure fails the test, and a check without a judgement skips it."""
        assert self._session is not None
        by_id = {one.id: one for one in self._session.verdict.requirements}
        failed = [
            one
            for one in results
            if one.status is Status.FAILED
            and one.requirement in by_id
            and (by_id[one.requirement].level == "MUST" or self.settings.level == "should")
        ]
        if failed:
            text = "\n\n".join(_failure_text(one) for one in failed)
            pytest.fail(self._shown(text), pytrace=False)
        if early is not None or all(one.status is Status.NOT_VERIFIED for one in results):
            # No pass: the verdict counts it as not verified (exit code 3).
            pytest.skip(self._shown(judge.ended or results[0].message))

    # -- the results ------------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the results of a check."""
        if self._session is None:
            return
        found: list[Any] = [value for name, value in report.user_properties if name == _PROPERTY]
        if report.when == "call" and found:
            results = [CheckResult(**{**one, "status": Status(one["status"])}) for one in found[0]]
            self._session.verdict.add(
                replace(result, duration_s=round(report.duration, 4)) for result in results
            )
            if self._progress is not None:
                failed = any(result.status is Status.FAILED for result in results)
                self._progress.add(results[0].name if results else report.nodeid, failed=failed)
        elif report.failed:
            self._session.verdict.incomplete.append(f"{report.nodeid} crashed")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Leave the run incomplete if a module of checks cannot be imported."""
        if report.failed and self._session is not None:
            self._session.verdict.incomplete.append(f"{report.nodeid} cannot be collected")

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Keep an error outside the checks; its message needs no traceback."""
        self._broken = self._shown(broke(excinfo.value))
        return not os.environ.get("CONFORMANCE_DEBUG")

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Show that the clean-up takes a moment."""
        if self._progress is not None:
            self._progress.phase("Interrupted: restoring the accounts")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int | pytest.ExitCode
    ) -> Iterator[None]:
        """Restore the accounts, write the reports, and set the exit code."""
        if hasattr(session.config, "workerinput"):
            self._report_to_controller(session.config)
            return (yield)
        # -x interrupts a session as well.
        stopped = session.shouldfail or session.shouldstop
        self._finish(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED and not stopped)
        try:
            return (yield)
        finally:
            self._end(session)

    def pytest_unconfigure(self) -> None:
        """End a run also where pytest failed before its first test."""
        if self._pytest is not None and self.result is None and not self.error:
            self._finish(interrupted=False)
            self._end(self._pytest)

    def _end(self, session: pytest.Session) -> None:
        """Set the exit code; a result that cannot be read is no success."""
        if self._output is not None:
            self._output.flush()
            if self._output.lost:
                self._code = self.exit_code or 2
                self._complain(f"standard output cannot be written to: {self._output.lost}")
        session.exitstatus = self.exit_code

    def _finish(self, *, interrupted: bool) -> None:
        if self._lock is not None:
            self._lock.unlink(missing_ok=True)
        session = self._session
        if session is None or self._run is None:
            return
        if self._narrowed:
            session.verdict.keep_only(self._chosen)
        if self._broken:
            session.verdict.incomplete.append(self._broken)
        try:
            self.result = session.finish(interrupted=interrupted)
        except Exception as error:  # noqa: BLE001 - exit code 1 would be a verdict
            self._break(error)
            self._complain(self.error)
            return
        if self._broken and self.result.verdict is not Verdict.NONCONFORMANT:
            self.result = replace(self.result, verdict=Verdict.ERROR, exit_code=2)
            self._complain(self._broken)
        self._write_reports()

    def _write_reports(self) -> None:
        assert self.result is not None
        try:
            write_reports(self.result, self.settings.report, self.hide)
        except ReportError as error:
            # The verdict outweighs a report that could not be written.
            self._code = self.result.exit_code or 2
            self._complain(str(error))
        except Exception as error:  # noqa: BLE001 - as above
            self._code = self.result.exit_code or 2
            self._complain(broke(error))

    def _complain(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"conformance: {self._shown(text)}\n")

    def _shown(self, text: str) -> str:
        """Make a text fit for a terminal: without secrets and escape sequences."""
        return visible(self.hide(text))

    def _report_to_controller(self, config: Any) -> None:
        config.workeroutput["conformance_chosen"] = sorted(self._chosen)
        config.workeroutput["conformance_narrowed"] = self._narrowed
        config.workeroutput["conformance_requests"] = self._run.client.requests if self._run else 0


def broke(error: BaseException, what: str = "the suite") -> str:
    """Describe a defect of ours."""
    return f"internal error in {what} ({type(error).__name__}: {error}); please report this"


def _ids(item: pytest.Item) -> tuple[str, ...] | None:
    """Return the requirements that a check is about; None for an item that is no check."""
    marker = item.get_closest_marker("proves")
    return None if marker is None else marker.args


def _place(item: pytest.Item) -> int:
    """Return the place of a check in the run, by its module; other items come first."""
    check = check_of(getattr(item, "function", None))
    return -1 if check is None else MODULES.index(item.path.stem)


def _is_alone(item: pytest.Item) -> bool:
    """Return whether no check that writes may run at the same time."""
    check = check_of(getattr(item, "function", None))
    return _writes(item) or (check is not None and check.alone)


def _writes(item: pytest.Item) -> bool:
    """Return whether a check writes, or reads what others write."""
    check = check_of(getattr(item, "function", None))
    operation = getattr(getattr(item, "callspec", None), "params", {}).get("op")
    return check is not None and check.writes and operation not in READS


def _name(item: pytest.Item) -> str:
    """Name a check in words: by its function and its parameters."""
    words = str(getattr(item, "originalname", item.name)).removeprefix("test_").replace("_", " ")
    _, bracket, parameters = item.name.partition("[")
    return f"{words} [{parameters[:-1]}]" if bracket else words


def _plain(result: CheckResult) -> dict[str, Any]:
    """Return a result as plain data, for the other processes of xdist."""
    return {**asdict(result), "status": result.status.value}


def _failure_text(result: CheckResult) -> str:
    return "\n".join(
        (
            result.requirement,
            f"  expected: {result.expected}",
            f"  actual:   {result.actual}",
            f"  {result.curl}",
        )
    )
