"""The descriptions of the operations: complete, and what the suite does where one is missing."""

from __future__ import annotations

import pytest

from accounts_contract import Operation
from conformance.checks.support.descriptions import Description, Descriptions, Undescribed
from conformance.checks.support.operations import DESCRIPTIONS
from tests.support import READ

every_operation = pytest.mark.parametrize("operation", READ.values(), ids=list(READ))


def test_every_operation_of_the_contract_is_described_and_no_other() -> None:
    assert set(DESCRIPTIONS) == set(READ)


@every_operation
def test_a_description_has_what_its_operation_needs(operation: Operation) -> None:
    described = DESCRIPTIONS[operation.id]
    if operation.writes:
        assert (described.undo is None) == bool(described.irreversible)
    else:
        assert described.undo is None
    if operation.body is not None:
        assert DESCRIPTIONS.part(operation.id, "value")
        schema = operation.body.content["application/json"].schema
        assert not schema.is_valid(described.refused)
    further = [one for one in operation.parameters if one.location == "path"]
    assert (described.parameters is not None) == (len(further) > 1)


def test_each_part_of_an_account_is_read_by_an_operation() -> None:
    touched = {described.touches for described in DESCRIPTIONS.values()}
    assert set(DESCRIPTIONS.keeping.reads) == touched


NOTHING = Descriptions({}, {})


def test_an_operation_without_a_description_is_an_error_that_says_so() -> None:
    with pytest.raises(Undescribed, match=r"no description of add_email.*operations\.py"):
        NOTHING["add_email"]


def test_a_description_that_lacks_a_part_says_which() -> None:
    half = Descriptions({"add_email": Description(touches="emails")}, {})
    with pytest.raises(Undescribed, match=r"add_email .* needs 'value'"):
        half.part("add_email", "value")
