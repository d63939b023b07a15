"""The fixtures that all tests share."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import PROGRAM, MockServer, StartServer, altered

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # A name that was rebound to our address.
    "--host-resolver-rules=MAP rebound.example 127.0.0.1",
)

# The same examples in every run; `--hypothesis-profile thorough` looks for new ones.
settings.register_profile("quick", derandomize=True, database=None, deadline=None)
settings.register_profile("thorough", max_examples=3000, deadline=None)
settings.load_profile("quick")


def pytest_xdist_auto_num_workers() -> int:
    """Return what `-n auto` stands for: a test waits for other processes half of its time."""
    return 2 * (os.cpu_count() or 1)


def pytest_xdist_node_collection_finished(ids: list[str]) -> None:
    """Refuse tests with one node id: pytest-xdist would run one of them, and drop the others silently."""
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise pytest.UsageError(f"several tests have one node id, give them other ones: {twice}")


@pytest.fixture(scope="session")
def server_process() -> Iterator[MockServer]:
    # Many tests wait for its log.
    with MockServer(program=altered("server.log.FLUSH_AFTER = 0.001")) as started:
        yield started
        assert started.process.poll() is None, "the server ended before its time"


@pytest.fixture
def server(server_process: MockServer) -> MockServer:
    server_process.reset()
    return server_process


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    started: list[MockServer] = []

    def start(*options: str, program: Sequence[str] = PROGRAM) -> MockServer:
        one = MockServer(*options, program=program)
        started.append(one)
        return one

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - most tests need none

    found = shutil.which("chromium")
    assert found is not None, "these tests need chromium (Debian: apt-get install chromium)"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM))
        yield started
        started.close()
