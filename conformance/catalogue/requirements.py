"""The catalogue: the requirements of an implementation, each with the words it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from accounts_contract import Contract, Operation, accounts_file, read_contract, read_document

Level = Literal["MUST", "SHOULD"]

_KINDS: Mapping[str, Callable[[Operation], bool]] = {
    "all": lambda operation: True,
    "writes": lambda operation: operation.writes,
    "bodies": lambda operation: operation.body is not None,
    "answers": lambda operation: bool(operation.responses[str(operation.success)].content),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement of an implementation.

    Attributes:
        id: Stable, and named for its meaning: `delete-email/primary-refused`.
        level: MUST can fail an implementation; SHOULD is reported.
        title: One sentence.
        source: The words it comes from: the text of the API, or a standard.
        sent: The requests of a check.
        operation: Its operationId; empty for a requirement of a path.
        needs: The optional key of the target file without which it is not_configured; else empty.
    """

    id: str
    level: Level
    title: str
    source: str
    sent: str
    operation: str = ""
    needs: str = ""


class Catalogue(dict[str, Requirement]):
    """All requirements by their ids, in order."""

    def chosen(self, choices: Sequence[str]) -> list[Requirement]:
        """Return those that a choice (an id, or its beginning) names; all if there is no choice."""
        return [one for one in self.values() if not choices or one.id.startswith(tuple(choices))]


def slug(operation_id: str) -> str:
    """Return an operation as it stands in ids: `get_user` is `get-user`."""
    return operation_id.replace("_", "-")


@cache
def packaged_contract() -> Contract:
    """Return the contract that comes with the package, compiled once."""
    return read_contract(accounts_file(), validate=False)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with the package: one requirement per operation of each template.

    Raises:
        ValueError: An id stands twice (a defect of ours).
    """
    data: Any = read_document(Path(__file__).with_name("requirements.yaml")).data
    by_slug: dict[str, Operation | None] = {
        slug(operation.id): operation for operation in packaged_contract().operations.values()
    }
    found = [one for entry in data["requirements"] for one in _expand(entry, by_slug)]
    order = {name: index for index, name in enumerate(by_slug)}
    found.sort(key=lambda one: order.get(one.id.split("/")[0], len(order)))
    known = Catalogue({one.id: one for one in found})
    if len(known) < len(found):
        raise ValueError("a requirement stands twice in the catalogue")
    return known


def _expand(
    entry: Mapping[str, Any], by_slug: Mapping[str, Operation | None]
) -> Iterator[Requirement]:
    names = entry.get("for", [entry["id"].split("/")[0]])
    if isinstance(names, str):
        names = [name for name, one in by_slug.items() if one is not None and _KINDS[names](one)]
    for name in names:
        operation = by_slug.get(name)
        words = {} if operation is None else _words(operation)

        def fill(text: str, words: Mapping[str, str] = words) -> str:
            for placeholder, value in words.items():
                text = text.replace(f"{{{placeholder}}}", value)
            return text

        yield Requirement(
            id=entry["id"].replace("{op}", name),
            level=entry["level"],
            title=fill(entry["title"]),
            source=fill(entry["source"]),
            sent=fill(entry["sent"]),
            operation=operation.id if operation else "",
            needs=entry.get("needs", ""),
        )


def _words(operation: Operation) -> dict[str, str]:
    """Return the values of a template's placeholders."""
    words = {
        status: response.requirement.get("source", response.description)
        for status, response in operation.responses.items()
    }
    return {
        **words,
        "2xx": words[str(operation.success)],
        "status": str(operation.success),
        "scope": operation.scope,
    }
