"""Members that are not documented: a note in the log, or with --strict a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support import (
    JOHN,
    JOHNS,
    WRITING,
    MockServer,
    Operation,
    call,
    named,
    pointers,
    problem,
)


@pytest.fixture(scope="module")
def strict_process() -> Iterator[MockServer]:
    with MockServer("--strict") as started:
        yield started


@pytest.fixture
def strict(strict_process: MockServer) -> MockServer:
    strict_process.reset()
    return strict_process


def test_an_unknown_member_is_noted_in_the_log(server: MockServer) -> None:
    with server.recording() as lines:
        for body in ({"nickname": "J", "shoe_size": 42, "company": "C"}, {"company": "C"}):
            assert server.send("PATCH", JOHNS, JOHN, json=body).status_code == 200
    noted, plain = map(json.loads, lines)
    assert noted["notes"] == ["ignored members: nickname, shoe_size"]
    assert "notes" not in plain


@pytest.mark.parametrize("operation", WRITING, ids=named)
def test_strict_takes_what_is_documented_and_refuses_each_other_member_by_name(
    strict: MockServer, operation: Operation
) -> None:
    body = {**(operation.body or {}), "nickname": "J", "is_active": False}
    form = {name: str(value).lower() for name, value in body.items()}
    with strict.unchanged():
        for sent in ({"json": body}, {"data": form}):
            answer = strict.send(operation.method, operation.path(), JOHN, **sent)
            assert sorted(pointers(answer)) == ["/is_active", "/nickname"]
            assert "nickname" in problem(answer, 400)["detail"]
    assert call(strict, operation, JOHN).status_code == operation.success


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("a/b", "/a~1b"), ("a~b", "/a~0b"), ("", "/"), ("ü", "/ü"), ("0", "/0"), ('"', '/"')],
)
def test_a_pointer_is_escaped_as_rfc_6901_says(strict: MockServer, name: str, pointer: str) -> None:
    answer = strict.send("PATCH", WRITING[0].path(), JOHN, json={name: 1})
    assert pointers(answer) == [pointer]
