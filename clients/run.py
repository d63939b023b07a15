"""Lint the contracts, and try the mock server with clients that others' generators make of its contract.

Needs Node 20.19 or newer with npm, and a Python with the project and openapi-python-client
installed. One line is printed per step; the output of a step is shown if it fails. Exit code 0 if all
steps went well, otherwise 1.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONTRACTS = HERE.parent / "openapi"
BUILD = HERE / "build"
MODULES = HERE / "node_modules"

OPERATIONS = {
    "users": {"get_user", "update_user"},
    "emails": {"list_emails", "add_email", "update_email", "delete_email"},
}
OLDEST_NODE = (20, 19)
TIMEOUT = 300.0
"""How many seconds any one command may take."""

# Redocly CLI asks its maker for news and reports its use, unless it is told not to.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


class StepError(Exception):
    """A step did not go well; the message is what to show of it."""


class Steps:
    """Runs steps, prints a line for each, and remembers whether one has failed."""

    def __init__(self) -> None:
        self.failed = False

    def run(self, title: str, action: Callable[[], str | None]) -> bool:
        """Run a step, which gives back what to show of it, if anything; tell whether it went well."""
        started = time.monotonic()
        try:
            output = action()
        except StepError as failure:
            self.failed = True
            print(f"FAILED  {title}")
            print(_indented(str(failure)), flush=True)
            return False
        print(f"ok      {title} ({time.monotonic() - started:.1f} s)")
        if output:
            print(_indented(output))
        sys.stdout.flush()
        return True


def run_command(*command: str | Path, **environment: str) -> str:
    """Run a command in this folder and give back what it printed. Raises StepError."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=HERE,
            env=os.environ | QUIET | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise StepError(f"{command[0]} was not found") from None
    except subprocess.TimeoutExpired:
        raise StepError(f"{command[0]} took more than {TIMEOUT:.0f} s") from None
    if done.returncode:
        raise StepError(f"{done.stdout}\nexit code {done.returncode}")
    return done.stdout


