"""How changes of the server are declared: a class that overrides a little, and what it is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.selftest.reference.service import Service


@dataclass(frozen=True)
class Change:
    """A variation (allowed by the clause) or a defect (against the clause)."""

    name: str
    sentence: str
    clause: str
    service: type[Service]


class Catalogue:
    """All the changes of one kind, by name, in the order in which they are written down."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.changes: dict[str, Change] = {}

    def __call__(
        self, sentence: str, clause: str, name: str = ""
    ) -> Callable[[type[Service]], type[Service]]:
        """Decorate the class that makes the change; its name is that of the change."""

        def declare(service: type[Service]) -> type[Service]:
            chosen = name or re.sub(r"(?<!^)(?=[A-Z])", "_", service.__name__).lower()
            if chosen in self.changes:
                raise ValueError(f"two {self.kind}s are called {chosen}")
            self.changes[chosen] = Change(chosen, sentence, clause, service)
            return service

        return declare

    def find(self, name: str) -> Change:
        if name not in self.changes:
            raise SystemExit(f"there is no {self.kind} {name}: see --list")
        return self.changes[name]


defect = DEFECTS = Catalogue("defect")
variation = VARIATIONS = Catalogue("variation")


def build(changes: Iterable[Change]) -> Service:
    """The server with these changes, each working on top of those after it."""
    bases = tuple(one.service for one in changes) or (Service,)
    service: Service = type("Changed", bases, {})()
    return service
