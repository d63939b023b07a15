"""Other right answers: every one of these servers conforms."""

from conformance.selftest.changes import VARIATIONS
from conformance.selftest.variations import (
    access,
    accounts,
    answers,
    bodies,
    order,
    pickiness,
    protocol,
    transfers,
)

# Each module adds its own to the one catalogue when it is read.
MODULES = (bodies, protocol, pickiness, access, accounts, order, answers, transfers)
__all__ = ["MODULES", "VARIATIONS"]
