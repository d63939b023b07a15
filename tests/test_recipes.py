"""A broken recipe is seen to fail: `make recipes` runs them as they stand."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.environments import run, succeed

DOCS = ROOT / "docs" / "testing"


def run_edited(folder: Path, name: str, edits: dict[str, str]) -> tuple[int, str]:
    """Run a recipe of an edited copy of the pages."""
    copy = folder / "docs"
    shutil.copytree(DOCS, copy)
    text = (copy / f"{name}.md").read_text("utf-8")
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new, 1)
    (copy / f"{name}.md").write_text(text, "utf-8")
    recipes = str(ROOT / "recipes" / "run.py")
    done = run([sys.executable, recipes, "--only", name, "--docs", str(copy)], folder)
    return done.returncode, done.stdout


def test_the_example_of_the_readme_passes(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    [example] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "test_example.py").write_text(example, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", "utf-8")

    assert "1 passed" in succeed([sys.executable, "-m", "pytest"], tmp_path)


def test_the_readme_links_to_every_recipe() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    recipes = [f"docs/testing/{recipe.name}" for recipe in DOCS.iterdir()]
    assert len(recipes) == 4
    assert [one for one in recipes if f"({one})" not in readme] == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('["jane.doe@example.com"]', "[]", "4 failed"),
        ("`test_emails.py`\n", "", "python block has no file name before it"),
        ("`test_emails.py`", "`test_application.py`", "test_application.py stands there twice"),
        ("```sh\npytest\n", "```sh\npy.test\n", "`pytest` is run here"),
    ],
    ids=["a wrong claim", "a file without a name", "a name twice", "another command"],
)
def test_a_recipe_that_is_broken_fails(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    code, output = run_edited(tmp_path, "pytest", {old: new})

    assert code == 1
    assert "FAILED  docs/testing/pytest.md" in output
    assert complaint in output


# Somebody drops all sandboxes before each test.
LOSES = "await fetch(`${mock.url}/_mock/sandboxes`, { method: 'DELETE' });"


# A page may have several faults that are told in one run.
BROKEN: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "no reset, and little coverage": (
        "vitest",
        {"await mock.reset();": "", "CI ? 4": "CI ? 90"},
        ["1 failed", "it must be 90 %"],
    ),
    "a lost world": ("vitest", {"await mock.reset();": LOSES}, ["sandbox-lost"]),
    "a wrong type": ("vitest", {"token: string };": "token: number };"}, ["TS2322"]),
    "no header": ("vite", {"'X-Mock-Sandbox': sandbox": ""}, ["sandbox-missing"]),
    "no proxy": ("vite", {"'/api'": "'/apis'"}, ["no JSON"]),
    "one sandbox for all, and little coverage": (
        "playwright",
        {"${workerInfo.parallelIndex}": "all", "CI ? 4": "CI ? 90"},
        ["failed", "it must be 90 %"],
    ),
    "one worker": ("playwright", {"workers: 2": "workers: 1"}, ["ran on 1"]),
}


@pytest.mark.clients
@pytest.mark.parametrize(("name", "edits", "complaints"), BROKEN.values(), ids=BROKEN)
def test_a_recipe_for_javascript_that_is_broken_fails(
    tmp_path: Path, name: str, edits: dict[str, str], complaints: list[str]
) -> None:
    code, output = run_edited(tmp_path, name, edits)

    assert code == 1
    assert f"FAILED  docs/testing/{name}.md" in output
    assert [one for one in complaints if one not in output] == []
