"""Several requests on one connection: each gets its own answer, and nobody else's."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mockserver.attacks import (
    CHUNKED,
    CLOSE,
    LAST,
    added,
    addresses,
    chunked,
    request,
    statuses,
)
from tests.support import JANES, JANES_EMAILS, MockServer

pytestmark = pytest.mark.usefixtures("no_harm")

UPGRADE = (
    b"Connection: Upgrade, HTTP2-Settings",
    b"Upgrade: h2c",
    b"HTTP2-Settings: AAMAAABkAAQAAP__",
)
EXPECT = b"Expect: 100-continue"


def test_requests_sent_at_once_are_answered_in_order(server: MockServer) -> None:
    sent = [
        request("POST", JANES_EMAILS, body=added(1)),
        request("POST", JANES_EMAILS, CHUNKED) + chunked(added(2)[:7], added(2)[7:]),
        request("POST", JANES_EMAILS, body=added(3), login=b""),
        request("GET", "/nowhere"),
        request("PATCH", JANES_EMAILS, body=b"{"),
        request("DELETE", JANES_EMAILS, body=added(1)),
        LAST,
    ]
    found = statuses(server.raw_bytes(b"".join(sent)))
    assert found == [201, 201, 401, 404, 400, 204, 200]
    assert addresses(server) == {"added2@example.com"}


@pytest.mark.parametrize("offer", [(), (b"Connection: upgrade", b"Upgrade: h2c")])
def test_thousands_of_requests_sent_at_once_are_all_answered(
    server: MockServer, offer: tuple[bytes, ...]
) -> None:
    sent = request("GET", "/_mock/health", *offer, login=b"") * 1_500
    assert statuses(server.raw_bytes(sent + LAST)) == [200] * 1_501


@given(st.lists(st.integers(1, 400), max_size=12))
def test_it_does_not_matter_in_which_pieces_requests_arrive(
    server_process: MockServer, lengths: list[int]
) -> None:
    conversation = [
        request("PATCH", JANES, body=b'{"company": "Pieces"}'),
        request("PATCH", JANES, *UPGRADE, body=b'{"company": "Upgraded"}'),
        request("PATCH", JANES, *UPGRADE, CHUNKED) + chunked(b'{"company": ', b'"Chunks"}'),
        request("PATCH", JANES, body=b'{"company": "Nobody"}', login=b""),
        request("patch", JANES, body=b"{}"),
        request("get", JANES, CHUNKED) + chunked(b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
        b"\r\n" + request("M-$earch.it", JANES, *UPGRADE, body=b"PATCH"),
        request("GE", JANES),
        request("GET", JANES, b"Connection: upgrade", b"Upgrade: websocket"),
        LAST,
    ]
    rest = b"".join(conversation)
    with server_process.connect() as connection, connection.makefile("rb") as stream:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for length in lengths:
            connection.sendall(rest[:length])
            rest = rest[length:]
        connection.sendall(rest)
        answer = stream.read()
    assert statuses(answer) == [200, 200, 200, 401, 405, 405, 405, 405, 200, 200]
    assert answer.count(b'"company":"Chunks"') == 3


def test_what_comes_after_the_last_request_is_ignored(server: MockServer) -> None:
    for fields in ((CLOSE,), (b"Connection: close, Upgrade", b"Upgrade: h2c")):
        sent = request("GET", JANES, *fields) + request("POST", JANES_EMAILS, body=added(1))
        assert statuses(server.raw_bytes(sent)) == [200]
    sent = request("GET", JANES, version="1.0") + request("POST", JANES_EMAILS, body=added(1))
    assert statuses(server.raw_bytes(sent)) == [200]
    assert addresses(server) == set()


def test_a_request_cannot_be_smuggled_in_a_body(server: MockServer) -> None:
    inner = request("POST", JANES_EMAILS, body=added(1))
    outer = request("PATCH", JANES, b"Content-Type: application/json", body=inner)
    refused = request("PATCH", JANES, body=inner, login=b"")
    unread = request("GET", JANES, body=inner)
    assert statuses(server.raw_bytes(outer + refused + unread + LAST)) == [400, 401, 200, 200]
    both = request("GET", JANES, b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + inner)
    assert statuses(server.raw_bytes(both + LAST)) == [400]
    assert addresses(server) == set()


def test_the_fields_of_a_trailer_are_no_header_fields(server: MockServer) -> None:
    whole = request("PATCH", JANES, CHUNKED, login=b"") + chunked(b'{"company": "Trailer"}')
    sent = whole[:-2] + b"Authorization: Bearer janedoe-all\r\n\r\n"
    assert statuses(server.raw_bytes(sent + LAST)) == [401, 200]


def test_a_body_that_nobody_reads_does_not_end_the_connection(server: MockServer) -> None:
    for body in (b"x" * 100, b"x" * 8_000_000):
        refused = request("PATCH", JANES, body=body, login=b"")
        unread = request("GET", JANES, body=body)
        assert statuses(server.raw_bytes(refused + unread + LAST)) == [401, 200, 200]


def test_who_is_not_let_in_is_not_asked_for_the_body(server: MockServer) -> None:
    for login, status in ((b"", 401), (b"Authorization: Bearer johndoe-all", 403)):
        sent = request("POST", JANES_EMAILS, EXPECT, b"Content-Length: 30", login=login)
        answer = server.raw_bytes(sent)
        assert statuses(answer) == [status]
        # Whether the body follows, only the client knows: so the connection ends.
        assert b"\r\nconnection: close\r\n" in answer


def test_who_is_let_in_is_asked_for_the_body(server: MockServer) -> None:
    sent = request("POST", JANES_EMAILS, EXPECT, CLOSE, b"Content-Length: %d" % len(added(1)))
    with server.connect() as connection, connection.makefile("rb") as stream:
        connection.sendall(sent)
        assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert stream.readline() == b"\r\n"
        connection.sendall(added(1))
        assert statuses(stream.read()) == [201]
    # A client that does not wait is answered, too.
    at_once = request("POST", JANES_EMAILS, EXPECT, body=added(2))
    answers = [status for status in statuses(server.raw_bytes(at_once + LAST)) if status != 100]
    assert answers == [201, 200]


def test_who_sends_a_broken_body_at_once_is_not_asked_for_it(server: MockServer) -> None:
    for chunk in (b"xyz\r\n", b"2\r\n{}{}\r\n", b"ffffffffffffffffff\r\n"):
        sent = request("POST", JANES_EMAILS, EXPECT, CHUNKED) + chunk
        assert statuses(server.raw_bytes(sent)) == [400]


def test_a_client_of_http_1_0_is_never_told_to_continue(server: MockServer) -> None:
    with server.connect() as connection, connection.makefile("rb") as stream:
        length = b"Content-Length: %d" % len(added(1))
        connection.sendall(request("POST", JANES_EMAILS, EXPECT, length, version="1.0"))
        connection.sendall(added(1))
        assert statuses(stream.read()) == [201]


@pytest.mark.parametrize("end", [b"", b"GET ", request("POST", JANES_EMAILS, b"Content-Length: 9")])
def test_a_client_that_has_sent_all_gets_all_its_answers(server: MockServer, end: bytes) -> None:
    sent = [
        request("GET", JANES) * 20,
        request("POST", JANES_EMAILS, b"Prefer: wait=0.2", body=added(1)),
        request("GET", JANES, b"Prefer: wait=0.2"),
    ]
    with server.connect() as connection, connection.makefile("rb") as stream:
        connection.sendall(b"".join(sent) + end)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(stream.read()) == [*[200] * 20, 201, 200]
    assert addresses(server) == {"added1@example.com"}
