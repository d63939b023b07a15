"""Every `code` that the mock server sends stands in a contract, with its meaning and its fix."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from oauthlib.oauth2.rfc6749 import errors

from tests.support import CODES, ROOT, MockServer

SOURCES = sorted((ROOT / "mockserver").rglob("*.py"))
JOURNAL_ONLY = {"client-gone"}  # nobody is there to be told


def test_every_code_in_the_source_stands_in_a_contract_and_every_other_is_gone() -> None:
    documented = {*CODES["accounts"], *CODES["control"]}
    assert set(codes_sent(SOURCES)) - JOURNAL_ONLY - {*CODES["oauth"]} == documented
    assert {*CODES["oauth"]} <= {getattr(one, "error", "") for one in vars(errors).values()}


def test_a_code_that_stands_in_no_contract_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(
        "def _gone(status: int, code: str, detail: str) -> Gone: ...\n"
        "class Refused(Exception):\n"
        "    def __init__(self, code: str) -> None: ...\n"
        "class Late(Refused): ...\n"
        "_gone(410, 'epoch-over', 'it is over')\n"
        "raise Late('too-late') from None\n"
        "server._gone(410, code='by-name', detail='')\n"
        "print('not-a-code')\n"
    )
    assert sorted(codes_sent([planted])) == ["by-name", "epoch-over", "too-late"]


@pytest.mark.parametrize("file", CODES)
def test_a_code_is_explained(file: str) -> None:
    for name, code in CODES[file].items():
        assert re.fullmatch(r"[a-z]+([-_][a-z]+)*", name)
        assert set(code) <= {"status", "operations", "meaning", "fix"}
        for words in (code["meaning"], code["fix"]):
            assert words.endswith("."), name
            assert len(words) >= 10


def test_an_answer_with_a_code_that_is_not_documented_fails_the_test_that_gets_it(
    server: MockServer,
) -> None:
    fault = {"operation": "get_user", "code": 404, "body": {"code": "epoch-over"}}
    server.send("POST", "/_mock/faults", json=fault)
    with pytest.raises(AssertionError, match="epoch-over"):
        server.send("GET", "/api/v1.1/users/janedoe/")


def codes_sent(files: Sequence[Path]) -> Iterator[str]:
    """The values handed over as `code` to a function or class that takes one, anywhere in some files."""
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    taking = dict(takers(nodes))
    for node in nodes:
        if isinstance(node, ast.Call):
            name = (
                node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            )
            if name in taking:
                handed = {one.arg: one.value for one in node.keywords}.get("code")
                if handed is None and len(node.args) > taking[name]:
                    handed = node.args[taking[name]]
                if isinstance(handed, ast.Constant):
                    yield str(handed.value)
                elif handed is not None and not ast.unparse(handed).endswith("code"):
                    raise AssertionError(f"{ast.unparse(node)}: its code is no word")
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Tuple)
            and ast.unparse(node.targets[0]).endswith(".why")
            and isinstance(node.value.elts[0], ast.Constant)
        ):  # the journal's `code` where no problem is raised
            yield str(node.value.elts[0].value)


def takers(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, int]]:
    """Each function and class with a parameter `code: str`, and the place of that parameter."""
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    methods = {id(child): one for one in classes for child in one.body}
    found = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            taken = [one for one in node.args.args if one.arg != "self"]
            names = [one.arg for one in taken]
            if any(ast.unparse(one) == "code: str" for one in taken):
                owner = methods.get(id(node)) if node.name == "__init__" else None
                found[owner.name if owner else node.name] = names.index("code")
    for one in classes:
        for base in map(ast.unparse, one.bases):
            if base in found:
                found.setdefault(one.name, found[base])
    yield from found.items()
