"""The declaration of a check: its requirements, and the cases that it is repeated for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conformance.catalogue.requirements import catalogue, slug
from conformance.checks.support.context import CheckContext

_ATTRIBUTE = "conformance_check"
_Function = TypeVar("_Function", bound=Callable[..., None])

Cases = Iterator[tuple[str, dict[str, Any]]]
"""The repetitions of a check: a label and the arguments each time; `op` fills the {op} of its ids."""


@dataclass(frozen=True, slots=True)
class Check:
    """The declaration of a check.

    Attributes:
        function: Takes the context, and the arguments of a repetition.
        requirements: Ids, with {op} for the operation that it is repeated for.
        writes: Whether it changes something, for a while.
        generated: Whether it tries generated examples, as many as there is time for.
        last: Whether a faulty target may do damage for good: it is run alone, after all others.
        each: What it is repeated for; None for the operations that have its first requirement.
    """

    function: Callable[..., None] = field(repr=False)
    requirements: tuple[str, ...]
    writes: bool
    generated: bool
    last: bool
    each: Callable[[CheckContext], Cases] | None

    @property
    def name(self) -> str:
        """Its function's name in words."""
        return self.function.__name__.removeprefix("test_").replace("_", " ")

    def is_about(self, requirement: str) -> bool:
        """Return whether it may be about a requirement, for one of the operations that it is repeated for."""
        _, slash, rest = requirement.partition("/")
        return requirement in self.requirements or f"{{op}}{slash}{rest}" in self.requirements

    def tasks(self, run: CheckContext) -> Iterator[Task]:
        """Yield its repetitions; an id that the catalogue has for other operations only is left out."""
        for label, arguments in (self.each or self._operations)(run):
            op = arguments.get("op", "")
            ids = [one.replace("{op}", slug(op)) for one in self.requirements]
            writes = self.writes and (not op or run.operations[op].writes)
            name = f"{self.name} [{label}]" if label else self.name
            known = tuple(one for one in ids if one in catalogue())
            yield Task(self, name, known, arguments, writes)

    def _operations(self, run: CheckContext) -> Cases:
        """Yield the operations that have its first requirement; a single case if that is of no {op}."""
        first = self.requirements[0]
        for op in run.operations if "{op}" in first else ():
            if first.replace("{op}", slug(op)) in catalogue():
                yield op, {"op": op}
        if "{op}" not in first:
            yield "", {}


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


def proves(
    *requirements: str,
    writes: bool = True,
    generated: bool = False,
    last: bool = False,
    each: Callable[[CheckContext], Cases] | None = None,
) -> Callable[[_Function], _Function]:
    """Declare a check, with the requirements that it is about."""

    def mark(function: _Function) -> _Function:
        setattr(function, _ATTRIBUTE, Check(function, requirements, writes, generated, last, each))
        return function

    return mark


def checks_of(module: object) -> list[Check]:
    """Return the checks of a module, in their order."""
    return [one for value in vars(module).values() if (one := getattr(value, _ATTRIBUTE, None))]
