"""The door of the suite for pytest: one test per requirement, each run by the tasks that are about it."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

import conformance.checks
from conformance.catalogue.results import RequirementResult, Status
from conformance.checks import MODULES
from conformance.checks.support.marking import checks
from conformance.runner.runner import broke
from conformance.runner.suite import Suite
from conformance.settings import PLUGIN
from conformance.wire.interruption import take_interruptions

_CHECKS = Path(conformance.checks.__file__).parent


class Plugin:
    """One run within pytest."""

    def __init__(self, suite: Suite, output: Any = None) -> None:
        self.__name__ = PLUGIN  # pytest registers it by this name
        self.suite = suite
        self._output = output
        self._began = False
        self._broken = ""
        self._done: set[int] = set()
        self._told: dict[str, _Requirement] = {}
        """The requirements whose tests have not failed so far."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Try the logins and write the restore file; send nothing where tests are only listed."""
        take_interruptions()
        listing = session.config.option.collectonly
        if not (self.suite.configure() if listing else self.suite.begin()):
            pytest.exit(self.suite.error, returncode=2)
        self._began = not listing

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, object, object]:
        """Collect the requirements that a module of checks is the first to be about, and not its functions."""
        found = yield
        if file_path.parent == _CHECKS and file_path.stem in MODULES:
            module: Any = _Module.from_parent(parent, path=file_path)
            module.plugin = self
            return [module]
        return found

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep only what is chosen: by -k, -m, --lf or the names of tests."""
        chosen = [one.name for one in session.items if isinstance(one, _Requirement)]
        if chosen and self._began:
            self.suite.choose(chosen)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Run what can run at the same time, before the first test."""
        if self._began:
            self.suite.perform_together()

    def verify(self, item: _Requirement) -> RequirementResult:
        """Run the tasks about a requirement that were not run for another one, and return its result."""
        for task in self.suite.tasks:
            if item.name in task.ids and id(task) not in self._done:
                self._done.add(id(task))
                try:
                    self.suite.perform(task)
                except Exception as error:
                    # A defect of ours, and no failure of the target.
                    self._broken = item.session.shouldstop = self.suite.shown(broke(error))
                    raise
        verdict = self.suite.session.verdict
        results = {one.requirement.id: one for one in verdict.results()}
        self._told[item.name] = item
        for name, told in list(self._told.items()):
            if verdict.fails(results[name]):
                del self._told[name]
                if told is not item:
                    # It has passed before this was found: its test runs once more, and fails.
                    item.session.items.append(told)
        return results[item.name]

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep an error outside the checks."""
        self._broken = self.suite.shown(broke(excinfo.value))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int | pytest.ExitCode
    ) -> Iterator[None]:
        """Restore the accounts, write the reports, and set the exit code."""
        # -x interrupts a session as well.
        stopped = session.shouldfail or session.shouldstop
        if self._began:
            interrupted = exitstatus == pytest.ExitCode.INTERRUPTED and not stopped
            self.suite.finish(interrupted=interrupted, broken=self._broken)
        try:
            return (yield)
        finally:
            # A result that cannot be read is no success.
            broken = [self.suite.error] if self._began and self.suite.error else []
            for complaint in (*broken, *self.suite.complaints):
                sys.stderr.write(f"conformance: {complaint}\n")
            if self._began or self.suite.error:
                session.exitstatus = self.suite.exit_code
            if self._output is not None:
                self._output.flush()
                if lost := self._output.buffer.raw.lost:
                    session.exitstatus = session.exitstatus or 2
                    sys.stderr.write(f"conformance: standard output cannot be written to: {lost}\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell the verdict, and the notes of the run."""
        if self._began and self.suite.result is not None:
            verdict = f"verdict: {self.suite.result.verdict.value}"
            for line in (verdict, *self.suite.result.notes):
                terminalreporter.write_line(self.suite.shown(f"conformance: {line}"))

    def pytest_unconfigure(self) -> None:
        """End a run also where pytest failed before its first test."""
        if self._began:
            self.suite.finish(broken=self._broken)


class _Module(pytest.File):
    """The requirements that a module of checks is the first to be about."""

    plugin: Plugin

    def collect(self) -> Iterator[pytest.Item]:
        first: dict[str, str] = {}
        for module, check in checks():
            for one in self.plugin.suite.session.verdict.requirements:
                if check.is_about(one.id):
                    first.setdefault(one.id, module)
        for requirement, module in first.items():
            if module == self.path.stem:
                item: Any = _Requirement.from_parent(self, name=requirement)
                item.plugin = self.plugin
                yield item


class _Requirement(pytest.Item):
    """One requirement."""

    plugin: Plugin

    def runtest(self) -> None:
        """Verify it: a failure fails the test, or warns, and what cannot be verified skips it."""
        result = self.plugin.verify(self)
        if self.plugin.suite.session.verdict.fails(result):
            pytest.fail(self.plugin.suite.shown(_text(result)), pytrace=False)
        if result.status is Status.FAILED:
            self.warn(pytest.PytestWarning(self.plugin.suite.shown(_text(result))))
        if result.status in (Status.NOT_VERIFIED, Status.NOT_CONFIGURED):
            # No pass: the verdict counts it as not verified (exit code 3).
            pytest.skip(self.plugin.suite.shown(result.reason))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the requirement in pytest's reports."""
        return self.path, 0, self.name


def _text(result: RequirementResult) -> str:
    failures = [one for one in result.checks if one.status is Status.FAILED]
    told = []
    for one in failures[:3]:
        curls = (f"  {step.curl}" for step in one.steps)
        story = (one.name, f"  expected: {one.expected}", f"  actual:   {one.actual}", *curls)
        told.append("\n".join(story))
    return "\n\n".join(told)
