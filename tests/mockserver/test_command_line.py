"""The command line: options, environment variables, the ready line, and ends with a clear message."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import (
    JOHN,
    OPERATIONS,
    PATIENCE,
    MockServer,
    StartServer,
    account,
    basic,
    bearer,
    call,
    head,
    invoke,
    pointers,
    problem,
    run_module,
    write_yaml,
)

GET_USER = OPERATIONS[0]
OPTIONS = [
    "--host",
    "--port",
    "--fixtures",
    "--contract",
    "--watch",
    "--strict",
    "--log-format",
    "--control-token",
    "--max-sandboxes",
    "--require-sandbox",
    "--allow-origin",
    "--allow-host",
]


def test_the_ready_line_as_json_is_one_object(server: MockServer) -> None:
    ready = json.loads(server.ready)
    assert ready["event"] == "ready"
    assert "control_token" not in ready  # it listens on loopback
    assert ready["url"] == f"http://127.0.0.1:{server.port}"
    assert ready["docs"] == f"{ready['url']}/docs/"
    assert ready["console"] == f"{ready['url']}/_mock/"
    assert server.port > 0
    assert any("johndoe:johndoe-password" in login for login in ready["logins"])


def test_the_ready_line_as_text_names_the_url_and_the_logins(text: MockServer) -> None:
    assert text.url in text.ready
    for page in ("/_mock/", "/docs/", "/openapi.yaml"):
        assert f"{text.url}{page} " in text.ready
    assert "johndoe:johndoe-password" in text.ready
    assert "janedoe:janedoe-password" in text.ready
    assert call(text, GET_USER, JOHN).status_code == 200


@pytest.mark.parametrize(
    ("host", "taken", "family"),
    [
        ("127.0.0.1", "127.0.0.1", socket.AF_INET),
        ("localhost", "::1", socket.AF_INET6),  # one of its addresses
    ],
)
def test_a_port_in_use_is_one_clear_message(
    host: str, taken: str, family: socket.AddressFamily
) -> None:
    with socket.create_server((taken, 0), family=family) as other:
        port = str(other.getsockname()[1])
        refused = invoke("serve", "--host", host, "--port", port)
    [message] = refused.stderr.splitlines()
    assert port in message
    assert "--port" in message
    assert (refused.returncode, refused.stdout) == (2, "")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["serve", "--prot", "9000"], "--prot"),
        (["serve", "--port", "http"], "http"),
        (["serve", "--port", "65536"], "65536"),
        (["serve", "--port", "-1"], "-1"),
        (["serve", "--log-format", "xml"], "xml"),
        (["serve", "here"], "here"),
        (["serve", "--contract"], "--contract"),
        (["check", "--strict"], "--strict"),
        (["sevre"], "sevre"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_refused_and_says_what_is_wrong(
    arguments: list[str], word: str
) -> None:
    refused = invoke(*arguments)
    assert word in refused.stderr
    assert (refused.returncode, refused.stdout) == (2, "")


def test_a_wrong_option_ends_a_process_without_a_traceback() -> None:
    refused = run_module("mockserver", "serve", "--prot", "9000")
    assert refused.stderr == invoke("serve", "--prot", "9000").stderr
    assert (refused.returncode, refused.stdout) == (2, "")


def test_help_names_every_option_and_the_version_is_told() -> None:
    done = invoke("serve", "--help")
    assert done.returncode == 0
    assert [option for option in OPTIONS if option not in done.stdout] == []
    assert "check" in invoke("--help").stdout
    done = invoke("--version")
    assert done.returncode == 0
    assert any(character.isdigit() for character in done.stdout)


def test_ctrl_c_ends_the_server_cleanly(start_server: StartServer) -> None:
    server = start_server()
    call(server, GET_USER, JOHN)
    server.process.send_signal(signal.SIGINT)
    assert server.stop() == 0
    # Standard output holds the ready line alone, and the log the one request.
    assert server.out[:] == [server.ready]
    assert [json.loads(line)["event"] for line in server.log[:]] == ["request"]


ADA = basic("ada", "ada-password")
CONTROL_TOKEN = bearer("token-of-the-environment")


@pytest.fixture(scope="module")
def fixtures_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_yaml(
        tmp_path_factory.mktemp("environment") / "fixtures.yaml", {"accounts": [account("ada")]}
    )


@pytest.fixture(scope="module")
def from_environment(fixtures_file: Path) -> Iterator[MockServer]:
    """A server that is set up by environment variables, but for one option."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "MOCKSERVER_HOST": "localhost",
        "MOCKSERVER_PORT": str(port),
        "MOCKSERVER_FIXTURES": str(fixtures_file),
        "MOCKSERVER_WATCH": "true",
        "MOCKSERVER_STRICT": "1",
        "MOCKSERVER_LOG_FORMAT": "json",
        "MOCKSERVER_CONTROL_TOKEN": "token-of-the-environment",
        "MOCKSERVER_ALLOW_ORIGIN": "http://one.example http://two.example",
        "MOCKSERVER_ALLOW_HOST": "one.example two.example",
        "MOCKSERVER_MAX_SANDBOXES": "5",
    }
    options = ("--max-sandboxes", "7")
    with MockServer(*options, environment=environment, defaults=()) as started:
        assert started.port == port
        yield started


def test_options_come_from_the_environment_and_one_of_the_command_line_wins(
    from_environment: MockServer,
) -> None:
    assert json.loads(from_environment.ready)["url"].startswith("http://localhost:")
    problem(call(from_environment, GET_USER, JOHN), 401)
    answer = from_environment.send("PATCH", GET_USER.path("ada"), ADA, json={"nickname": "A"})
    assert pointers(answer) == ["/nickname"]
    problem(from_environment.send("GET", "/_mock/state"), 401)
    for name in ("one.example", "two.example"):
        headers = {"Host": name, "Origin": f"http://{name}"}
        answer = from_environment.send("GET", "/_mock/sandboxes", CONTROL_TOKEN, headers=headers)
        assert answer.json()["most"] == 7
    # It is served at all addresses of localhost.
    for address in ("127.0.0.1", "::1"):
        with socket.create_connection((address, from_environment.port), PATIENCE) as connection:
            connection.sendall(head("GET", "/_mock/health"))
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_watching_comes_from_the_environment(
    from_environment: MockServer, fixtures_file: Path
) -> None:
    write_yaml(fixtures_file, {"accounts": [account("ada", company="Engines")]})
    from_environment.log.find(lambda line: '"reloaded"' in line)
    answer = from_environment.send("GET", GET_USER.path("ada"), ADA)
    assert answer.json()["company"] == "Engines"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("LOG_FORMAT", "xml"),
        ("STRICT", "so-so"),
        ("CONTRACT", "/missing.yaml"),
        # Addresses that are not ours.
        ("HOST", "no-such-host.invalid"),
        ("HOST", "192.0.2.1"),
    ],
)
def test_a_wrong_variable_is_refused(name: str, value: str) -> None:
    refused = invoke("serve", environment={"MOCKSERVER_PORT": "0", f"MOCKSERVER_{name}": value})
    assert value in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 2
