"""The catalogue: its ids, and the checks that cite them."""

from __future__ import annotations

import ast
from pathlib import Path

from conformance.catalogue.requirements import catalogue, packaged_contract, slug
from conformance.checks import MODULES
from conformance.checks.support.marking import Check
from tests.conformance.support import conformance
from tests.support import ROOT


def _files() -> list[Path]:
    return sorted((ROOT / "conformance" / "checks").glob("test_*.py"))


def _declared() -> list[str]:
    found = []
    for path in _files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "proves":
                for argument in node.args:
                    value = (
                        argument.value
                        if isinstance(argument, ast.Constant)
                        else names[ast.unparse(argument)]
                    )
                    found.append(str(value))
    return found


def _expanded(requirement: str) -> list[str]:
    check = Check((requirement,), (), writes=True, alone=False, each=None)
    return [one for op in packaged_contract().operations for one in check.ids(op)]


def test_every_check_is_about_a_requirement() -> None:
    assert [one for one in _declared() if not _expanded(one)] == []


def test_every_requirement_has_a_check() -> None:
    checked = {one for declared in _declared() for one in _expanded(declared)}
    assert set(catalogue()) - checked == set()


def test_every_module_of_checks_has_its_place_and_what_may_lock_the_owner_out_comes_last() -> None:
    assert sorted(MODULES) == [path.stem for path in _files()]
    assert MODULES[-1] == "test_unchangeable"


def test_every_documented_answer_has_its_requirements() -> None:
    for operation in packaged_contract().operations.values():
        for response in operation.responses.values():
            named = response.requirement
            if named["level"] != "MAY":
                found = catalogue().chosen([named["id"]])
                assert found, named["id"]
                assert {one.operation for one in found} == {operation.id}


def test_each_requirement_is_explained() -> None:
    for requirement in catalogue().values():
        assert requirement.title.endswith(".")
        assert requirement.source
        assert requirement.sent
        assert "{op}" not in requirement.id + requirement.title + requirement.sent
        assert "{scope}" not in requirement.title


def test_list_and_explain_speak_of_the_same() -> None:
    listed = conformance("list", "delete-email")
    assert listed.code == 0
    assert all(line.split()[1].startswith("delete-email/") for line in listed.out.splitlines())
    explained = conformance("explain", "delete-email/primary-refused")
    assert explained.code == 0
    assert "You cannot delete a user's primary email address." in explained.out
    unknown = conformance("explain", "delete-email/primary-refusd")
    assert unknown.code == 2
    assert "delete-email/primary-refused" in unknown.err


def test_init_writes_a_target_file_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "target.yaml"
    assert conformance("init", path).code == 0
    text = path.read_text(encoding="utf-8")
    assert "base_url:" in text
    assert conformance("init", path).code == 2
    assert path.read_text(encoding="utf-8") == text


def test_ids_name_their_operation() -> None:
    slugs = {slug(op) for op in packaged_contract().operations} | {"user", "emails"}
    assert {one.split("/")[0] for one in catalogue()} == slugs
