"""The catalogue: its ids, and the checks that cite them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.catalogue.requirements import catalogue, packaged_contract, slug
from conformance.checks import MODULES
from conformance.checks.support.marking import checks
from tests.conformance.support import conformance
from tests.support import ROOT


def test_every_check_is_about_a_requirement() -> None:
    assert [
        one
        for _, check in checks()
        for one in check.requirements
        if not any(replace(check, requirements=(one,)).is_about(known) for known in catalogue())
    ] == []


def test_every_requirement_has_a_check() -> None:
    declared = [check for _, check in checks()]
    assert [one for one in catalogue() if not any(check.is_about(one) for check in declared)] == []


def test_every_module_of_checks_has_its_place_and_what_may_lock_the_owner_out_comes_last() -> None:
    files = (ROOT / "conformance" / "checks").glob("test_*.py")
    assert sorted(MODULES) == sorted(path.stem for path in files)
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
