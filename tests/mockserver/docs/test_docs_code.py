"""The code on the pages of the reference, taken from them and run as it stands."""

from __future__ import annotations

import html
import io
import re
import subprocess
import sys
from contextlib import redirect_stdout
from typing import Any

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import CONTROL
from tests.support import CONTRACT, OAUTH, PATIENCE, Lines, MockServer, eventually

OTHER = {"email": "jane.doe+other@example.com"}
OPERATIONS = {
    raw["operationId"]: (
        f"{prefix}{raw['operationId']}.html",
        next(int(status) for status in raw["responses"] if status.startswith("2")),
    )
    for prefix, contract in (("", CONTRACT), ("oauth-", OAUTH), ("control-", CONTROL))
    for item in contract["paths"].values()
    for method, raw in item.items()
    if method != "parameters" and raw["tags"] != ["pages"]
}
STREAM = "stream_events"
every_operation = pytest.mark.parametrize("operation", [one for one in OPERATIONS if one != STREAM])

# What must be there before: the code of a page stands for itself.
BEFORE: dict[str, tuple[str, str, Any]] = {
    "update_email": ("POST", "/api/v1.1/users/janedoe/emails/", OTHER),
    "delete_email": ("POST", "/api/v1.1/users/janedoe/emails/", OTHER),
    "restore_snapshot": ("POST", "/_mock/snapshots/before", None),
    "remove_fault": ("POST", "/_mock/faults", {"code": 503, "operation": "get_user"}),
    "drop_sandbox": ("GET", "/~mine/_mock/state", None),
}


def code(sandbox: Sandboxed, operation: str, language: str) -> str:
    """The text of a sample, as a reader copies it from the page of a sandbox."""
    page = sandbox.send("GET", f"/docs/{OPERATIONS[operation][0]}").text
    [sample] = re.findall(rf'data-language="{language}"><pre[^>]*>(.*?)</pre>', page, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", sample))


def prepare(sandbox: Sandboxed, operation: str) -> None:
    """Make what the operation needs to succeed."""
    if operation in BEFORE:
        method, path, body = BEFORE[operation]
        send = sandbox.server.send if path.startswith("/~") else sandbox.send
        assert send(method, path, "Bearer janedoe-all", json=body).is_success
    if operation == "verify_requests":
        value = {"email": "jane@work.example.com"}
        sandbox.send("POST", "/api/v1.1/users/janedoe/emails/", "Bearer janedoe-all", json=value)
        sandbox.send("GET", "/api/v1.1/users/janedoe/emails/", "Bearer janedoe-all")


@every_operation
def test_the_python_code_of_an_operation_runs_as_it_stands(
    sandbox: Sandboxed, operation: str
) -> None:
    prepare(sandbox, operation)
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code(sandbox, operation, "Python"), operation, "exec"), {})  # noqa: S102 - it is ours
    assert printed.getvalue().startswith(f"{OPERATIONS[operation][1]} ")


@pytest.mark.clients
@every_operation
def test_the_javascript_code_of_an_operation_runs_as_it_stands(
    sandbox: Sandboxed, operation: str
) -> None:
    prepare(sandbox, operation)
    printed = output("node", "--input-type=module", "-e", code(sandbox, operation, "JavaScript"))
    assert printed.startswith(f"{OPERATIONS[operation][1]} ")


@pytest.mark.clients
@every_operation
def test_the_curl_line_of_an_operation_runs_as_it_stands(
    sandbox: Sandboxed, operation: str
) -> None:
    prepare(sandbox, operation)
    line = code(sandbox, operation, "curl")
    printed = output("sh", "-c", f"{line} --silent --write-out '\\n%{{http_code}}'")
    assert printed.splitlines()[-1] == str(OPERATIONS[operation][1])


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
    text = code(sandbox, STREAM, language)
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


def test_the_code_sends_a_token_with_the_scope_of_the_operation_and_no_other(
    server: MockServer,
) -> None:
    for item in CONTRACT["paths"].values():
        for raw in item.values():
            if "operationId" in raw:
                [scope] = raw["security"][1]["oauth2"]
                text = code(Sandboxed(server, ""), raw["operationId"], "curl")
                assert f"'Authorization: Bearer janedoe-{scope}'" in text


def output(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
