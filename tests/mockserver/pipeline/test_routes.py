"""Paths and methods: what is there, what is not, and the likely fix."""

from __future__ import annotations

import pytest

from tests.support import (
    CONTRACT,
    JOHN,
    JOHNS,
    OPERATIONS,
    PATHS,
    MockServer,
    Operation,
    head,
    named,
    problem,
)

ALLOWED = {
    path: {
        *(method.upper() for method in item if method != "parameters"),
        *(["HEAD"] if "get" in item else []),
        "OPTIONS",
    }
    for path, item in CONTRACT["paths"].items()
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "SEARCH", "LINK"]
REFUSED = [(path, method) for path in PATHS for method in METHODS if method not in ALLOWED[path]]
READING = [one for one in OPERATIONS if one.method == "GET"]


@pytest.mark.parametrize(("path", "method"), REFUSED)
def test_another_method_is_405_with_allow(server: MockServer, path: str, method: str) -> None:
    answer = server.send(method, path.replace("{username}", "johndoe"))
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (405, b"")
    else:
        problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) == ALLOWED[path]


@pytest.mark.parametrize("path", PATHS)
def test_options_says_what_is_allowed_and_asks_nobody_to_log_in(
    server: MockServer, path: str
) -> None:
    answer = server.send("OPTIONS", path.replace("{username}", "johndoe"))
    assert answer.status_code == 204
    assert answer.content == b""
    assert set(answer.headers["allow"].split(", ")) == ALLOWED[path]
    read = set(answer.headers["accept-patch"].split(", "))
    assert read == set(CONTRACT["paths"][path]["patch"]["requestBody"]["content"])


@pytest.mark.parametrize("operation", READING, ids=named)
@pytest.mark.parametrize("authorization", [JOHN, None, "Bearer janedoe-all", "Bearer johndoe-none"])
def test_head_is_get_without_the_body(
    server: MockServer, operation: Operation, authorization: str | None
) -> None:
    get = server.send("GET", operation.path(), authorization)
    answer = server.send("HEAD", operation.path(), authorization)
    assert answer.status_code == get.status_code
    assert answer.content == b""
    for name in ("content-type", "content-length", "www-authenticate"):
        assert answer.headers.get(name) == get.headers.get(name)
    # Not one byte of a body is sent.
    fields = [f"Authorization: {authorization}"] if authorization else []
    assert server.raw_bytes(head("HEAD", operation.path(), *fields)).endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/api/v1.1/users/johndoe", "/api/v1.1/users/johndoe/"),
        ("/api/v1.1/users/johndoe/emails", "/api/v1.1/users/johndoe/emails/"),
        ("/api/v1.1/users/johndoe//", "/api/v1.1/users/johndoe/"),
        ("/api/v1.1//users/johndoe/", "/api/v1.1/users/johndoe/"),
        ("//api/v1.1/users/johndoe/", "/api/v1.1/users/johndoe/"),
        ("/users/johndoe/", "/api/v1.1/users/johndoe/"),
        ("/users/johndoe/emails", "/api/v1.1/users/johndoe/emails/"),
        ("/v1.1/users/johndoe/", "/api/v1.1/users/johndoe/"),
        ("/api/v1/users/johndoe/", "/api/v1.1/users/{username}/"),
        ("/api/v1.1/user/johndoe/", "/api/v1.1/users/{username}/"),
        ("/api/v1.1/users/johndoe/email/", "/api/v1.1/users/{username}/emails/"),
        ("/openapi.yml", "/openapi.yaml"),
        ("/openapi.yaml/", "/openapi.yaml"),
        ("/_mock/stat", "/_mock/state"),
        ("/_mock/state/", "/_mock/state"),
        ("/favicon.ico", "/openapi.yaml"),
        ("/api/v1.1/users/", "/api/v1.1/users/{username}/"),
    ],
)
def test_an_unknown_path_is_404_with_the_likely_mend(
    server: MockServer, path: str, hint: str
) -> None:
    reply = server.raw(head("GET", path))
    detail = problem(reply, 404, "path-unknown")["detail"]
    assert hint in detail.replace("?", " ").split() or f"{hint}," in detail


def test_an_unknown_path_is_404_for_every_method(server: MockServer) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        problem(server.send(method, "/api/v1.1/users/johndoe"), 404, "path-unknown")


@pytest.mark.parametrize("page", ["/docs", "/~redirected/_mock"])
def test_a_page_without_its_slash_is_redirected_to(server: MockServer, page: str) -> None:
    for method in ("GET", "HEAD"):
        answer = server.send(method, f"{page}?x=%2F")
        assert (answer.status_code, answer.headers["location"]) == (308, f"{page}/?x=%2F")
    problem(server.send("POST", page), 404, "path-unknown")


def test_a_slash_in_a_username_is_no_step_in_the_path(server: MockServer) -> None:
    answer = server.send("GET", "/api/v1.1/users/johndoe%2Femails/", JOHN)
    problem(answer, 404, "user-unknown")


def test_whatever_is_accepted_and_in_the_query_the_answer_is_json(server: MockServer) -> None:
    for accept in ("text/html", "application/xml", "*/*", "application/json;q=0"):
        path = f"{READING[0].path()}?fields=id&x=%00"
        answer = server.send("GET", path, JOHN, headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"


UNKNOWN = ["patch", "Get", "pOST", "QUERY", "PROPFIND", "x", "!#$%&'*+-.^_`|~09", "M" * 5000]


@pytest.mark.parametrize("method", UNKNOWN, ids=lambda method: method[:20])
def test_any_method_is_well_formed_and_is_told_what_is_taken(
    server: MockServer, method: str
) -> None:
    prefix = "/~methods"
    reply = server.raw(head(method, f"{prefix}{JOHNS}", "Origin: http://a.example"))
    detail = problem(reply, 405, "method-not-allowed")["detail"]
    taken = set(reply.headers["allow"].split(", "))
    assert taken == ALLOWED["/api/v1.1/users/{username}/"]
    assert ("did you mean " in detail) == (method.upper() in taken and method not in taken)
    assert reply.headers["access-control-allow-origin"] == "http://a.example"
    entry = server.send("GET", f"{prefix}/_mock/requests").json()[-1]
    assert (entry["method"], entry["path"], entry["status"]) == (method, JOHNS, 405)
    assert server.send("GET", f"{prefix}/_mock/requests.har").status_code == 200


@pytest.mark.parametrize("method", UNKNOWN, ids=lambda method: method[:20])
def test_a_method_that_nothing_knows_is_501_elsewhere(server: MockServer, method: str) -> None:
    reply = server.raw(head(method, "/nowhere", "Origin: http://a.example"))
    detail = problem(reply, 501, "method-unknown")["detail"]
    assert ("did you mean PATCH?" in detail) == (method == "patch")
    assert reply.headers["access-control-allow-origin"] == "http://a.example"
    assert server.send("GET", "/_mock/requests").json()[-1]["status"] == 501
