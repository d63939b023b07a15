"""The judgement of a check: requirements one by one, on after a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.account.restore_file import TAG_PATTERN
from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import CheckResult, Status, Step
from conformance.target.redaction import Redactor
from conformance.wire.exchange import Exchange

_Key = tuple[str, str, str]  # a requirement, an operation, a credential
_SHOWN = 600  # characters of an expectation or an answer that a report repeats
# From where a word begins: from within long ones without an end, it would be tried at each character.
_OURS = re.compile(rf"(?<!\S)\S*{TAG_PATTERN.pattern}[^\s'\"]*")


class NotVerified(Exception):
    """The end of a check that cannot be finished; the reason names the fix."""

    status = Status.NOT_VERIFIED


class NotConfigured(NotVerified):
    """Only an optional key of the target file could show it."""

    status = Status.NOT_CONFIGURED


class Deferred(Exception):
    """A check needs more than what its context gives it beside others: it is to be run alone."""


class Guessing(Deferred):
    """A check sends wrong passwords, which are sent one after the other."""


class Trail:
    """The exchanges that changed something since the accounts were last as they rest."""

    def __init__(self) -> None:
        self._groups: list[tuple[int, Sequence[Exchange]]] = []
        """Those of each group that was sent together, with the number of its last exchange."""

    def note(self, group: Sequence[Exchange], changes: Sequence[Exchange]) -> None:
        """Note exchanges that were sent together, and those of them that changed something."""
        if group:
            self._groups.append((max(one.number for one in group), changes))

    def before(self, exchange: Exchange | None) -> list[Exchange]:
        """Return those that led to an exchange: all before it, but for what was sent with it; all, if there is none."""
        led = [one for last, one in self._groups if exchange is None or last < exchange.number]
        return [one for changes in led for one in changes]

    def clear(self) -> None:
        """Begin anew: the accounts are as they rest."""
        self._groups.clear()


@dataclass(eq=False)
class Judge:
    """A collection of the findings of one check about the requirements that it declares.

    Attributes:
        requirements: The ids that it declares.
        operation: The operationId of what names no exchange.
        ended: The reason of an early end; empty if there was none.
    """

    requirements: Sequence[str]
    name: str
    redact: Redactor
    trail: Trail
    operation: str = ""
    ended: str = field(init=False, default="")
    _failed: dict[_Key, tuple[CheckResult, Exchange | None]] = field(
        init=False, default_factory=dict
    )
    """Each failure, with its decisive exchange."""
    _passed: dict[_Key, str] = field(init=False, default_factory=dict)
    """The expectation of each requirement that held, by operation and credential."""
    _lacking: list[CheckResult] = field(init=False, default_factory=list)

    @property
    def failures(self) -> list[CheckResult]:
        """The failures so far."""
        return [one for one, _ in self._failed.values()]

    @property
    def accusing(self) -> list[Exchange]:
        """The decisive exchanges of the failures so far."""
        return [at for _, at in self._failed.values() if at is not None]

    @property
    def broken(self) -> list[CheckResult]:
        """The failures of what must be: what only should be stands in the way of nothing."""
        return [one for one in self.failures if catalogue()[one.requirement].level == "MUST"]

    def that(
        self,
        requirement: str,
        condition: bool,  # noqa: FBT001 - a judgement reads as one sentence
        *,
        expected: str,
        actual: str | Iterable[str] = "",
        at: Exchange | None = None,
        shown_by: Sequence[Exchange] = (),
        deviation: str = "",
    ) -> bool:
        """Judge a requirement; the first failure of each operation and credential is kept, and the first 5xx.

        Args:
            requirement: Its id. One that the check does not declare is kept only if it fails.
            condition: Whether it holds.
            expected: What it asks for.
            actual: What was found instead, or the differences.
            at: The decisive exchange; those that led to it from a known state are shown before it.
            shown_by: The reading exchanges that show what became of it.
            deviation: What differs, if not what `actual` says without the texts of this run.

        Returns:
            The condition.
        """
        assert requirement in catalogue(), requirement
        operation, credential = ("", "") if at is None else (at.operation, at.credentials.label)
        key = (requirement, operation, credential)
        if condition:
            self._passed[key] = self._passed.get(key) or expected
        if at is not None and at.status >= 500 and requirement.endswith("/documented-answers"):
            # Told beside a failure of another status: it is the worse one.
            key = (requirement, operation, f"{credential}, {at.status}")
        if not condition and key not in self._failed:
            found = actual if isinstance(actual, str) else "; ".join(actual)
            shown = [*self.trail.before(at), *([] if at is None else [at]), *shown_by]
            result = self._result(
                requirement,
                Status.FAILED,
                message=f"expected {expected}",
                expected=expected,
                actual=found,
                operation=operation,
                credential=credential,
                deviation=deviation or _OURS.sub("…", found),
            )
            steps = []
            for one in shown:
                curl, file, body = one.command()
                steps.append(Step(self.redact(curl), self._text(one.describe()), file, body))
            result = replace(result, steps=tuple(steps))
            if at is not None:
                result = replace(result, curl=self.redact(at.curl()), exchange=at.number)
            self._failed[key] = (result, at)
        return condition

    def lacks(self, status: Status, reason: str, credential: str = "") -> None:
        """Note a part of the check that could not be tried: for all that it is about."""
        self._lacking += [
            self._result(requirement, status, message=reason, credential=credential)
            for requirement in self.requirements
        ]

    def holds(self, requirement: str) -> None:
        """Judge that a requirement holds, where nothing more can be asked."""
        self.that(requirement, condition=True, expected="")

    def status(self, requirement: str, exchange: Exchange, *allowed: int) -> bool:
        """Judge the status of an answer."""
        expected = f"status {' or '.join(map(str, allowed))}"
        return self.that(
            requirement,
            exchange.status in allowed,
            expected=expected,
            actual=exchange.describe(),
            at=exchange,
            deviation=f"status {exchange.status} for {' or '.join(map(str, allowed))}",
        )

    def results(self, early: Status | None = None) -> list[CheckResult]:
        """Return the findings of the check: at least one result per declared requirement.

        Args:
            early: What becomes of a requirement that was not judged before the check ended early;
                of one that was judged well, too, for there was more to be seen.
        """
        failed = {one.requirement for one in self.failures}
        results = [*self.failures, *self._lacking]
        for requirement in self.requirements:
            if requirement in failed:
                continue
            passed = [key for key in self._passed if key[0] == requirement]
            if early is not None:
                results.append(self._result(requirement, early, message=self.ended))
            elif passed:
                for key in passed:
                    told = {"expected": self._passed[key], "credential": key[2]}
                    at = {"operation": key[1]} if key[1] else {}
                    results.append(self._result(requirement, Status.PASSED, **told, **at))
            elif not any(one.requirement == requirement for one in self._lacking):
                reason = "the check did not get as far as this"
                results.append(self._result(requirement, Status.NOT_VERIFIED, message=reason))
        return results

    def fresh(self) -> Judge:
        """Return a judge of the same check that knows nothing yet, for one of many examples."""
        return replace(self)

    def adopt(self, other: Judge) -> None:
        """Take over what a fresh judge found."""
        self._failed = {**other._failed, **self._failed}
        self._passed = {**other._passed, **self._passed}

    def pass_all(self) -> None:
        """Book all that the check declares as passed, where nothing of it was judged."""
        for requirement in self.requirements:
            if not any(key[0] == requirement for key in (*self._passed, *self._failed)):
                self.holds(requirement)

    def lacks_again(self, failures: Sequence[CheckResult], reason: str) -> None:
        """Note failures of an earlier attempt that this one has not shown again."""
        again = {(one.requirement, one.operation) for one in self.failures}
        self._lacking += [
            self._result(one.requirement, Status.NOT_VERIFIED, message=reason)
            for one in failures
            if (one.requirement, one.operation) not in again
        ]

    def forgive(self, exchanges: Iterable[int]) -> None:
        """Take back what was found at some exchanges, by their numbers."""
        numbers = set(exchanges)
        self._failed = {
            key: one for key, one in self._failed.items() if one[0].exchange not in numbers
        }

    def retract(self, reason: str, at: Exchange | None = None) -> None:
        """Take the failures back, or those at one exchange: something else than the target may have caused them."""
        self.ended = self.ended or reason
        taken = [one for one in self.failures if at is None or one.exchange == at.number]
        self._lacking += [
            self._result(one.requirement, Status.NOT_VERIFIED, message=reason) for one in taken
        ]
        self._failed = {key: one for key, one in self._failed.items() if one[0] not in taken}

    def _result(self, requirement: str, status: Status, **texts: str) -> CheckResult:
        """Make a result; the texts are those of CheckResult."""
        texts = {"name": self.name, "operation": self.operation, **texts}
        shown: dict[str, Any] = {name: self._text(text) for name, text in texts.items()}
        return CheckResult(requirement=requirement, status=status, **shown)

    def _text(self, text: str) -> str:
        # Redacted before it is cut: half a secret would not be found.
        text = self.redact(text)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
