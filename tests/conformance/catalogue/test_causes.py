"""The causes of failures: each told once, under the name that fits best."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.catalogue.causes import find_causes
from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import CheckResult, Finding, RequirementResult, Status, Step

BEARER = 'curl -H "Authorization: Bearer $TOKEN" …'
BASIC = 'curl -u "mallory:$PASSWORD" …'


def failed(
    requirement: str,
    deviation: str = "",
    exchange: int = 0,
    *curls: str,
    operation: str = "",
    actual: str = "",
) -> CheckResult:
    steps = tuple(Step(curl, "…") for curl in curls)
    return CheckResult(
        requirement,
        f"a check of {requirement}",
        Status.FAILED,
        message="It failed.",
        expected="what is right",
        actual=actual or f"what came: {deviation}",
        operation=operation or catalogue()[requirement].operation,
        steps=steps,
        exchange=exchange,
        deviation=deviation,
    )


def causes(*failures: CheckResult, level: str = "must", waived: str = "") -> tuple[Finding, ...]:
    checks = defaultdict(list)
    for one in failures:
        checks[one.requirement].append(one)
    return find_causes(
        [
            RequirementResult(
                requirement, Status.WAIVED if name == waived else Status.FAILED, checks[name]
            )
            for name, requirement in catalogue().items()
            if name in checks
        ],
        level,
    )


def told(*failures: CheckResult) -> list[list[str]]:
    """The ids of each finding, those that follow after a bar."""
    return [[*one.requirements, *(f"| {id_}" for id_ in one.follows)] for one in causes(*failures)]


def test_failures_of_nothing_in_common_stay_apart() -> None:
    assert told(
        failed("get-user/members", "id is missing", 1),
        failed("delete-email/primary-refused", "status 204 for 400", 2),
        failed("add-email/listed"),
        failed("add-email/not-verified"),
    ) == [
        ["get-user/members"],
        ["add-email/not-verified"],
        ["add-email/listed"],
        ["delete-email/primary-refused"],
    ]


def test_one_requirement_that_is_broken_alike_in_several_operations_is_one_cause() -> None:
    (finding,) = causes(
        failed("get-user/forbidden/scope", "status 200 for 403", 1, BEARER),
        failed("get-user/forbidden/scope", "status 200 for 403", 2, "curl the shorter"),
        failed("add-email/forbidden/scope", "status 201 for 403", 3, BEARER, BEARER),
    )

    assert finding == Finding(
        title="A token without the scope of the operation is refused with 403, whatever other scope it has.",
        requirements=["get-user/forbidden/scope", "add-email/forbidden/scope"],
        operations=["get_user", "add_email"],
        expected="what is right",
        actual="what came: status 200 for 403",
        steps=(Step("curl the shorter", "…"),),
        examples=3,
        follows=[],
    )


@pytest.mark.parametrize(
    ("right", "came", "title"),
    [
        ("400", "422", "Requests to be refused with 400 are answered with 422."),
        ("403", "404", "Requests to be refused with 403 are answered with 404."),
    ],
)
def test_a_status_that_is_wrong_for_many_requirements_is_one_cause_with_a_title_of_its_own(
    right: str, came: str, title: str
) -> None:
    deviation = f"status {came} for {right}"
    (finding,) = causes(
        failed("update-user/wrong-type", deviation, 1),
        failed("update-user/invalid-body/not-an-object", deviation, 2),
        failed("add-email/invalid-body/not-an-object", deviation, 3),
        failed("add-email/documented-answers", deviation, 4),
    )

    assert finding.title == title
    assert finding.requirements[0] == "update-user/invalid-body/not-an-object"
    assert len(finding.requirements) == 4


@pytest.mark.parametrize("came", ["200", "500"])
def test_what_is_let_through_or_crashes_is_a_cause_for_each_requirement(came: str) -> None:
    deviation = f"status {came} for 400"

    assert told(
        failed("update-user/wrong-type", deviation, 1),
        failed("update-user/invalid-body/not-an-object", deviation, 2),
        failed("update-email/invalid-body/not-an-object", deviation, 3),
    ) == [
        ["update-user/invalid-body/not-an-object", "update-email/invalid-body/not-an-object"],
        ["update-user/wrong-type"],
    ]


def test_what_breaks_one_requirement_in_several_ways_is_told_once() -> None:
    decoding, several = "update-user/form-decoding", "update-user/sets-several"
    assert told(
        failed(decoding, "full_name is 'a+b'", 1),
        failed(decoding, "company is '%41'", 2),
        failed(several, "company is ''", 3),
        failed("update-user/leaves-others", "company is ''", 4),
        failed(several, "location is ''", 5),
        failed(several, "status 500 for 200", 6),
    ) == [["update-user/sets-several", "update-user/leaves-others"], [decoding], [several]]


def test_an_owner_rule_is_one_cause_for_both_kinds_of_login() -> None:
    assert told(
        failed("get-user/forbidden/owner-basic", "status 200 for 403", 1),
        failed("get-user/forbidden/owner-bearer", "status 200 for 403", 2),
    ) == [["get-user/forbidden/owner-basic", "get-user/forbidden/owner-bearer"]]


# -- one exchange ----------------------------------------------------------------------------------


def test_what_a_wrong_status_brings_with_it_is_told_with_it_under_the_name_that_says_most() -> None:
    (finding,) = causes(
        failed("add-email/documented-answers", "status 500 for 400", 7),
        failed("add-email/refused-unchanged/access", "an address is there", 7),
        failed("add-email/error-body", "no JSON", 7),
        failed("add-email/invalid-body/invalid-address", "status 500 for 400", 7),
    )

    assert finding.title == "An invalid address is refused with 400, and changes nothing."
    assert finding.requirements[0] == "add-email/invalid-body/invalid-address"
    assert len(finding.requirements) == 4


def test_the_differences_that_one_request_makes_are_one_cause_and_none_is_left_out() -> None:
    (finding,) = causes(
        failed("update-email/answers-address", "it says primary", 7, actual="it says primary"),
        failed("update-email/verifying-keeps-primary", "another primary", 7, actual="another one"),
        failed("update-email/verifying-keeps-primary", "another primary", 9, actual="elsewhere"),
    )

    assert finding.expected == "what is right"
    assert finding.actual == "it says primary\nanother one"


def test_two_faults_of_the_form_of_one_answer_stay_two_causes() -> None:
    challenge, words = "get-user/unauthenticated/challenge", "get-user/error-body"

    assert told(failed(challenge, "no header", 7), failed(words, "no JSON", 7)) == [
        [challenge],
        [words],
    ]
    assert told(
        failed("get-user/json", "text/html", 8), failed("get-user/members", "id is missing", 8)
    ) == [["get-user/json"], ["get-user/members"]]


# -- consequences ----------------------------------------------------------------------------------


def test_what_follows_from_a_correct_request_that_fails_is_named_and_not_told() -> None:
    first, other = causes(
        failed("add-email/listed", "status 500 for 201", 1, BEARER),
        failed("add-email/form", "status 500 for 201", 2, "curl -d x-www-form-urlencoded"),
        failed("add-email/success", "status 500 for 201", 3, BEARER, BEARER),
        failed("add-email/invalid-body/empty", "status 500 for 400", 4, BEARER),
        failed("update-user/any-script", "full_name is …", 5, BEARER),
    )

    assert first.title == "A correct request is answered with 201 and the documented body."
    assert first.requirements == ["add-email/success"]
    assert first.follows == ["add-email/form", "add-email/invalid-body/empty", "add-email/listed"]
    assert first.steps == (Step(BEARER, "…"), Step(BEARER, "…"))
    assert other.requirements == ["update-user/any-script"]


def test_what_is_let_through_does_not_follow_from_a_wrong_status_of_success() -> None:
    assert told(
        failed("add-email/success", "status 200 for 201", 1, BEARER),
        failed("add-email/forbidden/scope", "status 200 for 403", 2, BEARER),
    ) == [["add-email/forbidden/scope"], ["add-email/success"]]


def test_a_kind_of_login_that_does_not_work_explains_all_that_use_it() -> None:
    assert told(
        failed("get-user/bearer-accepted", "status 401 for 200", 1, BEARER),
        failed("get-user/success", "status 401 for 200", 2, BEARER),
        failed("get-user/forbidden/scope", "status 401 for 403", 3, BEARER),
        failed("get-user/not-found/username", "status 401 for 404", 4, BASIC),
    ) == [
        ["get-user/bearer-accepted", "| get-user/forbidden/scope", "| get-user/success"],
        ["get-user/not-found/username"],
    ]


def test_a_form_that_is_not_read_explains_what_is_sent_as_a_form_and_nothing_else() -> None:
    form = "curl -H 'Content-Type: application/x-www-form-urlencoded' …"
    assert told(
        failed("update-user/form", "status 415 for 200", 1, form),
        failed("update-user/form-decoding", "status 415 for 200", 2, form),
        failed("update-user/sets-several", "status 415 for 200", 3, "curl as JSON"),
    ) == [["update-user/form", "update-user/sets-several", "| update-user/form-decoding"]]


def test_what_only_reading_shows_follows_from_the_reading() -> None:
    assert told(
        failed("add-email/listed", "an address is missing", 1, operation="list_emails"),
        failed("delete-email/removes", "status 500 for 200", 2, operation="list_emails"),
        failed("list-emails/complete", "an address is missing", 3),
        failed("list-emails/success", "status 500 for 200", 4),
        failed("update-email/success", "status 500 for 200", 5),
    ) == [
        ["list-emails/success", "update-email/success", "| delete-email/removes"],
        ["list-emails/complete", "| add-email/listed"],
    ]


def test_requests_that_fail_only_as_forms_follow_from_the_form_whatever_differs() -> None:
    form, json = "curl x-www-form-urlencoded", "curl application/json"
    assert told(
        failed("update-user/form", "full_name is 'a+b'", 1, form),
        failed("update-user/any-script", "company is 'c+d'", 2, form),
        failed("update-user/wrong-type", "status 200 for 400", 3, form),
        failed("update-user/sets-location", "location is 'e+f'", 4, form),
        failed("update-user/sets-location", "location is ''", 5, json),
        failed("update-user/forbidden/owner-basic", "status 200 for 403", 6, form),
    ) == [
        ["update-user/form", "| update-user/any-script", "| update-user/wrong-type"],
        ["update-user/forbidden/owner-basic"],
        ["update-user/sets-location"],
    ]


def test_a_status_that_no_answer_may_have_follows_from_the_correct_request_that_gets_it() -> None:
    assert told(
        failed("update-user/success", "status 204 for 200", 1),
        failed("update-user/documented-answers", "status 204", 2),
        failed("add-email/documented-answers", "status 418", 3),
    ) == [
        ["update-user/success", "| update-user/documented-answers"],
        ["add-email/documented-answers"],
    ]


def test_what_a_wrong_login_or_a_simpler_request_shows_is_told_by_that() -> None:
    assert told(
        failed("update-user/forbidden/scope", "status 200 for 403", 1),
        failed("update-user/order/access-before-body", "status 400 for 403", 2),
        failed("delete-email/primary-refused", "status 204 for 400", 3),
        failed("delete-email/former-primary", "status 204 for 400", 4),
    ) == [
        ["update-user/forbidden/scope", "| update-user/order/access-before-body"],
        ["delete-email/primary-refused", "| delete-email/former-primary"],
    ]
    assert told(failed("delete-email/former-primary", "status 204 for 400", 4)) == [
        ["delete-email/former-primary"]
    ]


def test_a_form_that_is_not_read_is_shown_by_a_correct_one() -> None:
    (cause,) = causes(
        failed("add-email/form", "status 415 for 400", 1, "curl x-www-form-urlencoded"),
        failed("add-email/form", "status 415 for 201", 2, "curl x-www-form-urlencoded -d email=…"),
    )
    assert [step.curl for step in cause.steps] == ["curl x-www-form-urlencoded -d email=…"]


def test_any_request_that_may_be_refused_is_no_correct_request() -> None:
    assert told(
        failed("update-user/success", "status 500 for 200 or 400", 1),
        failed("update-user/documented-answers", "status 500", 1),
        failed("update-user/wrong-type", "status 500 for 400", 2),
    ) == [["update-user/documented-answers", "update-user/success"], ["update-user/wrong-type"]]


def test_what_explains_others_comes_first_then_what_is_read_then_what_breaks_most() -> None:
    assert told(
        *(
            failed(f"{name}/not-found/username", "status 403 for 404")
            for name in ("get-user", "update-user")
        ),
        failed("update-user/sets-location", "location is ''", 1),
        failed("list-emails/one-primary", "2 are primary", 2),
        failed("delete-email/success", "status 500 for 204", 3),
        failed("delete-email/removes", "status 500 for 204", 4),
        failed("get-user/error-body", "no JSON", 5),
    ) == [
        ["delete-email/success", "| delete-email/removes"],
        ["get-user/not-found/username", "update-user/not-found/username"],
        ["list-emails/one-primary"],
        ["update-user/sets-location"],
        ["get-user/error-body"],
    ]


# -- levels and waivers ----------------------------------------------------------------------------


def test_a_should_is_one_cause_however_it_fails_and_comes_last_unless_the_run_asks_for_it() -> None:
    failures = [
        failed(f"{name}/error-body", f"no JSON: {name}", number)
        for number, name in enumerate(("get-user", "update-user", "add-email"), 1)
    ]
    failures.append(failed("delete-email/removes"))

    assert [len(one.requirements) for one in causes(*failures)] == [1, 3]
    assert [len(one.requirements) for one in causes(*failures, level="should")] == [3, 1]


def test_a_waived_failure_is_no_cause() -> None:
    failures = [failed("get-user/json", "text/html", 1), failed("add-email/json", "text/html", 2)]

    (finding,) = causes(*failures, waived="get-user/json")

    assert (finding.requirements, finding.examples) == (["add-email/json"], 1)


KINDS = """success basic-accepted bearer-accepted form json documented-answers error-body listed
    complete forbidden/scope""".split()  # noqa: SIM905 - words
SOME = st.sampled_from([one for one in catalogue() if one.partition("/")[2] in KINDS])
DEVIATIONS = ["", "status 500 for 200", "status 401 for 403", "status 200 for 403", "text/html"]
FAILURES = st.builds(
    failed,
    SOME,
    st.sampled_from(DEVIATIONS),
    st.integers(0, 5),
    st.sampled_from([BEARER, BASIC, "curl x-www-form-urlencoded"]),
    operation=st.sampled_from(["", "get_user", "list_emails", "add_email"]),
)


@given(st.lists(FAILURES, max_size=30))
def test_every_failure_is_in_one_cause_and_every_requirement_is_named(
    failures: list[CheckResult],
) -> None:
    found = causes(*failures)

    assert sum(one.examples for one in found) == len(failures)
    named = {id_ for one in found for id_ in (*one.requirements, *one.follows)}
    assert named == {one.requirement for one in failures}
    for one in found:
        assert one.title
        assert one.steps
        assert len({*one.requirements, *one.follows}) == len([*one.requirements, *one.follows])
