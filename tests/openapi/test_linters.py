"""Planted failures: the linters and the generated clients of `make clients` are each seen to fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support import CONTRACT_FILE, ROOT
from tests.support.environments import run

pytestmark = pytest.mark.clients


def run_clients(*options: str | Path, **environment: str) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "clients" / "run.py"), *map(str, options)]
    done = run(command, ROOT, **environment)
    return done.returncode, done.stdout


def edited_contract(folder: Path, *edits: tuple[str, str]) -> Path:
    text = CONTRACT_FILE.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    copy = folder / "accounts.yaml"
    copy.write_text(text, encoding="utf-8")
    return copy


LICENSE = "  license:\n    name: MIT\n    url: https://opensource.org/license/mit\n"
UNIQUE = "operation-operationId-unique"
# Faults, with the rules of Redocly and of Spectral that find them.
FAULTS = {
    "two operations of one name": (
        *("operationId: update_user", "operationId: get_user", UNIQUE, UNIQUE),
    ),
    "an example that breaks its schema": (
        *("        is_active: true\n", "        is_active: perhaps\n"),
        *("no-invalid-media-type-examples", "oas3-valid-media-example"),
    ),
    "a mere warning, of Redocly": (LICENSE, "", "info-license", None),
    "a mere warning, of Spectral": ("      tags: [users]\n", "", None, "operation-tags"),
}


@pytest.mark.parametrize(
    ("old", "new", "redocly_rule", "spectral_rule"), FAULTS.values(), ids=FAULTS
)
def test_a_fault_in_the_contract_fails_the_linters(
    tmp_path: Path, old: str, new: str, redocly_rule: str | None, spectral_rule: str | None
) -> None:
    code, output = run_clients(
        "--only", "lint", "--contract", edited_contract(tmp_path, (old, new))
    )
    assert code == 1
    for linter, rule in (("Redocly CLI", redocly_rule), ("Spectral", spectral_rule)):
        line = f"the recommended rules of {linter}"
        if rule is None:
            assert f"ok      {line}" in output
        else:
            assert f"FAILED  {line}" in output
            assert rule in output


def test_a_server_that_wants_another_scope_fails_both_clients(tmp_path: Path) -> None:
    contract = edited_contract(tmp_path, ("oauth2: [profile_read]", "oauth2: [profile_write]"))
    code, output = run_clients("--only", "clients", "--server-contract", contract)
    assert code == 1
    assert "FAILED  the Python client" in output
    assert "FAILED try_python.py::test_get_user_gives_the_documented_user" in output
    assert "FAILED  openapi-fetch with these types" in output
    assert "FAILED  get_user: 200, all documented members" in output


def test_a_contract_that_the_generators_choke_on_fails_before_any_client_runs(
    tmp_path: Path,
) -> None:
    contract = edited_contract(
        tmp_path,
        ("          multipart/form-data:\n", "          application/xml:\n"),
        ("          enum: [true]\n", ""),  # so that the types allow `verified: false`
    )
    code, output = run_clients("--only", "clients", "--contract", contract)
    assert code == 1
    assert "FAILED  openapi-python-client makes all operations, without a warning" in output
    assert "application/xml" in output
    assert "FAILED  openapi-typescript makes types that the program keeps to" in output
    assert "Unused '@ts-expect-error' directive" in output
    assert "the Python client" not in output


def test_a_missing_node_is_a_failure_that_says_so(tmp_path: Path) -> None:
    code, output = run_clients(PATH=str(tmp_path))
    assert code == 1
    assert "node was not found: install Node.js 20.19 or newer" in output
