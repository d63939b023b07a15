"""Runs to report: small ones, and one of the size and the kinds of a real run; and their reports."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from conformance.catalogue.causes import find_causes
from conformance.catalogue.requirements import Requirement, catalogue, packaged_contract
from conformance.catalogue.results import (
    EXIT_CODES,
    CheckResult,
    RequirementResult,
    RunResult,
    Status,
    Verdict,
)
from conformance.reports import print_result
from conformance.reports.html import html_report
from conformance.reports.json_report import json_report
from conformance.reports.junit import junit_report
from conformance.reports.markdown import markdown_report
from conformance.reports.streams import Style
from conformance.reports.texts import Hide, clean

WRITTEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

FAILURE = CheckResult(
    requirement="delete-email/primary-refused",
    name="the primary address, as JSON",
    status=Status.FAILED,
    message="The primary address was deleted.",
    expected="400, and the address stays",
    actual="204 No Content; the list has 1 address:\n[]",
    curl='curl -X DELETE -H \'Authorization: Bearer \'"$TOKEN" -d \'{"email": "m@example.com"}\' https://staging.example.com/team-a/api/v1.1/users/mallory/emails/',
    duration_s=0.0123,
)


def untouched(text: str) -> str:
    return text


def xml_of(run: RunResult, hide: Hide = untouched) -> str:
    return junit_report(clean(run, hide), WRITTEN)


def page_of(run: RunResult, hide: Hide = untouched) -> str:
    return html_report(clean(run, hide), WRITTEN)


def markdown_of(run: RunResult, hide: Hide = untouched) -> str:
    return markdown_report(clean(run, hide))


def json_of(run: RunResult, hide: Hide = untouched) -> str:
    return json_report(clean(run, hide))


def lines_of(run: RunResult, hide: Hide = untouched, style: Style | None = None) -> str:
    stream = io.StringIO()
    print_result(run, stream, hide, style or Style())
    return stream.getvalue()


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def passed_run(**changes: object) -> RunResult:
    """One passed requirement, and what a test changes."""
    return run_of(failed_run().requirements[1], **changes)


def run_of(*results: RequirementResult, **changes: object) -> RunResult:
    """A run with these results, and the verdict and the findings that follow from them."""
    statuses = {result.status for result in results if result.requirement.level == "MUST"}
    verdict = Verdict.CONFORMANT
    if Status.FAILED in statuses:
        verdict = Verdict.NONCONFORMANT
    elif Status.NOT_VERIFIED in statuses:
        verdict = Verdict.INCOMPLETE
    values: dict[str, Any] = {
        "verdict": verdict,
        "exit_code": EXIT_CODES[verdict],
        "target": "https://staging.example.com/team-a",
        "contract": "docker.io Accounts API 1.1",
        "seed": 20260304,
        "duration_s": 6.284,
        "requirements": results,
        "requests": 1841,
        "findings": find_causes(results, str(changes.get("level", "must"))),
        "started": "2026-03-04T05:06:01Z",
        "version": "1.2.3",
        **changes,
    }
    return RunResult(**values)


def result_of(
    requirement_id: str, status: Status, *checks: CheckResult, reason: str = ""
) -> RequirementResult:
    return RequirementResult(catalogue()[requirement_id], status, checks, reason)


def check_of(requirement_id: str, name: str, status: Status, **texts: Any) -> CheckResult:
    return CheckResult(requirement_id, name, status, **texts)


def result_with(
    requirement_id: str, status: Status, name: str, reason: str = "", **texts: Any
) -> RequirementResult:
    """A result with one check; a waived one has failed."""
    found = Status.FAILED if status is Status.WAIVED else status
    check = check_of(requirement_id, name, found, **texts)
    return result_of(requirement_id, status, check, reason=reason)


def failed_run() -> RunResult:
    """One failed MUST, and a passed one."""
    return run_of(
        result_of(FAILURE.requirement, Status.FAILED, FAILURE),
        result_with("get-user/members", Status.PASSED, "the owner's profile"),
    )


def one_of_each() -> RunResult:
    """A requirement of every status, and a SHOULD that fails."""
    return run_of(
        result_of(FAILURE.requirement, Status.FAILED, FAILURE),
        result_with(
            "get-user/unauthenticated/challenge",
            Status.FAILED,
            "no credentials",
            message="The challenge is missing.",
            expected="WWW-Authenticate: Basic …, Bearer …",
            actual="no WWW-Authenticate",
        ),
        result_with(
            "list-emails/forbidden/scope",
            Status.NOT_VERIFIED,
            "a token without scopes",
            message='the target file has no token "" of the owner',
        ),
        result_of(
            "get-user/unauthenticated/expired",
            Status.NOT_CONFIGURED,
            reason="the target file has no expired_token",
        ),
        result_with(
            "update-user/any-script",
            Status.WAIVED,
            "emoji",
            "ACC-1024, until 2026-06-30",
            message="Lost.",
            expected="🦊",
            actual="\ufffd",
        ),
        result_with("get-user/members", Status.PASSED, "the owner's profile"),
        notes=["The gravatar_url could not be restored: it differs from the recorded one."],
    )


_SCOPES = ("profile_read", "profile_write", "email_read", "email_write")
_ALL = " ".join(sorted(_SCOPES))
_USERS = "https://staging.example.com/team-a/api/v1.1/users/mallory/"
_TOKEN = "-H 'Authorization: Bearer '\"$TOKEN\""
_JSON = "-H 'Content-Type: application/json'"
_LIST = '[{"email": "mallory@example.com", "verified": true, "primary": true}]'
_BROKEN = {
    ("list_emails", "owner, token (email_write)"),
    ("update_user", "other, Basic"),
    ("delete_email", f"other, token ({_ALL})"),
}
_FAILING = {
    FAILURE.requirement: FAILURE,
    "update-user/refused-unchanged": check_of(
        "update-user/refused-unchanged",
        "full_name beside an invalid gravatar_email, as JSON",
        Status.FAILED,
        message="The request was refused, and yet full_name was saved.",
        expected='400, then the profile as it was: {"full_name": "Mallory Archer"}',
        actual='400, then {"full_name": "名前 r7f3a"}',
        curl=f'curl -X PATCH {_TOKEN} {_JSON} -d \'{{"full_name": "名前 r7f3a"}}\' {_USERS}',
    ),
    "add-email/documented-answers": check_of(
        "add-email/documented-answers",
        "generated: fuzzing",
        Status.FAILED,
        message="The answer is a 500.",
        expected="one of 201, 400, 401, 403, 404",
        actual="500 Internal Server Error\nContent-Type: text/html\n\n<html><script>alert(1)</script>"
        '<h1>Traceback</h1>\x1b[31mKeyError: "email"\x00</html>',
        curl=f'curl -X POST {_TOKEN} {_JSON} -d \'{{"email": "\\u0000@"}}\' {_USERS}emails/',
    ),
    "update-email/media-type": check_of(
        "update-email/media-type",
        "text/csv",
        Status.FAILED,
        message="Another media type was taken for JSON.",
        expected="415",
        actual="400 Bad Request",
        curl=f"curl -X PATCH {_TOKEN} -H 'Content-Type: text/csv' -d 'email' {_USERS}emails/",
    ),
    "update-user/any-script": check_of(
        "update-user/any-script",
        "emoji",
        Status.FAILED,
        expected="🦊",
        actual="\ufffd",
        curl="curl …",
    ),
}


def realistic_run() -> RunResult:
    """All of the catalogue with some six hundred checks, a few of which fail."""
    return run_of(
        *(_result(requirement) for requirement in catalogue().values()),
        notes=["TLS was not verified: the target file says so.", "Both accounts are restored."],
    )


def _result(requirement: Requirement) -> RequirementResult:
    if requirement.needs:
        reason = f"the target file has no {requirement.needs}"
        return RequirementResult(requirement, Status.NOT_CONFIGURED, reason=reason)
    checks = list(_cells(requirement)) or [
        check_of(requirement.id, f"case {number}", Status.PASSED, duration_s=0.001 * number)
        for number in (1, 2, 3)
    ]
    if requirement.id in _FAILING:
        checks.insert(0, _FAILING[requirement.id])
    if requirement.id == "update-user/any-script":
        return RequirementResult(requirement, Status.WAIVED, checks, "ACC-1024 (until June)")
    statuses = [check.status for check in checks]
    worst = (Status.FAILED, Status.NOT_VERIFIED, Status.PASSED)
    return RequirementResult(requirement, min(statuses, key=worst.index), checks)


def _cells(requirement: Requirement) -> Iterator[CheckResult]:
    """Yield a check for each credential of a requirement about access."""
    if not requirement.operation:
        return
    operation = packaged_contract().operations[requirement.operation]
    (own,) = next(one.scopes for one in operation.security if one.kind == "bearer")
    others = [scope for scope in _SCOPES if scope != own]
    success = str(operation.success)
    credentials, status = {
        "unauthenticated/missing": (["no credentials"], "401"),
        "unauthenticated/malformed": (
            ["Basic without a colon", "Basic that is no Base64", "an unknown scheme"],
            "401",
        ),
        "unauthenticated/wrong": (["Basic, wrong password", "unknown token"], "401"),
        "basic-accepted": (["owner, Basic"], success),
        "bearer-accepted": ([f"owner, token ({one})" for one in (own, _ALL)], success),
        "forbidden/scope": ([f"owner, token ({one})" for one in (*others, "no scope")], "403"),
        "forbidden/owner-basic": (["other, Basic"], "403"),
        "forbidden/owner-bearer": ([f"other, token ({one})" for one in (*_SCOPES, _ALL)], "403"),
    }.get(requirement.id.partition("/")[2], ([], ""))
    for credential in credentials:
        texts = {"operation": operation.id, "credential": credential, "expected": status}
        result = Status.PASSED
        if (operation.id, credential) in _BROKEN:
            result = Status.FAILED
            texts["message"] = "The request was let through."
            texts["actual"] = f"200 OK\nContent-Type: application/json\n\n{_LIST}"
            texts["curl"] = f"curl {_TOKEN} {_USERS}emails/"
        elif credential == "owner, token (no scope)":
            result = Status.NOT_VERIFIED
            texts["message"] = 'the target file has no token "" of the owner'
        yield check_of(requirement.id, credential, result, **texts)
