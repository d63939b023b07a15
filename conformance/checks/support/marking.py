"""The declaration of a check: its requirements, and the cases that it is repeated for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from conformance.catalogue.requirements import catalogue, slug
from conformance.checks.support.context import CheckContext

_ATTRIBUTE = "conformance_check"
_Function = TypeVar("_Function", bound=Callable[..., None])


Parameters = Callable[[CheckContext], Iterator[tuple[str, dict[str, Any]]]]
"""The repetitions of a check: a label and the arguments each time; `op` fills the {op} of the ids.

`credential` says under what the access matrix has it, and need be no argument; `credentials` say so themselves.
"""


@dataclass(frozen=True, slots=True)
class Check:
    """The declaration of a check.

    Attributes:
        requirements: Ids, with {op} for the operation that it is repeated for.
        arguments: What its function takes.
        writes: Whether it writes, or its oracle reads what others write; where it is repeated for
            operations, those that only read do not.
        alone: Whether no check that writes may run at the same time, although it only reads.
        each: What it is repeated for; None if it runs once.
    """

    requirements: tuple[str, ...]
    arguments: tuple[str, ...]
    writes: bool
    alone: bool
    each: Parameters | None

    def is_about(self, requirement: str) -> bool:
        """Return whether it may be about a requirement, for one of the operations that it is repeated for."""
        _, slash, rest = requirement.partition("/")
        return requirement in self.requirements or f"{{op}}{slash}{rest}" in self.requirements

    def ids(self, op: str) -> list[str]:
        """Return the requirements for an operation; one that the catalogue has for others only is left out."""
        filled = (one.replace("{op}", slug(op)) for one in self.requirements)
        return [one for one in filled if one in catalogue()]


def proves(
    *requirements: str, writes: bool = True, alone: bool = False, each: Parameters | None = None
) -> Callable[[_Function], _Function]:
    """Declare the requirements that a check is about."""

    def mark(function: _Function) -> _Function:
        arguments = tuple(inspect.signature(function).parameters)
        setattr(function, _ATTRIBUTE, Check(requirements, arguments, writes, alone, each))
        if each is None:
            pytest.mark.proves(*requirements)(function)
        return function

    return mark


def check_of(function: object) -> Check | None:
    """Return the declaration of a function; None if it is no check."""
    return getattr(function, _ATTRIBUTE, None)


def parametrize(metafunc: pytest.Metafunc, run: CheckContext) -> None:
    """Repeat a check for what it asks for, and give each repetition its ids."""
    check = check_of(metafunc.function)
    assert check is not None
    if check.each is None:
        return
    given = [name for name in check.arguments if name not in ("run", "judge")]
    sets = []
    for label, arguments in check.each(run):
        ids = check.ids(arguments.get("op", ""))
        # Under it the access matrix has the check, even if it breaks off before there are credentials.
        credential = arguments.get("credential") or getattr(
            arguments.get("credentials"), "label", ""
        )
        mark = pytest.mark.proves(*ids, credential=credential)
        sets.append(pytest.param(*(arguments[name] for name in given), marks=mark, id=label))
    metafunc.parametrize(given, sets)
