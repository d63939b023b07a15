"""JUnit XML, as CI systems read it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from conformance.catalogue.results import INTERRUPTED, RunResult, Status, Verdict
from tests.conformance.reports.samples import (
    FAILURE,
    check_of,
    failed_run,
    one_of_each,
    passed_run,
    realistic_run,
    result_of,
    run_of,
    xml_of,
)


def suite_of(run: RunResult) -> ET.Element:
    root = ET.fromstring(xml_of(run))  # noqa: S314 - it is our own
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


def cases(run: RunResult) -> list[ET.Element]:
    return suite_of(run).findall("testcase")


def outcome(case: ET.Element) -> ET.Element | None:
    assert len(case) <= 1
    return next(iter(case), None)


def test_a_failed_check_is_a_failure_that_tells_everything() -> None:
    failed, passed = cases(failed_run())

    assert failed.attrib == {
        "classname": "delete-email.primary-refused",
        "name": "the primary address, as JSON",
        "time": "0.012",
    }
    failure = outcome(failed)
    assert failure is not None
    assert failure.tag == "failure"
    assert failure.attrib == {
        "message": "The primary address was deleted; expected 400, and the address stays; "
        "actual 204 No Content; the list has 1 address: []",
        "type": "MUST",
    }
    assert failure.text is not None
    for words in (
        "delete-email/primary-refused (MUST)",
        "Source: You cannot delete a user's primary email address.",
        f"Expected: {FAILURE.expected}",
        f"Actual:   {FAILURE.actual}",
        FAILURE.curl,
    ):
        assert words in failure.text
    assert outcome(passed) is None


def test_what_does_not_pass_and_fails_nothing_is_skipped_with_the_reason() -> None:
    skipped = {
        case.attrib["classname"]: found.attrib["message"]
        for case in cases(one_of_each())
        if (found := outcome(case)) is not None and found.tag == "skipped"
    }

    assert skipped == {
        "get-user.unauthenticated.challenge": "warning: The challenge is missing; expected "
        "WWW-Authenticate: Basic …, Bearer …; actual no WWW-Authenticate",
        "list-emails.forbidden.scope": 'not verified: the target file has no token "" of the owner',
        "get-user.unauthenticated.expired": "not configured: the target file has no expired_token",
        "update-user.any-script": "waived: ACC-1024, until 2026-06-30",
    }


def test_a_failing_should_is_a_failure_when_the_run_asks_for_it() -> None:
    challenge = one_of_each().requirements[1]

    (warned,) = cases(run_of(challenge))
    (failed,) = cases(run_of(challenge, level="should", verdict=Verdict.NONCONFORMANT, exit_code=1))

    assert [one.tag for one in (*warned, *failed)] == ["skipped", "failure"]
    assert failed[0].attrib["type"] == "SHOULD"


def test_the_counts_are_those_of_the_test_cases() -> None:
    suite = suite_of(realistic_run())

    counted = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {
        "tests": len(suite.findall("testcase")),
        "failures": 6,
        "errors": 0,
        "skipped": len(suite.findall("testcase/skipped")),
    }
    assert suite.attrib["timestamp"] == "2026-03-04T05:06:00+00:00"


def test_every_requirement_has_a_test_case_and_every_check_one_of_its_own() -> None:
    run = realistic_run()
    found = cases(run)

    assert {case.attrib["classname"] for case in found} == {
        one.requirement.id.replace("/", ".") for one in run.requirements
    }
    names = [(case.attrib["classname"], case.attrib["name"]) for case in found]
    assert len(names) == len(set(names))
    assert len(names) >= sum(len(one.checks) for one in run.requirements)


def test_checks_of_the_same_name_stay_apart() -> None:
    check = check_of("get-user/json", "the profile", Status.PASSED)

    found = cases(run_of(result_of("get-user/json", Status.PASSED, check, check)))

    assert [case.attrib["name"] for case in found] == ["the profile", "the profile (2)"]


def test_the_properties_name_the_run() -> None:
    properties = {
        one.attrib["name"]: one.attrib["value"]
        for one in suite_of(failed_run()).findall("properties/property")
    }

    assert properties == {
        "verdict": "nonconformant",
        "exit_code": "1",
        "target": "https://staging.example.com/team-a",
        "contract": "docker.io Accounts API 1.1",
        "seed": "20260304",
        "level": "must",
        "version": "1.2.3",
    }


def test_a_requirement_without_checks_does_not_pass() -> None:
    (case,) = cases(run_of(result_of("get-user/success", Status.PASSED)))

    assert [(one.tag, one.attrib["message"]) for one in case] == [
        ("skipped", "not verified: no check ran")
    ]


def test_passed_checks_of_a_requirement_that_is_not_verified_do_not_hide_it() -> None:
    check = check_of("get-user/success", "the profile", Status.PASSED)
    run = run_of(
        result_of("get-user/success", Status.NOT_VERIFIED, check, reason="a second run was noticed")
    )

    messages = [found.attrib["message"] for case in cases(run) for found in case]

    assert messages == ["not verified: a second run was noticed"]


@pytest.mark.parametrize(
    ("verdict", "exit_code", "tag"),
    [
        (Verdict.CONFORMANT, 0, None),
        (Verdict.NONCONFORMANT, 1, "failure"),
        (Verdict.ERROR, 2, "error"),
        (Verdict.INCOMPLETE, 3, "skipped"),
        (Verdict.INCOMPLETE, INTERRUPTED, "skipped"),
    ],
)
def test_a_verdict_that_no_check_shows_has_a_test_case_of_its_own(
    verdict: Verdict, exit_code: int, tag: str | None
) -> None:
    run = passed_run(verdict=verdict, exit_code=exit_code, notes=["A note."], reason="The reason.")

    found = [outcome for case in cases(run) for outcome in case]

    assert [one.tag for one in found] == ([tag] if tag else [])
    assert all("The reason." in one.attrib["message"] for one in found)
