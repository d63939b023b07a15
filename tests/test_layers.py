"""The order of imports, as `make style` holds it with import-linter (`[tool.importlinter]` in pyproject.toml)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support import ROOT


def lint(config: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-logo", "--no-cache", str(config)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_module_imports_only_what_lies_below_it() -> None:
    done = lint(ROOT / "pyproject.toml")

    assert done.returncode == 0, done.stdout


def test_an_import_that_goes_up_is_found(tmp_path: Path) -> None:
    upside_down = tmp_path / "contracts.toml"
    upside_down.write_text(
        "[tool.importlinter]\n"
        'root_packages = ["mockserver"]\n'
        "[[tool.importlinter.contracts]]\n"
        'name = "upside down"\n'
        'type = "layers"\n'
        'layers = ["mockserver.accounts", "mockserver.pipeline"]\n'
    )

    done = lint(upside_down)

    assert done.returncode == 1
    assert "mockserver.pipeline is not allowed to import mockserver.accounts" in done.stdout
