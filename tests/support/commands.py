"""The command line, run to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from mockserver.cli import main
from tests.support.files import ROOT
from tests.support.servers import clean_environment
from tests.support.waiting import PATIENCE


@dataclass(frozen=True)
class Done:
    """The outcome of a command."""

    returncode: int
    stdout: str
    stderr: str


def run_module(
    module: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
    folder: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    """Run a module of ours to its end, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        timeout=patience,
        check=False,
    )


def invoke(*arguments: str, environment: Mapping[str, str] | None = None) -> Done:
    """Run a command that ends by itself in this process: the same, without the wait for its start."""
    variables: dict[str, str | None] = dict.fromkeys(
        name for name in os.environ if name.startswith("MOCKSERVER_")
    )
    done = CliRunner().invoke(
        main, arguments, env={**variables, **(environment or {})}, prog_name="mockserver"
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return Done(done.exit_code, done.stdout, done.stderr)


def check(*options: str) -> Done:
    """Run `mockserver check` in this process."""
    return invoke("check", *options)
