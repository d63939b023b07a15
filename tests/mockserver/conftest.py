"""The fixtures that the tests of the mock server share."""

from __future__ import annotations

import pytest

from tests.mockserver.planted import PRELUDE, RunTests
from tests.mockserver.sandboxed import Sandboxed
from tests.support import MockServer


@pytest.fixture
def sandbox(server: MockServer) -> Sandboxed:
    return Sandboxed(server)


@pytest.fixture
def run_tests(pytester: pytest.Pytester, server: MockServer) -> RunTests:
    """Runs planted tests against a server that runs already."""

    def run(tests: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(PRELUDE + tests)
        return pytester.runpytest_inprocess("--accounts-mock-url", server.url, *options)

    return run
