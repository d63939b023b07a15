"""The proof of the suite: mutants that really are faulty, variations that really are different."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.mutants.builds import Build, Mutant, Variation
from conformance.mutants.defects import MUTANTS
from conformance.mutants.matrix import Matrix, read_justifications
from conformance.mutants.page import page
from conformance.mutants.probe import Unmeant, difference, observe
from conformance.mutants.selftest import main
from conformance.mutants.stage import Stage
from conformance.mutants.trials import BASELINE, Subject, Trial
from conformance.mutants.variations import CLAUSES, VARIATIONS
from conformance.requirements import Catalogue, catalogue
from conformance.transport import Request
from mockserver.app import Rule
from mockserver.exchange import Receive, Scope, Send
from mockserver.world import World
from tests.support import ROOT

QUICK = (
    "login-forgotten-on-get-user",
    "email-write-does-for-list-emails",
    "patch-as-put",
    "primary-twice",
    "form-plus-stays",
    "list-shuffled",
)


def test_each_requirement_is_broken_by_a_mutant() -> None:
    broken = {requirement for mutant in MUTANTS for requirement in mutant.breaks}

    assert broken == set(catalogue())


def test_names_are_unique() -> None:
    names = Counter([mutant.id for mutant in MUTANTS] + [one.id for one in VARIATIONS])

    assert [name for name, count in names.items() if count > 1] == []


def test_there_are_many_mutants_and_few_of_them_repeat_one_rule() -> None:
    assert len(MUTANTS) >= 120
    assert sum(bool(mutant.family) for mutant in MUTANTS) <= 40


def test_each_clause_that_is_left_open_has_a_variation() -> None:
    assert len(VARIATIONS) >= 20
    assert {variation.clause for variation in VARIATIONS} == set(CLAUSES)


def test_variations_miss_only_what_should_be() -> None:
    missed = {one for variation in VARIATIONS for one in variation.misses}

    assert {catalogue()[one].level for one in missed} == {"SHOULD"}


def test_the_probe_sees_a_change() -> None:
    [mutant] = [one for one in MUTANTS if one.id == "add-drops-tag"]

    seen = difference(mutant.change, tuple(observe(None)))

    assert seen is not None
    assert seen.request.operation == "add_email"


def test_the_probe_sees_that_nothing_was_changed() -> None:
    assert difference(lambda _: None, tuple(observe(None))) is None


def test_the_probe_tells_of_a_mutant_that_is_broken_itself() -> None:
    def breaks(build: Build) -> None:
        def crash(_: World, __: str) -> None:
            raise ZeroDivisionError

        rule: Rule = crash
        build.rules["get_user"] = rule

    with pytest.raises(Unmeant, match="ZeroDivisionError"):
        list(observe(breaks))


def test_a_few_mutants_and_variations_from_end_to_end(tmp_path: Path) -> None:
    report = tmp_path / "matrix.json"

    done = selftest("--processes=1", f"--report={report}", *(f"--only={name}" for name in QUICK))

    assert done.returncode == 0, done.stdout
    assert "5 of 5 mutants found" in done.stdout
    assert "1 of 1 legal variations pass" in done.stdout
    data = json.loads(report.read_text("utf-8"))
    assert [one["id"] for one in data["mutants"]] == list(QUICK[:5])
    assert all(one["found"] for one in data["mutants"])


def test_what_is_called_wrongly_is_usage() -> None:
    assert main(["--only=no-such-mutant"]) == 2
    assert main(["--report=matrix.txt"]) == 2
    assert main(["--processes=0"]) == 2


def test_the_list_names_each_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(MUTANTS) + len(VARIATIONS)


def selftest(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance.mutants.selftest", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )


# -- the matrix: each way in which it can complain is planted -----------------------------------------


def nothing(_: Build) -> None:
    """Change nothing."""


FIRST = Mutant("first", "The first.", ("get-user/json",), nothing)
SECOND = Mutant("second", "The second.", ("get-user/json",), nothing)
LEGAL = Variation("legal", "Legal.", "silent", nothing)
CHECKS: dict[str, tuple[str, ...]] = {"get-user/json": ("it is JSON", "it is JSON too")}
BASE = Trial(BASELINE, 0, {}, (), CHECKS, 0.1, 10)
FOUND = Trial("first", 1, {"get-user/json": ("it is JSON",)}, (), {}, 0.1, 10)
ALSO = Trial("second", 1, {"get-user/json": ("it is JSON too",)}, (), {}, 0.1, 10)
PASSED = Trial("legal", 0, {}, (), {}, 0.1, 10)


def matrix(
    *trials: Trial,
    subjects: tuple[Subject, ...] = (FIRST, SECOND, LEGAL),
    justifications: Mapping[str, str] | None = None,
    complete: bool = True,
) -> Matrix:
    small = Catalogue([catalogue()["get-user/json"]])
    by_id = {subject.id: subject for subject in subjects}
    return Matrix(small, by_id, trials, justifications or {}, complete=complete)


def test_a_suite_that_has_proved_itself_is_not_complained_of() -> None:
    proved = matrix(BASE, FOUND, ALSO, PASSED)

    assert list(proved.complaints()) == []
    assert proved.summary()["found"] == 2
    assert [check.alone for check in proved.checks] == [("first",), ("second",)]


def test_a_mutant_that_is_not_found_is_complained_of() -> None:
    missed = replace(FOUND, exit_code=0, failed={})

    assert "first: was not found by get-user/json" in list(
        matrix(BASE, missed, ALSO, PASSED).complaints()
    )


def test_a_mutant_that_another_requirement_finds_is_complained_of() -> None:
    elsewhere = replace(FOUND, failed={"get-user/members": ("it is JSON",)})

    assert "first: was not found by get-user/json" in list(
        matrix(BASE, elsewhere, ALSO, PASSED).complaints()
    )


def test_a_mutant_that_ends_with_another_exit_code_is_complained_of() -> None:
    incomplete = replace(FOUND, exit_code=3)

    assert "first: ended with exit code 3 instead of 1" in list(
        matrix(BASE, incomplete, ALSO, PASSED).complaints()
    )


def test_an_accused_variation_is_complained_of() -> None:
    accused = replace(PASSED, exit_code=1, failed={"get-user/json": ("it is JSON",)})

    assert list(matrix(BASE, FOUND, ALSO, accused).complaints()) == [
        "legal: is legal, and accused of get-user/json"
    ]


def test_a_variation_that_is_not_verified_is_complained_of() -> None:
    incomplete = replace(PASSED, exit_code=3, unverified=("get-user/json",))

    assert list(matrix(BASE, FOUND, ALSO, incomplete).complaints()) == [
        "legal: is legal, and ended with exit code 3"
    ]


def test_a_mock_server_that_does_not_pass_is_complained_of() -> None:
    failing = replace(BASE, exit_code=1, failed={"get-user/json": ("it is JSON",)})

    assert list(matrix(failing, FOUND, ALSO, PASSED).complaints()) == [
        "the mock server does not pass (exit code 1): get-user/json"
    ]


def test_a_requirement_without_a_mutant_is_complained_of() -> None:
    assert "no mutant breaks the requirement get-user/json" in list(
        matrix(BASE, PASSED).complaints()
    )


def test_a_check_that_finds_nothing_alone_has_to_justify_itself() -> None:
    both = replace(FOUND, failed=CHECKS)
    complaint = "the check 'it is JSON' finds nothing alone: justify it, or remove it"

    assert complaint in list(matrix(BASE, both, ALSO, PASSED).complaints())
    assert (
        list(
            matrix(BASE, both, ALSO, PASSED, justifications={"it is JSON": "Why not."}).complaints()
        )
        == []
    )


def test_a_justification_that_nobody_needs_is_complained_of() -> None:
    justified = {"it is JSON": "Why not.", "it is gone": "It was."}

    assert list(matrix(BASE, FOUND, ALSO, PASSED, justifications=justified).complaints()) == [
        "the check 'it is JSON' finds something alone: drop its justification",
        "there is no check 'it is gone': drop its justification",
    ]


def test_too_many_mutants_of_one_kind_are_complained_of() -> None:
    many = [replace(FIRST, id=f"number {number}", family="many") for number in range(41)]
    trials = [replace(FOUND, id=mutant.id) for mutant in many]

    assert "41 mutants are one rule repeated per operation: too many" in list(
        matrix(BASE, *trials, ALSO, subjects=(*many, SECOND)).complaints()
    )


def test_a_part_of_the_mutants_leaves_no_gaps() -> None:
    assert list(matrix(BASE, FOUND, complete=False).complaints()) == []


def test_each_justification_has_words() -> None:
    assert all(len(reason) > 20 for reason in read_justifications().values())


def test_the_page_needs_nothing_else_and_escapes_what_it_shows() -> None:
    strange = replace(FIRST, sentence="<script>alert(1)</script>")
    text = page(matrix(BASE, FOUND, ALSO, PASSED, subjects=(strange, SECOND, LEGAL)), 12.3)

    assert "default-src 'none'; style-src 'sha256-" in html.unescape(text)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "http://" not in text
    assert 'class="alone"' in text


# -- the stage ----------------------------------------------------------------------------------------


async def hello(scope: Scope, _: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode("ascii")})


def test_the_stage_tells_of_bytes_where_no_body_may_be() -> None:
    answer = Stage(hello).send(Request("GET", "/x", (), None))

    assert (answer.status, answer.body, answer.stray) == (204, b"", True)
