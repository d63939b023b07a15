"""The access matrix: the answer of each operation to each kind of credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.catalogue.requirements import packaged_contract
from conformance.catalogue.results import CheckResult
from conformance.reports.view import WORST_FIRST, Kind, Shown
from conformance.target.credentials import token_label

_ABOUT_ACCESS = re.compile(
    r"[^/]+/((basic|bearer)-accepted|(unauthenticated|forbidden)/(?!challenge).*)"
)
_STATUS = re.compile(r"\b[1-5][0-9]{2}\b")
_NOBODY, _ELSEWHERE = "", "owner elsewhere"
_TITLES = {
    "owner": "The owner",
    "other": "The other user",
    _ELSEWHERE: "The owner, at the other user's account",
    _NOBODY: "No login",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """The result of one operation with one kind of credentials.

    Attributes:
        kind: The worst of its checks.
        requirement: The id of the requirement of that check.
        expected: The right status; empty if the check names none.
        actual: The status of the answer; only if it is another one.
    """

    kind: Kind
    requirement: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class AccessMatrix:
    """Credentials by operations: for each role, a label with a cell per operation for each of its credentials."""

    operations: Sequence[str]
    groups: Mapping[str, Sequence[tuple[str, Sequence[Cell | None]]]]


def matrix(shown: Sequence[Shown]) -> AccessMatrix:
    """Build the matrix of all checks about access that name an operation."""
    found: dict[tuple[str, str, str], list[tuple[Shown, CheckResult]]] = {}
    for one in shown:
        if _ABOUT_ACCESS.fullmatch(one.id):
            for check in one.checks:
                operation = check.operation or one.result.requirement.operation
                found.setdefault((*_row(one, check, operation), operation), []).append((one, check))
    found = {place: results for place, results in found.items() if all(place[1:])}
    operations = list(dict.fromkeys(operation for _, _, operation in found))
    groups = {}
    for role, title in _TITLES.items():
        labels = dict.fromkeys(label for owner, label, _ in found if owner == role)
        rows = [
            (label, [_cell(found.get((role, label, operation), ())) for operation in operations])
            for label in (sorted(labels, key=_scopes) if role else labels)
        ]
        if rows:
            groups[title] = rows
    return AccessMatrix(operations, groups)


def _row(one: Shown, check: CheckResult, operation: str) -> tuple[str, str]:
    """Return the role and the label of a check's credentials; those that are nobody's by their requirement."""
    role, comma, label = check.credential.partition(", ")
    if not comma or role not in _TITLES:
        _, _, fault = one.id.partition("/unauthenticated/")
        return _NOBODY, f"{fault} credentials" if fault else ""
    contract = packaged_contract()
    if label == _token(contract.scopes):
        label = "token (all scopes)"
    if role == "owner" and "/forbidden/owner-" in one.id:
        role = _ELSEWHERE
    if role != "owner" and label in map(_token, ([scope] for scope in contract.scopes)):
        known = contract.operations.get(operation)
        opens = known is not None and label == _token(known.scopes)
        label = "token (the scope of the operation)" if opens else "token (another scope)"
    return role, label


def _token(scopes: Iterable[str]) -> str:
    return token_label("", frozenset(scopes)).removeprefix(", ")


def _scopes(label: str) -> tuple[int, str]:
    """Order the logins of a person: Basic, then tokens by the number of their scopes."""
    _, _, scopes = label.partition("(")
    count = len([name for name in scopes.rstrip(")").split() if "_" in name])
    return (-1 if "token" not in label else 99 if "all scopes" in label else count, label)


def _cell(results: Sequence[tuple[Shown, CheckResult]]) -> Cell | None:
    if not results:
        return None
    kinds = [one.kind_of(check) for one, check in results]
    kind = min(kinds, key=WORST_FIRST.index)
    one, worst = results[kinds.index(kind)]
    statuses = (_status(check.expected) for check in (worst, *(check for _, check in results)))
    expected, actual = next(filter(None, statuses), ""), _status(worst.actual)
    differs = kind is not Kind.PASSED and actual != expected
    return Cell(kind, one.id, expected, actual if differs else "")


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[0] if found else ""
