"""401, then 404, then 403, then 415 and 413, then 400; and a body is not waited for in vain."""

from __future__ import annotations

from json import dumps

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
@pytest.mark.parametrize("username", ["nobody", "janedoe"])
def test_401_comes_before_404_and_403(
    server: MockServer, operation: Operation, username: str
) -> None:
    for authorization in (None, "Bearer", basic("johndoe", "wrong"), bearer("johndoe-expired")):
        problem(call(server, operation, authorization, username), 401)


@every_operation
def test_an_unknown_username_is_404_and_not_403(server: MockServer, operation: Operation) -> None:
    for username in ("nobody", "JohnDoe", "johndoe%20", "%00", "jo%2Fhn", "é"):
        for authorization in (JANE, bearer("janedoe-all"), bearer("janedoe-none")):
            problem(call(server, operation, authorization, username), 404, "user-unknown")


@pytest.mark.parametrize("bad", BAD_BODIES.values(), ids=BAD_BODIES)
def test_access_is_decided_before_the_body_is_looked_at(
    server: MockServer, bad: tuple[list[str], bytes]
) -> None:
    attempts = [("johndoe", None), ("nobody", None), ("nobody", JOHN), ("johndoe", JANE)]
    attempts += [("johndoe", bearer(f"johndoe-{kind}")) for kind in ("unknown", "none")]
    with server.unchanged():
        found = [send(server, BY_ID["add_email"], *attempt, bad) for attempt in attempts]
    assert found == [401, 401, 404, 403, 401, 403]


def test_a_body_that_never_comes_does_not_hold_a_refusal_up(server: MockServer) -> None:
    fields = ["Content-Type: text/plain", "Content-Length: 1000"]
    for login, status in ((JANE, 403), (JOHN, 415)):
        request = head("POST", JOHNS_EMAILS, f"Authorization: {login}", *fields)
        assert server.raw(request).status == status


@pytest.mark.parametrize("operation", WRITING, ids=named)
def test_each_refusal_that_is_mended_gives_way_to_the_next(
    server: MockServer, operation: Operation
) -> None:
    """One request with everything wrong, mended one step at a time."""
    text = ["Content-Type: text/plain"]
    json = ["Content-Type: application/json"]
    good = (json, dumps(operation.body).encode())
    steps = [
        send(server, operation, "nobody", None, (text, b"{")),
        send(server, operation, "nobody", JOHN, (text, b"{")),
        send(server, operation, "johndoe", JANE, (text, b"{")),
        send(server, operation, "johndoe", JOHN, (text, b"{")),
        send(server, operation, "johndoe", JOHN, (json, b"{")),
        send(server, operation, "johndoe", JOHN, good),
    ]
    assert steps == [401, 404, 403, 415, 400, operation.success]
