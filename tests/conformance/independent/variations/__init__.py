"""Other right answers: every one of these servers conforms."""

from tests.conformance.independent.catalogue import VARIATIONS
from tests.conformance.independent.variations import (
    access,
    bodies,
    pickiness,
    protocol,
    second_look,
)

# Each module adds its own to the one catalogue when it is read.
MODULES = (bodies, protocol, pickiness, access, second_look)
__all__ = ["MODULES", "VARIATIONS"]
