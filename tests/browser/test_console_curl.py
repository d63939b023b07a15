"""The curl line of a request does again what the request did."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.console_page import Console
from tests.support import (
    JANE,
    JANES,
    JANES_EMAILS,
    JSON,
    MockServer,
    bearer,
    clean_environment,
    head,
)

SET_BY_SHELLS = dict.fromkeys(("USER", "USERNAME", "LOGNAME"), "johndoe")
IN_SHELLS = '{"full_name": "O\'Hara \\"$HOME\\" `id` \\\\ 日本",\n "location": "@file !x"}'
ANY: list[tuple[str, str, dict[str, str], str]] = [
    (
        "PATCH",
        f"{JANES}?q=it's&[a]={{b}}&c=$d",
        {"Authorization": bearer("janedoe-all"), "Content-Type": JSON, "X-Team": "it's $us"},
        IN_SHELLS,
    ),
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
    console.open("shop-7")
    for method, path, headers, body in ANY:
        fields = [f"{name}: {value}" for name, value in headers.items()]
        sent = body.encode()
        fields += [f"Content-Length: {len(sent)}"] if sent else []
        server.raw(head(method, f"/~shop-7{path}", *fields) + sent, method)

        line = console.open_row(method).locator(".curl pre").inner_text()
        assert "janedoe-all" not in line
        in_a_shell(line, MOCK_LOGIN="janedoe:janedoe-password", MOCK_TOKEN="janedoe-all")

        first, second = server.send("GET", "/~shop-7/_mock/requests").json()
        ignored = dict.fromkeys(("id", "time", "ms", "request", "response"))
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
