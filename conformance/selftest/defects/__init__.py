"""Wrong answers: each of these servers breaks one MUST, and is to be found out."""

from conformance.selftest.changes import DEFECTS
from conformance.selftest.defects import (
    access_corners,
    adding,
    address_corners,
    answers,
    authentication,
    deleting,
    forms,
    json_bodies,
    listing,
    login_corners,
    ownership,
    profile_corners,
    saving,
    scopes,
    texts,
    types,
    updating,
    user,
)

# Each module adds its own to the one catalogue when it is read.
MODULES = (
    authentication,
    scopes,
    ownership,
    user,
    saving,
    types,
    texts,
    listing,
    adding,
    updating,
    deleting,
    forms,
    json_bodies,
    answers,
    login_corners,
    access_corners,
    profile_corners,
    address_corners,
)
__all__ = ["DEFECTS", "MODULES"]
