"""Wrong answers: each of these servers breaks one MUST, and is to be found out."""

from tests.conformance.independent.catalogue import DEFECTS
from tests.conformance.independent.defects import (
    adding,
    answers,
    authentication,
    deleting,
    forms,
    json_bodies,
    listing,
    ownership,
    saving,
    scopes,
    second_look,
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
    second_look,
)
__all__ = ["DEFECTS", "MODULES"]
