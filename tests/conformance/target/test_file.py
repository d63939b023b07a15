"""The target file: its errors have their place and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts_contract import DocumentError
from conformance.catalogue.requirements import packaged_contract
from conformance.target.file import read_target
from conformance.target.target import Target
from conformance.target.template import TEMPLATE
from tests.conformance.support import conformance

ACCOUNTS = """\
accounts:
  owner:
    username: o
    password: p
  other: {username: t, password: q}
"""


def _read(folder: Path, text: str, **environ: str) -> Target:
    path = folder / "target.yaml"
    path.write_text(text, encoding="utf-8")
    return read_target(path, packaged_contract().scopes, environ=environ)


def _problems(folder: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        _read(folder, text, **environ)
    return [str(finding) for finding in caught.value.findings]


def test_the_template_is_a_good_target_file(tmp_path: Path) -> None:
    names = {line.split("${")[1].split("}")[0] for line in TEMPLATE.splitlines() if "${" in line}
    target = _read(tmp_path, TEMPLATE, **dict.fromkeys(names, "a-secret-value"))
    assert target.owner.username == "mallory"
    assert len(target.owner.tokens) == 6


def test_a_missing_variable_is_named_with_its_place(tmp_path: Path) -> None:
    text = "base_url: https://x.example\n" + ACCOUNTS.replace(": p\n", ": ${SECRET}\n")
    (problem,) = _problems(tmp_path, text)
    assert "target.yaml:5:" in problem
    assert "export SECRET=" in problem


def test_a_variable_within_braces_needs_quotes(tmp_path: Path) -> None:
    text = "base_url: https://x.example\naccounts: {owner: {username: o, password: ${SECRET}}}\n"
    (problem,) = _problems(tmp_path, text, SECRET="a-secret")
    assert 'write "${NAME}"' in problem


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "base_uri: https://x.example\ntimeout: soon\nrate_limit: lots\n" + ACCOUNTS
    problems = _problems(tmp_path, text)
    assert any("did you mean base_url?" in one for one in problems)
    assert any(":2:" in one and "seconds" in one for one in problems)
    assert any(":3:" in one and "100/m" in one for one in problems)


@pytest.mark.parametrize(
    "url", ["ftp://x.example", "https://", "https://u:p@x.example", "https://x.example?a=b", "x"]
)
def test_a_base_url_that_cannot_be_used_is_refused(tmp_path: Path, url: str) -> None:
    (problem,) = _problems(tmp_path, f"base_url: {url}\n{ACCOUNTS}")
    assert ":1:1: " in problem


def test_a_scope_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    text = "base_url: https://x.example\naccounts: {owner: {username: o, tokens: {admin: t}}}\n"
    (problem,) = _problems(tmp_path, text)
    assert "'admin' is no scope" in problem


def test_secrets_are_known_in_all_their_forms(tmp_path: Path) -> None:
    text = f"base_url: https://x.example\nheaders: {{X-Team: team-secret}}\n{ACCOUNTS}"
    text = text.replace(": p\n", ": ${PASSWORD}\n")
    target = _read(tmp_path, text, PASSWORD="päss wörd/42")
    for form in (
        "päss wörd/42",
        "p%C3%A4ss%20w%C3%B6rd%2F42",
        "bzpww6RzcyB3w7ZyZC80Mg==",
        "team-secret",
    ):
        shown = target.redact(f"before {form} after")
        assert shown.startswith("before ")
        assert "52/24"[::-1] not in shown
        assert "w6RzcyB3w7Zy" not in shown
        assert "team-secret" not in shown
    assert "päss" not in repr(target)


def test_no_file_and_no_yaml_are_told_without_a_traceback(tmp_path: Path) -> None:
    missing = conformance("run", tmp_path / "nothing.yaml")
    assert missing.code == 2
    assert "nothing.yaml" in missing.err
    assert "Traceback" not in missing.err
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", encoding="utf-8")
    done = conformance("run", broken)
    assert done.code == 2
    assert "broken.yaml:" in done.err
