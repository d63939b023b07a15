"""The judgement of a check: requirements one by one, on after a failure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from conformance.catalogue.requirements import UnknownRequirement, catalogue
from conformance.catalogue.results import CheckResult, Status
from conformance.target.redaction import Redactor
from conformance.wire.exchange import Exchange

_SHOWN = 600  # characters of an expectation or an answer that a report repeats


class NotVerified(Exception):
    """The end of a check that cannot be finished; the reason names the fix."""


class NotConfigured(Exception):
    """Only an optional key of the target file could show it."""


class Judge:
    """A collection of the findings of one check about the requirements that it declares."""

    def __init__(
        self,
        requirements: Sequence[str],
        name: str,
        redact: Redactor,
        *,
        operation: str = "",
        credential: str = "",
    ) -> None:
        self._operation = operation
        self._credential = credential
        self.requirements = tuple(requirements)
        self.name = name
        self._redact = redact
        self._failed: dict[str, CheckResult] = {}
        self._passed: dict[str, str] = {}
        """The expectation of each requirement that held."""
        self.ended: str = ""
        """The reason of an early end; empty if there was none."""

    @property
    def failures(self) -> Collection[CheckResult]:
        """The failures so far."""
        return self._failed.values()

    def that(
        self,
        requirement: str,
        condition: bool,  # noqa: FBT001 - a judgement reads as one sentence
        *,
        expected: str,
        actual: str | Iterable[str],
        at: Exchange | None = None,
        same: CheckResult | None = None,
    ) -> bool:
        """Judge a requirement of this check; the first failure of each is kept.

        Args:
            requirement: Its id. One that the check does not declare is kept only if it fails.
            condition: Whether it holds.
            expected: What it asks for.
            actual: What was found instead, or the differences.
            at: The exchange that shows it.
            same: A failure of another requirement that shows it.

        Returns:
            The condition.
        """
        if requirement not in catalogue():
            raise UnknownRequirement(requirement)
        if condition:
            self._passed[requirement] = self._passed.get(requirement) or expected
        elif requirement not in self._failed:
            found = actual if isinstance(actual, str) else "; ".join(actual)
            self._failed[requirement] = self._result(
                requirement,
                Status.FAILED,
                message=f"expected {expected}",
                expected=expected,
                actual=found,
                curl=at.curl() if at is not None else same.curl if same is not None else "",
            )
        return condition

    def holds(self, requirement: str) -> None:
        """Judge that a requirement holds, where nothing more can be asked."""
        self.that(requirement, condition=True, expected="", actual="")

    def status(self, requirement: str, exchange: Exchange, *allowed: int) -> bool:
        """Judge the status of an answer."""
        return self.that(
            requirement,
            exchange.status in allowed,
            expected=f"status {' or '.join(map(str, allowed))}",
            actual=exchange.describe(),
            at=exchange,
        )

    def results(self, early: Status | None = None) -> list[CheckResult]:
        """Return the findings of the check: one result per declared requirement.

        Args:
            early: What becomes of a requirement that was not judged before the check ended early;
                of one that was judged well, too, for there was more to be seen.
        """
        results = []
        also_failed = [one for one in self._failed if one not in self.requirements]
        for requirement in (*self.requirements, *also_failed):
            if requirement in self._failed:
                results.append(self._failed[requirement])
            elif early is not None:
                results.append(self._result(requirement, early, message=self.ended))
            elif requirement in self._passed:
                expected = self._passed[requirement]
                results.append(self._result(requirement, Status.PASSED, expected=expected))
            else:
                reason = "the check did not get as far as this"
                results.append(self._result(requirement, Status.NOT_VERIFIED, message=reason))
        return results

    def fresh(self) -> Judge:
        """Return a judge of the same check that knows nothing yet, for one of many examples."""
        return Judge(
            self.requirements,
            self.name,
            self._redact,
            operation=self._operation,
            credential=self._credential,
        )

    def adopt(self, other: Judge) -> None:
        """Take over what a fresh judge found to fail."""
        self._failed = {**other._failed, **self._failed}

    def pass_all(self) -> None:
        """Book all that the check declares as passed, where nothing of it failed."""
        self._passed = dict.fromkeys(self.requirements, "") | self._passed

    def retract(self, reason: str) -> None:
        """Take the failures back: something else than the target may have caused them."""
        self.ended = reason
        self._failed = {
            requirement: self._result(requirement, Status.NOT_VERIFIED, message=reason)
            for requirement in self._failed
        }

    def _result(
        self,
        requirement: str,
        status: Status,
        *,
        message: str = "",
        expected: str = "",
        actual: str = "",
        curl: str = "",
    ) -> CheckResult:
        return CheckResult(
            requirement=requirement,
            name=self._text(self.name),
            status=status,
            message=self._text(message),
            expected=self._text(expected),
            actual=self._text(actual),
            curl=self._redact(curl),
            operation=self._operation,
            credential=self._credential,
        )

    def _text(self, text: str) -> str:
        # Redacted before it is cut: half a secret would not be found.
        text = self._redact(text)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
