"""Other right answers: every one of these servers conforms."""

from tests.conformance.independent.catalogue import VARIATIONS
from tests.conformance.independent.variations import (
    access,
    bodies,
    pickiness,
    protocol,
)

# Each module adds its own to the one catalogue when it is read.
MODULES = (bodies, protocol, pickiness, access)
__all__ = ["MODULES", "VARIATIONS"]
