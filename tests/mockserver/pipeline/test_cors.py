"""Answers to pages of other origins, shown by plain HTTP; tests/browser shows it in a browser."""

from __future__ import annotations

import httpx
import pytest

from tests.support import (
    APP,
    CONTRACT,
    JOHN,
    OPERATIONS,
    PATHS,
    MockServer,
    Operation,
    call,
    named,
    names,
    preflight,
)

USER = OPERATIONS[0].path()
EXPOSED = {"WWW-Authenticate", "Allow", "Accept", "Retry-After", "Preference-Applied"}
HEADERS = ["Authorization", "Content-Type", "Prefer", "X-Mock-Sandbox"]


def assert_readable(answer: httpx.Response, origin: str = APP) -> None:
    """A page of the origin may read the answer, with and without credentials."""
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    exposed = names(answer.headers["access-control-expose-headers"])
    assert names(",".join(EXPOSED)) <= exposed
    assert "origin" in names(answer.headers["vary"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_a_preflight_is_never_authenticated(server: MockServer, operation: Operation) -> None:
    answer = preflight(server, operation.path(), operation.method)
    assert answer.status_code == 204
    assert answer.content == b""
    assert "www-authenticate" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == APP
    assert operation.method.lower() in names(answer.headers["access-control-allow-methods"])


@pytest.mark.parametrize("method", ["patch", "QUERY", "", "a b", "a,b", "PATCH"])
def test_a_preflight_allows_any_method_so_that_its_refusal_can_be_read_and_repeats_no_rubbish(
    server: MockServer, method: str
) -> None:
    allowed = preflight(server, USER, method).headers["access-control-allow-methods"]
    others = [method] if method in ("patch", "QUERY") else []
    usual = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    assert allowed.split(", ") == [*usual, *others]


def test_a_preflight_allows_the_header_fields_of_clients_and_repeats_no_rubbish(
    server: MockServer,
) -> None:
    asked = "authorization,x-request-id,x_trace,a b, <script>, a:b, ok"
    answer = preflight(server, USER, **{"Access-Control-Request-Headers": asked})
    allowed = names(answer.headers["access-control-allow-headers"])
    assert {*names(",".join(HEADERS)), "x-request-id", "x_trace", "ok"} <= allowed
    assert not any(character in name for name in allowed for character in "<> :")


def test_a_preflight_may_be_remembered_and_allows_the_private_network(server: MockServer) -> None:
    answer = preflight(server, USER, **{"Access-Control-Request-Private-Network": "true"})
    assert int(answer.headers["access-control-max-age"]) > 0
    assert answer.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize("path", ["/nothing/", f"{USER.rstrip('/')}"])
def test_a_preflight_of_an_unknown_path_lets_the_404_be_seen(server: MockServer, path: str) -> None:
    assert preflight(server, path).status_code == 204
    answer = server.send("GET", path, headers={"Origin": APP})
    assert answer.status_code == 404
    assert_readable(answer)


@pytest.mark.parametrize(
    ("status", "method", "authorization", "content_type", "content"),
    [
        (200, "GET", JOHN, None, b""),
        (200, "HEAD", JOHN, None, b""),
        (400, "PATCH", JOHN, "application/json", b"{"),
        (401, "GET", None, None, b""),
        (401, "GET", "Bearer unknown", None, b""),
        (403, "GET", "Bearer janedoe-all", None, b""),
        (403, "GET", "Bearer johndoe-none", None, b""),
        (405, "PUT", JOHN, None, b""),
        (413, "PATCH", JOHN, "application/json", b" " * (1024 * 1024 + 1)),
        (415, "PATCH", JOHN, "text/plain", b"x"),
    ],
)
def test_every_answer_can_be_read_by_a_page(
    server: MockServer,
    status: int,
    method: str,
    authorization: str | None,
    content_type: str | None,
    content: bytes,
) -> None:
    headers = {"Origin": APP} | ({"Content-Type": content_type} if content_type else {})
    answer = server.send(method, USER, authorization, headers=headers, content=content)
    assert answer.status_code == status
    assert_readable(answer)


def test_a_defect_can_be_read_by_a_page(defective: MockServer) -> None:
    answer = defective.send("GET", USER, JOHN, headers={"Origin": APP})
    assert answer.status_code == 500
    assert_readable(answer)


@pytest.mark.parametrize("origin", ["null", "https://a.example", "http://localhost:3000"])
def test_every_origin_may_use_the_api_and_read_the_contract(
    server: MockServer, origin: str
) -> None:
    for path in (USER, "/openapi.yaml", "/openapi.json"):
        assert_readable(server.send("GET", path, JOHN, headers={"Origin": origin}), origin)


def test_a_client_that_is_no_page_is_not_told_of_origins_and_no_cache_keeps_answers(
    server: MockServer,
) -> None:
    answer = call(server, OPERATIONS[0], JOHN)
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PATHS)
def test_options_that_is_no_preflight_can_be_read_by_a_page(server: MockServer, path: str) -> None:
    answer = server.send("OPTIONS", path, headers={"Origin": APP})
    assert answer.status_code == 204
    assert_readable(answer)
    methods = {one.upper() for one in CONTRACT["paths"][path] if one != "parameters"}
    assert names(",".join(methods)) <= names(answer.headers["allow"])
