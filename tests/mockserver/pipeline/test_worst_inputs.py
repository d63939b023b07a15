"""The worst that fits into a request: no answer takes longer than reading it."""

from __future__ import annotations

import time

import pytest

from mockserver.server.parsing import MAX_HEAD
from tests.support import (
    FORM,
    JANE,
    JANES,
    JANES_EMAILS,
    JSON,
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


HEADERS: list[tuple[str, str]] = [
    *(
        ("Prefer", one)
        for one in ('code="' + of('\\"'), of('"'), of('"\\'), of('",'), of('a="\\",'))
    ),
    *(("Prefer", one) for one in (of("code=1,"), of(","), "wait=" + of("1"))),
    *(("Authorization", f"Bearer {one}") for one in (of("a") + "!", of("a="))),
    *(
        ("Authorization", one)
        for one in ("Basic " + of("="), "Basic " + of("A") + "*", of("Basic "), of(" "))
    ),
    ("Authorization", basic(of("\u0315\u0300", 4000), of("\u0315\u0300", 4000))),
    ("Authorization", basic(of("\u0315\u0300", 40_000), "x")),
    ("Host", of("a.") + "!"),
    ("Host", "[" + of(":")),
    ("Origin", of("http://")),
    ("X-Mock-Sandbox", of("a") + "!"),
    ("Access-Control-Request-Method", of("a") + "!"),
    ("Cookie", of("a=b; ")),
    (of("token-"), "x"),
    (of("auth"), "x"),
]
PATHS = [
    *("/" + of("a/"), of("/"), "/" + of("%2F"), "/~" + of("a"), "/api/v1.1/users/" + of("a")),
    "/api/v1.1/users/" + of("%25") + "/",
    *(f"{JANES}?{of(piece)}" for piece in ("a=%25&", "token=%5C&", "&", '":"\\')),
]
MEDIA_TYPES = [
    *(of(";"), of("a/"), FORM + ";" + of(";"), FORM + ';charset="' + of(";")),
    *(FORM + ";charset=" + of('";'), FORM + ";charset" + of(";a=b")),
    *(MULTIPART + ';x="' + of('\\";'), JSON + ";charset=" + of("x")),
]
# The journal looks in all of them for the names of secrets.
BODIES = {
    JSON: (
        *(of("[", BODY), of('{"a":', BODY), "[" + of("{},", BODY), of('"token', BODY)),
        '{"email": "' + of("@", BODY - 20) + '"}',
        '{"company": "' + of('\\"', BODY - 20) + '"}',
        '{"company": ' + of("1", BODY - 20) + "}",
        "{" + ",".join(f'"k{number}":1' for number in range(80_000)) + "}",
        *(of('":"\\', BODY), of("\"' : \\", BODY), of('"token":"\\', BODY)),
    ),
    FORM: (
        *("email=" + of("a@b.", BODY - 20), of("&", BODY), of("a=%", BODY), of("a&", BODY)),
        "&".join(f"field{number}=1" for number in range(10_000)),
    ),
    MULTIPART: (
        *(of("--b\r\n", BODY), of("\r\n-", BODY), "--b\n" + of('name="', BODY - 10)),
        of("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", BODY),
        "--b\r\nContent-Disposition: form-data" + of(";", BODY - 50),
        '--b\r\nContent-Disposition: form-data; name="' + of('\\";', 4000) + "\r\n\r\n",
        "--b\r\n" + of("A: b\r\n", 10_000) + "\r\nv\r\n--b--\r\n",
    ),
}
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
PREFLIGHT = {
    "Origin": "http://a.example",
    "Access-Control-Request-Method": of("a", SIZE // 3),
    "Access-Control-Request-Headers": of("a-,", SIZE // 3),
}
Worst = tuple[str, str, dict[str, str], str | None]
REQUESTS: list[Worst] = [
    *(
        ("GET", path, {name: value}, None)
        for path in (JANES, "/_mock/state")
        for name, value in HEADERS
    ),
    *(("GET", path, {}, None) for path in PATHS),
    *(("PATCH", JANES, {"Content-Type": one}, "company=x") for one in MEDIA_TYPES),
    *(
        ("POST", JANES_EMAILS, {"Content-Type": media_type}, body)
        for media_type, bodies in BODIES.items()
        for body in bodies
    ),
    *(
        ("PUT" if path.endswith("state") else "POST", path, {"Content-Type": JSON}, body)
        for path, bodies in CONTROL_BODIES.items()
        for body in bodies
    ),
    ("OPTIONS", JANES, PREFLIGHT, None),
]


@pytest.mark.parametrize(("method", "path", "headers", "body"), REQUESTS, ids=ids)
def test_it_is_answered_soon_and_so_is_a_look_at_what_became_of_it(
    server: MockServer, method: str, path: str, headers: dict[str, str], body: str | None
) -> None:
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
    if answer[9:12] == b"400":
        assert len(answer) < 100_000
