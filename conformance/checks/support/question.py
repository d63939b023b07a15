"""A question that a check has: one request, and what must follow if the model does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from conformance.catalogue.requirements import catalogue, slug
from conformance.checks.support.model import Outcome
from conformance.target.credentials import Credentials
from conformance.wire.client import Body
from conformance.wire.exchange import Exchange

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of an operation, and what must follow if the model does not say it.

    Attributes:
        op: The operationId.
        value: The members of the body; None sends none.
        login: The login; the one with fewest rights that opens the operation, if left out.
        form: Whether the members are sent as a form.
        body: A raw body in place of them.
        means: The members that a raw body stands for; None if nobody says, nor what follows from success.
        role: The account that it is about.
        username: Another name in its path.
        query: A query, with its question mark.
        accept: The value of Accept; None sends none.
        statuses: The statuses that are right; left out, the model says them.
        requirement: The requirement that another status breaks, without its operation.
        under: The requirement that is broken by all else that is wrong, where the check has a subject of its
            own, such as forms; left out, each part has its own.
        unchanged: The requirement that is broken by a refusal that changes something; left out, `requirement`.
        access: The requirement that is broken where access is decided, and otherwise than it should be:
            where `requirement` is about the order alone.
    """

    op: str
    value: Mapping[str, Any] | None = None
    _: KW_ONLY
    login: Credentials | None = None
    form: bool = False
    body: Body | None = None
    means: Mapping[str, Any] | None = None
    role: str = "owner"
    username: str | None = None
    query: str = ""
    accept: str | None = JSON
    statuses: tuple[int, ...] = ()
    requirement: str = ""
    under: str = ""
    unchanged: str = ""
    access: str = ""

    @property
    def members(self) -> Mapping[str, Any]:
        """The members that are sent, or that the body stands for."""
        return (self.means if self.value is None else self.value) or {}


@dataclass(frozen=True, slots=True)
class Answered:
    """An Ask with its answer: `right` where its status is, `taken` where that is one of success."""

    ask: Ask
    exchange: Exchange
    outcome: Outcome
    right: bool
    taken: bool


def full(op: str, requirement: str) -> str:
    """Return the id of a requirement of an operation; one of another operation as it is."""
    own = f"{slug(op)}/{requirement}"
    return own if own in catalogue() or requirement not in catalogue() else requirement
