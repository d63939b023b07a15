"""The reference as a static site: what is written, and what is never touched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import CONTRACT, FIXTURES, OPERATIONS, check, invoke, run, write_yaml

SERVER = "http://127.0.0.1:9/~me"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_a_site_is_written_and_written_again(tmp_path: Path) -> None:
    site = tmp_path / "deep" / "site"
    first = run("docs", str(site), "--server", f"{SERVER}/")
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


@pytest.mark.parametrize("what", ["a file", "a hidden file", "a folder", "a list that lies"])
def test_a_folder_that_holds_something_else_is_left_as_it_is(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (tmp_path / "precious").write_text("kept")
    if what == "a folder":
        (folder / "index.html").mkdir()
    elif what == "a list that lies":
        invoke("docs", str(folder))
        listed = folder / ".mockserver-docs"
        listed.write_text(listed.read_text() + "../precious\n")
    else:
        (folder / ("index.html" if what == "a file" else ".git")).write_text("kept")
    before = contents(tmp_path)
    refused = invoke("docs", str(folder))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert str(folder) in refused.stderr
    assert contents(tmp_path) == before


@pytest.mark.parametrize("kind", ["link", "file of another"])
def test_a_site_with_something_in_the_place_of_a_page_is_left_as_it_is(
    tmp_path: Path, kind: str
) -> None:
    site, precious = tmp_path / "site", tmp_path / "precious"
    precious.write_text("kept")
    assert invoke("docs", str(site)).returncode == 0
    place = site / "errors.html"
    place.unlink()
    if kind == "link":
        place.symlink_to(precious)
    else:
        listed = site / ".mockserver-docs"
        listed.write_text(listed.read_text().replace("errors.html\n", ""))
        place.write_text("kept")
    before = contents(tmp_path)
    refused = invoke("docs", str(site))
    assert refused.returncode == 2
    assert str(place) in refused.stderr
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
    refused = run("docs", str(tmp_path / folder), *options)
    assert refused.returncode == 2
    assert word in refused.stderr
    assert "Traceback" not in refused.stderr
    assert contents(tmp_path) == {"file": b"kept"}


def test_the_site_is_of_the_contract_and_the_fixtures_that_are_given(tmp_path: Path) -> None:
    contract = {**CONTRACT, "info": {**CONTRACT["info"], "title": "Another API"}}
    account = {**FIXTURES["accounts"][0], "username": "mallory"}
    token = {"token": "mallorys", "username": "mallory", "scopes": ["profile_read"]}
    options = [
        *("--contract", str(write_yaml(tmp_path / "c.yaml", contract))),
        *(
            "--fixtures",
            str(write_yaml(tmp_path / "f.yaml", {"accounts": [account], "tokens": [token]})),
        ),
    ]
    assert invoke("docs", str(tmp_path / "site"), *options).returncode == 0
    page = (tmp_path / "site" / "get_user.html").read_text("utf-8")
    assert "Another API" in page
    code = re.sub(r"<[^>]*>", "", page)
    assert "/users/mallory/" in code
    assert "Authorization: Bearer mallorys" in code
