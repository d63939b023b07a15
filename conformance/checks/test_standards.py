"""Requirements of the wider standards that the text does not have: level SHOULD."""

from __future__ import annotations

from typing import Any

from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all, asks
from conformance.checks.support.context import CheckContext, json_body
from conformance.checks.support.marking import proves


@proves("{op}/media-type")
def test_other_media_types_are_refused(run: CheckContext, op: str) -> None:
    others = ("text/plain", "text/csv", "application/octet-stream", "application/xml")
    bodies = [json_body(cases.correct_value(run, op), media_type) for media_type in others]
    ask_all(run, asks(op, bodies, statuses=(415,), requirement="media-type"))


@proves("{op}/json-without-content-type")
def test_json_without_content_type_is_read(run: CheckContext, op: str) -> None:
    subject = "json-without-content-type"
    ask(run, op, cases.fresh_value(run, op))
    value = cases.fresh_value(run, op)
    # What fails with it, too, has another reason.
    own: dict[str, Any] = {} if run.judge.broken else {"under": subject, "unchanged": subject}
    ask(run, op, body=json_body(value, None), means=value, **own)


@proves("user/other-methods", "emails/other-methods")
def test_other_methods_are_not_allowed(run: CheckContext) -> None:
    for method, op, path in (("POST", "get_user", "user"), ("PUT", "list_emails", "emails")):
        # Without a body: what a target may do beyond the documented operations then has nothing to work on.
        exchange = run.send(method, op, run.basic("owner"))
        allow = exchange.header("Allow") or ""
        run.judge.that(
            f"{path}/other-methods",
            exchange.status == 405 and "GET" in allow.upper(),
            expected="405, and Allow with the methods that are served",
            actual=f"{exchange.status}, Allow: {allow or 'absent'}",
            at=exchange,
        )
