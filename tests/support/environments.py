"""Commands in folders and environments of their own, with the packages of this one: nothing is downloaded."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.servers import clean_environment

BIN = Path(sys.executable).parent
PATIENCE = 120


def bare_environment(**more: str | Path) -> dict[str, str]:
    """Return this environment without what would show the checkout to Python, or change how commands run."""
    ours = ("PYTHON", "CONFORMANCE_")
    clean = {name: one for name, one in clean_environment().items() if not name.startswith(ours)}
    path = f"{BIN}{os.pathsep}{clean['PATH']}"
    return {**clean, "PATH": path, **{name: str(value) for name, value in more.items()}}


def run(
    command: list[str] | str, folder: Path, /, **environment: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run a command, or lines of bash, in a folder, with the Python of this environment."""
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command] if isinstance(command, str) else command,
        cwd=folder,
        env=bare_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def succeed(command: list[str] | str, folder: Path, /, **environment: str | Path) -> str:
    done = run(command, folder, **environment)
    assert done.returncode == 0, done.stdout
    return done.stdout


def lend_packages(environment: Path) -> None:
    """Let an environment, which may be made later, have the packages of this one.

    A folder that a .pth file adds brings its packages, but not its own .pth files: no way to the checkout.
    """
    paths = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", paths))
    packages.mkdir(parents=True, exist_ok=True)
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "lent.pth").write_text("\n".join(sorted(ours)))
