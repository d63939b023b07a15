"""Coverage: how often requests have met each answer of the contracts, in numbers that outlive the journal.

A request adds one to one number of its sandbox, and leaves nothing else behind. A number is made when an answer is
first met; there are few kinds of answers, and a bound on what faults can force.
"""

from __future__ import annotations

from collections.abc import Iterable

FORCED = "forced"
"""The way of an answer that a fault has forced."""

CORRUPTED = "corrupted"
"""The way of an answer that a fault has corrupted: nobody has met it as the contract has it."""

Met = tuple[str | None, int, str | None, str | None]
"""An answer that was met: operation, status, code, and the way to it: a scheme, `FORCED`, `CORRUPTED` or None."""

MOST = 200_000
"""The most numbers of all sandboxes together, which take 25 MB."""


class Run:
    """The requests of all sandboxes: the room that their numbers have, and those of sandboxes that are gone.

    Attributes:
        room: How many more numbers there may be.
    """

    __slots__ = ("_past", "room")

    def __init__(self) -> None:
        self.room = MOST
        self._past = Coverage(self)

    def keep(self, coverage: Coverage) -> None:
        """Keep the numbers of a sandbox that begins anew, or is dropped."""
        numbers, complete = coverage.numbers, coverage.complete
        coverage.forget()
        self._past.add(numbers, complete=complete)

    def counted(self, sandboxes: Iterable[Coverage]) -> Coverage:
        """Return the numbers of all requests, for the sandboxes that there are."""
        total = Coverage(Run())
        for coverage in (self._past, *sandboxes):
            total.add(coverage.numbers, complete=coverage.complete)
        return total

    def forget(self, sandboxes: Iterable[Coverage]) -> None:
        """Begin anew, in the sandboxes too."""
        for coverage in (self._past, *sandboxes):
            coverage.forget()


class Coverage:
    """The numbers of one sandbox.

    Attributes:
        numbers: The times that each answer was met. One that has a number is counted by adding to it.
        complete: Whether all answers were counted: there was room for their numbers.
    """

    __slots__ = ("_run", "complete", "numbers")

    def __init__(self, run: Run) -> None:
        self._run = run
        self.numbers: dict[Met, int] = {}
        self.complete = True

    def begin(self, met: Met, times: int = 1) -> None:
        """Count an answer that has no number yet, if there is room for one."""
        if self._run.room > 0:
            self._run.room -= 1
            self.numbers[met] = times
        else:
            self.complete = False

    def add(self, numbers: dict[Met, int], *, complete: bool) -> None:
        """Add the numbers of another one."""
        for met, times in numbers.items():
            if met in self.numbers:
                self.numbers[met] += times
            else:
                self.begin(met, times)
        self.complete = self.complete and complete

    def forget(self) -> None:
        """Begin anew."""
        self._run.room += len(self.numbers)
        self.numbers = {}
        self.complete = True
