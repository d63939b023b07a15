"""The description of an operation: all that the suite has to be told of it beside the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.account.restorer import Keeping, Part, Undo
from conformance.account.state import AccountState
from conformance.checks.support import model

if TYPE_CHECKING:
    from conformance.checks.support.context import CheckContext


class Undescribed(Exception):
    """An operation that the contract has, and the suite has no description of, or lacks a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One operation; the contract says the rest.

    Attributes:
        touches: The part of the account that it reads or may change.
        follows: The outcome of a request, by the account and the members that are sent; left out, it only reads.
        parts: The comparison of what came with what must be, after an answer of success; of nothing, if left out.
        untouched: The requirement that is broken by a change of the other user, without the operation.
        reads: Whether its answer is that part of the account, by which a run reads it.
        value: The body of a correct request that changes something, for an account (`owner` or `other`);
            another one each time, as far as the account gives that.
        limited: Whether an account may hold only so many of what it adds.
        on_known: Whether its body names an address that must be there.
        parameters: The parameters in the path beside the username, for a correct request to an account.
        refused: A body that everybody refuses with 400: it shows that a login works, and changes nothing.
        undo: The way to undo what it did to an account.
        irreversible: The reason why nothing undoes it; it is then never sent with the login of its account.
    """

    touches: Part
    follows: Callable[[AccountState, Mapping[str, Any]], model.Outcome] = lambda account, _sent: (
        model.Outcome((200,), "success", account)
    )
    parts: Callable[[model.Seen], Iterator[model.Part]] = lambda _: iter(())
    untouched: str = "others-untouched"
    reads: bool = False
    value: Callable[[CheckContext, str], dict[str, Any]] | None = None
    limited: bool = False
    on_known: bool = False
    parameters: Callable[[CheckContext, str], Mapping[str, str]] | None = None
    refused: Any = None
    undo: Undo | None = None
    irreversible: str = ""


class Descriptions(dict[str, Description]):
    """The descriptions by operationId; one that is missing is an error that says so."""

    def __init__(self, table: Mapping[str, Description], derived: Mapping[str, str]) -> None:
        super().__init__(table)
        self._derived = derived

    def __missing__(self, key: str) -> Description:
        raise Undescribed(
            f"the suite has no description of {key}; add one to conformance/checks/support/operations.py"
        )

    @cached_property
    def keeping(self) -> Keeping:
        """The way to read and to put back an account: the last operation is undone first."""
        reads = {one.touches: name for name, one in self.items() if one.reads}
        undo = [one.undo for one in reversed(self.values()) if one.undo is not None]
        return Keeping(reads, undo, self._derived)

    def part(self, operation: str, name: str) -> Any:
        """Return a part of a description that its operation cannot do without. Raises Undescribed."""
        found = getattr(self[operation], name)
        if found is None:
            raise Undescribed(
                f"the description of {operation} in conformance/checks/support/operations.py "
                f"needs {name!r}: the contract gives it a body"
            )
        return found
