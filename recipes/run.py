"""Run the recipes of docs/testing: their files, word for word.

A file is a code block behind a line that holds nothing but its name. Each recipe becomes a project in a
folder of its own; the JavaScript ones need Node 20.19 or newer with npm, and Playwright's needs Debian's
Chromium. One line is printed per step; the output of a step is shown if it fails. Exit code 0 if all
steps went well, otherwise 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench.running import free_port
from clients.steps import (
    ROOT,
    StepError,
    Steps,
    check_node,
    install_packages,
    run_command,
    running,
    server,
    wait_for,
)

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
DOCS = ROOT / "docs" / "testing"
JANE = "/api/v1.1/users/janedoe/"

# Where Node finds the packages, and the recipes find `mockserver`.
BINARIES = HERE / "node_modules" / ".bin"
PATH = os.pathsep.join([str(BINARIES), str(Path(sys.executable).parent), os.environ["PATH"]])

# Only the packages are downloaded, and no report waits for a reader.
QUIET = {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1", "PLAYWRIGHT_HTML_OPEN": "never", "CI": "1"}

# The languages of blocks that are no files: commands and output.
_NO_FILES = {"sh", "text", "console"}
_BLOCK = re.compile(
    r"(?:^`(?P<name>[^`\n]+)`\n\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)

_TYPES = {
    "compilerOptions": {
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "lib": ["es2022", "dom"],
        "types": ["node"],
        "strict": True,
        "skipLibCheck": True,
        "noEmit": True,
    },
}


def blocks(text: str) -> tuple[dict[str, str], str]:
    """Return the files of a recipe by name, and its commands. Raises StepError for a file without a name."""
    files: dict[str, str] = {}
    commands = []
    for block in _BLOCK.finditer(text):
        name, kind = block["name"], block["kind"]
        if kind in _NO_FILES:
            commands.append(block["text"])
        elif name is None:
            line = text.count("\n", 0, block.start()) + 1
            raise StepError(
                f"line {line}: the {kind or 'nameless'} block has no file name before it"
            )
        elif name in files:
            raise StepError(f"{name} stands there twice")
        else:
            files[name] = block["text"]
    if not files:
        raise StepError("there are no files in it")
    return files, "".join(commands)


def write_project(recipe: Path, folder: Path, command: str) -> None:
    """Write the files of a recipe, which must tell its readers to run a command. Raises StepError."""
    files, commands = blocks(recipe.read_text(encoding="utf-8"))
    if command not in commands.splitlines():
        raise StepError(f"`{command}` is run here, and stands in no `sh` block of the page")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check_types(folder: Path) -> None:
    """Check the types of a project. Raises StepError."""
    found = [str(path) for path in folder.rglob("*.ts") if "node_modules" not in path.parts]
    (folder / "tsconfig.json").write_text(json.dumps({**_TYPES, "files": found}))
    run_command(BINARIES / "tsc", "--project", folder / "tsconfig.json", cwd=folder)


def run_pytest(recipe: Path, folder: Path) -> str:
    """Run the recipe for pytest. Raises StepError."""
    write_project(recipe, folder, "pytest")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    # Schemathesis is here, and not where the recipe is used; it takes long to start.
    options = ("--quiet", "--rootdir", folder, "-pno:cacheprovider", "-pno:schemathesis")
    return _last_line(run_command(sys.executable, "-m", "pytest", *options, cwd=folder))


def run_vitest(recipe: Path, folder: Path) -> str:
    """Run the recipe for Vitest. Raises StepError."""
    write_project(recipe, folder, "npx vitest run")
    check_types(folder)
    output = run_command("npx", "vitest", "run", cwd=folder, PATH=PATH, NO_COLOR="1", **QUIET)
    return "\n".join(line.strip() for line in output.splitlines() if " passed " in line)


def run_playwright(recipe: Path, folder: Path) -> str:
    """Run the recipe for Playwright, in the system's Chromium, on two workers. Raises StepError."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise StepError("chromium was not found (Debian: apt-get install chromium)")
    write_project(recipe, folder, "npx playwright test")
    check_types(folder)
    ports = {name: str(free_port()) for name in ("MOCK_PORT", "PAGE_PORT")}
    output = run_command(
        *("npx", "playwright", "test", "--reporter", "line,json"),
        cwd=folder,
        PATH=PATH,
        CHROMIUM=chromium,
        NO_COLOR="1",
        PLAYWRIGHT_JSON_OUTPUT_FILE=str(folder / "report.json"),
        **ports,
        **QUIET,
    )
    workers = set(re.findall(r'"parallelIndex": (\d+)', (folder / "report.json").read_text()))
    if len(workers) != 2:
        raise StepError(f"{output}\nit should have run on 2 workers, and ran on {len(workers)}")
    return f"{_last_line(output)}, on {len(workers)} workers"


