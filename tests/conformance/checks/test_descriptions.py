"""The descriptions of the operations: complete, and what the suite does where one is missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from accounts_contract import Operation
from conformance.checks.support import cases
from conformance.checks.support.descriptions import Description, Descriptions, Undescribed
from conformance.checks.support.operations import DESCRIPTIONS
from conformance.checks.support.workflow import Walker
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
        for part in ("value", "accept", "allowed"):
            assert DESCRIPTIONS.part(operation.id, part)
        schema = operation.body.content["application/json"].schema
        assert schema is not None
        assert not schema.is_valid(described.refused)
    further = [one for one in operation.parameters if one.location == "path"]
    assert (described.parameters is not None) == (len(further) > 1)


def test_each_part_of_an_account_is_read_by_an_operation() -> None:
    touched = {described.touches for described in DESCRIPTIONS.values()}
    assert set(DESCRIPTIONS.reads) == touched


NOTHING = Descriptions({}, {})
RUN = cast("Any", SimpleNamespace(descriptions=NOTHING, operations=READ))


def test_an_operation_without_a_description_is_an_error_that_says_so() -> None:
    with pytest.raises(Undescribed, match=r"no description of add_email.*operations\.py"):
        NOTHING["add_email"]
    definition = SimpleNamespace(raw={"operationId": "add_email"})
    step = cast("Any", SimpleNamespace(operation=SimpleNamespace(definition=definition), body={}))
    with pytest.raises(Undescribed):
        Walker(RUN, cast("Any", None)).step(step)
    with pytest.raises(Undescribed):
        cases.correct_value(RUN, "add_email")
    with pytest.raises(Undescribed):
        cases.succeed(RUN, cast("Any", None), "add_email", cast("Any", None))


def test_a_description_that_lacks_a_part_says_which() -> None:
    half = Descriptions({"add_email": Description(touches="emails", succeed=cast("Any", None))}, {})
    with pytest.raises(Undescribed, match=r"add_email .* needs 'value'"):
        half.part("add_email", "value")
