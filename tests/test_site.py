"""The documentation as a site: all pages are led to, and a link that leads nowhere stops it."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from conformance.catalogue.requirements import catalogue
from conformance.settings import OPTIONS
from tests.support import ROOT
from tests.support.environments import run, succeed

BUILD = [sys.executable, str(ROOT / "docs" / "build.py")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    succeed([*BUILD, str(folder)], ROOT)
    return folder


def test_each_page_is_in_the_navigation(site: Path) -> None:
    text = (site / "docs" / "index.html").read_text("utf-8")
    led = {(site / "docs" / one).resolve() for one in re.findall(r'href="([^"#]+\.html)"', text)}

    pages = {page for page in site.rglob("*.html") if not page.stem.startswith(("gen", "search"))}
    pages -= set((site / "api").iterdir())  # a site of its own
    unled = pages - led - {site / "index.html", site / "docs" / "index.html"}
    assert unled == set()
    assert len(pages) > 15


def test_the_site_has_every_requirement_and_option(site: Path) -> None:
    requirements = (site / "docs/reference/requirements.html").read_text("utf-8")
    assert [one for one in catalogue() if f"<h3>{one}<" not in requirements] == []
    commands = (site / "docs/reference/commands.html").read_text("utf-8")
    assert [one for one in OPTIONS if f"--{one}" not in commands] == []


def test_the_page_of_every_operation_is_led_to(site: Path) -> None:
    page = site / "docs" / "reference" / "operations.html"
    led = re.findall(r'href="(../../api/[^"]+)"', page.read_text("utf-8"))
    assert {(page.parent / one).resolve() for one in led} <= set((site / "api").iterdir())
    names = {Path(one).stem for one in led}
    assert {"index", "delete_email", "oauth-request_token", "control-add_fault"} <= names


def test_a_number_is_a_word_of_the_search(site: Path) -> None:
    index = (site / "searchindex.js").read_text("utf-8")
    terms = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    assert {"401", "429", "503", "8080"} <= set(terms)
    assert "the" not in terms


def test_the_site_needs_no_network(site: Path) -> None:
    loaded = re.compile(r'(?:src|<link[^>]* href)="(?:https?:)?//[^"]*')
    assert [one for page in site.rglob("*.html") for one in loaded.findall(page.read_text())] == []


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path) -> None:
    docs = tmp_path / "pages" / "docs"
    docs.mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "tutorial.md", docs)
    (docs / "index.md").write_text("# Start\n\n[away](gone.md) [here](tutorial.md#nine)\n", "utf-8")

    done = run([*BUILD, "site", "--pages", "pages"], tmp_path)

    assert done.returncode == 1
    for target in ("gone.md", "'nine'", "testing/pytest.md"):
        assert target in done.stdout