def run_vite(recipe: Path, folder: Path) -> str:
    """Start Vite's dev server by the recipe, and fetch through it. Raises StepError."""
    write_project(recipe, folder, "MOCK_SANDBOX=mine npx vite")
    check_types(folder)
    with server(folder / "server.log", "--require-sandbox") as mock:
        port = str(free_port())
        token = {"Authorization": "Bearer janedoe-profile_read"}
        with (
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers=token, timeout=10, trust_env=False
            ) as client,
            _vite(client, port, folder, MOCK_URL=mock, MOCK_SANDBOX="mine"),
        ):
            if "<title>Profile</title>" not in client.get("/").text:
                raise StepError("the page is not served")
            user = _json(client, JANE)
            for fault in ("reset", "truncate"):
                _expect_a_broken_connection(client, JANE, fault)
            asked = _json(client, f"{mock}/~mine/_mock/requests")
    if user["full_name"] != "Jane Doe":
        raise StepError(f"the wrong user came: {user}")
    if [one["operation"] for one in asked] != ["get_user"] * 3:
        raise StepError(f"the sandbox should have been asked thrice, and its journal is: {asked}")
    return "get_user went through the proxy, into the sandbox; broken connections came back broken"


RECIPES: Mapping[str, Callable[[Path, Path], str]] = {
    "pytest": run_pytest,
    "vitest": run_vitest,
    "vite": run_vite,
    "playwright": run_playwright,
}


def main() -> int:
    """Run the recipes that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=RECIPES, help="run only this one")
    parser.add_argument(
        "--docs", type=Path, metavar="DIR", default=DOCS, help="where the recipes stand"
    )
    options = parser.parse_args()
    chosen = [options.only] if options.only else list(RECIPES)

    BUILD.mkdir(exist_ok=True)
    steps = Steps()
    if chosen != ["pytest"]:
        if not steps.run("Node.js and npm", check_node):
            return 1
        if not steps.run("npm ci", partial(install_packages, HERE, **QUIET)):
            return 1
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(_run, steps, name, options.docs) for name in chosen]:
            done.result()
    return 1 if steps.failed else 0


def _run(steps: Steps, name: str, docs: Path) -> None:
    # In this folder, so that Node finds the installed packages from there.
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=BUILD) as folder:
        work = Path(folder)
        if name != "pytest":
            (work / "package.json").write_text('{"private": true, "type": "module"}')
        page = docs / f"{name}.md"
        steps.run(f"docs/testing/{name}.md", partial(RECIPES[name], page, work))


@contextmanager
def _vite(client: httpx.Client, port: str, folder: Path, **environment: str) -> Iterator[None]:
    """Start Vite's dev server. Raises StepError."""

    def answers() -> bool:
        with suppress(httpx.TransportError):
            client.get("/")
            return True
        return False

    command = (BINARIES / "vite", "--host", "127.0.0.1", "--port", port, "--strictPort")
    log = folder / "vite.log"
    with running(*command, log=log, cwd=folder, **environment) as process:
        wait_for(answers, process, log)
        yield


def _expect_a_broken_connection(client: httpx.Client, path: str, fault: str) -> None:
    """Fetch with a fault that breaks the connection. Raises StepError if it does not break."""
    try:
        answer = client.get(path, headers={"Prefer": f"fault={fault}"}).text
    except httpx.TimeoutException:
        answer = "nothing for 10 s"
    except httpx.TransportError:
        return
    raise StepError(f"fault={fault} should have broken the connection, and there came: {answer}")


def _json(client: httpx.Client, url: str) -> Any:
    """Fetch JSON data. Raises StepError."""
    answer = client.get(url)
    if not answer.is_success:
        raise StepError(f"{url}: {answer.status_code} {answer.text}")
    try:
        return answer.json()
    except ValueError:
        raise StepError(f"{url}: this is no JSON:\n{answer.text[:500]}") from None


def _last_line(output: str) -> str:
    return output.strip().splitlines()[-1].strip()


if __name__ == "__main__":
    sys.exit(main())
