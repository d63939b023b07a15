"""Faults on demand: rules that say for which requests, how often, and with which effect."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

MAX_WAIT = 60.0
"""The longest wait, in seconds."""

KINDS = ("reset", "truncate", "garbage", "contract")
"""Kinds of corrupted answers: the connection is reset before any of it; it breaks off in the middle; it
is no JSON; it is JSON that breaks the contract."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a fault.

    Attributes:
        code: A status to answer with, in place of the operation.
        wait: Seconds to wait before anything else.
        fault: How the answer is corrupted; one of `KINDS`.
        retry_after: The `Retry-After` that goes with `code`, in seconds.
        body: The body that goes with `code`, as JSON; what the contract has as an example, if left out.
    """

    code: int | None = None
    wait: float = 0.0
    fault: str | None = None
    retry_after: int | None = None
    body: bytes | None = None


PREFER = "Prefer"
"""The source of a fault that a request has asked for itself."""


class Fired(NamedTuple):
    """A fault that has fired, as log and journal keep it.

    Attributes:
        source: The id of the rule, or `PREFER`.
        code: The status that it has forced.
        kind: How it has corrupted the answer; one of `KINDS`.
        wait: Seconds that it has waited.
    """

    source: str
    code: int | None
    kind: str | None
    wait: float

    @classmethod
    def of(cls, source: str, effect: Effect) -> Fired:
        """Return the fault of an effect."""
        return cls(source, effect.code, effect.fault, effect.wait)

    @property
    def effect(self) -> str:
        """The effect in words."""
        parts = [f"code {self.code}" if self.code is not None else "", self.kind or ""]
        parts.append(f"wait {self.wait:.3g} s" if self.wait else "")
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.source}: {self.effect}"


@dataclass(slots=True)
class Fault:
    """A fault rule: for which requests, how often, and with which effect.

    Attributes:
        id: What it is called.
        rule: The rule as it was given, in the format of the control API.
        hits: How often it fired.
    """

    id: str
    rule: Mapping[str, Any]
    hits: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.rule.get("seed"))  # noqa: S311 - it decides, and guards nothing

    @property
    def remaining(self) -> int | None:
        """The number of times that it will still fire; None for ever."""
        times = self.rule.get("times")
        return None if times is None else max(0, times - self.hits)

    def fire(self, operation: str, method: str, username: str | None) -> Effect | None:
        """Return the effect on a request; None if the rule does not fire."""
        rule = self.rule
        if self.remaining == 0 or any(
            rule.get(name) not in (None, value)
            for name, value in (
                ("operation", operation),
                ("method", method),
                ("username", username),
            )
        ):
            return None
        if self._random.random() >= rule.get("probability", 1):
            return None
        self.hits += 1
        return Effect(
            rule.get("code"),
            self._wait(rule.get("wait", 0)),
            rule.get("fault"),
            rule.get("retry_after"),
            orjson.dumps(rule["body"]) if "body" in rule else None,
        )

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

    def add(self, rule: Mapping[str, Any]) -> Fault:
        """Make a rule."""
        self._made += 1
        fault = Fault(f"fault-{self._made}", rule)
        self.rules[fault.id] = fault
        return fault

    @property
    def resets(self) -> bool:
        """True if a rule may still reset a connection."""
        return any(
            fault.rule.get("fault") == "reset" and fault.remaining != 0
            for fault in self.rules.values()
        )

    def fire(self, operation: str, method: str, username: str | None) -> tuple[Effect, str] | None:
        """Return the effect on a request, and the id of the rule that fires; None if none does."""
        for fault in self.rules.values():
            effect = fault.fire(operation, method, username)
            if effect is not None:
                return effect, fault.id
        return None
