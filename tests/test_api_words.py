"""The words of this API stand in the rooms that know it; all else is machinery for any contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support import READ, ROOT

ROOMS = ("accounts_contract", "conformance", "mockserver")
KNOWS = (
    "conformance/catalogue/requirements.yaml",
    "conformance/checks/",
    "conformance/selftest/",
    "mockserver/accounts/",
    "mockserver/fixtures/",
)
EXCEPTIONS = {
    "accounts_contract/schemas.py": "a format of JSON Schema",
    "conformance/account/": "the parts of an account's state, which are keys of the restore file",
    "conformance/catalogue/requirements.py": "examples in docstrings",
    "conformance/target/": "the documented keys of the target file, and its template",
    "mockserver/console/parts/": "the console's tables of accounts and addresses, and an example",
    "mockserver/docs/pages/home.html": "the place of the operations, for somebody who opens the server's page",
}
"""Files and folders outside those rooms that may name it, each with the reason."""

WORDS = re.compile(
    rf"\b(?:emails?|\w+_email|email_\w+|gravatar\w*|full_name|{'|'.join(READ)})\b|/api/v1\.1/"
)
SOURCES = {".py", ".html", ".js", ".css", ".yaml"}
STANDARD = re.compile(r"\bemail\.(utils|message|parser)\b")  # modules of Python


def places(root: Path) -> Iterator[str]:
    """Each line outside the rooms that know the API that has one of its words."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in SOURCES and not name.startswith((*KNOWS, *EXCEPTIONS)):
                for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                    if WORDS.search(STANDARD.sub("", line)):
                        yield f"{name}:{number}: {line.strip()}"


def test_machinery_does_not_name_the_operations_nor_members_of_this_api() -> None:
    assert list(places(ROOT)) == []


def test_a_word_in_the_wrong_room_is_found(tmp_path: Path) -> None:
    for number, line in enumerate(('"full_name"', "one.email", "/api/v1.1/", "add_email", "x")):
        file = tmp_path / "mockserver" / "pipeline" / f"planted_{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(line)
    assert len(list(places(tmp_path))) == 4


def test_what_knows_the_api_and_what_is_excepted_exists() -> None:
    for name in (*KNOWS, *EXCEPTIONS):
        assert (ROOT / name).exists(), name
