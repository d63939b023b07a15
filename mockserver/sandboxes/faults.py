"""Faults on demand: rules that say for which requests, how often, and with which effect."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockserver.accounts.world import normal_form

MAX_WAIT = 60.0
"""The longest wait, in seconds."""

KINDS = ("reset", "truncate", "garbage", "contract")
"""Kinds of corrupted answers: the connection is reset before any of it; it breaks off in the middle; it
is no JSON; it is JSON that breaks the contract."""


Effect = Mapping[str, Any]
"""The effect of a fault: the schema `Effect` of the control API, with `wait` in seconds."""


Examples = Mapping[str, Collection[int]]
"""The documented examples of an operation by name, with the statuses that have one of this name."""


PREFER = "Prefer"
"""The source of a fault that a request has asked for itself."""


class Fired(NamedTuple):
    """A fault that has fired, as log and journal keep it.

    Attributes:
        source: The id of the rule, or `PREFER`.
        kind: How it has corrupted the answer; one of `KINDS`.
        effect: Its effect in words.
    """

    source: str
    kind: str | None
    effect: str

    @classmethod
    def of(cls, source: str, effect: Effect) -> Fired:
        """Return the fault of an effect."""
        kind = effect.get("fault")
        words = [
            f"code {effect['code']}" if "code" in effect else "",
            f"example {effect['example']}" if "example" in effect else "",
            f"header {', '.join(effect['headers'])}" if effect.get("headers") else "",
            kind or "",
            f"wait {effect['wait']:.3g} s" if effect["wait"] else "",
        ]
        return cls(source, kind, ", ".join(filter(None, words)))

    def __str__(self) -> str:
        return f"{self.source}: {self.effect}"


@dataclass(slots=True)
class Fault:
    """A fault rule: for which requests, how often, and with which effect.

    Attributes:
        id: What it is called.
        rule: The rule as it was given, in the format of the control API.
        of_scenario: Whether it came with a scenario, and goes with the next one.
        hits: How often it fired.
    """

    id: str
    rule: Mapping[str, Any]
    of_scenario: bool = False
    hits: int = 0
    _random: random.Random = field(init=False, repr=False)
    _username: str | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._username = normal_form(self.rule["username"]) if "username" in self.rule else None
        self._random = random.Random(self.rule.get("seed"))  # noqa: S311 - it decides, and guards nothing

    @property
    def remaining(self) -> int | None:
        """The number of times that it will still fire; None for ever."""
        times = self.rule.get("times")
        return None if times is None else max(0, times - self.hits)

    def fire(
        self, operation: str, method: str, username: str | None, examples: Examples
    ) -> Effect | None:
        """Return the effect on a request; None if the rule does not fire, as where its example is not documented."""
        rule = self.rule
        example, code = rule.get("example"), rule.get("code")
        if example is not None and not has_example(examples, example, code):
            return None
        if (
            self.remaining == 0
            or rule.get("operation") not in (None, operation)
            or rule.get("method") not in (None, method)
            or self._username not in (None, username)
        ):
            return None
        if self._random.random() >= rule.get("probability", 1):
            return None
        self.hits += 1
        return {**rule, "wait": self._wait(rule.get("wait", 0))}

    def _wait(self, wait: Any) -> float:
        if isinstance(wait, Mapping):
            if "uniform" in wait:
                low, high = sorted(wait["uniform"])
                seconds = self._random.uniform(low, high)
            else:
                normal = wait["normal"]
                seconds = self._random.gauss(normal["mean"], normal["deviation"])
        else:
            seconds = float(wait)
        return min(max(seconds, 0.0), MAX_WAIT)

    def json(self) -> dict[str, Any]:
        """Return the rule as the control API shows it."""
        return {"id": self.id, **self.rule, "hits": self.hits, "remaining": self.remaining}


class Faults:
    """The rules of a sandbox, in the order in which they were made; the first that fires decides."""

    __slots__ = ("_made", "rules")

    def __init__(self) -> None:
        self.rules: dict[str, Fault] = {}
        self._made = 0

    def add(self, rule: Mapping[str, Any], *, of_scenario: bool = False) -> Fault:
        """Make a rule."""
        self._made += 1
        fault = Fault(f"fault-{self._made}", rule, of_scenario)
        self.rules[fault.id] = fault
        return fault

    def enter(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """Make the rules of a scenario, in place of those of the scenario before."""
        self.rules = {name: one for name, one in self.rules.items() if not one.of_scenario}
        for rule in rules:
            self.add(rule, of_scenario=True)

    @property
    def resets(self) -> bool:
        """True if a rule may still reset a connection."""
        return any(
            fault.rule.get("fault") == "reset" and fault.remaining != 0
            for fault in self.rules.values()
        )

    def fire(
        self, operation: str, method: str, username: str | None, examples: Examples
    ) -> tuple[Effect, str] | None:
        """Return the effect on a request, and the id of the rule that fires; None if none does."""
        for fault in self.rules.values():
            effect = fault.fire(operation, method, username, examples)
            if effect is not None:
                return effect, fault.id
        return None


def has_example(examples: Examples, name: str, status: int | None) -> bool:
    """Tell whether an operation has a documented example, with a status if one is named."""
    statuses = examples.get(name, ())
    return status in statuses if status is not None else bool(statuses)
