"""The fixtures that the tests of the suite share."""

from __future__ import annotations

import pytest

from conformance.runner import session


@pytest.fixture
def slow_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send as many requests at once as at a slow target, though the targets of tests are quick."""
    monkeypatch.setattr(session, "WORK", 1e-9)
