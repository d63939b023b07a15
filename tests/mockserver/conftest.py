"""The fixtures that the tests of the mock server share."""

from __future__ import annotations

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import MockServer


@pytest.fixture
def sandbox(server: MockServer) -> Sandboxed:
    return Sandboxed(server)
