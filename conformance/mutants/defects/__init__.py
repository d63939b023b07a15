"""The deliberately faulty implementations, by subject."""

from __future__ import annotations

from conformance.mutants.builds import Mutant
from conformance.mutants.defects import (
    adding,
    answers,
    bodies,
    corners,
    deleting,
    listing,
    logins,
    permissions,
    profile,
    repeats,
    updating,
)

MUTANTS: tuple[Mutant, ...] = (
    *logins.MUTANTS,
    *permissions.MUTANTS,
    *profile.MUTANTS,
    *listing.MUTANTS,
    *adding.MUTANTS,
    *updating.MUTANTS,
    *deleting.MUTANTS,
    *bodies.MUTANTS,
    *answers.MUTANTS,
    *repeats.MUTANTS,
    *corners.MUTANTS,
)
"""All of them, by subject."""
