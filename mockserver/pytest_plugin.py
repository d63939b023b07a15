"""The pytest plugin: one server for a run of tests, and a sandbox for each test.

It comes with the package and needs no set-up; `-p no:accounts_mock` turns it off. Nothing is started,
and next to nothing imported, in a run in which no test asks for `accounts_mock`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.testing.control import Control, ControlError, MockServerError, control_token
from mockserver.testing.journal import Expectation, Message, Request, lines
from mockserver.testing.sandbox import AccountsMock, Fault
from mockserver.testing.shared_server import Lifeline, Place, last_words, server_of

__all__ = [
    "AccountsMock",
    "AccountsMockFactory",
    "ControlError",
    "Expectation",
    "Fault",
    "Message",
    "MockServerError",
    "Request",
]

__tracebackhide__ = True  # A failure points at the line of the test, and shows no argument of ours.

AccountsMockFactory = Callable[[], AccountsMock]
"""Makes a sandbox that lives as long as the run."""

_LIFELINE = pytest.StashKey[Lifeline]()
_MOCKS = pytest.StashKey[list[AccountsMock]]()
_WORKER_INPUT = "accounts_mock_place"
_FILES = ("fixtures", "contract")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("accounts_mock", "the mock server of the Accounts API")
    group.addoption(
        "--accounts-mock-url",
        metavar="URL",
        help="use the server that runs there, and start none",
    )
    for name, what in zip(_FILES, ("accounts and tokens to start with", "contract"), strict=True):
        group.addoption(
            f"--accounts-mock-{name}",
            metavar="FILE",
            help=f"the {what}, in place of the packaged ones (ini option accounts_mock_{name})",
        )
        parser.addini(
            f"accounts_mock_{name}",
            f"the {what} of the server that accounts_mock starts; relative to the ini file",
        )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that cannot be. Raises pytest.UsageError."""
    url = config.getoption("accounts_mock_url")
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "/~" in parts.path:
        raise pytest.UsageError(
            f"--accounts-mock-url {url}: give the base URL of a server, such as http://127.0.0.1:8080"
        )
    for name in _FILES:
        if config.getoption(f"accounts_mock_{name}") is not None:
            raise pytest.UsageError(
                f"--accounts-mock-{name} is for a server that is started here, and "
                "--accounts-mock-url names one that runs already"
            )


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the server that was given; one that may be started later is no news."""
    url = config.getoption("accounts_mock_url")
    return None if url is None else f"accounts-mock: {url}"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the server will be found, or started.

    A worker on another machine, or one that is told nothing, starts a server of its own.
    """
    if node.gateway.spec.popen:
        with suppress(OSError):
            node.workerinput[_WORKER_INPUT] = asdict(_place(node.config))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server, in the process that leads the run."""
    lifeline = config.stash.get(_LIFELINE, None)
    if lifeline is not None:
        lifeline.cut()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the journals of its sandboxes with a test that fails."""
    report = yield
    if report.failed:
        for mock in _mocks(item):
            report.sections.append(_journal(mock))
    return report


@pytest.fixture(scope="session")
def _accounts_mock_server(pytestconfig: pytest.Config) -> Control:
    """Start, or find, the server of this run."""
    url = pytestconfig.getoption("accounts_mock_url")
    try:
        if url is not None:
            server = Control(url.rstrip("/"), control_token())
            server.call("GET", "/_mock/health")
            return server
        place = _place(pytestconfig)
        base = server_of(place, _options(pytestconfig))
        return Control(base, last_words=partial(last_words, place))
    except (ControlError, MockServerError) as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def accounts_mock(
    _accounts_mock_server: Control, request: pytest.FixtureRequest
) -> Iterator[AccountsMock]:
    """Give this test a sandbox of the mock server: `accounts_mock.url` is its base URL.

    All tests of a run share one server, which starts with the first of them, also under pytest-xdist.
    """
    mock = _made(_accounts_mock_server, request.node.name, request.config)
    request.node.stash.setdefault(_MOCKS, []).append(mock)
    yield mock
    request.node.stash[_MOCKS].remove(mock)
    _drop([mock])


@pytest.fixture(scope="session")
def accounts_mock_factory(
    _accounts_mock_server: Control, pytestconfig: pytest.Config
) -> Iterator[AccountsMockFactory]:
    """Make sandboxes that outlive a test, for what is started once and then used by many.

    `reset` puts such a sandbox back for the next test.
    """
    made: list[AccountsMock] = []

    def make() -> AccountsMock:
        made.append(_made(_accounts_mock_server, "session", pytestconfig))
        return made[-1]

    yield make
    _drop(made)


def _place(config: pytest.Config) -> Place:
    """Return the meeting point of this run's processes; the leading one makes it on first use."""
    given = getattr(config, "workerinput", {}).get(_WORKER_INPUT)
    if given is not None:
        return Place(**given)
    if _LIFELINE not in config.stash:
        config.stash[_LIFELINE] = Lifeline()
    return config.stash[_LIFELINE].place


def _options(config: pytest.Config) -> list[str]:
    """Return the options of `mockserver serve`, with the files as absolute paths."""
    options = []
    for name in _FILES:
        given, folder = config.getoption(f"accounts_mock_{name}"), config.invocation_params.dir
        if given is None:
            given = config.getini(f"accounts_mock_{name}")
            folder = config.rootpath if config.inipath is None else config.inipath.parent
        if given:
            options += [f"--{name}", str(Path(folder) / given)]
    return options


def _made(server: Control, test: str, config: pytest.Config) -> AccountsMock:
    """Make a sandbox; one on a server that is not of this run is entered, so that its loss is told from then on."""
    mock = AccountsMock(server, _name(test))
    if config.getoption("accounts_mock_url") is not None:
        mock.enter()
    return mock


def _drop(mocks: Iterable[AccountsMock]) -> None:
    """Drop sandboxes; fail with the reasons if worlds were lost before."""
    reasons = []
    for mock in mocks:
        try:
            mock.drop()
        except (ControlError, MockServerError) as error:
            reasons.append(str(error))
    if reasons:
        pytest.fail("\n".join(reasons), pytrace=False)


def _name(test: str) -> str:
    """Make up a name for a sandbox: unique, also on a server that others use, and telling."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', test)[:40]}-{secrets.token_hex(6)}"


def _mocks(item: pytest.Item) -> list[AccountsMock]:
    """Return the sandboxes of a test: its own, and those that its fixtures give it."""
    found = [*item.stash.get(_MOCKS, ())]
    given = getattr(item, "funcargs", None) or {}
    for value in given.values():
        if isinstance(value, AccountsMock) and value not in found and not value.dropped:
            found.append(value)
    return found


def _journal(mock: AccountsMock) -> tuple[str, str]:
    """Return the journal of a sandbox as a section of a report."""
    try:
        entries = mock.requests()
    except (ControlError, MockServerError) as error:
        return f"Journal of {mock.url}", str(error)
    count = len(entries)
    title = f"Journal of {mock.url}: {count} request{'' if count == 1 else 's'}"
    return title, lines(entries) or "nothing was asked of this sandbox"
