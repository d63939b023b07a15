"""Files of the project, and files that a test writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]

# By libyaml, where there is one: in a fifth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

ROOT = Path(__file__).parents[2]
CONTRACT_FILE = ROOT / "openapi" / "accounts.yaml"
READING_FILE = ROOT / "openapi" / "reading.yaml"
OAUTH_FILE = ROOT / "openapi" / "oauth.yaml"
CONTROL_FILE = ROOT / "openapi" / "control.yaml"
FIXTURES_FILE = ROOT / "mockserver" / "fixtures" / "default.yaml"


def read_yaml(path: Path) -> Any:
    """Return the data of a YAML file."""
    return load_yaml(path.read_text("utf-8"))


def load_yaml(text: str | bytes) -> Any:
    """Return the data of a YAML text."""
    return yaml.load(text, _LOADER)  # noqa: S506 - both are safe


def write(path: Path, content: bytes) -> Path:
    """Write a file whole at once, as editors do: nobody sees half of it."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(content)
    return draft.replace(path)


def write_yaml(path: Path, data: Any) -> Path:
    """Write data as a YAML file."""
    text = yaml.dump(data, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)
    return write(path, text.encode())
