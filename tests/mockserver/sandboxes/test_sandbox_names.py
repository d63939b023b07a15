"""The names of sandboxes: in a header, or before the path."""

from __future__ import annotations

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import JANE, JANES, MockServer, head, problem

GOOD_NAMES = ["a", "A-b_c.9", "0", "...", "x" * 64]
BAD_NAMES = [
    "",
    ".",
    "..",
    "x" * 65,
    "a b",
    "a/b",
    "a%41",
    "%61",
    "é",
    "a,b",
    "a~",
    "a\tb",
    "~a",
    "ａ",
]


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_sandbox_is_named_by_a_header_or_by_a_prefix(server: MockServer, name: str) -> None:
    change = {"location": "Here"}
    by_prefix = server.send("PATCH", f"/~{name}{JANES}", JANE, json=change)
    by_header = server.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": name})
    assert by_prefix.json()["location"] == by_header.json()["location"] == "Here"
    assert server.send("GET", JANES, JANE).json()["location"] != "Here"


def test_header_and_prefix_may_name_the_same_sandbox(sandbox: Sandboxed) -> None:
    answer = sandbox.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": sandbox.name})
    assert answer.status_code == 200


def test_header_and_prefix_that_name_different_sandboxes_are_refused(sandbox: Sandboxed) -> None:
    answer = sandbox.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": "another"})
    problem(answer, 400, "sandbox-malformed")


def test_a_header_that_names_two_sandboxes_is_refused(server: MockServer) -> None:
    request = head("GET", JANES, "X-Mock-Sandbox: a", "X-Mock-Sandbox: b")
    problem(server.raw(request), 400, "sandbox-malformed")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_in_the_header_is_refused(server: MockServer, name: str) -> None:
    field = b"X-Mock-Sandbox: " + name.encode() + b"\r\n\r\n"
    reply = server.raw(head("GET", JANES)[:-2] + field)
    problem(reply, 400, "sandbox-malformed")


@pytest.mark.parametrize(
    "name", ["", "x" * 65, "a%41", "%61", "%E9", "a%20b", "a,b", "~a", "a~", "a@b", "%00"]
)
def test_a_bad_name_in_the_path_is_refused(server: MockServer, name: str) -> None:
    before = server.send("GET", "/_mock/sandboxes").json()["count"]
    problem(server.raw(head("GET", f"/~{name}{JANES}")), 400, "sandbox-malformed")
    assert server.send("GET", "/_mock/sandboxes").json()["count"] == before


@pytest.mark.parametrize("path", ["", "/"])
def test_a_prefix_alone_is_the_first_page_of_the_sandbox(sandbox: Sandboxed, path: str) -> None:
    page = sandbox.send("GET", path)
    assert page.status_code == 200
    assert f'href="/~{sandbox.name}/_mock/"' in page.text


def test_a_prefix_within_a_prefix_leads_nowhere(sandbox: Sandboxed) -> None:
    problem(sandbox.send("GET", f"/~other{JANES}", JANE), 404, "path-unknown")


@pytest.mark.parametrize(
    ("path", "mend"),
    [
        ("/_mock", "/_mock/"),
        (JANES.rstrip("/"), JANES),
        (JANES.replace("/users", "//users"), JANES),
        ("/nothing/of/the/kind", "/openapi.yaml"),
    ],
)
def test_a_path_that_leads_nowhere_is_mended_within_the_sandbox(
    sandbox: Sandboxed, path: str, mend: str
) -> None:
    detail = problem(sandbox.send("GET", path), 404, "path-unknown")["detail"]
    assert f"there is no {sandbox.prefix}{path or '/'}; " in detail
    assert f" {sandbox.prefix}{mend}" in detail
