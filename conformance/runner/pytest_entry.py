"""The entry point for pytest: it declares the options, and imports the suite only for a target."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from conformance.settings import OPTIONS, PLUGIN, settings_from


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of a run, each as --conformance-NAME."""
    group = parser.getgroup("conformance", "conformance of a docker.io Accounts API")
    group.addoption(
        "--conformance-target",
        metavar="TARGET.yaml",
        help="the target file (`conformance init` writes one)",
    )
    for name, keywords in OPTIONS.items():
        group.addoption(f"--conformance-{name}", **keywords)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Replace a closed standard output, so that pytest reaches an exit code of ours."""
    if sys.stdout is None and early_config.known_args_namespace.conformance_target is not None:
        sys.stdout = sys.stderr
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Begin, if a target is named."""
    target = config.getoption("--conformance-target")
    if target is None or config.pluginmanager.has_plugin(PLUGIN):
        return
    from conformance.reports import outliving  # noqa: PLC0415 - only a run needs it
    from conformance.runner.pytest_door import Plugin  # noqa: PLC0415 - only a run needs it
    from conformance.runner.suite import Suite  # noqa: PLC0415 - only a run needs it

    if sys.stdout is sys.__stderr__:
        pytest.exit(
            "standard output is closed; open it: the results are written there", returncode=2
        )
    if config.getoption("dist", "no") != "no":
        pytest.exit("the suite runs in one process; leave out -n of pytest-xdist", returncode=2)
    output = None
    # The terminal reporter gets it from here. Without, pytest would end with exit code 1, a verdict.
    config.add_cleanup(partial(setattr, sys, "stdout", sys.stdout))
    with suppress(OSError, ValueError):  # it may be no file at all
        sys.stdout = output = outliving(sys.stdout)
    values = {name.replace("-", "_"): config.getoption(f"--conformance-{name}") for name in OPTIONS}
    suite = Suite(settings_from(Path(target), values))
    config.pluginmanager.register(Plugin(suite, output), PLUGIN)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """End with a message if the checks are collected without a target."""
    ours = Path(__file__).parents[1] / "checks"
    if ours not in collection_path.parents or config.pluginmanager.has_plugin(PLUGIN):
        return None
    pytest.exit("the conformance checks need --conformance-target TARGET.yaml", returncode=2)
