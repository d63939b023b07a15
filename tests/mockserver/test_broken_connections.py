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


def test_a_reset_among_pipelined_requests_ends_those_behind_it(sandbox: Sandboxed) -> None:
    reset = head("GET", sandbox.prefix + JOHNS, "Prefer: fault=reset", last=False)
    with sandbox.server.connect() as connection:
        connection.sendall(reset + reset + head("GET", "/_mock/health"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert len(sandbox.requests()) == 1


def test_a_reset_of_a_request_with_a_body_is_a_reset(sandbox: Sandboxed) -> None:
    with pytest.raises(httpx.TransportError):
        sandbox.wish("fault=reset", BY_ID["add_email"])
    emails = [one["email"] for one in sandbox.state()["accounts"][1]["emails"]]
    assert "john+added@example.com" in emails


def test_a_truncated_answer_breaks_off_in_its_body(sandbox: Sandboxed) -> None:
    path = sandbox.prefix + JOHNS
    fields = (f"Authorization: {JOHN}", "Prefer: fault=truncate")
    answer = sandbox.server.raw_bytes(head("GET", path, *fields, last=False))
    headers, body = answer.split(b"\r\n\r\n", 1)
    assert headers.startswith(b"HTTP/1.1 200 ")
    [length] = [line for line in headers.split(b"\r\n") if line.startswith(b"content-length")]
    assert 0 < len(body) < int(length.split()[1])


def test_a_truncated_answer_is_an_error_for_clients(sandbox: Sandboxed) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.wish("fault=truncate")


def test_a_truncated_answer_without_a_body_breaks_off_in_its_header(sandbox: Sandboxed) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.wish("fault=truncate", BY_ID["delete_email"])
    path = sandbox.prefix + JOHNS
    fields = (f"Authorization: {JOHN}", "Prefer: fault=truncate")
    answer = sandbox.server.raw_bytes(head("HEAD", path, *fields))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\n\r\n" not in answer
