"""The blocks of the guides are good as they stand."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import FIXTURES, ROOT, MockServer, check, read_yaml, write_yaml
from tests.support.environments import succeed

GUIDES = ROOT / "docs" / "guides"
CLIENTS = GUIDES / "generated-clients.md"


def blocks(guide: Path) -> list[Any]:
    text = guide.read_text("utf-8")
    return [yaml.safe_load(one) for one in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


def test_the_scenarios_of_the_guide_are_good(tmp_path: Path) -> None:
    [scenarios] = [
        one["scenarios"] for one in blocks(GUIDES / "hints-and-faults.md") if "scenarios" in one
    ]
    file = write_yaml(tmp_path / "fixtures.yaml", {**FIXTURES, "scenarios": scenarios})
    done = check("--fixtures", str(file))
    assert done.returncode == 0, done.stderr


def test_the_guide_mends_generated_clients_as_our_own_are() -> None:
    [hooks] = [one for one in blocks(CLIENTS) if "post_hooks" in one]
    assert hooks == read_yaml(ROOT / "clients" / "openapi-python-client.yaml")


@pytest.mark.parametrize("more", [[], ["--meta", "none"]], ids=["a project", "a package"])
def test_a_client_that_is_generated_as_the_guide_says_can_be_imported(
    server: MockServer, tmp_path: Path, more: list[str]
) -> None:
    [hooks] = [one for one in blocks(CLIENTS) if "post_hooks" in one]
    write_yaml(tmp_path / "config.yaml", hooks)
    guide = CLIENTS.read_text("utf-8")
    [command] = re.findall(r"^openapi-python-client (generate .*)$", guide, re.MULTILINE)
    options = shlex.split(command.replace("http://127.0.0.1:8080", server.url))
    succeed([sys.executable, "-m", "openapi_python_client", *options, *more], tmp_path)
    [operation] = tmp_path.glob("**/api/*/add_email.py")
    package = operation.parents[2]
    module = ".".join(operation.with_suffix("").relative_to(package.parent).parts)
    succeed([sys.executable, "-c", f"import {module}"], package.parent)
