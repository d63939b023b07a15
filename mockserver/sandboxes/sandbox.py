"""Sandboxes: each a world of its own, with its faults, its journal and its snapshots.

Callers who name no sandbox share one. The others are made when they are first named, as copies of the
fixtures which cost next to nothing until something changes in them. An epoch is one life of such a world:
under its name there may be another one tomorrow, and a caller who sends the epoch back is told so.
"""

from __future__ import annotations

import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from mockserver.accounts.refusals import Refusal, Unknown
from mockserver.accounts.world import World
from mockserver.sandboxes.coverage import Coverage, Run
from mockserver.sandboxes.faults import Faults
from mockserver.sandboxes.journal import Journal, Limits

NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,64}")
"""The name of a sandbox; `.` and `..` are none, which clients take out of every path (RFC 3986, 5.2.4)."""

SAFE_SECONDS = 300.0
"""A sandbox that was used within this time is never dropped to make room."""

IDLE_SECONDS = 3600.0
"""A sandbox that nobody has used for this long is dropped."""

_MAX_SNAPSHOTS = 100


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named starting point."""

    description: str
    world: World
    faults: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Fixtures:
    """The beginning of every sandbox: its world, and its scenarios."""

    world: World
    scenarios: Mapping[str, Scenario]


class NoRoom(Exception):
    """There are as many sandboxes as there may be, and all of them are in use."""


class Sandbox:
    """One world in use.

    Attributes:
        name: Its name; empty for the one that all share who name none.
        epoch: The life of its world: another one when that starts anew unasked; empty where the name is.
        faults: Its fault rules.
        journal: Its last requests.
        coverage: What all of its requests have met.
        scenario: The name of the scenario that the world started from; None: it was another beginning.
        used: When it was last used, on the clock of its `Sandboxes`.
        world: The world as it is now.
    """

    __slots__ = (
        "_fixtures",
        "_snapshots",
        "coverage",
        "epoch",
        "faults",
        "journal",
        "name",
        "scenario",
        "used",
        "world",
    )

    def __init__(
        self, name: str, fixtures: Fixtures, limits: Limits, run: Run, epoch: bytes = b""
    ) -> None:
        self.name = name
        self.epoch = epoch
        self.used = 0.0
        self.journal = Journal(limits)
        self.coverage = Coverage(run)
        self.faults = Faults()
        self._fixtures = fixtures
        self._snapshots: dict[str, tuple[World, str | None]] = {}
        self.begin(fixtures.world)

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        """The starting points, by name."""
        return self._fixtures.scenarios

    def begin(self, world: World, scenario: str | None = None) -> None:
        """Start from a copy of a world, now; that of a scenario has its name."""
        self.world = world.begin(time.time())
        self.scenario = scenario

    def reset(self) -> None:
        """Go back to the fixtures: without faults, and with an empty journal. Snapshots and coverage stay."""
        self.journal.clear()
        self.faults = Faults()
        self.begin(self._fixtures.world)

    def enter(self, scenario: str) -> None:
        """Start from a scenario, with its faults beside those that came with none. Raises Unknown."""
        if scenario not in self.scenarios:
            known = ", ".join(self.scenarios) or "none"
            raise Unknown("scenario-unknown", f"no scenario has this name; there are: {known}")
        chosen = self.scenarios[scenario]
        self.begin(chosen.world, scenario)
        self.faults.enter(chosen.faults)

    def save(self, snapshot: str) -> None:
        """Keep the world as it is under a name. Raises Refusal when there are far too many."""
        if snapshot not in self._snapshots and len(self._snapshots) >= _MAX_SNAPSHOTS:
            detail = f"there are {_MAX_SNAPSHOTS} snapshots already; use one of their names"
            raise Refusal("too-many-snapshots", detail)
        self._snapshots[snapshot] = (self.world.copy(), self.scenario)

    def restore(self, snapshot: str) -> None:
        """Go back to a world that was kept. Raises Unknown."""
        if snapshot not in self._snapshots:
            known = ", ".join(self._snapshots) or "none"
            raise Unknown("snapshot-unknown", f"no snapshot has this name; there are: {known}")
        self.begin(*self._snapshots[snapshot])

    def renew(self, fixtures: Fixtures) -> None:
        """Start anew with other fixtures: without the snapshots of the old ones. Faults and journal stay."""
        self._fixtures = fixtures
        self.begin(fixtures.world)
        self._snapshots.clear()


class Sandboxes:
    """All sandboxes, the one that is named by no name among them.

    Args:
        fixtures: The beginning of each.
        most: The most that there may be, that one not counted.
        clock: The time in seconds; only differences matter.

    Attributes:
        most: The most sandboxes that there may be.
        server: The id of this server, with which its epochs begin.
        common: The sandbox of all who name none.
        named: The others by their names, the least recently used first.
    """

    def __init__(
        self, fixtures: Fixtures, most: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most = most
        self._run = Run()
        self._limits = Limits()
        self._clock = clock
        self._fixtures = fixtures
        self.common = Sandbox("", fixtures, self._limits, self._run)
        self.server = os.urandom(6).hex()
        self._numbers = count(1)
        self.named: OrderedDict[str, Sandbox] = OrderedDict()

    @property
    def entries_each(self) -> int:
        """The number of requests that the journal of each keeps."""
        return self._limits.per_journal

    def use(self, name: str) -> Sandbox:
        """Return the sandbox of a name, made if it is not there.

        Raises:
            NoRoom: It is not there, and nothing can be dropped for it.
        """
        sandbox = self.named.get(name)
        if sandbox is None:
            self._make_room()
            sandbox = Sandbox(name, self._fixtures, self._limits, self._run, self._next_epoch())
            self.named[name] = sandbox
        else:
            self.named.move_to_end(name)
        sandbox.used = self._clock()
        return sandbox

    def loss(self, name: str, epoch: bytes) -> str | None:
        """Return how the world that a sandbox had in an epoch was lost; None if it is there."""
        sandbox = self.named.get(name)
        if sandbox is not None and sandbox.epoch == epoch:
            return None
        if not epoch.startswith(b"%b-" % self.server.encode()):
            return "it was on a server that has ended, or on another one"
        return (
            "it was dropped (by a DELETE, after an hour without use, or to make room under "
            "--max-sandboxes), or edited fixtures were loaded"
        )

    def drop(self, name: str) -> bool:
        """Forget a sandbox; tell whether it was there."""
        sandbox = self.named.pop(name, None)
        if sandbox is None:
            return False
        sandbox.journal.close()  # its requests and it hold on to each other
        self._run.keep(sandbox.coverage)
        return True

    def counted(self) -> Coverage:
        """Return what all requests have met, also those in sandboxes that were dropped."""
        return self._run.counted(one.coverage for one in self._all())

    def forget_coverage(self, sandbox: Sandbox | None = None) -> None:
        """Begin coverage anew: that of a sandbox, or all of it."""
        if sandbox is None:
            self._run.forget(one.coverage for one in self._all())
        else:
            self._run.keep(sandbox.coverage)

    def drop_all(self) -> None:
        """Forget all that have a name."""
        for name in list(self.named):
            self.drop(name)

    def drop_idle(self) -> list[str]:
        """Forget those that nobody has used for an hour; gives their names."""
        dropped = []
        while (oldest := self._oldest()) is not None and self.idle_seconds(oldest) > IDLE_SECONDS:
            dropped.append(oldest.name)
            self.drop(oldest.name)
        return dropped

    def idle_seconds(self, sandbox: Sandbox) -> float:
        """Return the seconds for which nobody has used a sandbox."""
        return self._clock() - sandbox.used

    def renew(self, fixtures: Fixtures) -> bool:
        """Start all sandboxes anew if the fixtures are others than before; tell whether they are."""
        if fixtures == self._fixtures:
            return False
        self._fixtures = fixtures
        self.common.renew(fixtures)
        for sandbox in self.named.values():
            sandbox.renew(fixtures)
            sandbox.epoch = self._next_epoch()
        return True

    def _all(self) -> Iterator[Sandbox]:
        yield self.common
        yield from self.named.values()

    def _next_epoch(self) -> bytes:
        return f"{self.server}-{next(self._numbers)}".encode()

    def _make_room(self) -> None:
        if len(self.named) < self.most:
            return
        oldest = self._oldest()
        if oldest is None or self.idle_seconds(oldest) < SAFE_SECONDS:
            raise NoRoom
        self.drop(oldest.name)

    def _oldest(self) -> Sandbox | None:
        # One that is being watched is in use, although nobody calls it.
        for sandbox in list(self.named.values()):
            if not sandbox.journal.is_read:
                return sandbox
            self.use(sandbox.name)
        return None
