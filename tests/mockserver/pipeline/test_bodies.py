"""Bodies as JSON, as forms and as multipart forms; and all that is none of these."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
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

MULTIPART = "multipart/form-data; boundary=edge"


def texts(body: Json) -> dict[str, str]:
    """Return the members as a form has them."""
    return {
        name: json.dumps(one) if isinstance(one, bool) else str(one) for name, one in body.items()
    }


def form(body: Json) -> str:
    return urlencode(texts(body))


def multipart(body: Json) -> str:
    start = "--edge\r\nContent-Disposition: form-data; name="
    parts = (f'{start}"{name}"\r\n\r\n{text}\r\n' for name, text in texts(body).items())
    return f"{''.join(parts)}--edge--\r\n"


def typed_multipart(body: Json) -> str:
    start = (
        "--e d\r\nContent-Type: text/plain; charset=utf-8\r\ncontent-disposition: form-data; name="
    )
    parts = (f"{start}{name}\r\n\r\n{text}\r\n" for name, text in texts(body).items())
    return f"{''.join(parts)}--e d--\r\nepilogue"


# Media types, and how a body is written in them.
ENCODINGS: dict[str, tuple[str | None, Callable[[Json], str]]] = {
    "JSON": (JSON, json.dumps),
    "JSON with a charset": (
        'Application/JSON; Charset="UTF-8"',
        lambda body: json.dumps(body, ensure_ascii=False),
    ),
    "JSON without Content-Type": (None, json.dumps),
    "form": (FORM, form),
    "form with percent-encoded spaces": (
        f"{FORM.upper()};charset=utf-8",
        lambda body: urlencode(texts(body), quote_via=quote),
    ),
    "multipart": (MULTIPART, multipart),
    "multipart with typed parts": (
        'Multipart/Form-Data; charset=utf-8; boundary="e d"',
        typed_multipart,
    ),
}


def send(
    server: MockServer,
    operation: Operation,
    media_type: str | None,
    content: str | bytes,
    **more: str,
) -> httpx.Response:
    headers = more if media_type is None else {"Content-Type": media_type, **more}
    return server.send(operation.method, operation.path(), JOHN, headers=headers, content=content)


def patch(
    server: MockServer, media_type: str | None, content: str | bytes, **more: str
) -> httpx.Response:
    """Send a body to update_user."""
    return send(server, BY_ID["update_user"], media_type, content, **more)


@pytest.mark.parametrize("operation", WRITING, ids=named)
def test_every_encoding_does_the_same(server: MockServer, operation: Operation) -> None:
    expected = send(server, operation, JSON, json.dumps(operation.body))
    state = server.state()
    for media_type, encode in ENCODINGS.values():
        server.reset()
        # Members that are not documented are ignored, in every encoding.
        body = {**(operation.body or {}), "is_admin": True}
        answer = send(server, operation, media_type, encode(body))
        assert answer.status_code == operation.success
        assert answer.content == expected.content
        assert server.state() == state


@pytest.mark.parametrize(("media_type", "encode"), ENCODINGS.values(), ids=ENCODINGS)
def test_a_text_is_the_same_in_every_encoding(
    server: MockServer, media_type: str | None, encode: Callable[[Json], str]
) -> None:
    for text in ("a+b c", "100 %", "a=b&c;d", "Ζωή 👩", "%2B", "", "true", "3"):
        answer = patch(server, media_type, encode({"full_name": text}))
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
    assert patch(server, FORM, form).json()["full_name"] == text


@pytest.mark.parametrize(("media_type", "encode"), [(FORM, form), (MULTIPART, multipart)])
def test_only_true_is_true_in_a_form(
    server: MockServer, media_type: str, encode: Callable[[Json], str]
) -> None:
    with server.unchanged():
        for value in ("false", "True", "TRUE", "1", "yes", "on", "", " true"):
            body = {"email": "john@work.example.com", "verified": value, "primary": "true"}
            answer = send(server, BY_ID["update_email"], media_type, encode(body))
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
        for media_type in (None, JSON):
            answer = patch(server, media_type, content)
            problem(answer, 400, "body-malformed")
            assert len(answer.content) < 10_000
    detail = problem(patch(server, JSON, b'{\n "company": Retired}'), 400)["detail"]
    assert "line 2" in detail


@pytest.mark.parametrize(
    "content", [b"[]", b'[{"full_name": "J"}]', b"3", b'"J"', b"true", b"null"]
)
def test_json_that_is_no_object_is_refused(server: MockServer, content: bytes) -> None:
    answer = patch(server, JSON, content)
    # RFC 6901: the empty pointer is the whole document.
    assert pointers(answer) == [""]


@pytest.mark.parametrize("content_type", [None, JSON, FORM, MULTIPART])
def test_an_empty_body_is_refused_where_a_member_is_required(
    server: MockServer, content_type: str | None
) -> None:
    for operation in WRITING[1:]:
        for content in (b"", b" ", b"\r\n"):
            problem(send(server, operation, content_type, content), 400)


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
    for sent in ((FORM, body), (MULTIPART, multipart({"{full_name": "John"}))):
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
            answer = patch(server, f"{media_type}; charset={charset}", b"{}")
            assert "utf-8" in problem(answer, 415)["detail"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", "unknown"])
def test_a_compressed_body_is_refused(server: MockServer, coding: str) -> None:
    answer = patch(server, JSON, gzip.compress(b"{}"), **{"Content-Encoding": coding})
    problem(answer, 415, "content-encoding-unsupported")
    assert answer.headers["accept-encoding"] == "identity"
    answer = patch(server, JSON, b'{"company": "C"}', **{"Content-Encoding": "identity"})
    assert answer.status_code == 200


GOOD = multipart({"company": "C"}).encode()


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (FORM, b"company=A&full_name=B&company=C"),
        (FORM, b"company=A&company=A"),
        (MULTIPART, multipart({"company": "A"}).removesuffix("--edge--\r\n").encode() + GOOD),
    ],
)
def test_a_field_that_comes_twice_is_refused(
    server: MockServer, media_type: str, content: bytes
) -> None:
    with server.unchanged():
        answer = patch(server, media_type, content)
    assert pointers(answer) == ["/company"]


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
        answer = patch(server, f"multipart/form-data{boundary}", content)
    problem(answer, 400, "body-malformed")


@pytest.mark.parametrize("field", [b"company=%FF", b"company=\xff", b"%FF=C", b"company=%ED%A0%80"])
def test_a_form_that_is_no_utf8_is_never_stored_wrong(server: MockServer, field: bytes) -> None:
    with server.unchanged():
        assert patch(server, FORM, field).status_code == 400


def test_a_length_that_no_server_can_count_is_refused(server: MockServer) -> None:
    reply = server.raw(head("PATCH", JOHNS, f"Authorization: {JOHN}", f"Content-Length: {10**30}"))
    assert reply.status in (400, 413)


def test_a_body_of_a_get_is_ignored(server: MockServer) -> None:
    answer = server.send("GET", JOHNS_EMAILS, JOHN, content=b"{", headers={"Content-Type": "x/y"})
    assert answer.status_code == 200
