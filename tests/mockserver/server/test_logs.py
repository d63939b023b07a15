"""The log: one line per request, which says why it was refused."""

from __future__ import annotations

import json
import re
import resource
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support import (
    JANE,
    JOHN,
    JOHNS,
    OPERATIONS,
    PATIENCE,
    PROGRAM,
    ROOT,
    WRITING,
    Json,
    MockServer,
    Operation,
    bearer,
    call,
    clean_environment,
    client_of,
    eventually,
    head,
    named,
)

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=named)

REFUSALS: dict[str, tuple[int, str, str | None, bytes]] = {
    "no login": (401, "GET", None, b""),
    "a bad login": (401, "GET", "Basic !", b""),
    "an unknown token": (401, "GET", bearer("nobody"), b""),
    "an expired token": (401, "GET", bearer("johndoe-expired"), b""),
    "somebody else": (403, "GET", JANE, b""),
    "no scope": (403, "GET", bearer("johndoe-none"), b""),
    "another method": (405, "PUT", JOHN, b""),
    "malformed JSON": (400, "PATCH", JOHN, b"{"),
    "a wrong type": (400, "PATCH", JOHN, b'{"company": 3}'),
    "too much": (413, "PATCH", JOHN, b" " * (1024 * 1024 + 1)),
}
every_refusal = pytest.mark.parametrize(
    ("status", "method", "authorization", "content"), REFUSALS.values(), ids=REFUSALS
)


@every_operation
def test_a_request_is_one_json_object(server: MockServer, operation: Operation) -> None:
    with server.recording() as lines:
        call(server, operation, JOHN)
    [line] = lines
    facts: Json = json.loads(line)
    assert facts["event"] == "request"
    assert facts["method"] == operation.method
    assert facts["path"] == operation.path()
    assert facts["operation"] == operation.id
    assert facts["status"] == operation.success
    assert (facts["user"], facts["scheme"]) == ("johndoe", "Basic")
    assert facts["ms"] >= 0
    assert facts["time"] > 0
    assert "why" not in facts


@every_operation
def test_a_request_is_one_line_of_text(text: MockServer, operation: Operation) -> None:
    with text.recording() as lines:
        call(text, operation, bearer("johndoe-all"))
    [line] = lines
    words = line.split()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", words[0])
    assert words[1:4] == [operation.method, operation.path(), str(operation.success)]
    assert "johndoe (Bearer)" in line


@every_refusal
def test_a_refusal_says_why_in_json(
    server: MockServer, status: int, method: str, authorization: str | None, content: bytes
) -> None:
    with server.recording() as lines:
        answer = server.send(method, JOHNS, authorization, content=content)
    facts = json.loads(lines[0])
    assert facts["status"] == status == answer.status_code
    assert facts["code"] == answer.json()["code"]
    assert facts["why"] == answer.json()["detail"]


@every_refusal
def test_a_refusal_says_why_in_text(
    text: MockServer, status: int, method: str, authorization: str | None, content: bytes
) -> None:
    with text.recording() as lines:
        answer = text.send(method, JOHNS, authorization, content=content)
    [line] = lines
    assert f" {status} " in line
    assert answer.json()["detail"] in line


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("OPTIONS", JOHNS), ("GET", "/_mock/health")]
)
def test_every_request_is_logged_whatever_its_path(
    server: MockServer, text: MockServer, style: str, method: str, path: str
) -> None:
    target = server if style == "json" else text
    with target.recording() as lines:
        target.send(method, path)
    [line] = lines
    assert method in line
    assert path in line


def test_requests_are_logged_in_their_order(server: MockServer) -> None:
    with server.recording() as lines:
        for number in range(50):
            server.send("GET", f"/{number}")
    assert [json.loads(line)["path"] for line in lines] == [f"/{number}" for number in range(50)]


@pytest.mark.parametrize("path", ["/%0Aevil", "/%1b[31mred", "/%E2%80%AEright", "/%00", "/%ff"])
def test_a_path_cannot_forge_lines_nor_move_the_cursor(
    server: MockServer, text: MockServer, path: str
) -> None:
    for target in (server, text):
        with target.recording() as lines:
            target.raw(head("GET", path))
        [line] = lines
        assert line.isprintable()


@pytest.mark.parametrize("value", ["a\nb", "\x1b[31mred", "\u202eright", "\u2028"])
def test_a_body_cannot_forge_lines_nor_move_the_cursor(
    server: MockServer, text: MockServer, value: str
) -> None:
    operation = WRITING[0]
    for target in (server, text):
        with target.recording() as lines:
            target.send("PATCH", operation.path(), JOHN, json={"gravatar_email": value, value: 1})
            target.send("PATCH", operation.path(), JOHN, json={value: 1})
        assert len(lines) == 2
        assert all(line.isprintable() for line in lines)


def test_an_unknown_member_is_noted_in_text(text: MockServer) -> None:
    with text.recording() as lines:
        text.send("PATCH", JOHNS, JOHN, json={"nickname": "J"})
    assert "ignored" in lines[0]
    assert "nickname" in lines[0]


def test_a_request_that_is_no_http_is_logged_too(server: MockServer) -> None:
    with server.recording() as lines:
        assert server.raw(b"Hello!\r\n\r\n").status == 400
    [line] = lines
    assert json.loads(line)["status"] == 400


def test_a_log_goes_on_when_a_full_disk_has_room_again(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *PROGRAM, "serve", "--port", "0", "--log-format", "json"],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        client = client_of(json.loads(process.stdout.readline())["url"])

        def logged(path: str) -> bool:
            client.get(path)
            return path in file.read_text(encoding="utf-8")

        eventually(lambda: logged("/before"))
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        full = file.stat().st_size + 100
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (full, limits[1]))
        eventually(lambda: not logged("/meanwhile") and file.stat().st_size == full)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        eventually(lambda: logged("/after"))
        told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        assert any("could not be written in time" in facts.get("message", "") for facts in told)
        assert any(facts.get("path") == "/meanwhile" for facts in told)
        client.close()
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


@pytest.mark.parametrize("closed", [">&- 2>&-", "<&- >&- 2>&-"])
def test_a_server_whose_outputs_are_closed_serves_and_ends(closed: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, *PROGRAM, "serve", "--port", str(port)]
    process = subprocess.Popen(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command], cwd=ROOT, env=clean_environment()
    )
    with client_of(f"http://127.0.0.1:{port}") as client:

        def serves() -> bool:
            try:
                return client.get(JOHNS, headers={"Connection": "close"}).status_code == 401
            except httpx.TransportError:
                return False

        try:
            eventually(serves)
            assert all(serves() for _ in range(5))
            process.terminate()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait()
