"""A run as every report shows it: its findings, the weight of each result, and the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import (
    INTERRUPTED,
    CheckResult,
    Finding,
    RequirementResult,
    RunResult,
    Status,
    Verdict,
)

Item = TypeVar("Item")


class Kind(StrEnum):
    """The weight of a result, the worst first: a status, or a failure that only warns."""

    FAILED = "failed"
    WARNING = "warning"
    """A SHOULD that failed, in a run that only a MUST can fail."""
    NOT_VERIFIED = "not_verified"
    WAIVED = "waived"
    NOT_CONFIGURED = "not_configured"
    PASSED = "passed"

    @property
    def words(self) -> str:
        """The kind in words."""
        return self.value.replace("_", " ")


LOOKS = {
    Kind.FAILED: ("✗", "red"),
    Kind.WARNING: ("!", "yellow"),
    Kind.NOT_VERIFIED: ("?", "magenta"),
    Kind.WAIVED: ("~", "cyan"),
    Kind.NOT_CONFIGURED: ("–", "blue"),
    Kind.PASSED: ("✓", "green"),
}
"""The sign of each kind, and its colour on a terminal."""

REASONED = {
    Kind.NOT_VERIFIED: ("Not verified", "not tried to the end, and not counted as passed"),
    Kind.NOT_CONFIGURED: (
        "Not configured",
        "an optional key of the target file shows it; no failure",
    ),
    Kind.WAIVED: ("Waived", "failed, and allowed by a waiver until its date"),
}
"""The kinds that a reason explains, each with its heading and what it means."""

WORST_FIRST = tuple(Kind)

WHOLE = "the requirement as a whole"
"""The name of the entry that explains a status which no check explains."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A requirement's result as reports show it."""

    kind: Kind
    result: RequirementResult

    @property
    def id(self) -> str:
        """The id of the requirement."""
        return self.result.requirement.id

    @property
    def title(self) -> str:
        """The title of the requirement."""
        return self.result.requirement.title

    @property
    def checks(self) -> Sequence[CheckResult]:
        """The checks of the requirement, and one entry more if they do not explain its status.

        The entry is needed for a waiver, for a requirement without a check that ran, and for results that were
        retracted. So a requirement is never missing, and never passes by silence.
        """
        ran, status, reason = self.result.checks, self.result.status, self.result.reason
        if not ran and status is Status.PASSED:
            status = Status.NOT_VERIFIED
        explained = any(check.status is status for check in ran)
        if explained and (not reason or any(check.message == reason for check in ran)):
            return ran
        silence = "" if ran else "no check ran"
        return [*ran, CheckResult(self.id, WHOLE, status, reason or silence)]

    @property
    def reason(self) -> str:
        """The reason in one line; empty if there is none."""
        said = (one.message for one in self.checks if self.kind_of(one) is self.kind)
        return self.result.reason or next((message for message in said if message), "")

    def kind_of(self, check: CheckResult) -> Kind:
        """Return the weight of a check: for a failed one, that of the requirement, unless that passed."""
        if check.status is Status.FAILED and self.kind is not Kind.PASSED:
            return self.kind
        return Kind(check.status.value)


def show(run: RunResult) -> dict[str, Shown]:
    """Return all requirements of a run by their ids, in its order."""
    shown = {one.requirement.id: Shown(Kind(one.status.value), one) for one in run.requirements}
    for name, one in shown.items():
        is_should = one.result.requirement.level == "SHOULD" and run.level != "should"
        if is_should and one.kind is Kind.FAILED:
            shown[name] = Shown(Kind.WARNING, one.result)
    return shown


def message_of(check: CheckResult) -> str:
    """Return the message of a check, unless it only repeats what was expected."""
    return "" if check.message.removeprefix("expected ") == check.expected else check.message


def findings_of(run: RunResult, shown: Mapping[str, Shown]) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that fail the run, and those that only warn."""
    failed = {name for name, one in shown.items() if one.kind is Kind.FAILED}
    fails = [one for one in run.findings if failed & {*one.requirements, *one.follows}]
    return fails, [one for one in run.findings if one not in fails]


def brief_ids(ids: Sequence[str], most: int = 12) -> str:
    """Name requirements in few words: a kind with its operations, and the rest by number."""
    kinds = grouped(ids, lambda one: one.partition("/")[2])
    named = []
    for kind, members in list(kinds.items())[:most]:
        total = sum(one.partition("/")[2] == kind for one in catalogue())
        if len(members) == 1:
            named.append(members[0])
        elif len(members) == total > 2:
            named.append(f"{kind} (all {total} operations)")
        else:
            named.append(f"{kind} ({', '.join(one.partition('/')[0] for one in members)})")
    left = sum(map(len, list(kinds.values())[most:]))
    return ", ".join(named) + (f", and {left:,} more" if left else "")


def counts(shown: Sequence[Shown]) -> Counter[Kind]:
    """Count the requirements of each kind."""
    return Counter(one.kind for one in shown)


def counted(shown: Sequence[Shown]) -> str:
    """Return the counts in words: `9 requirements: 1 failed, 8 passed`."""
    found = counts(shown)
    parts = [
        f"{found[kind]:,} {'warnings' if kind is Kind.WARNING and found[kind] != 1 else kind.words}"
        for kind in Kind
        if found[kind] or kind in {Kind.FAILED, Kind.PASSED}
    ]
    return f"{plural(len(shown), 'requirement')}: {', '.join(parts)}"


def effort(run: RunResult) -> str:
    """Return what a run took, and the seed that repeats it."""
    return f"{run.duration_s:.1f} s, {plural(run.requests, 'request')}, seed {run.seed}"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: `1 check`, `1,204 checks`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def verdict_words(run: RunResult) -> str:
    """Return the verdict in two words."""
    if run.exit_code == INTERRUPTED:
        return "interrupted"
    words = {Verdict.NONCONFORMANT: "not conformant", Verdict.ERROR: "could not be tested"}
    return words.get(run.verdict, run.verdict.value)


def verdict_sentence(run: RunResult, shown: Sequence[Shown]) -> str:
    """Explain the verdict in a sentence, or in the words of the error."""
    asked = "MUST and SHOULD" if run.level == "should" else "MUST"
    if run.exit_code == INTERRUPTED:
        return "The run was interrupted: requirements without a result by then are not verified."
    found = counts(shown)
    waived = ""
    if found[Kind.WAIVED]:
        waived = f", apart from {plural(found[Kind.WAIVED], 'waived requirement')}"
    if run.verdict is Verdict.NONCONFORMANT and not found[Kind.FAILED]:
        return f"No requirement failed{waived}, but something else fails the run: see the notes."
    return {
        Verdict.CONFORMANT: f"Every {asked} of this run was verified, and holds{waived}.",
        Verdict.NONCONFORMANT: "The implementation breaks the contract.",
        Verdict.INCOMPLETE: f"Nothing failed{waived}, but not everything was verified or cleaned up.",
        Verdict.ERROR: run.reason or "The target or its configuration cannot be used.",
    }[run.verdict]


def by_reason(shown: Sequence[Shown], kind: Kind) -> dict[str, list[Shown]]:
    """Group the results of a kind by their reason."""
    return grouped([one for one in shown if one.kind is kind], lambda one: one.reason or kind.words)


def grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    """Group items by a key, in their order."""
    groups: dict[str, list[Item]] = {}
    for one in items:
        groups.setdefault(key(one), []).append(one)
    return groups
