"""The worst that fits into a request: no answer takes longer than reading it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from mockserver.server.parsing import MAX_HEAD
from tests.support import (
    FORM,
    JANE,
    JANES,
    JANES_EMAILS,
    JSON,
    PROBLEM,
    MockServer,
    basic,
)

SIZE = MAX_HEAD - 1000
BODY = 1024 * 1024
LONG = 4.0
"""Seconds. What is linear takes some hundredths of one, and what is quadratic tens."""

MULTIPART = "multipart/form-data; boundary=b"


def of(piece: str, size: int = SIZE) -> str:
    """A text of a size, made of one piece."""
    return piece * (size // len(piece))


def ids(value: object) -> str:
    return repr(value)[:30]


def answered_soon(
    server: MockServer, method: str, path: str, headers: Mapping[str, str], body: str | None = None
) -> bytes:
    """Send a request, and look at what became of it; all must be done at once. Returns the answer."""
    fields = {"Host": "localhost", "Authorization": JANE, "Connection": "close", **headers}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    before = time.monotonic()
    answer = server.raw_bytes("\r\n".join([*lines, "", body or ""]).encode("latin-1"))
    assert 200 <= int(answer[9:12]) < 500, answer[:300]
    for page in ("requests", "requests.har"):
        assert server.send("GET", f"/_mock/{page}").status_code == 200
    assert time.monotonic() - before < LONG
    return answer


@pytest.mark.parametrize(
    "value",
    [
        'code="' + of('\\"'),
        of('"'),
        of('"\\'),
        of('",'),
        of('a="\\",'),
        of("code=1,"),
        of(","),
        "wait=" + of("1"),
    ],
    ids=ids,
)
def test_a_wish(server: MockServer, value: str) -> None:
    answered_soon(server, "GET", JANES, {"Prefer": value})


@pytest.mark.parametrize(
    "value",
    [
        "Bearer " + of("a") + "!",
        "Bearer " + of("a="),
        "Basic " + of("="),
        "Basic " + of("A") + "*",
        of("Basic "),
        of(" "),
        basic(of("\u0315\u0300", 4000), of("\u0315\u0300", 4000)),
        basic(of("\u0315\u0300", 40_000), "x"),
    ],
    ids=ids,
)
def test_credentials(server: MockServer, value: str) -> None:
    answered_soon(server, "GET", JANES, {"Authorization": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", of("a.") + "!"),
        ("Host", "[" + of(":")),
        ("Origin", of("http://")),
        ("X-Mock-Sandbox", of("a") + "!"),
        ("Access-Control-Request-Method", of("a") + "!"),
        ("Cookie", of("a=b; ")),
        (of("token-"), "x"),
        (of("auth"), "x"),
    ],
    ids=ids,
)
@pytest.mark.parametrize("path", [JANES, "/_mock/state"])
def test_a_field(server: MockServer, path: str, name: str, value: str) -> None:
    answered_soon(server, "GET", path, {name: value})


def test_a_preflight(server: MockServer) -> None:
    fields = {
        "Origin": "http://a.example",
        "Access-Control-Request-Method": of("a", SIZE // 3),
        "Access-Control-Request-Headers": of("a-,", SIZE // 3),
    }
    answered_soon(server, "OPTIONS", JANES, fields)


@pytest.mark.parametrize(
    "value",
    [
        of(";"),
        FORM + ";" + of(";"),
        FORM + ';charset="' + of(";"),
        FORM + ";charset=" + of('";'),
        FORM + ";charset" + of(";a=b"),
        MULTIPART + ';x="' + of('\\";'),
        JSON + ";charset=" + of("x"),
        of("a/"),
    ],
    ids=ids,
)
def test_a_media_type(server: MockServer, value: str) -> None:
    answered_soon(server, "PATCH", JANES, {"Content-Type": value}, "company=x")


@pytest.mark.parametrize(
    "path",
    [
        "/" + of("a/"),
        of("/"),
        "/" + of("%2F"),
        "/api/v1.1/users/" + of("%25") + "/",
        "/~" + of("a"),
        "/api/v1.1/users/" + of("a"),
        JANES + "?" + of("a=%25&"),
        JANES + "?" + of("token=%5C&"),
        JANES + "?" + of("&"),
        JANES + "?" + of('":"\\'),
    ],
    ids=ids,
)
def test_a_path(server: MockServer, path: str) -> None:
    answered_soon(server, "GET", path, {})


@pytest.mark.parametrize("media_type", [JSON, FORM, MULTIPART], ids=ids)
@pytest.mark.parametrize(
    "body",
    [
        of("[", BODY),
        of('{"a":', BODY),
        "[" + of("{},", BODY),
        '{"email": "' + of("@", BODY - 20) + '"}',
        "email=" + of("a@b.", BODY - 20),
        '{"company": "' + of('\\"', BODY - 20) + '"}',
        '{"company": ' + of("1", BODY - 20) + "}",
        "{" + ",".join(f'"k{number}":1' for number in range(80_000)) + "}",
        of('":"\\', BODY),
        of("\"' : \\", BODY),
        of("&", BODY),
        of("a=%", BODY),
        of("--b\r\n", BODY),
        of("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", BODY),
        "--b\r\nContent-Disposition: form-data" + of(";", BODY - 50),
        '--b\r\nContent-Disposition: form-data; name="' + of('\\";', 4000) + "\r\n\r\n",
        of("\r\n-", BODY),
        of("a&", BODY),
        "&".join(f"field{number}=1" for number in range(10_000)),
        "--b\r\n" + of("A: b\r\n", 10_000) + "\r\nv\r\n--b--\r\n",
        # The journal looks in them for the names of secrets.
        of('"token":"\\', BODY),
        of('"token', BODY),
        "--b\n" + of('name="', BODY - 10),
    ],
    ids=ids,
)
def test_a_body(server: MockServer, media_type: str, body: str) -> None:
    answer = answered_soon(server, "POST", JANES_EMAILS, {"Content-Type": media_type}, body)
    assert len(answer) < 30_000


CONTROL_BODIES = {
    "/_mock/faults": (
        '{"code": 500, "body": ' + of("[", 600_000),
        '{"code": 500, "body": "' + of('\\"', BODY - 60) + '"}',
        "{" + ",".join(f'"k{number}":1' for number in range(80_000)) + "}",
    ),
    "/_mock/state": (
        '{"accounts": [' + of("{},", BODY - 60) + "{}]}",
        '{"accounts": [' + of('{"emails":[{}]},', BODY - 60) + "{}]}",
        '{"accounts": [], "tokens": [' + of('{"scopes":["a"],"username":"b"},', BODY - 60) + "{}]}",
        "{" + ",".join(f'"k{number}":1' for number in range(80_000)) + "}",
    ),
    "/_mock/requests/verify": (
        '{"requests": [' + of("{},", BODY - 60) + "{}]}",
        '{"requests": [' + ",".join(['{"body": {"a": "b"}, "times": 7}'] * 100) + "]}",
    ),
    "/_mock/tokens": ('{"username": "janedoe", "scopes": [' + of('"a",', BODY - 60) + '"a"]}',),
}


@pytest.mark.parametrize(
    ("path", "body"),
    [(path, body) for path, bodies in CONTROL_BODIES.items() for body in bodies],
    ids=ids,
)
def test_a_body_of_the_control_api(server: MockServer, path: str, body: str) -> None:
    method = "PUT" if path.endswith("state") else "POST"
    before = time.monotonic()
    answer = server.send(method, path, content=body, headers={"Content-Type": JSON})
    assert time.monotonic() - before < LONG
    assert answer.status_code < 500, answer.text
    if answer.status_code == 400:
        assert answer.headers["content-type"] == PROBLEM
        assert len(answer.content) < 100_000
