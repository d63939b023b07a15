"""From the results of checks to the status of each requirement, a verdict and an exit code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from conformance.catalogue.requirements import Requirement
from conformance.catalogue.results import (
    CheckResult,
    RequirementResult,
    Status,
    Verdict,
)
from conformance.catalogue.waivers import Waiver


class VerdictBuilder:
    """The results of all checks. A requirement without a result is not verified."""

    def __init__(
        self,
        requirements: Sequence[Requirement],
        waivers: Mapping[str, Waiver],
        level: str = "must",
        today: date | None = None,
    ) -> None:
        self.requirements = list(requirements)
        self.level = level
        self.notes: list[str] = []
        self.incomplete: list[str] = []
        """Problems beside the checks that bar exit code 0, such as one of the clean-up."""
        self._waivers = waivers
        self._today = today or datetime.now(UTC).date()
        self._checks: dict[str, list[CheckResult]] = defaultdict(list)

    def add(self, results: Iterable[CheckResult]) -> None:
        """Record the results of a check."""
        for result in results:
            self._checks[result.requirement].append(result)

    def retract(self, failures: Sequence[CheckResult], reason: str) -> None:
        """Take failures that were recorded back: something else than the target may have caused them."""
        for one in failures:
            checks = self._checks[one.requirement]
            index = next(index for index, each in enumerate(checks) if each is one)
            checks[index] = CheckResult(
                one.requirement, one.name, Status.NOT_VERIFIED, reason, operation=one.operation
            )

    def keep_only(self, ids: Iterable[str]) -> None:
        """Drop all other requirements: no check of them was chosen."""
        chosen = set(ids)
        self.requirements = [one for one in self.requirements if one.id in chosen]

    def results(self) -> list[RequirementResult]:
        """Return the result of each requirement, in the order of the catalogue."""
        return [self._result(requirement) for requirement in self.requirements]

    def result(self, requirement: str) -> RequirementResult:
        """Return the result of one requirement so far, by its id."""
        return self._result(next(one for one in self.requirements if one.id == requirement))

    def decide(self, results: Sequence[RequirementResult]) -> Verdict:
        """Return the verdict. A failure outweighs everything else."""
        counted = [one for one in results if self._counts(one.requirement)]
        if any(map(self.fails, counted)) or self.broken_waivers(results):
            return Verdict.NONCONFORMANT
        verified = [one for one in results if one.status in (Status.PASSED, Status.WAIVED)]
        if self.incomplete or not verified:
            return Verdict.INCOMPLETE
        if any(one.status is Status.NOT_VERIFIED for one in counted):
            return Verdict.INCOMPLETE
        return Verdict.CONFORMANT

    def fails(self, result: RequirementResult) -> bool:
        """Return whether a requirement is broken, and that fails the run."""
        return result.status is Status.FAILED and self._counts(result.requirement)

    def broken_waivers(self, results: Sequence[RequirementResult]) -> list[str]:
        """Return the waivers that fail the run: of a requirement that passes, or past their date."""
        problems = []
        for one in results:
            waiver = self._waivers.get(one.requirement.id)
            if waiver is None:
                continue
            if not waiver.is_good(self._today):
                problems.append(
                    f"the waiver of {waiver.requirement} expired on {waiver.expires}; fix the failure, or renew the waiver"
                )
            elif one.status is Status.PASSED:
                problems.append(f"{waiver.requirement} is waived, and passes; remove the waiver")
        return problems

    def _counts(self, requirement: Requirement) -> bool:
        return requirement.level == "MUST" or self.level == "should"

    def _result(self, requirement: Requirement) -> RequirementResult:
        checks = self._checks[requirement.id]
        statuses = {check.status for check in checks}
        reason = ""
        if Status.FAILED in statuses:
            status = Status.FAILED
            waiver = self._waivers.get(requirement.id)
            if waiver is not None and waiver.is_good(self._today):
                status = Status.WAIVED
                reason = f"waived until {waiver.expires}: {waiver.reason}"
        elif Status.NOT_VERIFIED in statuses or not statuses:
            status = Status.NOT_VERIFIED
            reason = "" if statuses else "no check of it was run"
        elif Status.PASSED in statuses:
            status = Status.PASSED
        else:
            status = Status.NOT_CONFIGURED
        if not reason and status in (Status.NOT_VERIFIED, Status.NOT_CONFIGURED):
            reason = next(check.message for check in checks if check.status is status)
        return RequirementResult(requirement, status, tuple(checks), reason)
