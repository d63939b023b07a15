"""The servers that are compared, each set up for speed as its documentation advises, and what it leaves undone."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from accounts_contract import accounts_file, read_contract
from clients.steps import install_packages

HERE = Path(__file__).parent
_PACKAGES = HERE / "node_modules"
_BINARIES = _PACKAGES / ".bin"

Command = Callable[[str, Path], list[str]]
"""Returns how to start a server on a port; it may put files into the folder."""


@dataclass(frozen=True)
class Peer:
    """A server.

    Attributes:
        name: Its name in tables.
        command: The way to start it.
        leaves: What it leaves undone of what ours does for each request; empty for ours.
        needs: The program that it needs.
        package: Its package of npm, if it comes from there.
    """

    name: str
    command: Command
    leaves: str
    needs: str = sys.executable
    package: str = ""

    @property
    def missing(self) -> str | None:
        """The reason why it cannot be started here, if there is one."""
        if shutil.which(self.needs) is None:
            return f"{self.needs} is not installed"
        if self.package and not (_PACKAGES / self.package).exists():
            return f"its package {self.package} is not installed: that needs npm"
        return None


def install() -> None:
    """Install the peers that come from npm, where it is and they are not as the lock has them. Raises StepError."""
    if shutil.which("npm") is not None:
        install_packages(HERE)


def _ours(port: str, _folder: Path) -> list[str]:
    return [sys.executable, "-m", "mockserver", "serve", "--port", port]


def _limit(port: str, _folder: Path) -> list[str]:
    return [sys.executable, "-m", "bench.limit", port]


def _wiremock(port: str, folder: Path) -> list[str]:
    (folder / "mappings").mkdir()
    for operation in read_contract(accounts_file(), validate=False).operations.values():
        response: dict[str, object] = {"status": operation.success}
        for media in operation.responses[str(operation.success)].content.values():
            response["jsonBody"] = next(iter(media.examples.values()))
            response["headers"] = {"Content-Type": media.name}
        request = {
            "method": operation.method.upper(),
            "urlPathPattern": operation.fill({"username": "janedoe"}),
        }
        mapping = json.dumps({"request": request, "response": response})
        (folder / "mappings" / f"{operation.id}.json").write_text(mapping)
    (jar,) = (_PACKAGES / "wiremock" / "build").glob("*.jar")
    options = ["--no-request-journal", "--disable-request-logging", "--disable-banner"]
    options += ["--disable-response-templating", "--bind-address", "127.0.0.1"]
    return ["java", "-jar", str(jar), "--port", port, "--root-dir", str(folder), *options]


def _prism(port: str, _folder: Path) -> list[str]:
    quiet = ["-v", "silent", "--cors", "false", "-m", "false"]
    return [str(_BINARIES / "prism"), "mock", "-p", port, *quiet, str(accounts_file())]


def _mockoon(port: str, _folder: Path) -> list[str]:
    quiet = ["--disable-log-to-file", "--disable-admin-api", "--max-transaction-logs", "0"]
    contract = ["--data", str(accounts_file())]
    return [str(_BINARIES / "mockoon-cli"), "start", "--port", port, *contract, *quiet]


OURS, LIMIT = "ours", "limit"

PEERS = (
    Peer(OURS, _ours, ""),
    Peer(LIMIT, _limit, "everything: a bare ASGI function on uvicorn, one answer for all"),
    Peer(
        "WireMock",
        _wiremock,
        "logins, scopes, validation, state; a fixed answer for each operation, its journal off",
        "java",
        "wiremock",
    ),
    Peer(
        "Prism",
        _prism,
        "scopes, state, journal; it validates requests, and asks for a login",
        "node",
        "@stoplight/prism-cli",
    ),
    Peer(
        "Mockoon",
        _mockoon,
        "logins, scopes, validation, state; the examples of the contract",
        "node",
        "@mockoon/cli",
    ),
)
