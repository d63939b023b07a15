"""Where the server serves the console."""

from __future__ import annotations

import json

import pytest

from tests.support import MockServer, StartServer

pytestmark = pytest.mark.browser


def test_a_part_that_does_not_exist_is_a_404(server: MockServer) -> None:
    answer = server.send("GET", "/_mock/parts/nothing.js")
    assert (answer.status_code, answer.json()["code"]) == (404, "part-unknown")


def test_the_ready_line_names_the_console(start_server: StartServer) -> None:
    server = start_server()
    assert json.loads(server.ready)["console"] == f"{server.url}/_mock/"
    said = start_server("--log-format", "text").ready
    assert "/_mock/" in said
