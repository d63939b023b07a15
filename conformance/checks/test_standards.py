"""Requirements of the wider standards that the text does not have: level SHOULD."""

from __future__ import annotations

import json

from conformance.catalogue.requirements import slug
from conformance.checks.support import cases, oracles
from conformance.checks.support.cases import BODIES, operations
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge
from conformance.checks.support.marking import proves
from conformance.wire.client import Body


@proves("{op}/media-type", each=operations(BODIES))
def test_other_media_types_are_refused(run: CheckContext, judge: Judge, op: str) -> None:
    for media_type in ("text/plain", "text/csv", "application/octet-stream", "application/xml"):
        body = Body(json.dumps(cases.correct_value(run, op)).encode(), media_type)
        exchange = run.call(op, run.login(op), body=body)
        judge.status(f"{slug(op)}/media-type", exchange, 415)


@proves("{op}/json-without-content-type", each=operations(BODIES))
def test_json_without_content_type_is_read(run: CheckContext, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/json-without-content-type"
    value = cases.correct_value(run, op) or {}
    exchange = run.call(op, run.login(op), body=Body(json.dumps(value).encode(), None))
    judge.status(requirement, exchange, run.operations[op].success)
    if op == "update_user":
        oracles.judge_stored(run, judge, requirement, value, exchange)


@proves("user/other-methods")
def test_other_methods_on_a_user(run: CheckContext, judge: Judge) -> None:
    _is_not_allowed(run, judge, "POST", "get_user", "user/other-methods")


@proves("emails/other-methods")
def test_other_methods_on_the_addresses(run: CheckContext, judge: Judge) -> None:
    _is_not_allowed(run, judge, "PUT", "list_emails", "emails/other-methods")


def _is_not_allowed(
    run: CheckContext, judge: Judge, method: str, op: str, requirement: str
) -> None:
    # Without a body: what a target may do beyond the documented operations then has nothing to work on.
    exchange = run.send(method, op, run.basic("owner"))
    allow = exchange.header("Allow") or ""
    judge.that(
        requirement,
        exchange.status == 405 and "GET" in allow.upper(),
        expected="405, and Allow with the methods that are served",
        actual=f"{exchange.status}, Allow: {allow or 'absent'}",
        at=exchange,
    )
