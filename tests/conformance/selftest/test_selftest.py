"""The proof of the suite: how defects and variations are declared, tried, and complained of."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue.requirements import Catalogue, catalogue
from conformance.selftest.changes import (
    CHANGES,
    Change,
    Defect,
    Variation,
    build,
    defect,
    groups,
    row,
    table,
    variation,
    variations,
)
from conformance.selftest.command import main
from conformance.selftest.matrix import Matrix
from conformance.selftest.overrides import after, each, failing
from conformance.selftest.page import page
from conformance.selftest.reference.calls import Call
from conformance.selftest.reference.routes import USERS_PATH
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User
from conformance.selftest.stage import Stage, perform
from conformance.selftest.trials import BASELINE, Manner, Trial, load, trials
from conformance.selftest.variations import clauses
from tests.conformance.support import conformance

# -- declaring ----------------------------------------------------------------------------------------


@pytest.fixture
def planted() -> Iterator[None]:
    """Defects and variations that a test declares are forgotten after it."""
    load()
    known = dict(CHANGES)
    yield
    CHANGES.clear()
    CHANGES.update(known)


def test_all_defects_and_variations_can_be_built_and_name_what_there_is(planted: None) -> None:
    for change in CHANGES.values():
        build([change])
        named = change.breaks if isinstance(change, Defect) else change.misses
        assert set(named) <= set(catalogue()), change.id
        if isinstance(change, Variation):
            assert {catalogue()[one].level for one in named} <= {"SHOULD"}, change.id


def test_a_change_is_named_once_and_works_on_top_of_the_others(planted: None) -> None:
    @defect("A word is said.", "get-user/json")
    class SaysMore(Service):
        def to_json(self, payload: object) -> bytes:
            return b"word " + super().to_json(None)

    row("says-nothing (get-user/json): Nothing.", to_json=lambda self, payload: b"nothing")

    together = build([CHANGES["says-more"], CHANGES["says-nothing"]])
    assert together.to_json({}) == b"word nothing"
    with pytest.raises(ValueError, match="two defects or variations are called says-more"):
        variations("SILENT", {"says-more: Again.": {}})


def test_the_entries_of_a_table_share_what_they_break_or_name_it(planted: None) -> None:
    table("*/form", {"of-all: All forms.": {"prefix": "/a"}}, also="get-user/{json,members}")
    table("get-user/", {"of-one (json success): One.": "/b"}, "prefix")
    variations("", {"legal (SHOULD get-user/error-body): Legal.": {"prefix": "/c"}})

    of_all, of_one, legal = (CHANGES[name] for name in ("of-all", "of-one", "legal"))
    assert isinstance(of_all, Defect)
    assert len(of_all.breaks) == 4
    assert of_all.also == ("get-user/json", "get-user/members")
    assert isinstance(of_one, Defect)
    assert (of_one.breaks, of_one.sentence) == (("get-user/json", "get-user/success"), "One.")
    assert isinstance(legal, Variation)
    assert [one.service.prefix for one in (of_all, of_one, legal)] == ["/a", "/b", "/c"]
    assert (legal.clause, legal.misses) == (clauses.SHOULD, ("get-user/error-body",))


def test_a_defect_may_be_another_one_in_each_operation(planted: None) -> None:
    changes = ({"json_type": "a/a"}, {"json_type": "a/b"})
    row("apart (*/json): By turns.", **each(["get_user", "list_emails", "add_email"], *changes))
    service, user = build([CHANGES["apart"]]), Service.seed.users[0]
    login = "Basic " + b64encode(f"{user.username}:{user.password}".encode()).decode()

    def media_type(method: str, place: str, login: str = login) -> str:
        target = f"{USERS_PATH}{user.username}/{place}"
        return dict(service.answer(Call(method, target, {"authorization": login})).headers)[
            "Content-Type"
        ]

    assert [media_type("GET", ""), media_type("GET", "emails/")] == ["a/a", "a/b"]
    assert media_type("POST", "emails/") == "a/a"
    assert media_type("DELETE", "emails/") == Service.json_type


def test_each_clause_that_leaves_something_open_has_a_variation(planted: None) -> None:
    stated = {text for name, text in vars(clauses).items() if name.isupper()}

    assert {one.clause for one in CHANGES.values() if isinstance(one, Variation)} == stated


def chosen(*names: str) -> list[Variation]:
    return [one for name in names if isinstance(one := CHANGES[name], Variation)]


def test_variations_are_put_together_unless_they_are_in_each_others_way(planted: None) -> None:
    for name in ("one", "two"):

        @variation("Adds to a link.", "SILENT", name=name)
        class Adds(Service):
            def gravatar_key(self, user: User) -> str:
                return super().gravatar_key(user) + "1"

    around = after("gravatar_key", lambda self, user, key: key + "2")
    variations("SILENT", {"three: Adds, too.": around})
    variations("SILENT", {"replaces: Replaces it.": {"gravatar_key": lambda self, user: "x"}})
    variations("SILENT", {"builds-on: Builds on two.": {}}, base=CHANGES["two"].service)

    found = [
        [one.id for one in group]
        for group in groups(chosen("one", "two", "three", "replaces", "builds-on"))
    ]
    assert found == [["one", "two", "three"], ["replaces"], ["builds-on"]]
    together = build(chosen("one", "two", "three"))
    assert together.gravatar_key(Service.seed.users[0]).endswith("211")


# -- trying -------------------------------------------------------------------------------------------


TRIED = ("get-user/json", "list-emails/json", "get-user/unauthenticated/missing")


@pytest.fixture
def quick(planted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials meet a few checks where they would meet all."""

    def few(service: Service, *, only: tuple[str, ...] = (), **more: Any) -> Stage:
        return perform(service, only=only or TRIED, **more)

    monkeypatch.setattr("conformance.selftest.trials.perform", few)


