"""Results of checks, requirements and runs: plain data, which the reports write.

The words are those of the JSON report.
"""

from __future__ import annotations

import hashlib
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
class Step:
    """One request of an example, to be repeated by hand, and its answer.

    Attributes:
        curl: The request as a command line; each secret is a variable named as the target file has it.
        answer: The answer in short: status, media type and the beginning of its body.
        file: The file that the command line reads the body from, named by body_file; empty where it holds the body.
        body: The content of that file.
    """

    curl: str
    answer: str
    file: str = ""
    body: bytes = field(default=b"", repr=False)


def body_file(body: bytes) -> str:
    """Name the file of a body: by its content, so that no run overwrites another body, nor a file of others."""
    return f"body-{hashlib.sha256(body).hexdigest()[:12]}.bin"


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
        operation: The operationId of the decisive request; else empty.
        credential: The label of the credentials, for cells of the matrix; else empty.
        steps: For a failure, the requests from a known state to the one that shows it.
        exchange: For a failure, the number of the decisive exchange in this run; 0 for none.
        deviation: For a failure, what differs, without the values of this run nor the answer as a whole:
            failures that share it, in one operation or over several, share their cause. A wrong status is
            `status 422 for 400` or `status 500 for 200 or 400`, one that no answer may have `status 418`.
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
    steps: Sequence[Step] = ()
    exchange: int = 0
    deviation: str = ""


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
class Finding:
    """One cause: the failures that share it, told once.

    Attributes:
        title: The cause in a sentence.
        requirements: The requirements that it breaks; the one that names it best comes first.
        operations: The operations that show it.
        expected: The right answer.
        actual: The answer of the target.
        steps: The shortest example, from a known state.
        examples: The number of failures that it stands for.
        follows: The ids of requirements whose failure follows from this one.
    """

    title: str
    requirements: Sequence[str]
    operations: Sequence[str]
    expected: str
    actual: str
    steps: Sequence[Step]
    examples: int = 1
    follows: Sequence[str] = ()


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
        findings: The failures by their causes, the one that explains most first.
        reason: The reason of an exit code 2; else empty.
        started: The time when it began (RFC 3339, UTC).
        version: The version of the suite.
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
    findings: Sequence[Finding] = ()
    reason: str = ""
    started: str = ""
    version: str = ""
