"""The description of an operation: all that the suite has to be told of it beside the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from conformance.account.restorer import Keeping, Part, Undo

if TYPE_CHECKING:
    from conformance.checks.support.context import CheckContext
    from conformance.checks.support.judge import Judge
    from conformance.target.credentials import Credentials
    from conformance.wire.exchange import Exchange


class Undescribed(Exception):
    """An operation that the contract has, and the suite has no description of, or lacks a part of it."""


class Succeed(Protocol):
    """A correct request, and the oracle of all that follows from it."""

    def __call__(
        self,
        run: CheckContext,
        judge: Judge,
        login: Credentials,
        *,
        form: bool = False,
        role: str = "owner",
    ) -> Exchange:
        """Send it, and judge what comes."""
        ...


class Send(Protocol):
    """A request with a given body, and the oracle of all that follows from it."""

    def __call__(
        self,
        run: CheckContext,
        judge: Judge,
        login: Credentials,
        value: dict[str, Any],
        *,
        form: bool,
    ) -> object:
        """Send it, and judge what comes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One operation; the contract says the rest.

    Attributes:
        touches: The part of the account that it reads or may change.
        succeed: A correct request and its oracle.
        reads: Whether its answer is that part of the account, by which a run reads it.
        value: The body of a request that would change something, for an account (`owner` or `other`).
        parameters: The parameters in the path beside the username, for a correct request to an account.
        refused: A body that everybody refuses with 400: it shows that a login works, and changes nothing.
        accept: The oracle of a generated body that is valid by anyone's reading.
        step: The oracle of a step in a sequence; without one, each step is a correct request.
        allowed: The statuses that an odd object may be answered with.
        undo: The way to undo what it did to an account.
        irreversible: The reason why nothing undoes it; it is then never sent with the login of its account.
    """

    touches: Part
    succeed: Succeed
    reads: bool = False
    value: Callable[[CheckContext, str], dict[str, Any]] | None = None
    parameters: Callable[[CheckContext, str], Mapping[str, str]] | None = None
    refused: Any = None
    accept: Send | None = None
    step: Callable[..., Exchange] | None = None
    allowed: Callable[[Mapping[str, Any]], tuple[int, ...]] | None = None
    undo: Undo | None = None
    irreversible: str = ""


class Descriptions(Mapping[str, Description]):
    """The descriptions by operationId; one that is missing is an error that says so."""

    def __init__(self, table: Mapping[str, Description], derived: Mapping[str, str]) -> None:
        self._table = table
        self._derived = derived

    def __getitem__(self, key: str) -> Description:
        try:
            return self._table[key]
        except KeyError:
            raise Undescribed(
                f"the suite has no description of {key}; add one to conformance/checks/support/operations.py"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def reads(self) -> Mapping[Part, str]:
        """The operation that reads each part of an account."""
        return self.keeping.reads

    @cached_property
    def keeping(self) -> Keeping:
        """The way to read and to put back an account: the last operation is undone first."""
        table = list(self._table.items())
        return Keeping(
            {one.touches: name for name, one in table if one.reads},
            [one.undo for _, one in reversed(table) if one.undo is not None],
            self._derived,
        )

    def part(self, operation: str, name: str) -> Any:
        """Return a part of a description that its operation cannot do without. Raises Undescribed."""
        found = getattr(self[operation], name)
        if found is None:
            raise Undescribed(
                f"the description of {operation} in conformance/checks/support/operations.py "
                f"needs {name!r}: the contract gives it a body"
            )
        return found
