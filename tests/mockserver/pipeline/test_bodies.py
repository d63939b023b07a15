"""Bodies as JSON, as forms and as multipart forms; and all that is none of these."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

import httpx
import pytest

from tests.support import (
    BY_ID,
    FORM,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    JSON,
    PROBLEM,
    WRITING,
    Json,
    MockServer,
    Operation,
    head,
    named,
    pointers,
    problem,
)

Encoded = tuple[Mapping[str, str], bytes]
MIB = 1024 * 1024
MULTIPART = {"Content-Type": "multipart/form-data; boundary=edge"}


def as_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def as_json(body: Json) -> Encoded:
    return {"Content-Type": JSON}, json.dumps(body).encode()


def as_json_with_charset(body: Json) -> Encoded:
    content_type = 'Application/JSON; Charset="UTF-8"'
    return {"Content-Type": content_type}, json.dumps(body, ensure_ascii=False).encode()


def as_json_without_content_type(body: Json) -> Encoded:
    return {}, json.dumps(body).encode()


def as_form(body: Json) -> Encoded:
    pairs = {name: as_text(value) for name, value in body.items()}
    return {"Content-Type": FORM}, urlencode(pairs).encode()


def as_form_with_percent_encoded_spaces(body: Json) -> Encoded:
    pairs = {name: as_text(value) for name, value in body.items()}
    content_type = f"{FORM.upper()};charset=utf-8"
    return {"Content-Type": content_type}, urlencode(pairs, quote_via=quote).encode()


def as_multipart(body: Json) -> Encoded:
    parts = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{as_text(value)}\r\n'
        for name, value in body.items()
    )
    return MULTIPART, f"{parts}--edge--\r\n".encode()


def as_multipart_with_typed_parts(body: Json) -> Encoded:
    parts = "".join(
        f"--e d\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"content-disposition: form-data; name={name}\r\n\r\n{as_text(value)}\r\n"
        for name, value in body.items()
    )
    content_type = 'Multipart/Form-Data; charset=utf-8; boundary="e d"'
    return {"Content-Type": content_type}, f"{parts}--e d--\r\nepilogue".encode()


ENCODINGS = [
    as_json,
    as_json_with_charset,
    as_json_without_content_type,
    as_form,
    as_form_with_percent_encoded_spaces,
    as_multipart,
    as_multipart_with_typed_parts,
]
every_encoding = pytest.mark.parametrize("encode", ENCODINGS, ids=lambda one: one.__name__)
Encode = Callable[[Json], Encoded]


def send(server: MockServer, operation: Operation, encoded: Encoded) -> httpx.Response:
    headers, content = encoded
    return server.send(operation.method, operation.path(), JOHN, headers=headers, content=content)


def patch(server: MockServer, headers: Mapping[str, str], content: bytes) -> httpx.Response:
    """Send a body to update_user."""
    return send(server, BY_ID["update_user"], (headers, content))


@pytest.mark.parametrize("operation", WRITING, ids=named)
def test_every_encoding_does_the_same(server: MockServer, operation: Operation) -> None:
    expected = send(server, operation, as_json(operation.body or {}))
    state = server.state()
    for encode in ENCODINGS:
        server.reset()
        # Members that are not documented are ignored, in every encoding.
        answer = send(server, operation, encode({**(operation.body or {}), "is_admin": True}))
        assert answer.status_code == operation.success
        assert answer.content == expected.content
        assert server.state() == state


@every_encoding
def test_a_text_is_the_same_in_every_encoding(server: MockServer, encode: Encode) -> None:
    for text in ("a+b c", "100 %", "a=b&c;d", "Ζωή 👩", "%2B", "", "true", "3"):
        answer = patch(server, *encode({"full_name": text}))
        assert answer.json()["full_name"] == text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (b"full_name=John+Doe", "John Doe"),
        (b"full_name=John%20Doe", "John Doe"),
        (b"full_name=John%2BDoe", "John+Doe"),
        (b"full%5Fname=John", "John"),
        (b"full_name=a%26b%3Dc", "a&b=c"),
        (b"full_name=a=b", "a=b"),
        (b"full_name=%C3%A9", "é"),
        ("full_name=é".encode(), "é"),
        (b"full_name=", ""),
        (b"full_name", ""),
        (b"&&full_name=John&", "John"),
        (b"full_name={John}&{x=1&[y]=2", "{John}"),
    ],
)
def test_a_form_is_decoded_as_forms_are(server: MockServer, form: bytes, text: str) -> None:
    assert patch(server, {"Content-Type": FORM}, form).json()["full_name"] == text


@pytest.mark.parametrize("encode", [as_form, as_multipart], ids=lambda one: one.__name__)
def test_only_true_is_true_in_a_form(server: MockServer, encode: Encode) -> None:
    with server.unchanged():
        for value in ("false", "True", "TRUE", "1", "yes", "on", "", " true"):
            body = {"email": "john@work.example.com", "verified": value, "primary": "true"}
            answer = send(server, BY_ID["update_email"], encode(body))
            assert set(pointers(answer)) == {"/verified"}


MALFORMED = [
    *(b'{"full_name": "J', b"{'full_name': 'J'}", b"{} {}", b"{} // no", b"{full_name: 1}"),
    b'{"company": "Retired",}',  # as it is printed
    *(b'{"full_name": NaN}', b'{"full_name": Infinity}', b'{"x": -1e999}'),
    *(b'{"x": ' + b"9" * 5_000 + b"}", b'{"full_name": ' + b"[" * 100_000),
    *(b"full_name=John", b'{"full_name": "J"}}', b'{"full_name": "\x01"}'),
    # No UTF-8, or more than UTF-8.
    *(b'{"full_name": "\xff"}', b'{"full_name": "\xc3"}', b'{"full_name": "\xc0\xaf"}'),
    *('{"full_name": "J"}'.encode("utf-16"), '{"full_name": "é"}'.encode("latin-1")),
    *(b'{"\xff": "J", "full_name": "K"}', b'\xef\xbb\xbf{"full_name": "J"}'),
    # Halves of pairs.
    *(b'{"full_name": "\xed\xa0\x80"}', b'{"full_name": "\\ud800"}', b'{"\\udfff": 1}'),
]


@pytest.mark.parametrize("content", MALFORMED, ids=lambda one: repr(one[:30]))
def test_malformed_json_is_refused_with_the_place(server: MockServer, content: bytes) -> None:
    with server.unchanged():
        for fields in ({}, {"Content-Type": JSON}):
            answer = patch(server, fields, content)
            problem(answer, 400, "body-malformed")
            assert len(answer.content) < 10_000
    detail = problem(patch(server, fields, b'{\n "company": Retired}'), 400)["detail"]
    assert "line 2" in detail


@pytest.mark.parametrize(
    "content", [b"[]", b'[{"full_name": "J"}]', b"3", b'"J"', b"true", b"null"]
)
def test_json_that_is_no_object_is_refused(server: MockServer, content: bytes) -> None:
    answer = patch(server, {"Content-Type": JSON}, content)
    # RFC 6901: the empty pointer is the whole document.
    assert pointers(answer) == [""]


@pytest.mark.parametrize("content_type", [None, JSON, FORM, MULTIPART["Content-Type"]])
def test_an_empty_body_is_refused_where_a_member_is_required(
    server: MockServer, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    for operation in WRITING[1:]:
        for content in (b"", b" ", b"\r\n"):
            problem(send(server, operation, (headers, content)), 400)


@pytest.mark.parametrize(
    "body",
    [
        b'{"full_name": "John"}',
        b' \r\n {"full_name": "John & Jane", "company": "a=b"}',
        b"+%7B%22full_name%22%3A1%7D",
        b'[{"full_name": "John"}]',
        b"%0a%5b",
        b"{}",
    ],
)
def test_json_that_is_sent_as_a_form_is_refused_with_a_hint(
    server: MockServer, body: bytes
) -> None:
    for sent in (({"Content-Type": FORM}, body), as_multipart({"{full_name": "John"})):
        refusal = problem(patch(server, *sent), 400, "body-malformed")
        assert "Content-Type: application/json" in refusal["detail"]


OTHER_TYPES = [
    *("text/plain", "text/json", "application/xml", "application/octet-stream", PROBLEM),
    *("application/merge-patch+json", "application/jsonp", "multipart/mixed; boundary=edge"),
    *("*/*", "json", "application/json, application/json", "\xff", "/", "a" * 60_000),
]


@pytest.mark.parametrize("content_type", OTHER_TYPES, ids=lambda content_type: content_type[:20])
def test_another_media_type_is_refused_with_those_that_are_read(
    server: MockServer, content_type: str
) -> None:
    fields = [f"Authorization: {JOHN}", f"Content-Type: {content_type}", "Content-Length: 2"]
    reply = server.raw(head("PATCH", JOHNS, *fields) + b"{}")
    detail = problem(reply, 415, "media-type-unsupported")["detail"]
    assert len(detail) < 1_000
    assert reply.headers["Accept"].split(", ") == [JSON, FORM, "multipart/form-data"]
    assert reply.headers["Accept"] in detail


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", '"windows-1252"', "klingon", '"'])
def test_another_charset_is_refused(server: MockServer, charset: str) -> None:
    with server.unchanged():
        for media_type in (JSON, FORM):
            answer = patch(server, {"Content-Type": f"{media_type}; charset={charset}"}, b"{}")
            assert "utf-8" in problem(answer, 415)["detail"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", "unknown"])
def test_a_compressed_body_is_refused(server: MockServer, coding: str) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": coding}
    answer = patch(server, headers, gzip.compress(b"{}"))
    problem(answer, 415, "content-encoding-unsupported")
    assert answer.headers["accept-encoding"] == "identity"
    uncompressed = {**headers, "Content-Encoding": "identity"}
    assert patch(server, uncompressed, b'{"company": "C"}').status_code == 200


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (FORM, b"company=A&full_name=B&company=C"),
        (FORM, b"company=A&company=A"),
        (
            MULTIPART["Content-Type"],
            as_multipart({"company": "A"})[1].removesuffix(b"--edge--\r\n")
            + as_multipart({"company": "B"})[1],
        ),
    ],
)
def test_a_field_that_comes_twice_is_refused(
    server: MockServer, media_type: str, content: bytes
) -> None:
    with server.unchanged():
        answer = patch(server, {"Content-Type": media_type}, content)
    assert pointers(answer) == ["/company"]


GOOD = as_multipart({"company": "C"})[1]


# Headers that name no such boundary, and broken bodies.
BOUNDARIES = ["", "; boundary=", "; boundary=other", f"; boundary={'x' * 1000}"]
BROKEN = [
    b"preamble\r\n" + GOOD[:-2],
    b"--edge\r\nno header at all",
    GOOD.replace(b'form-data; name="company"', b";;=;"),
    GOOD.replace(b'="company"', b"*=bogus''%FF"),
    GOOD[:-3],
    GOOD[:-4],
    GOOD[: len(GOOD) // 2],
    b"--edge\r\n",
    b"company=C",
    b'{"company": "C"}',
    GOOD.replace(b'; name="company"', b""),
    GOOD.replace(b"Content-Disposition: ", b"X: "),
    GOOD.replace(b"\r\n\r\nC", b"\r\n\r\n\xff"),
    GOOD.replace(b"company", b"comp\xff"),
]


@pytest.mark.parametrize(
    ("boundary", "content"),
    [*((one, GOOD) for one in BOUNDARIES), *(("; boundary=edge", one) for one in BROKEN)],
)
def test_a_broken_multipart_form_is_refused(
    server: MockServer, boundary: str, content: bytes
) -> None:
    with server.unchanged():
        answer = patch(server, {"Content-Type": f"multipart/form-data{boundary}"}, content)
    problem(answer, 400, "body-malformed")


@pytest.mark.parametrize("field", [b"company=%FF", b"company=\xff", b"%FF=C", b"company=%ED%A0%80"])
def test_a_form_that_is_no_utf8_is_never_stored_wrong(server: MockServer, field: bytes) -> None:
    with server.unchanged():
        assert patch(server, {"Content-Type": FORM}, field).status_code == 400


def test_a_length_that_no_server_can_count_is_refused(server: MockServer) -> None:
    reply = server.raw(head("PATCH", JOHNS, f"Authorization: {JOHN}", f"Content-Length: {10**30}"))
    assert reply.status in (400, 413)


def test_a_body_of_a_get_is_ignored(server: MockServer) -> None:
    answer = server.send("GET", JOHNS_EMAILS, JOHN, content=b"{", headers={"Content-Type": "x/y"})
    assert answer.status_code == 200
