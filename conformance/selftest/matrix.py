"""The kill matrix: which check finds which defect, and what that says of the suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from conformance.catalogue.requirements import Catalogue
from conformance.selftest.changes import Change, Defect, Variation
from conformance.selftest.trials import BASELINE, Trial


@dataclass(frozen=True)
class Row:
    """A defect or a variation, and what became of it; empty `wrong` if all is as it should be."""

    subject: Any
    trial: Trial
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """A check, with what it finds.

    Attributes:
        name: What it tries.
        requirements: What it is about.
        finds: The defects that it finds, by a requirement that they name.
        alone: Those of them where no other check finds that requirement broken.
    """

    name: str
    requirements: tuple[str, ...]
    finds: tuple[str, ...]
    alone: tuple[str, ...]


class Matrix:
    """The trials together.

    Args:
        catalogue: The requirements.
        subjects: The defects and variations, by their ids.
        trials: What became of them; the baseline is among them.
        complete: Whether all defects were tried: only then can something be missing.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        subjects: Mapping[str, Change],
        trials: Sequence[Trial],
        *,
        complete: bool = True,
    ) -> None:
        self.catalogue = catalogue
        self.complete = complete
        self.baseline = next(trial for trial in trials if trial.id == BASELINE)
        self.defects: list[Row] = []
        self.variations: list[Row] = []
        for trial in trials:
            subject = subjects.get(trial.id)
            if isinstance(subject, Defect):
                self.defects.append(Row(subject, trial, tuple(self._unproved(subject, trial))))
            elif isinstance(subject, Variation):
                self.variations.append(Row(subject, trial, tuple(self._accused(subject, trial))))

    @cached_property
    def checks(self) -> list[Check]:
        """Return every check of the suite, in its order."""
        checks: dict[str, dict[str, list[str]]] = {}

        def note(name: str, what: str, one: str) -> None:
            kinds = checks.setdefault(name, {"requirements": [], "finds": [], "alone": []})
            if one not in kinds[what]:
                kinds[what].append(one)

        for requirement, names in self.baseline.checks.items():
            for name in names:
                note(name, "requirements", requirement)
        for row in self.defects:
            for requirement in row.subject.breaks:
                names = row.trial.failed.get(requirement, ())
                for name in names:
                    note(name, "finds", row.subject.id)
                    if len(names) == 1:
                        note(name, "alone", row.subject.id)
        return [
            Check(name, **{what: tuple(found) for what, found in kinds.items()})
            for name, kinds in checks.items()
        ]

    def complaints(self) -> Iterator[str]:
        """Say what is not as it should be, a sentence each; nothing if the suite has proved itself."""
        baseline = self.baseline
        if baseline.exit_code != 0 or baseline.failed or baseline.unverified:
            found = ", ".join((*baseline.failed, *baseline.unverified)) or baseline.trouble
            yield f"the reference does not pass (exit code {baseline.exit_code}): {found}"
        for row in (*self.defects, *self.variations):
            yield from (f"{row.subject.id}: {sentence}" for sentence in row.wrong)
        if self.complete:
            broken = self._broken()
            gaps = (one for one in self.catalogue if one not in broken)
            yield from (f"no defect breaks the requirement {one}" for one in gaps)

    def _broken(self) -> set[str]:
        return {one for row in self.defects for one in row.subject.breaks}

    def _accused(self, subject: Variation, trial: Trial) -> Iterator[str]:
        if trial.trouble:
            yield trial.trouble
        unexpected = [one for one in trial.failed if one not in subject.misses]
        if unexpected:
            yield f"is legal, and accused of {', '.join(unexpected)}"
        elif trial.exit_code != 0:
            yield f"is legal, and ended with exit code {trial.exit_code}"
        missed = [one for one in subject.misses if one not in trial.failed]
        if missed:
            yield f"was not warned of {', '.join(missed)}"

    def _unproved(self, subject: Defect, trial: Trial) -> Iterator[str]:
        if trial.trouble:
            yield trial.trouble
        unfound = [one for one in subject.breaks if one not in trial.failed]
        if unfound:
            yield f"was not found by {', '.join(unfound)}"
        surprises = [one for one in trial.failed if one not in subject.may_break]
        if surprises:
            yield f"was found by {', '.join(surprises)} as well, which it does not name"
        must = any(self.catalogue[one].level == "MUST" for one in subject.breaks)
        if trial.exit_code != int(must) and not unfound:
            yield f"ended with exit code {trial.exit_code} instead of {int(must)}"

    def to_data(self) -> dict[str, Any]:
        """Return the matrix as JSON data."""
        return {
            "summary": self.summary(),
            "complaints": list(self.complaints()),
            "defects": [
                _common(row)
                | {
                    "breaks": list(row.subject.breaks),
                    "found": not row.wrong,
                    "failed": row.trial.failed,
                }
                for row in self.defects
            ],
            "variations": [
                _common(row)
                | {
                    "clause": row.subject.clause,
                    "passed": not row.wrong,
                    "warned": list(row.trial.failed),
                }
                for row in self.variations
            ],
            "checks": [asdict(check) for check in self.checks],
        }

    def summary(self) -> dict[str, int]:
        """Return the numbers."""
        return {
            "defects": len(self.defects),
            "found": sum(not row.wrong for row in self.defects),
            "variations": len(self.variations),
            "passed": sum(not row.wrong for row in self.variations),
            "requirements": len(self.catalogue),
            "broken_by_a_defect": len(self._broken()),
            "checks": len(self.checks),
            "finding_alone": sum(bool(check.alone) for check in self.checks),
        }


def _common(row: Row) -> dict[str, Any]:
    return {
        "id": row.subject.id,
        "sentence": row.subject.sentence,
        "wrong": list(row.wrong),
        "seconds": row.trial.seconds,
    }