def check_node() -> None:
    """See that there is a Node that is new enough, and npm. Raises StepError."""
    wanted = ".".join(str(part) for part in OLDEST_NODE)
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise StepError(f"{tool} was not found: install Node.js {wanted} or newer, with npm")
    version = run_command("node", "--version").strip()
    numbers = re.match(r"v(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_NODE:
        raise StepError(f"this is Node.js {version}, and {wanted} or newer is needed")


def install_packages() -> str | None:
    """Install what package-lock.json lists, unless just that is installed already. Raises StepError."""
    # A checksum, since a checkout gives files any time it likes.
    listed = hashlib.sha256(
        b"".join((HERE / name).read_bytes() for name in ("package.json", "package-lock.json"))
    ).hexdigest()
    stamp = MODULES / ".installed"
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run this more than once at a time
        if stamp.exists() and stamp.read_text() == listed:
            return "already installed"
        run_command("npm", "ci", "--no-progress")
        stamp.write_text(listed)
    return None


def lint(steps: Steps, contract: Path) -> None:
    """Lint a contract with both linters."""
    name = contract.name
    redocly = (MODULES / ".bin" / "redocly", "lint", "--format", "stylish")
    spectral = (MODULES / ".bin" / "spectral", "lint", "--fail-severity", "hint")
    steps.run(
        f"{name}: the recommended rules of Redocly CLI",
        lambda: _nothing(run_command(*redocly, "--config", HERE / "redocly.yaml", contract)),
    )
    steps.run(
        f"{name}: the recommended rules of Spectral",
        lambda: _nothing(run_command(*spectral, "--ruleset", HERE / ".spectral.yaml", contract)),
    )


def prepare_python(contract: Path, work: Path) -> None:
    """Make the Python client with openapi-python-client: all of it, and no warning. Raises StepError."""
    package = work / "accounts_client"
    run_command(
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--fail-on-warning",
        *("--path", contract),
        *("--config", HERE / "openapi-python-client.yaml"),
        *("--meta", "none"),
        *("--output-path", package),
    )
    for tag, operations in OPERATIONS.items():
        made = {module.stem for module in (package / "api" / tag).glob("[!_]*.py")}
        if made != operations:
            raise StepError(f"{tag}: operations {sorted(made)}, and not {sorted(operations)}")


def prepare_typescript(contract: Path, work: Path) -> None:
    """Make the types with openapi-typescript, check the program by them and compile it. Raises StepError."""
    run_command(MODULES / ".bin" / "openapi-typescript", contract, "-o", work / "accounts.d.ts")
    # The types lie in a folder of this run alone; `rootDirs` lets the program find them beside itself.
    config = {
        "extends": str(HERE / "tsconfig.json"),
        "compilerOptions": {
            "rootDirs": [str(HERE), str(work)],
            "rootDir": str(HERE),
            "outDir": str(work / "js"),
        },
        "files": [str(HERE / "try_typescript.ts")],
    }
    (work / "tsconfig.json").write_text(json.dumps(config))
    run_command(MODULES / ".bin" / "tsc", "--project", work / "tsconfig.json")


@contextmanager
def server(contract: Path | None, log: Path) -> Iterator[str]:
    """A mock server with a world of its own, on a free port; gives its address. Raises StepError."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--log-format", "json"]
    if contract is not None:
        command += ["--contract", str(contract)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=HERE.parent, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield _address(process, log)
    except StepError as failure:
        raise StepError(f"{failure}\nthe server's log:\n{log.read_text()}") from None
    else:
        code = _stopped(process)
        if code != 0:
            raise StepError(
                f"SIGTERM should end the server within 5 s with exit code 0, not {code}"
            )
    finally:
        process.kill()  # does nothing to a server that has ended
        process.wait()


def try_python(contract: Path | None, work: Path) -> str:
    """Run the Python client against a server. Raises StepError."""
    with server(contract, work / "server-python.log") as url:
        return run_command(
            sys.executable, HERE / "try_python.py", BASE_URL=url, PYTHONPATH=str(work)
        )


def try_typescript(contract: Path | None, work: Path) -> str:
    """Run the compiled TypeScript client against a server. Raises StepError."""
    with server(contract, work / "server-typescript.log") as url:
        return run_command("node", work / "js" / "try_typescript.js", BASE_URL=url)


def main() -> int:
    """Run the steps that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=["lint", "clients"], help="do only the one or the other")
    parser.add_argument(
        "--contract", type=Path, metavar="FILE", help="lint this and make the clients from it"
    )
    parser.add_argument(
        "--server-contract", type=Path, metavar="FILE", help="have the server enforce this one"
    )
    options = parser.parse_args()
    contract = (options.contract or CONTRACTS / "accounts.yaml").resolve()
    enforced = options.server_contract or options.contract
    enforced = enforced.resolve() if enforced else None

    steps = Steps()
    if not steps.run("Node.js and npm", check_node):
        return 1
    if not steps.run("npm ci", install_packages):
        return 1
    if options.only != "clients":
        lint(steps, contract)
        if options.contract is None:
            lint(steps, CONTRACTS / "control.yaml")
    if options.only != "lint":
        # In this folder, so that Node finds the installed packages from there.
        with tempfile.TemporaryDirectory(prefix="run-", dir=BUILD) as folder:
            work = Path(folder)
            if steps.run(
                "openapi-python-client makes all six operations, without a warning",
                lambda: prepare_python(contract, work),
            ):
                steps.run("the Python client", lambda: try_python(enforced, work))
            if steps.run(
                "openapi-typescript makes types that the program keeps to",
                lambda: prepare_typescript(contract, work),
            ):
                steps.run(
                    "openapi-fetch with these types, in Node.js",
                    lambda: try_typescript(enforced, work),
                )
    return 1 if steps.failed else 0


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address of a server that is starting, from the ready line in its log. Raises StepError."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        for line in log.read_text().splitlines(keepends=True):
            if line.startswith("{") and line.endswith("\n"):
                event = json.loads(line)
                if event.get("event") == "ready":
                    return str(event["url"])
        if ended:
            raise StepError(f"the server ended at once, with exit code {process.returncode}")
        time.sleep(0.05)
    raise StepError("the server was not ready within 30 s")


def _stopped(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code of a server after SIGTERM; None if it goes on."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        return None


def _nothing(_: str) -> None:
    """A linter's praise, which nobody needs to see."""


def _indented(text: str) -> str:
    return "\n".join(f"        {line}" for line in text.strip().splitlines())


if __name__ == "__main__":
    sys.exit(main())
