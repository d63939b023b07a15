"""`--require-sandbox`: a request that names none is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import IN_A_SANDBOX, PARAMETERS, SHARED
from tests.support import JANE, JANES, MockServer, problem


@pytest.fixture(scope="module")
def strict_server() -> Iterator[MockServer]:
    with MockServer("--require-sandbox") as started:
        yield started


def test_where_a_sandbox_is_required_the_api_refuses_those_without(
    strict_server: MockServer,
) -> None:
    problem(strict_server.send("GET", JANES, JANE), 400, "sandbox-missing")
    assert Sandboxed(strict_server).send("GET", JANES, JANE).status_code == 200
    named = {"X-Mock-Sandbox": "named"}
    assert strict_server.send("GET", JANES, JANE, headers=named).status_code == 200


@pytest.mark.parametrize(("method", "path"), IN_A_SANDBOX)
def test_where_a_sandbox_is_required_the_control_api_asks_for_one(
    strict_server: MockServer, method: str, path: str
) -> None:
    problem(strict_server.send(method, path.format_map(PARAMETERS)), 400, "sandbox-missing")


@pytest.mark.parametrize(("method", "path"), SHARED)
def test_where_a_sandbox_is_required_what_all_share_needs_none(
    strict_server: MockServer, method: str, path: str
) -> None:
    assert strict_server.send(method, path.format_map(PARAMETERS)).status_code != 400


def test_where_a_sandbox_is_required_preflights_need_none(strict_server: MockServer) -> None:
    asks = {"Origin": "http://app.example.com", "Access-Control-Request-Method": "GET"}
    assert strict_server.send("OPTIONS", JANES, headers=asks).status_code == 204
