"""The lock file: pins with hashes, and no addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
ENTRIES = LOCK.replace("\\\n", "").splitlines()
PINNED = re.findall(
    r"^([a-z0-9-]+)==([^ ]+)", LOCK, re.MULTILINE
)  # one twice: an older one for older Pythons
PINS = dict(PINNED)
REQUIREMENTS = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *PROJECT["dependency-groups"]["dev"],
]


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_the_lock_meets_each_requirement(text: str) -> None:
    requirement = Requirement(text)
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()

    assert name in PINS, "`make lock` is due"
    assert requirement.specifier.contains(PINS[name], prereleases=True), "`make lock` is due"


def test_every_line_of_the_lock_is_a_pin_with_hashes() -> None:
    entries = [entry for entry in ENTRIES if not entry.startswith("#")]

    assert len(entries) == len(PINNED)
    assert [one for one in entries if not re.search(r" --hash=sha256:[0-9a-f]{64}", one)] == []


def test_the_lock_names_no_address() -> None:
    assert re.findall(r"://|@ |--(?!hash=)\S*", LOCK) == []
