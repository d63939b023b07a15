"""Corrupted answers: no JSON, or JSON that breaks the contract."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest

from mockserver.sandboxes.faults import KINDS
from tests.mockserver.sandboxed import Sandboxed
from tests.support import BY_ID, JOHNS, OPERATIONS, READ, WRITING, Operation, named


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_garbage_is_no_json(sandbox: Sandboxed, operation: Operation) -> None:
    answer = sandbox.wish("fault=garbage", operation)
    assert answer.is_success
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match=r"."):
        answer.json()


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_an_answer_that_breaks_the_contract_is_json_all_the_same(
    sandbox: Sandboxed, operation: Operation
) -> None:
    answer = sandbox.wish("fault=contract", operation)
    assert answer.headers["content-type"] == "application/json"
    response = READ[operation.id].responses.get(str(answer.status_code))
    if operation.success != 204:
        assert response is not None
        [media] = response.content.values()
        assert not media.schema.is_valid(answer.json())
    else:
        assert response is None
        answer.json()


@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
def test_a_wished_status_can_break_the_contract_too(sandbox: Sandboxed, status: int) -> None:
    answer = sandbox.wish(f"code={status}, fault=contract", BY_ID["update_user"])
    assert answer.status_code == status
    response = READ["update_user"].response(status)
    if response is not None and response.content:
        [media] = response.content.values()
        assert not media.schema.is_valid(answer.json())


@pytest.mark.parametrize(("kind", "operation"), list(zip(KINDS, WRITING, strict=True)), ids=named)
def test_a_corrupted_answer_lets_the_operation_run(
    sandbox: Sandboxed, kind: str, operation: Operation
) -> None:
    before = sandbox.state()
    with suppress(httpx.TransportError):
        sandbox.wish(f"fault={kind}", operation)
    assert sandbox.state() != before


def test_a_refusal_can_be_corrupted_too(sandbox: Sandboxed) -> None:
    answer = sandbox.send("GET", JOHNS, headers={"Prefer": "fault=contract"})
    assert answer.status_code == 401
    assert "type" not in answer.json()
