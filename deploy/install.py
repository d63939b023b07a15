"""Install a lock, or the project (`.`), into .venv, and show how far it is.

It runs before anything else is there, and with the Python that made .venv: where that one has a pip, .venv needs none,
which saves the seconds that a pip takes to be installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ENVIRONMENT = Path(".venv")
_PIP_PYTHON = (22, 3)  # the first pip that installs for another Python
# The lock is complete and checked when it is made; modules are compiled when they are first imported.
_INSTALL = (
    "install",
    "--require-hashes",
    "--no-deps",
    "--no-compile",
    "--progress-bar=off",
    "--requirement",
)
_PROJECT = ("install", "-qq", "--no-deps", "--no-build-isolation", "--editable", ".")


def main() -> int:
    """Install what the command line names, in order; return pip's exit code."""
    pip = _pip()
    for name in sys.argv[1:]:
        if name == ".":
            code = subprocess.run([*pip, *_PROJECT], check=False).returncode
        else:
            code = _install(pip, Path(name))
        if code:
            return code
    return 0


def _install(command: list[str | Path], lock: Path) -> int:
    # An upper bound: a package for another system or Python is left out.
    count = len(set(re.findall(r"^([\w.-]+)==", lock.read_text("utf-8"), re.MULTILINE)))
    done, last = 0, [""]
    with subprocess.Popen(
        [*command, *_INSTALL, lock],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        for line in pip.stdout or ():
            last = [*last[-20:], line]
            if line.startswith(("Collecting ", "Processing ")):
                done += 1
                if done % 20 == 1:
                    print(f"{lock}: package {done} of at most {count}", flush=True)
            elif line.startswith("Installing collected"):
                print(f"{lock}: {done} packages are here; unpacking them into .venv", flush=True)
    if pip.returncode:
        sys.stderr.writelines(last)
    return pip.returncode


def _pip() -> list[str | Path]:
    """Return the command of a pip that installs into .venv; one is installed there if there is none."""
    inside = _ENVIRONMENT / "bin" / "python"
    if (
        subprocess.run([inside, "-c", "import pip"], capture_output=True, check=False).returncode
        == 0
    ):
        return [inside, "-m", "pip"]
    with suppress(PackageNotFoundError):
        numbers = [int(one) for one in re.findall(r"\d+", version("pip"))[:2]]
        if tuple(numbers) >= _PIP_PYTHON:
            return [sys.executable, "-m", "pip", "--python", _ENVIRONMENT]
    if subprocess.run(
        [inside, "-m", "ensurepip"], stdout=subprocess.DEVNULL, check=False
    ).returncode:
        sys.exit(
            "a pip is needed, and this Python brings none (Debian: apt-get install python3-venv)"
        )
    return [inside, "-m", "pip"]


if __name__ == "__main__":
    sys.exit(main())
