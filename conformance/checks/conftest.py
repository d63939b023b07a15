"""What the checks are given: the run, and their judge."""

from __future__ import annotations

import pytest

from conformance.checks.support.context import Run
from conformance.checks.support.judge import Judge
from conformance.runner.plugin import Plugin
from conformance.settings import PLUGIN


def _plugin(request: pytest.FixtureRequest) -> Plugin:
    plugin = request.config.pluginmanager.get_plugin(PLUGIN)
    assert isinstance(plugin, Plugin)
    return plugin


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """The run: logins, requests, the state of the accounts."""
    return _plugin(request).run


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Judge:
    """The judge of this check."""
    return _plugin(request).judge(request.node)
