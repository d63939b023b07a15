"""Results of checks, requirements and runs: plain data, which the reports write.

The words are those of the JSON report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from conformance.catalogue.requirements import Requirement


class Status(StrEnum):
    """The status of a requirement."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_VERIFIED = "not_verified"
    """Not tried to the end; never counts as passed."""
    NOT_CONFIGURED = "not_configured"
    """Without the optional key of the target file that shows it; no bar to conformance."""
    WAIVED = "waived"
    """Failed, and allowed by a waiver that holds."""


class Verdict(StrEnum):
    """The verdict of a run on the implementation."""

    CONFORMANT = "conformant"
    NONCONFORMANT = "nonconformant"
    INCOMPLETE = "incomplete"
    ERROR = "error"


EXIT_CODES = {
    Verdict.CONFORMANT: 0,
    Verdict.NONCONFORMANT: 1,
    Verdict.ERROR: 2,
    Verdict.INCOMPLETE: 3,
}
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check for one requirement. None of its texts holds a secret.

    Attributes:
        requirement: The id of the requirement.
        name: The name of the check; unique within its requirement.
        status: Passed, failed, not_verified or not_configured.
        message: The reason, in a sentence; empty if it passed.
        expected: The right answer; empty where nothing was judged.
        actual: The answer of the target; for a failure.
        curl: The decisive request as a command line, with `$TOKEN` or `$PASSWORD` for the secret.
        duration_s: Its duration.
        operation: The operationId, for cells of the matrix; else empty.
        credential: The label of the credentials, for cells of the matrix; else empty.
    """

    requirement: str
    name: str
    status: Status
    message: str = ""
    expected: str = ""
    actual: str = ""
    curl: str = ""
    duration_s: float = 0.0
    operation: str = ""
    credential: str = ""


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """The result of all checks for a requirement.

    `reason` explains a status that no check explains: a waiver, for example.
    """

    requirement: Requirement
    status: Status
    checks: Sequence[CheckResult] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a whole run.

    Attributes:
        verdict: The verdict on the implementation.
        exit_code: 0 to 3, or 130.
        target: The base URL.
        contract: Title and version of the contract.
        seed: The value of `--seed` that repeats it.
        duration_s: The duration of the run.
        requirements: The chosen ones, in the order of the catalogue.
        notes: Sentences about the run as a whole: clean-up, waivers, a second run, TLS without verification.
        level: The level that fails the run, "must" or "should".
        requests: The number of requests that were sent.
    """

    verdict: Verdict
    exit_code: int
    target: str
    contract: str
    seed: int
    duration_s: float
    requirements: Sequence[RequirementResult]
    notes: Sequence[str] = field(default=())
    level: str = "must"
    requests: int = 0

    def summary(self) -> dict[str, int]:
        """Count the requirements of each status."""
        counts = {status.value: 0 for status in Status}
        for result in self.requirements:
            counts[result.status.value] += 1
        return counts
