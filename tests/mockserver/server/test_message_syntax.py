"""The syntax of a request, as RFC 9112 has it, from raw bytes."""

from __future__ import annotations

import pytest

from tests.mockserver.attacks import (
    CHUNKED,
    CLOSE,
    LAST,
    LOGIN,
    added,
    addresses,
    chunked,
    request,
    statuses,
)
from tests.support import JANES, MockServer, problem

pytestmark = pytest.mark.usefixtures("no_harm")


def sent(target: str, *fields: bytes, method: str = "GET", version: str = "1.1") -> bytes:
    """The bytes of a request with these fields, Connection and a login, and no others."""
    line = f"{method} {target} HTTP/{version}".encode()
    return b"\r\n".join([line, *fields, CLOSE, LOGIN, b"", b""])


HOST = b"Host: localhost"


GOOD_HOSTS = (b"", b"other.example:", b"[::1]:8080", b"%41.example:1")
BAD_HOSTS = (
    *(b"localhost, other.example", b"other.example:port", b"user@other.example", b"[::1"),
    *(b"other.example/path", b"other example", b"%4.example", b"b\xfccher.example"),
)


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        *(([], 400), ([HOST, HOST], 400), ([HOST, b"Host: other.example"], 400)),
        *(([b"Host: " + one], 200) for one in GOOD_HOSTS),
        *(([b"Host: " + one], 400) for one in BAD_HOSTS),
    ],
    ids=repr,
)
def test_a_request_has_one_valid_host(server: MockServer, hosts: list[bytes], status: int) -> None:
    reply = server.raw(sent(JANES, *hosts))
    assert reply.status == status
    if status == 400:
        assert "Host" in problem(reply, 400, "request-malformed")["detail"]


def test_an_older_request_may_have_none(server: MockServer) -> None:
    assert server.raw(sent(JANES, version="1.0")).status == 200
    assert server.raw(sent(JANES, HOST, HOST, version="1.0")).status == 400


def test_an_absolute_target_counts_and_not_the_host_beside_it(server: MockServer) -> None:
    assert server.raw(sent(f"http://www.docker.io{JANES}", HOST)).status == 200
    foreign = server.raw(sent("http://www.docker.io/_mock/state", HOST))
    problem(foreign, 403, "host-not-allowed")
    local = b"Host: www.docker.io"
    assert server.raw(sent("http://localhost:1/_mock/state", local)).status == 200
    problem(server.raw(sent(f"http://jane@localhost{JANES}", HOST)), 400, "request-malformed")
    # Without a path, it is the first page.
    for target in ("http://localhost", "HTTP://localhost:8080?x=1"):
        reply = server.raw(sent(target, HOST))
        assert (reply.status, reply.headers["content-type"][:9]) == (200, "text/html")


@pytest.mark.parametrize("target", ["*", "http://localhost"])
def test_the_whole_server_can_be_asked_for_its_methods(server: MockServer, target: str) -> None:
    reply = server.raw(sent(target, HOST, method="OPTIONS"), "OPTIONS")
    assert reply.status == 204
    assert {"GET", "HEAD", "OPTIONS", "PATCH", "PUT"} <= set(reply.headers["allow"].split(", "))
    problem(server.raw(sent("*", HOST)), 400, "request-malformed")


@pytest.mark.parametrize(
    ("coding", "status"),
    [
        (b"chunked", 200),
        (b"Chunked", 200),
        (b"gzip, chunked", 501),
        (b"no-such-coding;q=1 , chunked", 501),
        # Without chunked at the end, nobody can tell where the body ends (section 6.3).
        (b"gzip", 400),
        (b"chunked, gzip", 400),
        (b"chunked, chunked", 400),
    ],
)
def test_a_body_in_an_unknown_coding_is_not_read(
    server: MockServer, coding: bytes, status: int
) -> None:
    fields = (HOST, b"Transfer-Encoding: " + coding)
    data = sent(JANES, *fields, method="PATCH") + chunked(b'{"company": "Chunks"}')
    reply = server.raw(data)
    assert reply.status == status
    if status == 501:
        problem(reply, 501, "transfer-coding-unknown")


def patching(*fields: bytes, target: str = JANES) -> bytes:
    return sent(target, HOST, *fields, method="PATCH")


EMAILS = f"{JANES}emails/"
# What is no HTTP, with words that name the fault.
MALFORMED: list[tuple[bytes, str]] = [
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
    (patching(b"Transfer-Encoding: gzip"), "must end in chunked"),
    (patching(b"Transfer-Encoding: chunked, chunked"), "must end in chunked"),
    (patching(CHUNKED, b"Content-Length: 3"), "has both"),
    (patching(b"Content-Length: 3", b"Content-Length: 3"), "must be one number"),
    (patching(b"Content-Length: -3"), "must be one number"),
    (patching(b"My Field: 3"), "the name of a header field"),
    (patching(b"My-Field: \x01"), "the value of a header field"),
    (patching(b"My-Field: a", b" b"), "the value of a header field"),
    (patching(target="/api/v1.1/users/jane doe/"), "%20"),
    (patching(target="api/v1.1/users/janedoe/"), "begin with /"),
    (b"\0\1\2", ""),
    (b"BREW\t/ HTTP/1.1\r\n\r\n", ""),
    (b"BREW: coffee\r\n\r\n", ""),
    (b"brew / HTCPCP/1.0\r\n\r\n", ""),
    (b"GET /\xff HTTP/1.1\r\n\r\n", ""),
    (b"GET http://[::1/ HTTP/1.1\r\n\r\n", ""),
    (b"CONNECT other.example:443 HTTP/1.1\r\n\r\n", ""),
    (request("POST", EMAILS, CHUNKED) + b"xyz\r\n", ""),
    (request("POST", EMAILS, CHUNKED) + b"ffffffffffffffffff\r\n", ""),
    (request("POST", EMAILS, CHUNKED) + b"3\r\n{}\r\n0\r\n\r\n", ""),
]


@pytest.mark.parametrize(("data", "hint"), MALFORMED)
def test_the_part_that_is_malformed_is_named_and_does_not_spoil_the_answers_before(
    server: MockServer, data: bytes, hint: str
) -> None:
    before = request("POST", EMAILS, body=added(1)) + request("GET", JANES)
    answer = server.raw_bytes(before + data + LAST)
    assert statuses(answer) == [201, 200, 400]
    assert hint.encode() in answer.rpartition(b"\r\n\r\n")[2]
    assert addresses(server) == {"added1@example.com"}


def test_a_handshake_of_tls_is_named(server: MockServer) -> None:
    reply = server.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert "https://" in problem(reply, 400, "request-malformed")["detail"]


def test_a_body_without_a_length_is_told_from_a_request(server: MockServer) -> None:
    data = request("DELETE", f"{JANES}emails/", login=LOGIN) + b'{"email": "a@b.cd"}'
    answer = server.raw_bytes(data)
    assert statuses(answer) == [400, 400]
    assert answer.count(b"Node's http.request") == 2
