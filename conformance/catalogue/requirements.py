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

    def matches(self, choice: str) -> bool:
        """Return whether `--only CHOICE` chooses it: by its id, or by the beginning of it."""
        return self.id.startswith(choice)


class UnknownRequirement(KeyError):
    """An id without a requirement."""


class Catalogue(Mapping[str, Requirement]):
    """All requirements by their ids, in order."""

    def __init__(self, requirements: Sequence[Requirement]) -> None:
        self._by_id = {requirement.id: requirement for requirement in requirements}

    def __getitem__(self, key: str) -> Requirement:
        try:
            return self._by_id[key]
        except KeyError:
            raise UnknownRequirement(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def chosen(self, choices: Sequence[str]) -> list[Requirement]:
        """Return those that a choice (an id, or its beginning) names; all if there is no choice."""
        return [
            requirement
            for requirement in self._by_id.values()
            if not choices or any(requirement.matches(choice) for choice in choices)
        ]


def slug(operation_id: str) -> str:
    """Return an operation as it stands in ids: `get_user` is `get-user`."""
    return operation_id.replace("_", "-")


@cache
def packaged_contract() -> Contract:
    """Return the contract that comes with the package, compiled once."""
    return read_contract(accounts_file(), validate=False)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with the package, for its contract."""
    return read_catalogue(packaged_contract())


def read_catalogue(contract: Contract) -> Catalogue:
    """Read the catalogue's data, and make one requirement per operation of each template.

    Raises:
        ValueError: An id stands twice, or a template names an unknown operation (a defect of ours).
    """
    path = Path(__file__).with_name("requirements.yaml")
    data: Any = read_document(path).data
    by_slug = {slug(operation.id): operation for operation in contract.operations.values()}
    found: dict[str, Requirement] = {}
    for entry in data["requirements"]:
        for requirement in _expand(entry, by_slug):
            if requirement.id in found:
                raise ValueError(f"the requirement {requirement.id} stands twice in the catalogue")
            found[requirement.id] = requirement
    order = {name: index for index, name in enumerate(by_slug)}
    ordered = sorted(found.values(), key=lambda one: order.get(one.id.split("/")[0], len(order)))
    return Catalogue(ordered)


def _expand(entry: Mapping[str, Any], by_slug: Mapping[str, Operation]) -> Iterator[Requirement]:
    choice = entry.get("for", "none")
    if choice == "none":
        operation = by_slug.get(entry["id"].split("/")[0])
        yield _requirement(entry, operation, entry["id"])
        return
    if isinstance(choice, str):
        choice = [name for name, operation in by_slug.items() if _KINDS[choice](operation)]
    for name in choice:
        if name not in by_slug:
            raise ValueError(f"the catalogue names the operation {name}, which the contract lacks")
        yield _requirement(entry, by_slug[name], entry["id"].replace("{op}", name))


def _requirement(
    entry: Mapping[str, Any], operation: Operation | None, requirement_id: str
) -> Requirement:
    words = _words(operation)

    def fill(text: str) -> str:
        for name, value in words.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    return Requirement(
        id=requirement_id,
        level=entry["level"],
        title=fill(entry["title"]),
        source=fill(entry["source"]),
        sent=fill(entry["sent"]),
        operation=operation.id if operation else "",
        needs=entry.get("needs", ""),
    )


def _words(operation: Operation | None) -> dict[str, str]:
    """Return the values of a template's placeholders."""
    if operation is None:
        return {}
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
