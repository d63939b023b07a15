"""A target that is not there is told from one that is broken."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from conformance.target.credentials import NOBODY, Credentials
from conformance.wire.exchange import Exchange
from conformance.wire.presence import absence
from conformance.wire.transport import ReceivedResponse, SentRequest

LOGIN = Credentials("owner, Basic", "Basic x")
PAGE = b"<!doctype html>\n<html><head><title>\n Please &amp; log\n in </title></head></html>"


def exchange(
    status: int,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    path: str = "/api/v1.1/users/mallory/",
    credentials: Credentials = LOGIN,
) -> Exchange:
    request = SentRequest("GET", path, (), None)
    response = ReceivedResponse(status, tuple((headers or {}).items()), body)
    return Exchange("get_user", f"http://x.example{path}", request, response, credentials)


def everywhere(
    status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> list[Exchange]:
    return [
        exchange(status, headers, body, path=path, credentials=credentials)
        for path in ("/api/v1.1/users/mallory/", "/api/v1.1/users/mallory/emails/")
        for credentials in (LOGIN, NOBODY)
    ]


HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (everywhere(404), ["404", "check the path of base_url", "/api/v1.1/users/mallory/"]),
        (everywhere(404, {"Content-Type": "application/json"}, b"{}"), ["404"]),
        (
            everywhere(302, {"Location": "https://sso.example/login?next=/"}),
            ["302 to https://sso.example/login?next=/", "a login page stands before it"],
        ),
        (
            everywhere(301, {"Location": "https://x.example/api/v1.1/users/mallory/"}),
            ["set base_url to https://x.example"],
        ),
        (everywhere(303), ["303 to http://x.example/api"]),
        (everywhere(200, HTML, PAGE), ["200", "'Please & log in'", "host and path of base_url"]),
        (everywhere(503, HTML, b"<h1 class=x>Back at 9</h1>"), ["503", "'Back at 9'", "down"]),
        (everywhere(502), ["502"]),
        (everywhere(403, HTML, PAGE), ["403", "'Please & log in'", "a firewall refuses"]),
        (
            everywhere(400, HTML, b"<title>400 No required SSL certificate was sent</title>"),
            ["certificate was sent", "client_cert"],
        ),
    ],
)
def test_the_same_answer_to_everybody_is_no_implementation(
    answers: list[Exchange], said: list[str]
) -> None:
    message = absence(answers)
    assert [part for part in said if part not in message] == [], message


@pytest.mark.parametrize(
    "answers",
    [
        everywhere(500),
        everywhere(500, HTML, PAGE),
        everywhere(401),
        everywhere(403, {"Content-Type": "application/json"}, b"{}"),
        everywhere(400, HTML, PAGE),
        everywhere(200, {"Content-Type": "application/json"}, b"{}"),
        everywhere(200, HTML, b'{"username": "mallory"}'),
        [*everywhere(404)[:3], exchange(401, credentials=NOBODY)],
        [*everywhere(503)[:3], exchange(200)],
        [one for one in everywhere(404) if one.credentials is LOGIN],
        everywhere(404)[:2],
        [],
    ],
)
def test_what_an_implementation_may_get_wrong_is_left_to_the_checks(
    answers: list[Exchange],
) -> None:
    assert absence(answers) == ""


@pytest.mark.parametrize("unit", [b"<title", b"<title>", b"<h1 ", b"&amp", b"</title"])
def test_a_hostile_page_is_read_soon(unit: bytes) -> None:
    assert "the API is not there" in absence(everywhere(200, HTML, b"<" + unit * 100_000))
