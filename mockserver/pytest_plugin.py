"""The pytest plugin: one server for a run of tests, and a sandbox for each test.

It comes with the package and needs no set-up; `-p no:accounts_mock` turns it off. Nothing is started,
and next to nothing imported, in a run in which no test asks for `accounts_mock`. `--accounts-coverage` shows at
the end what the run has met of the contract.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from mockserver.testing.control import Control, ControlError, MockServerError
from mockserver.testing.journal import Expectation, Message, Request, lines
from mockserver.testing.sandbox import AccountsMock, Fault
from mockserver.testing.shared_server import AskedServer, SharedServer

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


class Coverage(NamedTuple):
    """The coverage of a run: how much of the contract was met, and all of it as a table."""

    percent: float
    table: str


AccountsMockFactory = Callable[[], AccountsMock]
"""Makes a sandbox that lives as long as the run."""

_COVERAGE = pytest.StashKey[Coverage]()
_SERVER = pytest.StashKey[SharedServer]()
_MOCKS = pytest.StashKey[list[AccountsMock]]()
_WORKER_INPUT = "accounts_mock_door"
_FILES = ("fixtures", "contract")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("accounts_mock", "the mock server of the Accounts API")
    group.addoption(
        "--accounts-mock-url",
        metavar="URL",
        help="use the server that runs there, and start none",
    )
    group.addoption(
        "--accounts-coverage",
        action="store_true",
        help="show at the end which operations, statuses, codes and scopes the run has met, and which not",
    )
    group.addoption(
        "--accounts-coverage-fail-under",
        type=float,
        metavar="PERCENT",
        help="the same, and fail the run if it has met less of the contract",
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


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have a server that runs already count anew: only what this run meets is its coverage."""
    url = session.config.getoption("accounts_mock_url")
    if url is not None and _wants_coverage(session.config):
        with suppress(ControlError, MockServerError):  # the tests will tell
            _given(url).call("DELETE", "/_mock/coverage")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Read the coverage of the run, and fail a run that has met too little of the contract."""
    config = session.config
    was_run = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if not _wants_coverage(config) or not was_run or config.getoption("collectonly"):
        return
    coverage = config.stash[_COVERAGE] = _coverage(config)
    if coverage.percent < (config.getoption("accounts_coverage_fail_under") or 0):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show the coverage of the run."""
    if _COVERAGE not in config.stash:
        return
    coverage, least = config.stash[_COVERAGE], config.getoption("accounts_coverage_fail_under")
    terminalreporter.section("coverage of the Accounts API")
    terminalreporter.write_line(coverage.table)
    if least is not None and coverage.percent < least:
        message = f"FAILED: the run has met {coverage.percent} % of the contract, and must meet {least:g} %"
        terminalreporter.write_line(message, red=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where it may ask for the server.

    A worker on another machine, or one that is told nothing, starts a server of its own.
    """
    if node.gateway.spec.popen:
        with suppress(OSError):
            node.workerinput[_WORKER_INPUT] = _own_server(node.config).door()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server, in the process that leads the run."""
    if _SERVER in config.stash:
        config.stash[_SERVER].close()


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
            server = _given(url)
            server.call("GET", "/_mock/health")
            return server
        door = getattr(pytestconfig, "workerinput", {}).get(_WORKER_INPUT)
        shared = _own_server(pytestconfig) if door is None else AskedServer(door)
        return Control(shared.needed(), last_words=shared.last_words)
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


def _given(url: str) -> Control:
    """Return the server that runs already, with its control token from the variable that it reads too."""
    return Control(url.rstrip("/"), os.environ.get("MOCKSERVER_CONTROL_TOKEN"))


def _wants_coverage(config: pytest.Config) -> bool:
    """Tell whether to show coverage: in the process that leads the run, if it was asked for."""
    is_leading = not hasattr(config, "workerinput")
    least = config.getoption("accounts_coverage_fail_under")
    return is_leading and (config.getoption("accounts_coverage") or least is not None)


def _coverage(config: pytest.Config) -> Coverage:
    """Return what all requests of the run have met."""
    url = config.getoption("accounts_mock_url")
    if url is None and _SERVER in config.stash:
        url = config.stash[_SERVER].url
    if url is None:
        return Coverage(0.0, "no test has asked for accounts_mock: no request was counted")
    server = _given(url)
    try:
        percent = server.call("GET", "/_mock/coverage")["percent"]
        return Coverage(percent, server.call("GET", "/_mock/coverage.txt").rstrip())
    except (ControlError, MockServerError) as error:
        return Coverage(0.0, str(error))


def _own_server(config: pytest.Config) -> SharedServer:
    """Return the server that this process leads."""
    return config.stash.setdefault(_SERVER, SharedServer(_options(config)))


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
    """Make a sandbox; one on a server that is not of this run is entered, so that its loss is told from then on.

    Its name is unique, also on a server that others use, and telling.
    """
    name = f"{re.sub(r'[^A-Za-z0-9._-]+', '-', test)[:40]}-{secrets.token_hex(6)}"
    mock = AccountsMock(server, name)
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
