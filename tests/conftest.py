"""The fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import settings

from tests.support import MockServer, StartServer

# The same examples in every run; `--hypothesis-profile thorough` looks for new ones.
settings.register_profile("quick", derandomize=True, database=None, deadline=None)
settings.register_profile("thorough", max_examples=3000, deadline=None)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def server_process() -> Iterator[MockServer]:
    with MockServer() as started:
        yield started
        assert started.process.poll() is None, "the server ended before its time"


@pytest.fixture
def server(server_process: MockServer) -> MockServer:
    server_process.reset()
    return server_process


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    started: list[MockServer] = []

    def start(*options: str, environment: Mapping[str, str] | None = None) -> MockServer:
        one = MockServer(*options, environment=environment)
        started.append(one)
        return one

    yield start
    for one in started:
        one.stop()
