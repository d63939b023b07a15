"""The order of imports, as `make style` holds it with import-linter (`[tool.importlinter]` in pyproject.toml)."""

from __future__ import annotations

from pathlib import Path

from tests.support import ROOT
from tests.support.environments import run, succeed

LINT = ["lint-imports", "--no-logo", "--no-cache"]
UPSIDE_DOWN = """
[tool.importlinter]
root_packages = ["mockserver"]
[[tool.importlinter.contracts]]
name = "upside down"
type = "layers"
layers = ["mockserver.accounts", "mockserver.pipeline"]
"""


def test_every_module_imports_only_what_lies_below_it() -> None:
    succeed([*LINT, "pyproject.toml"], ROOT)


def test_an_import_that_goes_up_is_found(tmp_path: Path) -> None:
    (tmp_path / "contracts.toml").write_text(UPSIDE_DOWN)

    done = run([*LINT, str(tmp_path / "contracts.toml")], ROOT)

    assert done.returncode == 1
    assert "mockserver.pipeline is not allowed to import mockserver.accounts" in done.stdout
