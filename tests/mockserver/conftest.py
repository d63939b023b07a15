"""The fixtures that the tests of the mock server share."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import pytest

from tests.mockserver.attacks import unharmed
from tests.mockserver.planted import PRELUDE, RunTests
from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import CONTROL_TOKEN
from tests.support import CONTRACT, MockServer, altered, operations_of, resolve, write_yaml


@pytest.fixture
def sandbox(server: MockServer) -> Sandboxed:
    return Sandboxed(server)


@pytest.fixture
def no_harm(server: MockServer) -> Iterator[None]:
    """Whatever a test does, the server must log no failure of its own, and answer afterwards."""
    with unharmed(server):
        yield


@pytest.fixture(scope="session")
def text_process() -> Iterator[MockServer]:
    program = altered("server.log.FLUSH_AFTER = 0.001")
    with MockServer("--log-format", "text", program=program) as started:
        yield started


@pytest.fixture
def text(text_process: MockServer) -> MockServer:
    """A server that logs for people."""
    text_process.reset()
    return text_process


@pytest.fixture(scope="session")
def closed() -> Iterator[MockServer]:
    """A server whose control API asks for a token."""
    with MockServer("--control-token", CONTROL_TOKEN) as started:
        yield started


@pytest.fixture(scope="session")
def defective(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """A server whose rules do not give the answers that its contract asks for."""
    contract = deepcopy(CONTRACT)
    by_id, schemas = operations_of(contract), contract["components"]["schemas"]
    schemas["User"]["properties"]["id"]["type"] = "string"
    schemas["Email"]["required"].append("added_on")
    del by_id["get_user"]["responses"]["404"]
    responses = by_id["update_user"]["responses"]
    responses["4XX"] = responses.pop("404")
    responses["default"] = responses.pop("403")
    answers = by_id["list_emails"]["responses"]
    answers["404"] = deepcopy(resolve(answers["404"]))
    content = answers["404"]["content"]
    content["application/json"] = content.pop("application/problem+json")
    file = write_yaml(tmp_path_factory.mktemp("defective") / "contract.yaml", contract)
    with MockServer("--contract", str(file)) as started:
        yield started


@pytest.fixture
def run_tests(pytester: pytest.Pytester, server: MockServer) -> RunTests:
    """Runs planted tests against a server that runs already."""

    def run(tests: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(PRELUDE + tests)
        return pytester.runpytest_inprocess("--accounts-mock-url", server.url, *options)

    return run
