"""Defects and legal variations of the reference: how each is declared, and how a service is built from them.

A change is a small subclass of the service:

    @defect("A missing scope is 404.", "*/forbidden/scope")
    class MissingScopeIs404(Service):
        def lacks_scope(self, call: Call) -> Refusal: ...

or an entry of a table, where few overrides of one expression say it all; its key is a name and a sentence:

    table("list-emails/complete", {"list-of-fifty: The list ends after fifty.": {"list_view": …}})

Ids are given as words with blanks between: "*/form" are those of all operations that have it,
"update-email/{verifies,both}" are two.

The module knows no defect: `defects/` and `variations/` add theirs when they are imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import filter as matching
from functools import cached_property, partial
from typing import Any

from conformance.catalogue.requirements import catalogue
from conformance.selftest.overrides import made
from conformance.selftest.reference.service import Service
from conformance.selftest.variations import clauses

Ids = str | Sequence[str]
"""Ids of requirements, or patterns of them: in one text with blanks between, or in several."""


@dataclass(frozen=True)
class Defect:
    """A service that breaks the text.

    Attributes:
        id: Says what is wrong; unique among defects and variations.
        sentence: What is wrong, in a sentence.
        breaks: The ids of the requirements that it breaks; each must find it.
        also: Patterns of ids under which it may be found too, since they are broken as well.
        service: The reference with the defect.
    """

    id: str
    sentence: str
    breaks: tuple[str, ...]
    also: tuple[str, ...]
    service: type[Service] = field(repr=False)

    @cached_property
    def may_break(self) -> tuple[str, ...]:
        """The ids of all requirements under which it may be found."""
        return _known((*self.breaks, *self.also))


@dataclass(frozen=True)
class Variation:
    """A service that is just as right as the reference.

    Attributes:
        id: Says what is different; unique among defects and variations.
        sentence: What is different, in a sentence.
        clause: The words that leave it open; a value of `variations.clauses`.
        misses: The ids of the SHOULD requirements that it does not meet; no others may fail.
        visible: Whether an answer tells it from the reference. Where none does, its pace or its tokens do, or
            it stands in the way of a check to come.
        service: The reference with the difference.
    """

    id: str
    sentence: str
    clause: str
    misses: tuple[str, ...]
    visible: bool
    service: type[Service] = field(repr=False)


Change = Defect | Variation
CHANGES: dict[str, Change] = {}
"""All defects and variations by their ids, in the order in which their modules are read."""


Declaring = Callable[[type[Service]], type[Service]]


def defect(sentence: str, breaks: Ids, *, also: Ids = (), name: str = "") -> Declaring:
    """Declare a class as a defect; its name in kebab-case is the id, if none is given."""
    return lambda service: _add(
        Defect(name or _kebab(service), sentence, _known(breaks), _ids(also), service)
    )


def variation(sentence: str, clause: str, *, visible: bool = True, name: str = "") -> Declaring:
    """Declare a class as a legal variation.

    `clause` is a name of `variations.clauses`, with the ids of what should be, and is not met, behind it.
    """
    words, *misses = _ids(clause)
    said = str(getattr(clauses, words))
    return lambda service: _add(
        Variation(name or _kebab(service), sentence, said, _known(misses), visible, service)
    )


_TITLE = re.compile(r"([^ ]+)(?: \(([^)]*)\))?: (.+)")


def table(
    shared: Ids,
    entries: Mapping[str, Any],
    make: str | Callable[[Any], Mapping[str, Any]] = dict,
    *,
    declare: Callable[..., Declaring] = defect,
    base: type[Service] = Service,
    **more: Any,
) -> None:
    """Declare a defect for each entry: `name: sentence`, and the value that `make` makes overrides of.

    An entry `name (ids): sentence` breaks these instead, each behind what is shared if that ends with a slash.
    With `variation` as `declare`, clauses stand in place of ids. A method's name as `make` says that values
    override it.
    """
    for title, value in entries.items():
        match = _TITLE.fullmatch(title)
        if match is None:
            raise ValueError(f"{title!r} is neither `name: sentence` nor `name (ids): sentence`")
        name, own, sentence = match.groups()
        prefix = shared if isinstance(shared, str) and shared.endswith("/") else ""
        chosen = " ".join(f"{prefix}{one}" for one in own.split()) if own else shared
        overrides = {make: value} if isinstance(make, str) else make(value)
        declare(sentence, chosen, name=name, **more)(made(name, base, overrides))


def row(title: str, *, also: Ids = (), base: type[Service] = Service, **overrides: Any) -> None:
    """Declare one defect, `name (ids): sentence`, by what it overrides."""
    table("", {title: overrides}, also=also, base=base)


variations = partial(table, declare=variation)
"""Declare a legal variation for each entry of a table."""


def build(changes: Iterable[Change]) -> Service:
    """Return a fresh service with all these changes, each working on top of those after it."""
    bases = tuple(one.service for one in changes)
    service: Service = type("Changed", bases or (Service,), {})()
    return service


def groups(variations: Iterable[Variation]) -> list[list[Variation]]:
    """Put variations together that can be had at once, in as few groups as a first fit makes.

    Two of them are in each other's way where each defines the same name otherwise, in classes of its own,
    and one does not call what it overrides, or if one is a base of the other. A group that is accused is
    tried again one by one, so that a wrong guess costs time and nothing else.
    """
    found: list[list[Variation]] = []
    for one in variations:
        fitting = (
            group
            for group in found
            if not any(_in_the_way(one.service, other.service) for other in group)
        )
        group = next(fitting, [])
        if not group:
            found.append(group)
        group.append(one)
    return found


def _in_the_way(first: type[Service], second: type[Service]) -> bool:
    shared = {*first.__mro__} & {*second.__mro__}
    mine, theirs = _own(first, shared), _own(second, shared)
    clash = any(
        not (mine[name] and theirs[name]) and getattr(first, name) is not getattr(second, name)
        for name in mine.keys() & theirs.keys()
    )
    return clash or issubclass(first, second) or issubclass(second, first)


def _own(service: type[Service], shared: Collection[type]) -> Mapping[str, bool]:
    """Return the names that a change defines, each with whether it calls what it overrides."""
    return {
        name: "super" in getattr(getattr(value, "__code__", None), "co_names", ())
        for base in reversed(service.__mro__)
        if base not in shared
        for name, value in vars(base).items()
        if not name.startswith("__")
    }


def _add(change: Change) -> type[Service]:
    if CHANGES.setdefault(change.id, change) is not change:
        raise ValueError(f"two defects or variations are called {change.id}")
    return change.service


def _ids(given: Ids) -> tuple[str, ...]:
    words = (given if isinstance(given, str) else " ".join(given)).split()
    return tuple(one for word in words for one in _alternatives(word))


def _alternatives(word: str) -> list[str]:
    before, _open, rest = word.partition("{")
    inner, _close, after = rest.partition("}")
    ends = _alternatives(after) if rest else [""]
    return [before + one + end for one in inner.split(",") for end in ends]


def _known(given: Ids) -> tuple[str, ...]:
    """Return the ids of the catalogue that are meant; an id that it does not have stays."""
    found = (matching(catalogue(), one) or [one] for one in _ids(given))
    return tuple(dict.fromkeys(name for names in found for name in names))


def _kebab(service: type[Service]) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", service.__name__).lower()
