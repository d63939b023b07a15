"""The blocks of the guides are good as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.support import FIXTURES, ROOT, check, read_yaml, write_yaml

GUIDE = ROOT / "docs" / "guides" / "hints-and-faults.md"


def blocks() -> list[Any]:
    text = GUIDE.read_text("utf-8")
    return [yaml.safe_load(one) for one in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


def test_the_scenarios_of_the_guide_are_good(tmp_path: Path) -> None:
    [scenarios] = [one["scenarios"] for one in blocks() if "scenarios" in one]
    file = write_yaml(tmp_path / "fixtures.yaml", {**FIXTURES, "scenarios": scenarios})
    done = check("--fixtures", str(file))
    assert done.returncode == 0, done.stderr


def test_the_guide_mends_generated_clients_as_our_own_are() -> None:
    [hooks] = [one for one in blocks() if "post_hooks" in one]
    assert hooks == read_yaml(ROOT / "clients" / "openapi-python-client.yaml")
