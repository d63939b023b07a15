"""The access matrix: the answer of each operation to each kind of credentials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.reports.view import WORST_FIRST, Entry, Kind, Shown
from conformance.target.credentials import ELSEWHERE

_STATUS = re.compile(r"\b[1-5][0-9]{2}\b")
_TITLES = {
    "owner": "The owner",
    "other": "The other user",
    ELSEWHERE: "The owner, at the other user's account",
    "": "No login",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """The result of one operation with one kind of credentials.

    Attributes:
        kind: The worst of its checks.
        requirement: The id of the requirement of that check.
        expected: The right status; empty if the check names none.
        actual: The status of the answer; only if it is another one.
        checks: The number of checks.
    """

    kind: Kind
    requirement: str
    expected: str
    actual: str
    checks: int


@dataclass(frozen=True, slots=True)
class Rows:
    """The credentials of one role: a label and a cell per operation for each."""

    title: str
    rows: Sequence[tuple[str, Sequence[Cell | None]]]


@dataclass(frozen=True, slots=True)
class AccessMatrix:
    """Credentials by operations."""

    operations: Sequence[str]
    groups: Sequence[Rows]

    @property
    def size(self) -> int:
        """The number of rows."""
        return sum(len(group.rows) for group in self.groups)


def matrix(shown: Sequence[Shown]) -> AccessMatrix:
    """Build the matrix of all checks that name an operation and credentials."""
    found: dict[tuple[str, str], list[tuple[Shown, Entry]]] = {}
    for one in shown:
        for entry in one.entries:
            place = (_credential(one, entry), entry.check.operation)
            if all(place):
                found.setdefault(place, []).append((one, entry))
    operations = list(dict.fromkeys(operation for _, operation in found))
    groups: dict[str, list[str]] = {role: [] for role in _TITLES}
    for label in dict.fromkeys(credential for credential, _ in found):
        groups[_role(label)].append(label)
    return AccessMatrix(
        operations,
        [
            Rows(
                _TITLES[role],
                [
                    (
                        label.removeprefix(f"{role}, "),
                        [_cell(found.get((label, operation), ())) for operation in operations],
                    )
                    for label in (sorted(labels, key=_scopes) if role else labels)
                ],
            )
            for role, labels in groups.items()
            if labels
        ],
    )


def _credential(one: Shown, entry: Entry) -> str:
    """Return the row of a check; "" for one that tries several credentials and does not fail."""
    _, _, kind = one.id.partition("/")
    about_access = kind.startswith(("forbidden/", "unauthenticated/"))
    if entry.check.credential or entry.kind is not Kind.FAILED or not about_access:
        return entry.check.credential
    return entry.check.name.partition(" [")[0]


def _role(label: str) -> str:
    role, comma, _ = label.partition(", ")
    return role if comma and role in _TITLES else ""


def _scopes(label: str) -> tuple[int, str]:
    """Order the logins of a person: Basic, then tokens by the number of their scopes."""
    _, _, scopes = label.partition("(")
    names = [name for name in scopes.rstrip(")").split() if "_" in name]
    return (len(names) if "token" in label else -1, label)


def _cell(results: Sequence[tuple[Shown, Entry]]) -> Cell | None:
    if not results:
        return None
    one, entry = min(results, key=lambda result: WORST_FIRST.index(result[1].kind))
    expected = _status(entry.check.expected) or next(
        (status for _, other in results if (status := _status(other.check.expected))), ""
    )
    actual = _status(entry.check.actual)
    return Cell(
        entry.kind,
        one.id,
        expected,
        actual if actual != expected and entry.kind is not Kind.PASSED else "",
        len(results),
    )


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[0] if found else ""
