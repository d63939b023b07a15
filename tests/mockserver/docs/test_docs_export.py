"""The reference as a static site: what is written, and what is never touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from tests.support import CONTRACT, FIXTURES, OPERATIONS, check, invoke, write_yaml

SERVER = "http://127.0.0.1:9/~me"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_a_site_is_written_and_written_again(tmp_path: Path) -> None:
    site = tmp_path / "deep" / "site"
    first = invoke("docs", str(site), "--server", f"{SERVER}/")
    assert (first.returncode, first.stderr) == (0, "")
    assert str(site / "index.html") in first.stdout
    before = contents(site)
    assert {"index.html", "swagger-ui-bundle.js", "errors.html"} <= set(before)
    assert {f"{one.id}.html" for one in OPERATIONS} <= set(before)
    assert f"'{SERVER}/api/v1.1/users/" in before["get_user.html"].decode().replace("&#39;", "'")
    assert not any(b"mock-server.invalid" in body for body in before.values())
    for name in before:
        if name.endswith(".html"):
            links = re.findall(r'(?:href|src)="([^"#]+)', before[name].decode())
            assert [one for one in links if not one.startswith("data:") and one not in before] == []
    assert check("--contract", str(site / "openapi.yaml")).returncode == 0
    assert invoke("docs", str(site), "--server", SERVER).returncode == 0
    assert contents(site) == before


def test_an_older_page_goes_and_what_others_put_there_stays(tmp_path: Path) -> None:
    assert invoke("docs", str(tmp_path)).returncode == 0
    listed = tmp_path / ".mockserver-docs"
    listed.write_text(listed.read_text() + "gone.html\n")
    (tmp_path / "gone.html").write_text("an older page")
    (tmp_path / "notes.txt").write_text("of somebody")
    assert invoke("docs", str(tmp_path)).returncode == 0
    assert not (tmp_path / "gone.html").exists()
    assert (tmp_path / "notes.txt").read_text() == "of somebody"


def a_list_that_lies(site: Path) -> None:
    invoke("docs", str(site))
    with (site / ".mockserver-docs").open("a") as listed:
        listed.write("../precious\n")


def a_link(site: Path) -> None:
    invoke("docs", str(site))
    (site / "errors.html").unlink()
    (site / "errors.html").symlink_to(site.parent / "precious")


def a_file_of_another(site: Path) -> None:
    invoke("docs", str(site))
    listed = site / ".mockserver-docs"
    listed.write_text(listed.read_text().replace("errors.html\n", ""))
    (site / "errors.html").write_text("kept")


PLANTS: dict[str, Callable[[Path], object]] = {
    "a file": lambda site: (site / "index.html").write_text("kept"),
    "a hidden file": lambda site: (site / ".git").write_text("kept"),
    "a folder": lambda site: (site / "index.html").mkdir(),
    "a list that lies": a_list_that_lies,
    "a link": a_link,
    "a file of another": a_file_of_another,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_a_folder_that_holds_something_else_is_left_as_it_is(
    tmp_path: Path, plant: Callable[[Path], object]
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "precious").write_text("kept")
    plant(site)
    before = contents(tmp_path)
    refused = invoke("docs", str(site))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert str(site) in refused.stderr
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("folder", "options", "word"),
    [
        ("file", [], "no folder"),
        ("file/below", [], "file"),
        ("new", ["--server", "javascript:alert(1)"], "base URL"),
        ("new", ["--server", 'http://a"b'], "base URL"),
        ("new", ["--contract", "nothing.yaml"], "nothing.yaml"),
    ],
)
def test_what_cannot_be_is_one_clear_message(
    tmp_path: Path, folder: str, options: list[str], word: str
) -> None:
    (tmp_path / "file").write_text("kept")
    refused = invoke("docs", str(tmp_path / folder), *options)
    assert refused.returncode == 2
    assert word in refused.stderr
    assert contents(tmp_path) == {"file": b"kept"}


def test_the_site_is_of_the_contract_and_the_fixtures_that_are_given(tmp_path: Path) -> None:
    contract = {**CONTRACT, "info": {**CONTRACT["info"], "title": "Another API"}}
    account = {**FIXTURES["accounts"][0], "username": "mallory"}
    token = {"token": "mallorys", "username": "mallory", "scopes": ["profile_read"]}
    fixtures = write_yaml(tmp_path / "f.yaml", {"accounts": [account], "tokens": [token]})
    own = (
        "--contract",
        str(write_yaml(tmp_path / "c.yaml", contract)),
        "--fixtures",
        str(fixtures),
    )
    assert invoke("docs", str(tmp_path / "site"), *own).returncode == 0
    page = (tmp_path / "site" / "get_user.html").read_text("utf-8")
    assert "Another API" in page
    code = re.sub(r"<[^>]*>", "", page)
    assert "/users/mallory/" in code
    assert "Authorization: Bearer mallorys" in code


def test_a_parameter_of_an_operation_stands_in_place_of_that_of_its_path(tmp_path: Path) -> None:
    contract = deepcopy(CONTRACT)
    own = {"name": "username", "in": "path", "required": True, "schema": {"type": "string"}}
    users = next(item for item in contract["paths"].values() if "get" in item)
    users["get"]["parameters"] = [{**own, "description": "Whose own they are."}]
    file = write_yaml(tmp_path / "c.yaml", contract)
    assert invoke("docs", str(tmp_path / "site"), "--contract", str(file)).returncode == 0
    page = (tmp_path / "site" / "get_user.html").read_text("utf-8")
    assert page.count("<small>in the path</small>") == 1
    assert "Whose own they are." in page
