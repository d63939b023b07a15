"""The lock file: pins with hashes, and no addresses."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = {
    name: (ROOT / name).read_text("utf-8")
    for name in ("requirements.lock", "requirements-run.lock", "requirements-serve.lock")
}
PINNED = {
    # One twice: an older one for older Pythons.
    name: re.findall(r"^([a-z0-9-]+)==([^ ]+)", lock, re.MULTILINE)
    for name, lock in LOCKS.items()
}
GROUPS = PROJECT["dependency-groups"]
REQUIREMENTS = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *(one for one in GROUPS["dev"] if isinstance(one, str)),
]


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_the_lock_meets_each_requirement(text: str) -> None:
    requirement = Requirement(text)
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    pins = dict(PINNED["requirements.lock"])

    assert name in pins, "`make lock` is due"
    assert requirement.specifier.contains(pins[name], prereleases=True), "`make lock` is due"


@pytest.mark.parametrize("name", ["requirements-run.lock", "requirements-serve.lock"])
def test_the_smaller_locks_pin_what_the_whole_one_pins(name: str) -> None:
    assert set(PINNED[name]) < set(PINNED["requirements.lock"]), "`make lock` is due"


def test_the_suite_and_the_development_are_not_installed_for_serving() -> None:
    served = dict(PINNED["requirements-serve.lock"])

    assert not {"schemathesis", "hypothesis", "pytest", "ruff", "mypy", "sphinx"} & set(served)
    names = {Requirement(one).name for one in GROUPS["serve"] if isinstance(one, str)}
    assert names <= {Requirement(one).name for one in PROJECT["project"]["dependencies"]}


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_a_pin_with_hashes(name: str) -> None:
    lines = LOCKS[name].replace("\\\n", "").splitlines()
    entries = [line for line in lines if not line.startswith("#")]

    assert len(entries) == len(PINNED[name])
    assert [one for one in entries if not re.search(r" --hash=sha256:[0-9a-f]{64}", one)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address(name: str) -> None:
    assert re.findall(r"://|@ |--(?!hash=)\S*", LOCKS[name]) == []
