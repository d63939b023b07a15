"""The declaration of a check: its requirements, and the cases that it is repeated for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

from accounts_contract import Operation
from conformance.catalogue.requirements import catalogue, slug
from conformance.checks import MODULES
from conformance.checks.support.context import CheckContext

_ATTRIBUTE = "conformance_check"
_Function = TypeVar("_Function", bound=Callable[..., None])

Cases = Iterator[tuple[str, dict[str, Any]]]
"""The repetitions of a check: a label and the arguments each time."""


@dataclass(frozen=True, slots=True)
class Check:
    """The declaration of a check.

    Attributes:
        function: Takes the context, and the arguments of a repetition.
        requirements: Ids, with {op} for the operation that it is repeated for.
        writes: Whether it changes something, for a while.
        generated: Whether it tries generated examples, as many as there is time for.
        last: Whether a faulty target may do damage for good: it is run alone, after all others.
        of: Chooses the operations that it is repeated for, if its ids have an {op}; None for those that have its first.
        each: What it is repeated for beside.
    """

    function: Callable[..., None] = field(repr=False)
    requirements: tuple[str, ...]
    writes: bool = True
    generated: bool = False
    last: bool = False
    of: Callable[[Operation], Any] | None = None
    each: Callable[[CheckContext], Cases] | None = None

    def is_about(self, requirement: str) -> bool:
        """Return whether it may be about a requirement, for one of the operations that it is repeated for."""
        _, slash, rest = requirement.partition("/")
        return requirement in self.requirements or f"{{op}}{slash}{rest}" in self.requirements

    def tasks(self, run: CheckContext) -> Iterator[Task]:
        """Yield its repetitions; an id that the catalogue has for other operations only is left out."""
        words = self.function.__name__.removeprefix("test_").replace("_", " ")
        for op in self._operations(run):
            writes = self.writes and (not op or run.operations[op].writes)
            ids = [one.replace("{op}", slug(op)) for one in self.requirements]
            known = tuple(one for one in ids if one in catalogue())
            given = {"op": op} if op else {}
            for label, arguments in self.each(run) if self.each else [("", {})]:
                told = ", ".join(filter(None, (op, label)))
                name = f"{words} [{told}]" if told else words
                yield Task(self, name, known, {**given, **arguments}, writes)

    def _operations(self, run: CheckContext) -> Iterable[str]:
        """Return the operations that it is repeated for; a single empty name if it is about none in particular."""
        first = self.requirements[0]
        if "{op}" not in first:
            return [""]
        if self.of is not None:
            return [name for name, one in run.operations.items() if self.of(one)]
        return [one for one in run.operations if first.replace("{op}", slug(one)) in catalogue()]


@dataclass(frozen=True, slots=True)
class Task:
    """One repetition of a check.

    Attributes:
        check: The check.
        name: The name in words, with what it is repeated for.
        ids: The requirements that it is about.
        arguments: The arguments of the function, beside the context.
        writes: Whether this repetition changes something.
    """

    check: Check
    name: str
    ids: tuple[str, ...]
    arguments: Mapping[str, Any] = field(repr=False)
    writes: bool


def proves(*requirements: str, **how: Any) -> Callable[[_Function], _Function]:
    """Declare a check, with the requirements that it is about; the other fields of Check by their names."""

    def mark(function: _Function) -> _Function:
        setattr(function, _ATTRIBUTE, Check(function, requirements, **how))
        return function

    return mark


def checks() -> Iterator[tuple[str, Check]]:
    """Yield all checks with the names of their modules, as they are declared."""
    for name in MODULES:
        for value in vars(import_module(f"conformance.checks.{name}")).values():
            if check := getattr(value, _ATTRIBUTE, None):
                yield name, check
