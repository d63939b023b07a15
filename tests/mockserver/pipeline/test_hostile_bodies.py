"""Bodies that nobody would send in earnest: refused as what they are, and at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.pipeline.credentials import BasicCredentials, parse_authorization
from tests.mockserver.attacks import CLOSE, request, unharmed
from tests.support import FORM, JANES_EMAILS, JSON, MockServer, Reply, basic, problem

MULTIPART = "multipart/form-data; boundary=X"


@pytest.fixture(autouse=True)
def no_harm(server: MockServer) -> Iterator[None]:
    with unharmed(server):
        yield


def send(server: MockServer, method: str, media_type: str, body: bytes) -> Reply:
    field = f"Content-Type: {media_type}".encode("latin-1")
    return server.raw(request(method, JANES_EMAILS, CLOSE, field, body=body))


def part(content: bytes, disposition: bytes = b'form-data; name="email"') -> bytes:
    return b"--X\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + content + b"\r\n"


json_like = st.text('{}[]":,\\u08def\n \ufeff\0truefalsn0123456789.eE+-', max_size=60)
form_like = st.text("email=verifdpmy&%+;2BF0\ud83e\udd8a", max_size=60)
multipart_like = st.lists(
    st.sampled_from(
        [
            *(b"--X", b"--X--", b"\r\n", b"\n", b"--", b"X", b'name="email"', b"name*=utf-8''%FF"),
            *(b"Content-Disposition: form-data; ", b"a@b.cd", b"\0", b"\xff", b":", b'"', b";"),
        ]
    ),
    max_size=15,
)


@given(
    st.sampled_from(["POST", "PATCH", "DELETE"]),
    st.sampled_from([JSON, FORM, MULTIPART, f"{JSON}; charset=utf-8", "multipart/form-data"]),
    st.one_of(
        st.binary(max_size=100),
        st.one_of(json_like, form_like).map(lambda text: text.encode("utf-8", "surrogatepass")),
        multipart_like.map(b"".join),
    ),
)
def test_bodies_that_are_nearly_right(
    server_process: MockServer, method: str, media_type: str, body: bytes
) -> None:
    answer = send(server_process, method, media_type, body)
    assert answer.status in (200, 201, 204, 400, 404)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"null",
        b"[]",
        b'"email"',
        b"{",
        b'{"email": "a@b.cd"',
        b'{"email": "a@b.cd",}',
        b'{"email": "a@b.cd"} {}',
        b"{'email': 'a@b.cd'}",
        b'{"email": NaN}',
        b'{"email": Infinity}',
        b'{"email": 1e999}',
        b'{"email": -1e999}',
        b'{"email": ' + b"9" * 5_000 + b"}",
        b'{"email": 1.' + b"9" * 500_000 + b"}",
        b'{"email": "\xff@b.cd"}',
        b'{"email": "\xed\xa0\x80@b.cd"}',
        b'{"email": "a\0@b.cd"}',
        b'{"email": "\\ud800@b.cd"}',
        b'{"\\udfff": 1, "email": "a@b.cd"}',
        b'{"email": "a@b.cd", "email": 1}',
        b'\xef\xbb\xbf{"email": "a@b.cd"}',
        '{"email": "a@b.cd"}'.encode("utf-16"),
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b'{"email": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"email": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
        b'{"email": "' + b"a" * 1_000_000 + b'"}',
        b"{" + b",".join(b'"m%d": 1' % number for number in range(50_000)) + b"}",
    ],
    ids=lambda body: repr(body[:40]) if isinstance(body, bytes) else None,
)
def test_json_that_is_refused(server: MockServer, body: bytes) -> None:
    with server.unchanged():
        answer = send(server, "POST", JSON, body)
    problem(answer, 400)
    assert len(answer.body) < 10_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"&" * 1_000_000,
        b"=" * 1_000_000,
        b"email=a%40b.cd&" * 60_000,
        b"a&" * 500_000,
        b"&".join(b"a%d&a%d" % (number, number) for number in range(50_000)),
        b"&".join(b"field%d=1" % number for number in range(10_000)),
        b"email=%FF",
        b"email=\xff",
        b"email=%ED%A0%80@b.cd",
        b"email=%",
        b"email=a@b.cd&email=c@d.ef",
    ],
    ids=lambda body: repr(body[:40]) if isinstance(body, bytes) else None,
)
def test_forms_that_are_refused(server: MockServer, body: bytes) -> None:
    with server.unchanged():
        answer = send(server, "POST", FORM, body)
    problem(answer, 400)
    assert len(answer.body) < 30_000


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (MULTIPART, b""),
        (MULTIPART, b"\r\n" * 10_000),
        (MULTIPART, part(b"a@b.cd")),
        (MULTIPART, part(b"a@b.cd") + b"--X-"),
        (MULTIPART, b"--X\r\nno header at all"),
        (MULTIPART, b"preamble\r\n" + part(b"a@b.cd") + b"--X--"),
        (MULTIPART, part(b"a@b.cd", b"form-data") + b"--X--\r\n"),
        (MULTIPART, part(b"a@b.cd", b";;=;") + b"--X--\r\n"),
        (MULTIPART, part(b"a@b.cd", b"form-data; name*=bogus''%FF") + b"--X--\r\n"),
        (MULTIPART, part(b"\xff@b.cd") + b"--X--\r\n"),
        (MULTIPART, b"--X\r\n" + b"A: b\r\n" * 1_000 + b"\r\nv\r\n--X--\r\n"),
        (MULTIPART, b"--X\r\nA: " + b"b" * 100_000 + b"\r\n\r\nv\r\n--X--\r\n"),
        (MULTIPART, part(b"1", b'form-data; name="f"') * 10_000 + b"--X--\r\n"),
        (MULTIPART, b"--X\r\n" * 100_000),
        ("multipart/form-data", part(b"a@b.cd") + b"--X--\r\n"),
        ("multipart/form-data; boundary=", part(b"a@b.cd") + b"--X--\r\n"),
        ("multipart/form-data; boundary=\xff", part(b"a@b.cd") + b"--X--\r\n"),
        (f"multipart/form-data; boundary={'b' * 5_000}", part(b"a@b.cd") + b"--X--\r\n"),
        ("multipart/form-data; boundary=-", b"-" * 100_000),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else None,
)
def test_multipart_forms_that_are_refused(server: MockServer, media_type: str, body: bytes) -> None:
    with server.unchanged():
        answer = send(server, "POST", media_type, body)
    problem(answer, 400)
    assert len(answer.body) < 30_000


@pytest.mark.parametrize(
    "media_type",
    ["/", "\xff", "application/json, text/plain", 'application/json; charset="', "a" * 60_000],
    ids=lambda media_type: media_type[:20],
)
def test_media_types_that_are_none(server: MockServer, media_type: str) -> None:
    answer = send(server, "POST", media_type, b'{"email": "a@b.cd"}')
    problem(answer, 415)
    assert len(answer.body) < 1_000


def test_exotic_addresses_are_stored_as_they_are(server: MockServer) -> None:
    for address in ("a\u0000@b.cd", "\N{FOX FACE}@b.cd", "\u202e@\u2066", "\"\\@'", "ß@ẞ"):
        answer = server.send("POST", JANES_EMAILS, "Bearer janedoe-all", json={"email": address})
        assert answer.status_code == 201
        assert answer.json()["email"] == address


def test_a_state_that_could_not_be_written_back_is_refused(server: MockServer) -> None:
    for year in ("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.999999-01:00"):
        state = server.state()
        state["tokens"][0]["expires_at"] = year
        problem(server.send("PUT", "/_mock/state", json=state), 400, "body-invalid")
    state = server.state()
    state["accounts"][0]["id"] = 2**64 - 1
    del state["accounts"][1]["id"]
    problem(server.send("PUT", "/_mock/state", json=state), 400, "body-invalid")


def test_what_is_too_long_for_a_password_is_not_brought_into_normal_form() -> None:
    accents = "\u0316\u0301" * 10_000  # a second's work
    credentials = parse_authorization(basic("janedoe", accents).encode())
    assert isinstance(credentials, BasicCredentials)
    assert credentials.readings[0] == ("janedoe", accents)
