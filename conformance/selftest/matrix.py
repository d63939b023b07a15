"""The kill matrix: which check finds which defect, and what that says of the suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from conformance.catalogue.requirements import Catalogue
from conformance.selftest.changes import Change, Defect, Variation
from conformance.selftest.trials import BASELINE, Trial

_JUSTIFICATIONS = Path(__file__).with_name("justifications.yaml")


@dataclass(frozen=True)
class Row:
    """A defect or a variation, and what became of it; empty `wrong` if all is as it should be."""

    subject: Change
    trial: Trial
    wrong: tuple[str, ...]

    @property
    def is_defect(self) -> bool:
        """Whether it is a defect."""
        return isinstance(self.subject, Defect)


@dataclass(frozen=True)
class Check:
    """A check, and what it is good for.

    Attributes:
        name: What it tries.
        requirements: What it is about.
        finds: The defects that it finds, by a requirement that they name.
        alone: Those of them where no other check finds that requirement broken.
        justification: Why it is there although it finds nothing alone; empty if it needs none.
    """

    name: str
    requirements: tuple[str, ...]
    finds: tuple[str, ...]
    alone: tuple[str, ...]
    justification: str


class Matrix:
    """All trials together.

    Args:
        catalogue: The requirements.
        subjects: The defects and variations, by their ids.
        trials: What became of them; the baseline is among them.
        justifications: Why checks are there that find nothing alone, by their names.
        complete: Whether all defects were tried: only then can something be missing.
        full: Whether they were tried in full: only then can a mark of a wrong name be out of date.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        subjects: Mapping[str, Change],
        trials: Sequence[Trial],
        justifications: Mapping[str, str],
        *,
        complete: bool = True,
        full: bool = False,
    ) -> None:
        self.catalogue = catalogue
        self.complete = complete
        self.full = full
        self.baseline = next(trial for trial in trials if trial.id == BASELINE)
        self.rows = [
            Row(subjects[trial.id], trial, tuple(self._wrong(subjects[trial.id], trial)))
            for trial in trials
            if trial.id != BASELINE
        ]
        self._justifications = justifications

    @property
    def defects(self) -> list[Row]:
        """The defects."""
        return [row for row in self.rows if row.is_defect]

    @property
    def variations(self) -> list[Row]:
        """The legal variations."""
        return [row for row in self.rows if not row.is_defect]

    @cached_property
    def checks(self) -> list[Check]:
        """Every check of the suite, in its order."""
        about: dict[str, list[str]] = {}
        for requirement, names in self.baseline.checks.items():
            for name in names:
                about.setdefault(name, []).append(requirement)
        finds: dict[str, list[str]] = {name: [] for name in about}
        alone: dict[str, list[str]] = {name: [] for name in about}
        for row in self.defects:
            assert isinstance(row.subject, Defect)
            for requirement in row.subject.breaks:
                names = row.trial.failed.get(requirement, ())
                for name in names:
                    finds.setdefault(name, []).append(row.subject.id)
                    if len(names) == 1:
                        alone.setdefault(name, []).append(row.subject.id)
        return [
            Check(
                name,
                tuple(about.get(name, ())),
                tuple(dict.fromkeys(finds[name])),
                tuple(dict.fromkeys(alone[name])),
                self._justifications.get(name, ""),
            )
            for name in finds
        ]

    def complaints(self) -> Iterator[str]:
        """What is not as it should be, a sentence each; nothing if the suite has proved itself."""
        baseline = self.baseline
        if baseline.exit_code != 0 or baseline.failed or baseline.unverified:
            found = ", ".join((*baseline.failed, *baseline.unverified)) or baseline.trouble
            yield f"the reference does not pass (exit code {baseline.exit_code}): {found}"
        for row in self.rows:
            yield from (f"{row.subject.id}: {sentence}" for sentence in row.wrong)
        if self.complete:
            yield from self._gaps()
            yield from self._idle_checks()

    def _gaps(self) -> Iterator[str]:
        named = {one for row in self.defects for one in _breaks(row)}
        for requirement in self.catalogue:
            if requirement not in named:
                yield f"no defect breaks the requirement {requirement}"

    def _idle_checks(self) -> Iterator[str]:
        names = {check.name for check in self.checks}
        for check in self.checks:
            if not check.alone and not check.justification:
                yield f"the check {check.name!r} finds nothing alone: justify it, or remove it"
            if check.alone and check.justification:
                yield f"the check {check.name!r} finds something alone: drop its justification"
        for name in self._justifications:
            if name not in names:
                yield f"there is no check {name!r}: drop its justification"

    def _wrong(self, subject: Change, trial: Trial) -> Iterator[str]:
        if trial.trouble:
            yield trial.trouble
        if isinstance(subject, Variation):
            unexpected = [one for one in trial.failed if one not in subject.misses]
            if unexpected:
                yield f"is legal, and accused of {', '.join(unexpected)}"
            if trial.exit_code != 0 and not unexpected:
                yield f"is legal, and ended with exit code {trial.exit_code}"
            missed = [one for one in subject.misses if one not in trial.failed]
            if missed:
                yield f"was not warned of {', '.join(missed)}"
            return
        unfound = [one for one in subject.breaks if one not in trial.failed]
        if unfound:
            yield f"was not found by {', '.join(unfound)}"
        surprises = [one for one in trial.failed if not subject.may_be_found_by(one)]
        if surprises:
            yield f"was found by {', '.join(surprises)} as well, which it does not name"
        for pattern in subject.misnamed if self.full else ():
            if not any(fnmatchcase(one, pattern) for one in trial.failed):
                yield f"is no longer found by {pattern}: drop the mark of a wrong name"
        must = any(self.catalogue[one].level == "MUST" for one in subject.breaks)
        if trial.exit_code != int(must) and not unfound:
            yield f"ended with exit code {trial.exit_code} instead of {int(must)}"

    def to_data(self) -> dict[str, Any]:
        """The matrix as JSON data."""
        return {
            "summary": self.summary(),
            "complaints": list(self.complaints()),
            "defects": [
                {
                    "id": row.subject.id,
                    "sentence": row.subject.sentence,
                    "breaks": list(_breaks(row)),
                    "found": not row.wrong,
                    "wrong": list(row.wrong),
                    "failed": {name: list(checks) for name, checks in row.trial.failed.items()},
                    "seconds": row.trial.seconds,
                }
                for row in self.defects
            ],
            "variations": [
                {
                    "id": row.subject.id,
                    "sentence": row.subject.sentence,
                    "clause": row.subject.clause if isinstance(row.subject, Variation) else "",
                    "passed": not row.wrong,
                    "wrong": list(row.wrong),
                    "warned": list(row.trial.failed),
                    "seconds": row.trial.seconds,
                }
                for row in self.variations
            ],
            "checks": [
                {
                    "name": check.name,
                    "requirements": list(check.requirements),
                    "finds": list(check.finds),
                    "alone": list(check.alone),
                    "justification": check.justification,
                }
                for check in self.checks
            ],
        }

    def summary(self) -> dict[str, int]:
        """The numbers."""
        return {
            "defects": len(self.defects),
            "found": sum(not row.wrong for row in self.defects),
            "variations": len(self.variations),
            "passed": sum(not row.wrong for row in self.variations),
            "requirements": len(self.catalogue),
            "broken_by_a_defect": len({one for row in self.defects for one in _breaks(row)}),
            "checks": len(self.checks),
            "finding_alone": sum(bool(check.alone) for check in self.checks),
        }


def read_justifications() -> dict[str, str]:
    """Why checks are there that find nothing alone, by their names."""
    data = yaml.safe_load(_JUSTIFICATIONS.read_text("utf-8")) or {}
    return {str(name): str(reason) for name, reason in data.items()}


def _breaks(row: Row) -> tuple[str, ...]:
    return row.subject.breaks if isinstance(row.subject, Defect) else ()
