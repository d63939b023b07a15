"""Runs to report: small ones, and one of the size and the kinds of a real run; and their reports."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from conformance.catalogue.requirements import Requirement, catalogue
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
from conformance.reports.style import Style
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
    """A run with these results, and the verdict that follows from them."""
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
        **changes,
    }
    return RunResult(**values)


def result_of(
    requirement_id: str, status: Status, *checks: CheckResult, reason: str = ""
) -> RequirementResult:
    return RequirementResult(catalogue()[requirement_id], status, checks, reason)


def check_of(requirement_id: str, name: str, status: Status, **texts: Any) -> CheckResult:
    return CheckResult(requirement_id, name, status, **texts)


def failed_run() -> RunResult:
    """One failed MUST, and a passed one."""
    return run_of(
        result_of(FAILURE.requirement, Status.FAILED, FAILURE),
        result_of(
            "get-user/members",
            Status.PASSED,
            check_of("get-user/members", "the owner's profile", Status.PASSED),
        ),
    )


def one_of_each() -> RunResult:
    """A requirement of every status, and a SHOULD that fails."""
    challenge = "get-user/unauthenticated/challenge"
    waived = "update-user/any-script"
    return run_of(
        result_of(FAILURE.requirement, Status.FAILED, FAILURE),
        result_of(
            challenge,
            Status.FAILED,
            check_of(
                challenge,
                "no credentials",
                Status.FAILED,
                message="The challenge is missing.",
                expected="WWW-Authenticate: Basic …, Bearer …",
                actual="no WWW-Authenticate",
            ),
        ),
        result_of(
            "list-emails/forbidden/scope",
            Status.NOT_VERIFIED,
            check_of(
                "list-emails/forbidden/scope",
                "a token without scopes",
                Status.NOT_VERIFIED,
                message='the target file has no token "" of the owner',
            ),
        ),
        result_of(
            "get-user/unauthenticated/expired",
            Status.NOT_CONFIGURED,
            reason="the target file has no expired_token",
        ),
        result_of(
            waived,
            Status.WAIVED,
            check_of(
                waived, "emoji", Status.FAILED, message="Lost.", expected="🦊", actual="\ufffd"
            ),
            reason="ACC-1024, until 2026-06-30",
        ),
        result_of(
            "get-user/members",
            Status.PASSED,
            check_of("get-user/members", "the owner's profile", Status.PASSED),
        ),
        notes=["The gravatar_url could not be restored: it differs from the recorded one."],
    )


_SCOPES = ("profile_read", "profile_write", "email_read", "email_write")
_ALL = " ".join(sorted(_SCOPES))
_OWN_SCOPE = {
    "get_user": "profile_read",
    "update_user": "profile_write",
    "list_emails": "email_read",
    "add_email": "email_write",
    "update_email": "email_write",
    "delete_email": "email_write",
}
_BROKEN = {
    ("list_emails", "owner, token (email_write)"),
    ("update_user", "other, Basic"),
    ("delete_email", f"other, token ({_ALL})"),
}
_FAILING = {
    "delete-email/primary-refused": FAILURE,
    "update-user/refused-unchanged": CheckResult(
        requirement="update-user/refused-unchanged",
        name="full_name beside an invalid gravatar_email, as JSON",
        status=Status.FAILED,
        message="The request was refused, and yet full_name was saved.",
        expected='400, then the profile as it was: {"full_name": "Mallory Archer"}',
        actual='400, then {"full_name": "名前 r7f3a"}',
        curl='curl -X PATCH -H \'Authorization: Bearer \'"$TOKEN" -H \'Content-Type: application/json\' -d \'{"full_name": "名前 r7f3a", "gravatar_email": "no-at-sign"}\' https://staging.example.com/team-a/api/v1.1/users/mallory/',
    ),
    "add-email/documented-answers": CheckResult(
        requirement="add-email/documented-answers",
        name="generated: fuzzing",
        status=Status.FAILED,
        message="The answer is a 500.",
        expected="one of 201, 400, 401, 403, 404",
        actual='500 Internal Server Error\nContent-Type: text/html\n\n<html><body><script>alert(1)</script><h1>Traceback</h1>\x1b[31mKeyError: "email"\x00</body></html>',
        curl="curl -X POST -H 'Authorization: Bearer '\"$TOKEN\" -H 'Content-Type: application/json' -d '{\"email\": \"\\u0000@\"}' https://staging.example.com/team-a/api/v1.1/users/mallory/emails/",
    ),
    "update-email/media-type": CheckResult(
        requirement="update-email/media-type",
        name="text/csv",
        status=Status.FAILED,
        message="Another media type was taken for JSON.",
        expected="415",
        actual="400 Bad Request",
        curl="curl -X PATCH -u mallory:\"$PASSWORD\" -H 'Content-Type: text/csv' -d 'email,verified' https://staging.example.com/team-a/api/v1.1/users/mallory/emails/",
    ),
}


def realistic_run() -> RunResult:
    """All of the catalogue with some six hundred checks, a few of which fail."""
    results = [_result(requirement) for requirement in catalogue().values()]
    return run_of(
        *results,
        notes=[
            "TLS was not verified: the target file says so.",
            "The profile and the addresses of both accounts are as they were before.",
        ],
    )


def _result(requirement: Requirement) -> RequirementResult:
    if requirement.needs:
        reason = f"the target file has no {requirement.needs}"
        return RequirementResult(requirement, Status.NOT_CONFIGURED, reason=reason)
    checks = list(_checks(requirement))
    if requirement.id == "update-user/any-script":
        checks[0] = check_of(
            requirement.id, "emoji", Status.FAILED, expected="🦊", actual="\ufffd", curl="curl …"
        )
        return RequirementResult(
            requirement, Status.WAIVED, checks, "ACC-1024: the new store brings UTF-8 (until June)"
        )
    statuses = {check.status for check in checks}
    worst = next(status for status in _WORST if status in statuses)
    return RequirementResult(requirement, worst, checks)


_WORST = (Status.FAILED, Status.NOT_VERIFIED, Status.PASSED)


def _checks(requirement: Requirement) -> Iterator[CheckResult]:
    if requirement.id in _FAILING:
        yield _FAILING[requirement.id]
    cells = list(_cells(requirement))
    yield from cells
    for index in range(3 if not cells else 0):
        yield CheckResult(
            requirement.id, f"case {index + 1}", Status.PASSED, duration_s=0.001 * (index + 1)
        )


def _cells(requirement: Requirement) -> Iterator[CheckResult]:
    kind = requirement.id.partition("/")[2]
    operation = requirement.operation
    own = _OWN_SCOPE.get(operation, "")
    success = {"add_email": "201", "delete_email": "204"}.get(operation, "200")
    for credential, status in _credentials(kind, own, success):
        yield _cell(requirement.id, operation, credential, status)


def _credentials(kind: str, own: str, success: str) -> Sequence[tuple[str, str]]:
    others = [scope for scope in _SCOPES if scope != own]
    return {
        "unauthenticated/missing": [("no credentials", "401")],
        "unauthenticated/malformed": [
            ("Basic without a colon", "401"),
            ("Basic that is no Base64", "401"),
            ("an unknown scheme", "401"),
        ],
        "unauthenticated/wrong": [("Basic, wrong password", "401"), ("unknown token", "401")],
        "basic-accepted": [("owner, Basic", success)],
        "bearer-accepted": [
            (f"owner, token ({own})", success),
            (f"owner, token ({_ALL})", success),
        ],
        "forbidden/scope": [
            *((f"owner, token ({scope})", "403") for scope in others),
            ("owner, token (no scope)", "403"),
        ],
        "forbidden/owner-basic": [("other, Basic", "403")],
        "forbidden/owner-bearer": [
            *((f"other, token ({scope})", "403") for scope in _SCOPES),
            (f"other, token ({_ALL})", "403"),
        ],
    }.get(kind, [])


def _cell(requirement_id: str, operation: str, credential: str, status: str) -> CheckResult:
    broken = (operation, credential) in _BROKEN
    unknown = credential == "owner, token (no scope)"
    if unknown:
        return CheckResult(
            requirement_id,
            credential,
            Status.NOT_VERIFIED,
            'the target file has no token "" of the owner',
            operation=operation,
            credential=credential,
        )
    return CheckResult(
        requirement_id,
        credential,
        Status.FAILED if broken else Status.PASSED,
        "The request was let through." if broken else "",
        expected=status,
        actual='200 OK\nContent-Type: application/json\n\n[{"email": "mallory@example.com", "verified": true, "primary": true}]'
        if broken
        else "",
        curl="curl -H 'Authorization: Bearer '\"$TOKEN\" https://staging.example.com/team-a/api/v1.1/users/mallory/emails/"
        if broken
        else "",
        duration_s=0.0009,
        operation=operation,
        credential=credential,
    )
