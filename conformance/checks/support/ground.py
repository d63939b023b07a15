"""The ground of a run: what each of its contexts stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts_contract import Contract
from conformance.account.restore_file import Record
from conformance.checks.support.descriptions import Descriptions
from conformance.settings import Settings
from conformance.target.target import Target
from conformance.wire.client import Client
from conformance.wire.exchange import Exchange


@dataclass(frozen=True)
class Ground:
    """The settings, the target and the way to it, its operations, and the findings before the first check.

    Attributes:
        tag: Stands in everything that this run writes.
        record: How the accounts were; None if they could not be read.
        no_writes: Why nothing may be written; empty if it may.
        dead: Logins without effect that are no error, by their keys: why they cannot be judged.
        fixed: Members of each profile that the target would not let us put back, by role.
        refusal_type: The media type of the target's own refusals.
        volatile: Members of the user that vary by themselves.
        first: The reading requests of the start, with each login.
    """

    settings: Settings
    target: Target
    contract: Contract
    client: Client
    descriptions: Descriptions
    tag: str
    record: Record | None
    no_writes: str
    dead: Mapping[str, str]
    fixed: Mapping[str, Sequence[str]]
    refusal_type: str
    volatile: frozenset[str]
    first: Sequence[Exchange]
