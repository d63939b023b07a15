"""The settings of a run: its options, for the command line and for pytest."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_SEED = 2**32
PLUGIN = "conformance-run"
"""The name of a run's plugin in pytest."""


def count(text: str) -> int:
    """Read a number from 1. Raises ArgumentTypeError."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < MAX_SEED:
        raise argparse.ArgumentTypeError(f"must be from 0 to {MAX_SEED - 1}")
    return value


OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "base-url": {"help": "test this URL instead of the target file's base_url", "metavar": "URL"},
    "level": {
        "help": "the level that fails the run: must (the default), or should as well",
        "choices": ("must", "should"),
    },
    "only": {
        "help": "check this requirement, or all whose ids begin so; repeatable",
        "metavar": "ID_OR_PREFIX",
        "action": "append",
    },
    "read-only": {"help": "send no request that could change anything", "action": "store_true"},
    "report": {
        "help": "write a report: JUnit (.xml), a page (.html), JSON (.json) or Markdown (.md); repeatable",
        "metavar": "FILE",
        "action": "append",
        "type": Path,
    },
    "seed": {
        "help": "generate the same requests as the run that named it",
        "metavar": "N",
        "type": _seed,
    },
    "quick": {
        "help": "verify every MUST at least once, and generate nothing",
        "action": "store_true",
    },
    "budget": {
        "help": "generate requests for what is left of this time (default: 60, and at most 8 examples)",
        "metavar": "SECONDS",
        "type": count,
    },
    "max-examples": {
        "help": "generated requests per operation and kind, whatever time they take",
        "metavar": "N",
        "type": count,
    },
    "waivers": {"help": "requirements that may fail until a date", "metavar": "FILE", "type": Path},
    "journal": {
        "help": "the restore file, with the accounts as they were (default: beside the target file)",
        "metavar": "FILE",
        "type": Path,
    },
}
"""The options of `conformance run` by their names, with the keywords of argparse; with pytest --conformance-NAME."""


@dataclass(frozen=True)
class Settings:
    """The choices of one run.

    Attributes:
        tag: The mark of the texts that it writes; drawn if empty.
        patience: The seconds within which a second look tells a late change from none.
        shrinking: Tries to make a failing example smaller, each of a few requests to the target.
    """

    target: Path
    base_url: str | None = None
    level: str = "must"
    only: tuple[str, ...] = ()
    read_only: bool = False
    report: tuple[Path, ...] = ()
    seed: int = 0
    quick: bool = False
    budget: int | None = None
    max_examples: int | None = None
    waivers: Path | None = None
    journal: Path | None = None
    tag: str = ""
    patience: float = 0.8
    shrinking: int = 40


def settings_from(target: Path, values: Mapping[str, Any]) -> Settings:
    """Make the settings from the values of OPTIONS, by the names of the fields; draw a seed if none is given."""
    chosen: dict[str, Any] = {}
    for option in OPTIONS:
        name = option.replace("-", "_")
        if (value := values.get(name)) is not None:
            chosen[name] = tuple(value) if isinstance(value, list) else value
    chosen.setdefault("seed", secrets.randbelow(MAX_SEED))
    return Settings(target=target, **chosen)
