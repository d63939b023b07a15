"""Coverage: how often requests have met each answer of the contracts, in numbers that outlive the journal.

A request adds one to two numbers, that of its sandbox and that of the run, and leaves nothing else behind. Numbers
are made when an answer is first met; there are few kinds of answers, and a bound on what faults can force.
"""

from __future__ import annotations

from collections.abc import Mapping

FORCED = "forced"
"""The way of an answer that a fault has forced."""

CORRUPTED = "corrupted"
"""The way of an answer that a fault has corrupted: nobody has met it as the contract has it."""

Met = tuple[str | None, int, str | None, str | None]
"""An answer that was met: operation, status, code, and the way to it: a scheme, `FORCED`, `CORRUPTED` or None."""

MOST_IN_RUN = 20_000
"""The most numbers of the run: an operation has some hundred answers, all that can be forced included."""

MOST_IN_SANDBOXES = 500_000
"""The most numbers of all sandboxes together, which take 70 MB."""


class Run:
    """The numbers of all requests since the server was started, whatever became of their sandboxes.

    Attributes:
        numbers: The times that each answer was met.
        complete: Whether all answers were counted: there was room for their numbers.
        room: How many more numbers the sandboxes may have.
    """

    __slots__ = ("complete", "numbers", "room")

    def __init__(self) -> None:
        self.numbers: dict[Met, int] = {}
        self.complete = True
        self.room = MOST_IN_SANDBOXES

    def forget(self) -> None:
        """Begin anew; the sandboxes are told by themselves."""
        self.numbers.clear()
        self.complete = True


class Coverage:
    """The numbers of one sandbox, and a way to count for the run too.

    Attributes:
        complete: Whether all answers were counted.
    """

    __slots__ = ("_numbers", "_run", "complete")

    def __init__(self, run: Run) -> None:
        self._run = run
        self._numbers: dict[Met, int] = {}
        self.complete = True

    @property
    def numbers(self) -> Mapping[Met, int]:
        """The times that each answer was met."""
        return self._numbers

    def count(self, met: Met) -> None:
        """Count an answer."""
        try:
            self._run.numbers[met] += 1
            self._numbers[met] += 1
        except KeyError:
            self._begin(met)

    def _begin(self, met: Met) -> None:
        """Count an answer that has no number yet, in the run or in the sandbox, as far as there is room."""
        run = self._run
        if met not in run.numbers:
            if len(run.numbers) == MOST_IN_RUN:
                run.complete = self.complete = False
                return
            run.numbers[met] = 1
        if run.room:
            run.room -= 1
            self._numbers[met] = 1
        else:
            self.complete = False

    def forget(self) -> None:
        """Begin anew; the run keeps its numbers."""
        self._run.room += len(self._numbers)
        self._numbers.clear()
        self.complete = True