def tried(*names: str, full: bool = False) -> dict[str, Trial]:
    return {trial.id: trial for trial in trials(names, 1, Manner(1, full=full))}


def test_variations_that_are_accused_together_are_tried_one_by_one(quick: None) -> None:
    variations("SILENT", {"shorter: Texts are shorter.": {"longest_text": 300}})
    variations("SILENT", {"unjust: Nobody is greeted.": {"stranger": failing(403)}})
    assert len(groups(chosen("shorter", "unjust"))) == 1

    found = tried("shorter", "unjust")
    assert found["shorter"].failed == {}
    assert "get-user/unauthenticated/missing" in found["unjust"].failed
    assert list(found) == [BASELINE, "shorter", "unjust"]


def test_in_full_a_variation_must_show_and_a_defect_meets_all_checks(quick: None) -> None:
    variations("SILENT", {"hidden: Nothing is different.": {}})
    variations("SILENT", {"paced: It is slower.": {}}, visible=False)
    row("html (get-user/json): All is HTML.", also="list-emails/json", json_type="text/html")

    found = tried("hidden", "paced", "html", full=True)
    assert found["hidden"].trouble == "no answer tells it from the reference"
    assert found["paced"].trouble == ""
    assert set(found["html"].failed) == {"get-user/json", "list-emails/json"}
    assert set(tried("html")["html"].failed) == {"get-user/json"}


def test_with_a_few_defects_the_reference_meets_their_checks_alone(quick: None) -> None:
    row("html (get-user/json): All is HTML.", json_type="text/html")

    assert set(tried("html")[BASELINE].checks) == {"get-user/json", "get-user/members"}


def test_a_defect_that_is_broken_itself_is_told(quick: None) -> None:
    row("broken (get-user/json): It divides.", get_user=lambda self, call: 1 // 0)

    assert "ZeroDivisionError" in tried("broken")["broken"].trouble


@pytest.mark.parametrize("manner", [(), ("--parallel",)], ids=["one by one", "parallel"])
def test_a_few_from_end_to_end_in_several_processes(
    tmp_path: Path, manner: tuple[str, ...]
) -> None:
    report = tmp_path / "matrix.json"
    # Of the stage's own: connections that are used again, and bytes where no body may be.
    names = ("connection-logged-in", "delete-is-204-with-body")
    only = [f"--only={name}" for name in names]
    done = conformance("selftest", "--processes=2", f"--report={report}", *only, *manner)

    assert done.code == 0, done.out + done.err
    assert "2 of 2 defects found" in done.out
    data = json.loads(report.read_text("utf-8"))
    assert {one["id"] for one in data["defects"]} == set(names)
    assert all(one["found"] for one in data["defects"])


def test_what_is_called_wrongly_is_usage() -> None:
    assert main(["--only=no-such-defect"]) == 2
    assert main(["--report=matrix.txt"]) == 2
    assert main(["--processes=0"]) == 2


def test_the_list_has_a_line_for_each(planted: None, capsys: pytest.CaptureFixture[str]) -> None:
    row("listed-here (get-user/json): It is listed.")

    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CHANGES)
    assert "listed-here: It is listed." in lines


# -- the matrix: each way in which it can complain is planted -----------------------------------------

