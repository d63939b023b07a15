"""Anything sent to any path or method: no 5xx, no traceback, no hang."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mockserver.attacks import LOGIN, chunked, is_no_failure, statuses
from tests.support import JANES, JANES_EMAILS, MockServer

pytestmark = pytest.mark.usefixtures("no_harm")

METHODS = b"GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT QUERY".split()
PATHS = (JANES, JANES_EMAILS, "/_mock/state", "/_mock/tokens", "/_mock/reset", "/openapi.json", "/")
FIELDS = b"""
    Accept Access-Control-Request-Headers Access-Control-Request-Method Authorization Connection
    Content-Encoding Content-Length Content-Type Expect Host Origin Prefer Sec-Fetch-Site
    Transfer-Encoding Upgrade X-Mock-Sandbox
""".split()
VALUES = (
    *(b"", b"0", b"-1", b"99999999999999999999999999", b"100-continue", b"null", b"[::1"),
    *(b"Basic", b"Basic =", b"Basic amFuZWRvZQ==", b"Basic /w==", b"Bearer", b"Bearer a b"),
    *(b'Bearer "quoted"', b"application/json; charset=utf-16", b"application/json;;;="),
    *(b"chunked", b"chunked, chunked", b"close, upgrade", b"gzip", b"gzip, chunked", b"identity"),
    *(b"multipart/form-data; boundary", b"multipart/form-data; boundary=\xff"),
    *(b"localhost:99999999", b"h2c", b"upgrade", b"websocket"),
)

octets = st.binary(max_size=60)
field_values = st.sampled_from(VALUES) | octets
fields = st.tuples(st.sampled_from(FIELDS) | octets, field_values)
ODD_TARGETS = (
    *(b"*", b"//", b"/%", b"/%00", b"/" + b"%2F" * 500, b"/" + b"a/" * 500),
    *(
        b"/api/v1.1/users/%FF/",
        b"/api/v1.1/users/janedoe%2Femails/",
        b"/api/v1.1/users/../janedoe/",
    ),
    *(b"http://other.example" + JANES.encode(), b"http://other.example", b"http://[::1/"),
    *(b"http://a:99999999999/", b"other.example:443"),
)
targets = st.one_of(
    st.sampled_from(PATHS).map(str.encode),
    st.text("/%.2Ff0aé~{}*:@[]?#\\", max_size=40).map(str.encode),
    st.builds(lambda path, tail: path.encode() + tail, st.sampled_from(PATHS), octets),
    st.sampled_from(ODD_TARGETS),
)
bodies = octets | st.sampled_from([b"{}", b'{"email": "a@b.cd"}', b"email=a%40b.cd", b"[" * 2000])
"""Bytes that are sent where a body is expected."""


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Something that is nearly a request."""
    method = draw(st.sampled_from(METHODS) | octets)
    version = draw(st.sampled_from([b"HTTP/1.1"] * 9 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b""]))
    lines = [b" ".join([method, draw(targets), version])]
    lines += [name + b": " + value for name, value in draw(st.lists(fields, max_size=4))]
    lines += draw(st.lists(st.sampled_from([LOGIN, b"Host: localhost"]), max_size=2, unique=True))
    body = draw(bodies)
    framing = draw(st.sampled_from(["length", "short", "long", "chunked", "both", "none"]))
    if framing in ("length", "short", "long", "both"):
        wrong = {"short": -1, "long": 1}.get(framing, 0)
        lines.append(b"Content-Length: %d" % max(0, len(body) + wrong))
    if framing in ("chunked", "both"):
        lines.append(b"Transfer-Encoding: chunked")
        body = draw(st.sampled_from([chunked(body), b"fffffffffffffffff\r\n", b"-1\r\n", body]))
    end = draw(st.sampled_from([b"\r\n"] * 9 + [b"\n"]))
    return end.join([*lines, b"", body])


@given(st.lists(requests(), min_size=1, max_size=4).map(b"".join) | st.binary(max_size=300))
def test_what_is_no_request_or_nearly_one_is_answered_without_a_failure(
    server_process: MockServer, sent: bytes
) -> None:
    answer = bytearray()
    # The server need not listen to everything; but one that does not end the connection hangs.
    with server_process.connect() as connection, suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65536):
            answer += part
    assert all(is_no_failure(status) for status in statuses(bytes(answer)))
