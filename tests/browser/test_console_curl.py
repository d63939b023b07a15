"""The curl line of a request does again what the request did."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.console_page import JANES, JANES_EMAILS, Console
from tests.support import JANE, MockServer, bearer, clean_environment

SET_BY_SHELLS = dict.fromkeys(("USER", "USERNAME", "LOGNAME"), "johndoe")
COMES_ANEW = {"id": 0, "time": "", "ms": 0, "request": None}


def test_the_curl_line_repeats_the_request(console: Console, server: MockServer) -> None:
    body = '{"full_name": "O\'Hara \\"$HOME\\" `id` \\\\ 日本",\n "location": "@file !x"}'
    path = "/~shop-7/api/v1.1/users/janedoe/"
    query = "?q=it's&[a]={b}&c=$d"
    raw = body.encode()
    head = (
        f"PATCH {path}{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Authorization: Bearer janedoe-all\r\nContent-Type: application/json\r\n"
        f"X-Team: it's $us\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    assert server.raw(head.encode() + raw).status == 200
    console.open("shop-7")

    details = console.open_row("PATCH")
    line = console.copy(details.get_by_role("button", name="Copy curl line"))
    assert "janedoe-all" not in line
    answered = in_a_shell(line, MOCK_TOKEN="janedoe-all")

    assert json.loads(answered)["full_name"] == 'O\'Hara "$HOME" `id` \\ 日本'
    first, second = server.send("GET", "/~shop-7/_mock/requests").json()
    for member in ("method", "path", "query", "status", "username", "scheme"):
        assert first[member] == second[member]
    assert first["request"]["body"] == second["request"]["body"]
    assert second["request"]["headers"]["X-Team".lower()] == "it's $us"


ANY: list[tuple[str, str, dict[str, str], str]] = [
    ("GET", JANES, {"Authorization": JANE}, ""),
    ("HEAD", JANES, {"Authorization": JANE}, ""),
    ("PATCH", JANES, {"Authorization": JANE}, '{"location": "untyped"}'),
    ("DELETE", JANES_EMAILS, {"Authorization": JANE}, "{}"),
    ("GET", "/a/../b/./c", {"X-Empty": "", "Accept": "text/x"}, ""),
    ("GET", JANES, {"Authorization": JANE, "Prefer": "code=503"}, ""),
]


def test_the_curl_line_of_any_request_gets_the_same_answer(
    console: Console, server: MockServer
) -> None:
    for method, path, headers, body in ANY:
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        start = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        server.raw(f"{start}{fields}{length}\r\n{body}".encode(), method)

        line = console.open_row(method).locator(".curl pre").inner_text()
        in_a_shell(line, MOCK_LOGIN="janedoe:janedoe-password")

        first, second = server.send("GET", "/_mock/requests").json()
        ignored = {"response": None, **COMES_ANEW}
        assert {**second, **ignored} == {**first, **ignored}
        assert second["request"]["body"] == first["request"]["body"]
        assert kept(second["request"]["headers"]) == kept(first["request"]["headers"])
        console.press("Clear")
        expect(console["#list > li"]).to_have_count(0)


@pytest.mark.parametrize(
    ("login", "variable", "tab", "button"),
    [
        (JANE, "MOCK_LOGIN", "World", "Copy the login janedoe:janedoe-password"),
        (bearer("janedoe-all"), "MOCK_TOKEN", "Tokens", "Copy janedoe-all"),
    ],
    ids=["basic", "bearer"],
)
def test_the_curl_line_takes_its_login_from_a_variable_that_no_shell_sets(
    console: Console, server: MockServer, login: str, variable: str, tab: str, button: str
) -> None:
    server.send("GET", JANES, login)
    details = console.open_row("GET")
    expect(details).to_contain_text(re.compile(f"Set {variable} first, to a .* of the {tab} tab"))
    line = console.copy(details.get_by_role("button", name="Copy curl line"))
    console.tab(tab)
    value = console.copy(console.page.get_by_role("button", name=button, exact=True))

    answered = in_a_shell(line, **SET_BY_SHELLS, **{variable: value})

    assert json.loads(answered)["username"] == "janedoe"
    assert re.findall(r"\$(\w+)", line) == [variable]


def kept(headers: dict[str, str]) -> dict[str, str]:
    """The header fields that a curl line must repeat."""
    own = {"host", "connection", "content-length", "user-agent"}
    return {
        name.lower(): value
        for name, value in headers.items()
        if name.lower() not in own and (name.lower(), value) != ("accept", "*/*")
    }


def in_a_shell(line: str, **variables: str) -> str:
    """Run a command line; return its output."""
    done = subprocess.run(
        ["/bin/sh", "-c", line.replace("curl ", "curl -sS ", 1)],
        env=clean_environment({**variables, "NO_PROXY": "*"}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, (line, done.stderr)
    return done.stdout
