"""Connections that are wanted broken: before the answer, or in the middle of it."""

from __future__ import annotations

import http.client

import httpx
import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import BY_ID, JOHN, JOHNS, head


def test_a_reset_is_seen_before_any_answer(sandbox: Sandboxed) -> None:
    with sandbox.server.connect() as connection:
        connection.sendall(head("GET", sandbox.prefix + JOHNS, "Prefer: fault=reset"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_reset_is_seen_on_a_connection_that_was_used_before(sandbox: Sandboxed) -> None:
    keep = head("GET", "/_mock/health", last=False)
    with sandbox.server.connect() as connection:
        connection.sendall(keep)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.read()
        connection.sendall(head("GET", sandbox.prefix + JOHNS, "Prefer: fault=reset"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_while_a_rule_may_reset_no_connection_of_its_sandbox_is_used_again(
    sandbox: Sandboxed,
) -> None:
    beside = Sandboxed(sandbox.server)
    with httpx.Client(base_url=sandbox.server.url) as used, sandbox.server.connect() as others:
        path = sandbox.prefix + JOHNS
        assert used.get(path).status_code == 401
        others.sendall(head("GET", beside.prefix + JOHNS, last=False))
        response = http.client.HTTPResponse(others)
        response.begin()
        assert response.read()
        sandbox.fault(fault="reset", operation="add_email", times=1)
        # The idle connection was closed, and so the next request has a new one, as has each after it.
        for _ in range(2):
            answer = used.get(path)
            assert (answer.status_code, answer.headers["connection"]) == (401, "close")
        with pytest.raises(httpx.TransportError):
            used.post(f"{path}emails/", content=b"{}")
        assert "connection" not in used.get(path).headers
        assert [one["hits"] for one in sandbox.faults()] == [1]
        # Those of others are left alone.
        others.sendall(head("GET", beside.prefix + JOHNS))
        assert others.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_reset_among_pipelined_requests_ends_those_behind_it(sandbox: Sandboxed) -> None:
    reset = head("GET", sandbox.prefix + JOHNS, "Prefer: fault=reset", last=False)
    with sandbox.server.connect() as connection:
        connection.sendall(reset + reset + head("GET", "/_mock/health"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert len(sandbox.requests()) == 1


def test_a_truncated_answer_without_a_body_breaks_off_in_its_first_line(
    sandbox: Sandboxed,
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.wish("fault=truncate", BY_ID["delete_email"])
    path = sandbox.prefix + JOHNS
    fields = (f"Authorization: {JOHN}", "Prefer: fault=truncate")
    answer = sandbox.server.raw_bytes(head("HEAD", path, *fields))
    assert b"HTTP/1.1 200 OK\r\n".startswith(answer)
    assert answer
