"""The fixtures of the checks: the run, and the judge of each."""

from __future__ import annotations

from typing import Protocol, cast

import pytest

from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge
from conformance.settings import PLUGIN


class Provider(Protocol):
    """The plugin of a run, as far as the checks need it."""

    @property
    def run(self) -> CheckContext:
        """The run."""

    def judge(self, item: pytest.Item) -> Judge:
        """Return the judge of one check."""


def _provider(request: pytest.FixtureRequest) -> Provider:
    return cast("Provider", request.config.pluginmanager.get_plugin(PLUGIN))


@pytest.fixture
def run(request: pytest.FixtureRequest) -> CheckContext:
    """Return the run: logins, requests, the state of the accounts."""
    return _provider(request).run


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Judge:
    """Return the judge of this check."""
    return _provider(request).judge(request.node)
