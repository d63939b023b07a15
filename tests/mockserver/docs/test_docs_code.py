"""The code on the pages of the reference, taken from them and run as it stands."""

from __future__ import annotations

import html
import io
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import NamedTuple

import httpx
import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import CONTROL
from tests.support import BY_ID, CONTRACT, OAUTH, PATIENCE, Lines, eventually, operations_of

OPERATIONS = {
    f"{prefix}{name}": next(int(one) for one in raw["responses"] if one.startswith("2"))
    for prefix, contract in (("", CONTRACT), ("oauth-", OAUTH), ("control-", CONTROL))
    for name, raw in operations_of(contract).items()
    if raw["tags"] != ["pages"]
} | {"oauth-decide": 303}
STREAM = "control-stream_events"
every_operation = pytest.mark.parametrize("operation", [one for one in OPERATIONS if one != STREAM])

SHOWN_CODE = OAUTH["components"]["examples"]["code"]["value"]["code"]


class Sample(NamedTuple):
    """A sample of a page: the operation that it calls, whether it must be sent first, and its code."""

    operation: str
    is_first: bool
    code: str


def samples(sandbox: Sandboxed, operation: str, language: str) -> list[Sample]:
    """The samples of a page in their order, as a reader of a sandbox copies them."""
    _, *blocks = sandbox.send("GET", f"/docs/{operation}.html").text.split('"request-sample"')
    found = []
    for block in blocks:
        shown = re.search(rf'data-language="{language}"><pre[^>]*>(.*?)</pre>', block, re.DOTALL)
        assert shown is not None
        first = re.search(r'First: <a href="(.*?)\.html"', block)
        code = html.unescape(re.sub(r"<[^>]*>", "", shown[1]))
        found.append(Sample(first[1] if first else operation, first is not None, code))
    return found


def run_all(
    sandbox: Sandboxed, operation: str, language: str, run: Callable[[str], tuple[int, str]]
) -> None:
    """Run the samples of a page in their order: each must succeed; a code that came takes the place of the shown one."""
    if operation == "control-drop_sandbox":  # no operation alone makes a sandbox
        sandbox.server.send("GET", "/~mine/_mock/state")
    came = SHOWN_CODE
    for sample in samples(sandbox, operation, language):
        status, told = run(sample.code.replace(SHOWN_CODE, came))
        assert status == OPERATIONS[sample.operation], told
        if given := re.search(r"[?&]code=(\w+)", told):
            came = given[1]


def run_python(code: str) -> tuple[int, str]:
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "sample", "exec"), {})  # noqa: S102 - it is ours
    return int(printed.getvalue().split()[0]), printed.getvalue()


@every_operation
def test_the_python_code_of_an_operation_runs_as_it_stands(
    sandbox: Sandboxed, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_page(url: str) -> None:
        sys.stdout.write(str(httpx.get(url).status_code))

    monkeypatch.setattr("webbrowser.open", open_page)
    run_all(sandbox, operation, "Python", run_python)


@pytest.mark.clients
@every_operation
def test_the_javascript_code_of_an_operation_runs_as_it_stands(
    sandbox: Sandboxed, operation: str
) -> None:
    browser = (
        "const location = {assign: (url) => fetch(url).then((got) => console.log(got.status))};"
    )

    def run_node(code: str) -> tuple[int, str]:
        told = output("node", "--input-type=module", "-e", f"{browser}\n{code}")
        return int(told.split()[0]), told

    run_all(sandbox, operation, "JavaScript", run_node)


@pytest.mark.clients
@every_operation
def test_the_curl_line_of_an_operation_runs_as_it_stands(
    sandbox: Sandboxed, operation: str
) -> None:
    def run_curl(code: str) -> tuple[int, str]:
        told = output("sh", "-c", f"{code} --silent --write-out '\n%{{http_code}}'")
        return int(told.splitlines()[-1]), told

    run_all(sandbox, operation, "curl", run_curl)


def test_the_code_sends_a_token_with_the_scope_of_the_operation_and_no_other(
    sandbox: Sandboxed,
) -> None:
    for name, operation in BY_ID.items():
        for sample in samples(sandbox, name, "curl"):
            assert f"'Authorization: Bearer janedoe-{operation.scope}'" in sample.code
    # A page is for the browser of the user.
    [javascript] = samples(sandbox, "oauth-authorize", "JavaScript")
    assert javascript.code.startswith("location.assign(")


def test_what_must_be_sent_first_is_shown_and_nothing_else(sandbox: Sandboxed) -> None:
    shown = {
        operation: [one.operation for one in samples(sandbox, operation, "Python") if one.is_first]
        for operation in OPERATIONS
    }
    assert {operation: first for operation, first in shown.items() if first} == {
        "update_email": ["add_email"],
        "delete_email": ["add_email"],
        "oauth-request_token": ["oauth-decide"],
        "control-restore_snapshot": ["control-save_snapshot"],
        "control-remove_fault": ["control-add_fault"],
        "control-verify_requests": ["add_email", "list_emails"],
    }


def test_the_code_of_a_form_sends_a_form(sandbox: Sandboxed) -> None:
    for operation in ("oauth-request_token", "oauth-revoke"):
        for language in ("curl", "Python", "JavaScript"):
            for sample in samples(sandbox, operation, language):
                assert "json" not in sample.code.lower()
        sandbox.send("DELETE", "/_mock/requests")
        run_python(samples(sandbox, operation, "Python")[-1].code)
        headers = sandbox.last()["request"]["headers"]
        assert headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("Python", (sys.executable, "-c")),
        pytest.param(
            "JavaScript", ("node", "--input-type=module", "-e"), marks=pytest.mark.clients
        ),
        pytest.param("curl", ("sh", "-c"), marks=pytest.mark.clients),
    ],
)
def test_the_code_that_watches_requests_tells_of_one(
    sandbox: Sandboxed, language: str, command: tuple[str, ...]
) -> None:
    [(_, _, text)] = samples(sandbox, STREAM, language)
    text = f"exec {text}" if language == "curl" else text  # so that it ends with the shell
    with subprocess.Popen([*command, text], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = Lines(process.stdout)

        def is_told() -> bool:
            sandbox.send("GET", "/api/v1.1/users/janedoe/")
            return any("credentials-missing" in line for line in lines[:])

        try:
            eventually(is_told)
        finally:
            process.kill()
            lines.close()


def output(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
