"""The deliberately faulty implementations, by subject."""

from __future__ import annotations

from conformance.mutants.builds import Mutant
from conformance.mutants.defects import (
    addresses,
    answers,
    bodies,
    corners,
    logins,
    permissions,
    profile,
    repeats,
)

MUTANTS: tuple[Mutant, ...] = (
    *logins.MUTANTS,
    *permissions.MUTANTS,
    *profile.MUTANTS,
    *addresses.MUTANTS,
    *bodies.MUTANTS,
    *answers.MUTANTS,
    *repeats.MUTANTS,
    *corners.MUTANTS,
)
"""All of them, by subject."""
