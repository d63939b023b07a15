"""The suite as one call: pytest, with settings of its own, in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.runner.plugin import Plugin
from conformance.settings import OPTIONS, Settings

_PACKAGE = Path(__file__).parents[1]
# The user's own plugins and settings must not change the results.
_ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}


def run_suite(plugin: Plugin, *, workers: int = 1, more: Sequence[str] = ()) -> int:
    """Run the checks; leave the results in `plugin.result` and `plugin.error`.

    Args:
        plugin: The run.
        workers: Processes of pytest-xdist, if more than one.
        more: Further arguments of pytest.

    Returns:
        pytest's exit code, which is the run's once it has begun.
    """
    if not plugin.begin():
        return plugin.exit_code
    arguments = [
        str(_PACKAGE / "checks"),
        f"--config-file={_PACKAGE / 'pytest.ini'}",
        f"--rootdir={_PACKAGE}",
        "--import-mode=importlib",
        "--assert=plain",  # checks use no assertions
        "-pconformance.runner.pytest_entry",
        "-pno:cacheprovider",
        "-pno:terminal",
        "-pno:faulthandler",
        *_as_options(plugin.settings),
        *more,
    ]
    if workers > 1:
        arguments += ["-pxdist.plugin", f"-n{workers}", "--dist=loadgroup"]
    with _environment():
        return int(pytest.main(arguments, plugins=[plugin]))


def _as_options(settings: Settings) -> Iterator[str]:
    """Yield the settings as options of pytest: the workers of xdist read them."""
    yield f"--conformance-target={settings.target}"
    for option in OPTIONS:
        value = getattr(settings, option.destination)
        name = f"--conformance-{option.name}"
        if value is True:
            yield name
        elif isinstance(value, tuple):
            yield from (f"{name}={one}" for one in value)
        elif value is not None and value is not False:
            yield f"{name}={value}"


@contextmanager
def _environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
