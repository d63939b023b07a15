"""docs/extending.md is true: its edits are made as they stand there, and the copy is served and judged."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
import yaml

from mockserver.sandboxes.faults import KINDS
from mockserver.testing.sandbox import FaultKind
from tests.conformance.support import write_target
from tests.support import (
    CONTROL_FILE,
    PATIENCE,
    ROOT,
    MockServer,
    basic,
    bearer,
    read_yaml,
    run_module,
)

PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")
PACKAGES = ("accounts_contract", "conformance", "mockserver", "openapi")
_EDIT = re.compile(
    r"^(?:In|Create) `(?P<file>[^`]+)`:?\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
MOST_FILES = 9


@dataclass(frozen=True)
class Edit:
    """Lines that are put before or after another line of a file, as a diff has them; or a new file."""

    file: str
    text: str

    @property
    def added(self) -> list[str]:
        return [line[1:] for line in self.text.splitlines(keepends=True) if line[0] == "+"]

    def make(self, root: Path) -> None:
        path = root / self.file
        if not self.added:
            assert not path.exists(), f"{self.file} is there already"
            path.write_text(self.text, "utf-8")
            return
        shown = self.text.splitlines(keepends=True)
        [known] = [line[1:] for line in shown if line[0] == " "]
        lines = path.read_text("utf-8").splitlines(keepends=True)
        assert lines.count(known) > 0, f"docs/extending.md: {self.file} has no line {known!r}"
        place = lines.index(known) + (shown[0][0] == " ")
        path.write_text("".join([*lines[:place], *self.added, *lines[place:]]), "utf-8")


def parts() -> Mapping[str, str]:
    """The parts of the page, by their headings."""
    found = re.split(r"^## (.+)\n", PAGE, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def edits(part: str) -> Sequence[Edit]:
    return [Edit(one["file"], one["text"]) for one in _EDIT.finditer(parts()[part])]


def grow(root: Path, *several: str) -> dict[str, str]:
    """Make a copy of the project with what parts of the page add, and the environment to run it in."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for part in several:
        for edit in edits(part):
            edit.make(root)
    return {"PYTHONPATH": str(root), "PYTHONSAFEPATH": "1"}


def suite(
    root: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    patience = PATIENCE * 10  # it runs the self-test, too
    return run_module(
        "conformance.cli", *arguments, environment=environment, patience=patience, folder=root
    )


def test_an_extended_copy_serves_and_judges_what_was_added(tmp_path: Path) -> None:
    grown = tmp_path / "grown"
    environment = grow(grown, *parts())
    with MockServer(program=("-m", "mockserver"), environment=environment) as server:
        report = tmp_path / "report.json"
        plain = tmp_path / "report.txt"
        target = write_target(tmp_path, server.url)
        only = ("deactivate-user", "get-email", "update-user/sets-nickname", "get-user/https-url")
        chosen = (word for one in only for word in ("--only", one))
        written = ("--report", str(report), "--report", str(plain))
        done = suite(grown, environment, "run", str(target), *chosen, *written)
        assert done.returncode == 3, done.stdout + done.stderr
        told = {one["id"]: one["status"] for one in json.loads(report.read_text())["requirements"]}
        assert told["update-user/sets-nickname"] == "passed"
        assert told["get-user/https-url"] == "passed"
        reading = {status for name, status in told.items() if name.startswith("get-email/")}
        assert reading <= {"passed", "not_configured"}
        assert told["deactivate-user/success"] == "not_verified"
        for name in ("unauthenticated/missing", "forbidden/scope", "refused-unchanged/access"):
            assert told[f"deactivate-user/{name}"] == "passed"
        assert "passed update-user/sets-nickname" in plain.read_text()

        user = "/api/v1.1/users/johndoe"
        email = server.send(
            "GET", f"{user}/emails/john.doe%40example.com/", basic("johndoe", "johndoe-password")
        )
        assert email.status_code == 200, email.text
        assert server.send("GET", f"{user}/", bearer("johndoe-all")).json()["nickname"] == ""
        assert server.send("POST", f"{user}/deactivate/", bearer("johndoe-all")).status_code == 204
        assert server.send("GET", f"{user}/", bearer("johndoe-all")).status_code == 401


def test_the_self_test_of_a_copy_with_a_requirement_finds_its_defect(tmp_path: Path) -> None:
    environment = grow(tmp_path, "A requirement")
    done = suite(tmp_path, environment, "selftest", "--only", "url-is-http")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 " in done.stdout


@pytest.mark.parametrize("part", list(parts()))
def test_a_way_touches_few_files_and_all_of_them_exist(part: str) -> None:
    named = set(re.findall(r"`((?:\w+/)+[\w.]*)`", parts()[part]))
    created = {one.file for one in edits(part) if not one.added}
    assert [name for name in sorted(named - created) if not (ROOT / name).exists()] == []
    assert len(named) <= MOST_FILES


def test_the_kinds_of_a_fault_are_the_same_in_all_places() -> None:
    control = yaml.safe_dump(read_yaml(CONTROL_FILE))
    assert get_args(FaultKind) == KINDS
    console = (ROOT / "mockserver" / "console" / "index.html").read_text("utf-8")
    for kind in KINDS:
        assert f'<option value="{kind}">{kind}: ' in console
    assert yaml.safe_dump({"enum": list(KINDS)}).replace("\n", "\n" + " " * 10).strip() in control
