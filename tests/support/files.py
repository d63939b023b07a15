"""Files of the project, and files that a test writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
CONTRACT_FILE = ROOT / "openapi" / "accounts.yaml"
READING_FILE = ROOT / "openapi" / "reading.yaml"
OAUTH_FILE = ROOT / "openapi" / "oauth.yaml"
CONTROL_FILE = ROOT / "openapi" / "control.yaml"
FIXTURES_FILE = ROOT / "mockserver" / "fixtures" / "default.yaml"


def read_yaml(path: Path) -> Any:
    """Return the data of a YAML file."""
    return yaml.safe_load(path.read_text("utf-8"))


def write(path: Path, content: bytes) -> Path:
    """Write a file whole at once, as editors do: nobody sees half of it."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(content)
    return draft.replace(path)


def write_yaml(path: Path, data: Any) -> Path:
    """Write data as a YAML file."""
    return write(path, yaml.safe_dump(data, sort_keys=False, allow_unicode=True).encode())