FIRST = Defect("first", "The first.", ("get-user/json",), (), Service)
SECOND = Defect("second", "The second.", ("get-user/json",), (), Service)
LEGAL = Variation("legal", "Legal.", "silent", (), visible=True, service=Service)
CHECKS: dict[str, tuple[str, ...]] = {"get-user/json": ("it is JSON", "it is JSON too")}
BASE = Trial(BASELINE, 0, {}, (), CHECKS, 0.1)
FOUND = Trial("first", 1, {"get-user/json": ("it is JSON",)}, (), {}, 0.1)
ALSO = Trial("second", 1, {"get-user/json": ("it is JSON too",)}, (), {}, 0.1)
PASSED = Trial("legal", 0, {}, (), {}, 0.1)
MORE = replace(FOUND, failed={**FOUND.failed, "get-user/members": ("it has members",)})


def matrix(
    *found: Trial,
    subjects: tuple[Change, ...] = (FIRST, SECOND, LEGAL),
    complete: bool = True,
) -> Matrix:
    small = Catalogue({one: catalogue()[one] for one in ("get-user/json", "get-user/error-body")})
    by_id = {subject.id: subject for subject in subjects}
    given = Matrix(small, by_id, found, complete=complete)
    assert given.to_data()["complaints"] == list(given.complaints())
    return given


def complaints(*found: Trial, subjects: tuple[Change, ...] = (FIRST, SECOND, LEGAL)) -> list[str]:
    return list(matrix(*found, subjects=subjects, complete=False).complaints())


def test_a_suite_that_has_proved_itself_is_not_complained_of() -> None:
    error = replace(SECOND, id="error", breaks=("get-user/error-body",))
    warned = Trial("error", 0, {"get-user/error-body": ("it is JSON",)}, (), {}, 0.1)

    proved = matrix(BASE, FOUND, ALSO, PASSED, warned, subjects=(FIRST, SECOND, LEGAL, error))

    assert list(proved.complaints()) == []
    assert proved.summary()["found"] == 3
    assert [check.alone for check in proved.checks] == [("first", "error"), ("second",)]


JSON = FOUND.failed
WRONG = {
    "first: was not found by get-user/json": replace(MORE, failed={"get-user/members": ("x",)}),
    "first: was found by get-user/members as well, which it does not name": MORE,
    "first: ended with exit code 3 instead of 1": replace(FOUND, exit_code=3),
    "first: it crashed": replace(FOUND, trouble="it crashed"),
    "legal: is legal, and accused of get-user/json": replace(PASSED, exit_code=1, failed=JSON),
    "legal: is legal, and ended with exit code 3": replace(PASSED, exit_code=3),
    "legal: nothing shows": replace(PASSED, trouble="nothing shows"),
    "the reference does not pass (exit code 1): get-user/json": replace(
        BASE, exit_code=1, failed=JSON
    ),
}


@pytest.mark.parametrize("complaint", WRONG)
def test_what_is_not_as_it_should_be_is_complained_of(complaint: str) -> None:
    usual = {one.id: one for one in (BASE, FOUND, ALSO, PASSED)}
    wrong = WRONG[complaint]

    assert complaint in complaints(*{**usual, wrong.id: wrong}.values())
    assert complaints(*usual.values()) == []


def test_a_finding_that_is_named_is_no_surprise() -> None:
    also = replace(FIRST, also=("*/members",))

    assert complaints(BASE, MORE, subjects=(also,)) == []
    assert complaints(BASE, FOUND, subjects=(also,)) == []


def test_a_should_that_a_variation_misses_is_warned_of() -> None:
    missing = replace(LEGAL, misses=("get-user/error-body",))
    warned = replace(PASSED, failed={"get-user/error-body": ("words",)})

    assert complaints(BASE, warned, subjects=(missing,)) == []
    assert complaints(BASE, PASSED, subjects=(missing,)) == [
        "legal: was not warned of get-user/error-body"
    ]


def test_gaps_of_a_whole_population_are_complained_of() -> None:
    gap = "no defect breaks the requirement get-user/error-body"

    assert list(matrix(BASE, FOUND, ALSO).complaints()) == [gap]
    assert complaints(BASE, FOUND, ALSO) == []


def test_the_page_needs_nothing_else_and_escapes_what_it_shows() -> None:
    strange = replace(FIRST, sentence="<script>alert(1)</script>")
    text = page(matrix(BASE, FOUND, ALSO, PASSED, subjects=(strange, SECOND, LEGAL)), 12.3)

    assert "default-src 'none'; style-src 'sha256-" in html.unescape(text)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "http://" not in text
    assert 'class="alone"' in text
