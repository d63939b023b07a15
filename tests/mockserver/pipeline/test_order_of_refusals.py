"""401, then 404, then 403, then 415 and 413, then 400; and a body is not waited for in vain."""

from __future__ import annotations

import pytest

from tests.support import (
    BY_ID,
    JANE,
    JOHN,
    JOHNS_EMAILS,
    OPERATIONS,
    WRITING,
    MockServer,
    Operation,
    basic,
    bearer,
    call,
    head,
    named,
    problem,
)

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=named)
every_writing_operation = pytest.mark.parametrize("operation", WRITING, ids=named)

REFUSED_LOGINS = [None, "Bearer", basic("johndoe", "wrong"), bearer("johndoe-expired")]

BAD_BODIES = {
    "another media type": (["Content-Type: text/plain"], b"email=a@b.example"),
    "a compressed body": (["Content-Encoding: gzip"], b"\x1f\x8b"),
    "malformed JSON": (["Content-Type: application/json"], b"{"),
    "invalid UTF-8": (["Content-Type: application/json"], b'{"email": "\xff"}'),
    "a scalar": (["Content-Type: application/json"], b"3"),
    "no body": ([], b""),
    "too much": (["Content-Type: application/json"], b" " * (1024 * 1024 + 1)),
    "an invalid address": ([], b'{"email": 3, "gravatar_email": 3}'),
}
every_bad_body = pytest.mark.parametrize("bad", BAD_BODIES.values(), ids=BAD_BODIES)


def send(
    server: MockServer,
    operation: Operation,
    username: str,
    authorization: str | None,
    bad: tuple[list[str], bytes],
) -> int:
    fields, body = bad
    login = [] if authorization is None else [f"Authorization: {authorization}"]
    length = f"Content-Length: {len(body)}"
    request = head(operation.method, operation.path(username), *login, *fields, length)
    # Too much is only announced: a server that is about to refuse need not read it.
    return server.raw(request + (body if len(body) < 1024 else b"")).status


@every_operation
@pytest.mark.parametrize("authorization", REFUSED_LOGINS)
def test_401_comes_before_404(
    server: MockServer, operation: Operation, authorization: str | None
) -> None:
    problem(call(server, operation, authorization, "nobody"), 401)


@every_operation
@pytest.mark.parametrize("authorization", REFUSED_LOGINS)
def test_401_comes_before_403(
    server: MockServer, operation: Operation, authorization: str | None
) -> None:
    problem(call(server, operation, authorization, "janedoe"), 401)


@every_operation
@pytest.mark.parametrize("authorization", [JANE, bearer("janedoe-all")])
@pytest.mark.parametrize("username", ["nobody", "JohnDoe", "johndoe%20", "%00", "jo%2Fhn", "é"])
def test_an_unknown_username_is_404_and_not_403(
    server: MockServer, operation: Operation, authorization: str, username: str
) -> None:
    with server.unchanged():
        answer = call(server, operation, authorization, username)
    problem(answer, 404, "user-unknown")


@every_operation
def test_a_missing_scope_on_an_unknown_username_is_403_or_404(
    server: MockServer, operation: Operation
) -> None:
    answer = call(server, operation, bearer("janedoe-none"), "nobody")
    assert answer.status_code in (403, 404)


@every_writing_operation
@every_bad_body
@pytest.mark.parametrize(
    ("username", "authorization", "status"),
    [
        ("johndoe", None, 401),
        ("johndoe", "Bearer unknown", 401),
        ("nobody", None, 401),
        ("nobody", JOHN, 404),
        ("nobody", bearer("johndoe-all"), 404),
        ("johndoe", JANE, 403),
        ("johndoe", bearer("janedoe-all"), 403),
        ("johndoe", bearer("johndoe-none"), 403),
    ],
)
def test_access_is_decided_before_the_body_is_looked_at(
    server: MockServer,
    operation: Operation,
    username: str,
    authorization: str | None,
    status: int,
    bad: tuple[list[str], bytes],
) -> None:
    with server.unchanged():
        assert send(server, operation, username, authorization, bad) == status


@every_writing_operation
def test_a_body_that_never_comes_does_not_hold_the_refusal_up(
    server: MockServer, operation: Operation
) -> None:
    request = head(operation.method, operation.path(), "Content-Length: 1000")
    assert server.raw(request).status == 401


@every_writing_operation
def test_a_wrong_media_type_is_told_before_the_body_is_there(
    server: MockServer, operation: Operation
) -> None:
    fields = [f"Authorization: {JOHN}", "Content-Type: text/plain", "Content-Length: 1000"]
    assert server.raw(head(operation.method, operation.path(), *fields)).status == 415


def test_an_unknown_address_is_told_only_to_the_owner(server: MockServer) -> None:
    body = {"email": "nobody@example.com"}
    statuses = [
        server.send("DELETE", JOHNS_EMAILS, authorization, json=body).status_code
        for authorization in (None, JANE, bearer("johndoe-email_read"), JOHN)
    ]
    assert statuses == [401, 403, 403, 404]


def test_each_refusal_that_is_mended_gives_way_to_the_next(server: MockServer) -> None:
    """One request with everything wrong, mended one step at a time."""
    text = ["Content-Type: text/plain"]
    json = ["Content-Type: application/json"]
    update = BY_ID["update_user"]
    steps = [
        send(server, update, "nobody", None, (text, b"{")),
        send(server, update, "nobody", JOHN, (text, b"{")),
        send(server, update, "johndoe", JANE, (text, b"{")),
        send(server, update, "johndoe", JOHN, (text, b"{")),
        send(server, update, "johndoe", JOHN, (json, b"{")),
        send(server, update, "johndoe", JOHN, (json, b"{}")),
    ]
    assert steps == [401, 404, 403, 415, 400, 200]
