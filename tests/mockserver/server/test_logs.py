"""The log: one line per request, which says why it was refused."""

from __future__ import annotations

import io
import json
import re
import resource
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from mockserver.server.log import Log
from tests.support import (
    BY_ID,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    PATIENCE,
    PROGRAM,
    ROOT,
    Json,
    MockServer,
    bearer,
    call,
    clean_environment,
    client_of,
    eventually,
    head,
)

ADD_EMAIL = BY_ID["add_email"]


def test_a_request_is_one_json_object(server: MockServer) -> None:
    with server.recording() as lines:
        call(server, ADD_EMAIL, JOHN)
    [line] = lines
    facts: Json = json.loads(line)
    assert facts.pop("ms") >= 0
    assert facts.pop("time") > 0
    assert facts == {
        "event": "request",
        "method": "POST",
        "path": JOHNS_EMAILS,
        "operation": "add_email",
        "status": 201,
        "user": "johndoe",
        "scheme": "Basic",
    }


def test_a_request_is_one_line_of_text(text: MockServer) -> None:
    with text.recording() as lines:
        call(text, ADD_EMAIL, bearer("johndoe-all"))
    [line] = lines
    words = line.split()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", words[0])
    assert words[1:4] == ["POST", JOHNS_EMAILS, "201"]
    assert "johndoe (Bearer)" in line


def test_a_refusal_says_why(server: MockServer, text: MockServer) -> None:
    with server.recording() as as_json, text.recording() as as_text:
        [answer, _] = [one.send("GET", JOHNS, bearer("johndoe-none")) for one in (server, text)]
    facts = json.loads(as_json[0])
    assert (facts["status"], facts["code"]) == (403, answer.json()["code"])
    assert facts["why"] == answer.json()["detail"]
    assert " 403 " in as_text[0]
    assert answer.json()["detail"] in as_text[0]


def test_every_request_is_logged_in_its_order_whatever_its_path(server: MockServer) -> None:
    sent = [("OPTIONS", JOHNS), *(("GET", f"/{number}") for number in range(50))]
    with server.recording() as lines:
        for method, path in (*sent, ("GET", "/_mock/health")):
            server.send(method, path)
    told = [json.loads(line) for line in lines]
    assert [(one["method"], one["path"]) for one in told] == [*sent, ("GET", "/_mock/health")]


def test_a_reload_is_told_in_text_too() -> None:
    stream = io.StringIO()
    log = Log(stream, "text")
    log.event("reload-failed", "fixtures.yaml:1:1: no list")
    log.close()
    assert "fixtures.yaml:1:1: no list" in stream.getvalue()


@pytest.mark.parametrize("value", ["\n", "\x1b[31m", "\u202e", "\u2028", "\0", "\xff"])
def test_neither_a_path_nor_a_body_can_forge_lines_or_move_the_cursor(
    server: MockServer, text: MockServer, value: str
) -> None:
    for target in (server, text):
        with target.recording() as lines:
            target.raw(head("GET", f"/{quote(value)}evil"))
            assert target.raw(b"Hello!\r\n\r\n").status == 400
            target.send("PATCH", JOHNS, JOHN, json={"gravatar_email": value, f"a{value}b": 1})
            target.send("PATCH", JOHNS, JOHN, json={f"a{value}b": 1})
        assert len(lines) == 4
        assert all(line.isprintable() for line in lines)
        assert "ignored members: a" in lines[3]


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


def test_a_server_that_gets_no_open_files_serves_and_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, *PROGRAM, "serve", "--port", str(port)]
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command], cwd=ROOT, env=clean_environment()
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
