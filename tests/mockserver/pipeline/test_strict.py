"""Members that are not documented: a note in the log, or with --strict a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support import (
    JOHN,
    WRITING,
    MockServer,
    Operation,
    call,
    named,
    pointers,
    problem,
)

every_writing_operation = pytest.mark.parametrize("operation", WRITING, ids=named)


@pytest.fixture(scope="module")
def strict_process() -> Iterator[MockServer]:
    with MockServer("--strict") as started:
        yield started


@pytest.fixture
def strict(strict_process: MockServer) -> MockServer:
    strict_process.reset()
    return strict_process


@every_writing_operation
def test_an_unknown_member_is_noted_in_the_log(server: MockServer, operation: Operation) -> None:
    body = {**(operation.body or {}), "nickname": "J", "shoe_size": 42}
    with server.recording() as lines:
        answer = server.send(operation.method, operation.path(), JOHN, json=body)
    assert answer.status_code == operation.success
    [line] = lines
    [note] = json.loads(line)["notes"]
    assert "nickname" in note
    assert "shoe_size" in note
    assert "email" not in note


@every_writing_operation
def test_a_request_without_unknown_members_has_no_note(
    server: MockServer, operation: Operation
) -> None:
    with server.recording() as lines:
        call(server, operation, JOHN)
    assert "notes" not in json.loads(lines[0])


@every_writing_operation
def test_strict_takes_what_is_documented(strict: MockServer, operation: Operation) -> None:
    assert call(strict, operation, JOHN).status_code == operation.success


@every_writing_operation
def test_strict_refuses_each_unknown_member_by_name(
    strict: MockServer, operation: Operation
) -> None:
    body = {**(operation.body or {}), "nickname": "J", "is_active": False}
    with strict.unchanged():
        answer = strict.send(operation.method, operation.path(), JOHN, json=body)
    assert sorted(pointers(answer)) == ["/is_active", "/nickname"]
    assert "nickname" in problem(answer, 400)["detail"]


@every_writing_operation
def test_strict_refuses_unknown_fields_of_a_form(strict: MockServer, operation: Operation) -> None:
    form = {name: str(value).lower() for name, value in (operation.body or {}).items()}
    with strict.unchanged():
        answer = strict.send(
            operation.method, operation.path(), JOHN, data={**form, "nickname": "J"}
        )
    assert pointers(answer) == ["/nickname"]


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("a/b", "/a~1b"), ("a~b", "/a~0b"), ("", "/"), ("ü", "/ü"), ("0", "/0"), ('"', '/"')],
)
def test_a_pointer_is_escaped_as_rfc_6901_says(strict: MockServer, name: str, pointer: str) -> None:
    answer = strict.send("PATCH", WRITING[0].path(), JOHN, json={name: 1})
    assert pointers(answer) == [pointer]


def test_strict_comes_after_access(strict: MockServer) -> None:
    assert strict.send("PATCH", WRITING[0].path(), None, json={"nickname": "J"}).status_code == 401
