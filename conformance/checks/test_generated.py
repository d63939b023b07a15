"""Generated requests: valid ones are accepted, invalid ones refused, and sequences keep their state.

Schemathesis generates, in its four ways: the examples of the contract, values that cover its schemas,
random values, and sequences that follow its links.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from conformance.catalogue.requirements import slug
from conformance.checks.support import cases
from conformance.checks.support.cases import BODIES, in_both, operations, product
from conformance.checks.support.context import CheckContext, form_body
from conformance.checks.support.exploring import explore, try_each
from conformance.checks.support.generation import (
    allowed,
    as_form,
    bodies,
    covering,
    examples,
    from_form,
    ours,
)
from conformance.checks.support.judge import Judge
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness
from conformance.checks.support.workflow import follow_links
from conformance.target.credentials import Credentials
from conformance.wire.client import Body

_Send = Callable[..., None]
"""Sends one body, and judges what comes of it: _is_accepted or _is_refused."""


@proves("{op}/success", each=operations(BODIES))
def test_valid_requests_are_accepted(run: CheckContext, judge: Judge, op: str) -> None:
    _explore(run, judge, op, _is_accepted, valid=True)


@proves("{op}/success", each=product(BODIES, in_both))
def test_what_covers_the_valid_requests_is_accepted(
    run: CheckContext, judge: Judge, op: str, form: bool
) -> None:
    values = (*examples(op), *covering(op, valid=True))
    _try_each(run, judge, op, _is_accepted, values, form=form)


def _is_accepted(
    run: CheckContext,
    judge: Judge,
    op: str,
    value: dict[str, Any],
    login: Credentials,
    *,
    form: bool,
) -> None:
    """Send a valid body, and judge all that follows from it."""
    run.descriptions.part(op, "accept")(run, judge, login, ours(run, value), form=form)


@proves("{op}/documented-answers", each=operations(BODIES))
def test_invalid_requests_are_refused(run: CheckContext, judge: Judge, op: str) -> None:
    _explore(run, judge, op, _is_refused, valid=False)


@proves("{op}/documented-answers", each=product(BODIES, in_both))
def test_what_covers_the_invalid_requests_is_refused(
    run: CheckContext, judge: Judge, op: str, form: bool
) -> None:
    _try_each(run, judge, op, _is_refused, covering(op, valid=False), form=form)


def _is_refused(
    run: CheckContext, judge: Judge, op: str, value: Any, login: Credentials, *, form: bool
) -> None:
    """Send a body that is invalid or odd, and judge that it is refused, or taken where that is left open."""
    known = run.standing().email if op in ("update_email", "delete_email") else ""
    value = ours(run, value, known)
    if form:
        texts = as_form(value)
        if texts is None:
            return
        body, value = form_body(texts), from_form(texts)
    else:
        try:
            body = Body(json.dumps(value).encode("ascii"))
        except (TypeError, ValueError):
            body, value = Body(b""), {}  # no body at all
    witness = Witness(run)
    exchange = run.call(op, login, body=body)
    statuses = (*allowed(run, op, value), *cases.too_large(body))
    judge.status(f"{slug(op)}/documented-answers", exchange, *statuses)
    if exchange.status >= 400:
        kind = "refused-unchanged" if op == "update_user" else "invalid-body/missing-address"
        witness.nothing_changed(judge, f"{slug(op)}/{kind}", exchange)
    else:
        run.settle()


def _explore(run: CheckContext, judge: Judge, op: str, send: _Send, *, valid: bool) -> None:
    """Try random bodies, in both media types."""
    login = run.login(op)

    def check(inner: Judge, example: tuple[Any, bool]) -> None:
        value, form = example
        send(run, inner, op, value, login, form=form)

    explore(run, judge, st.tuples(bodies(op, valid=valid), st.booleans()), check)


def _try_each(
    run: CheckContext, judge: Judge, op: str, send: _Send, values: Sequence[Any], *, form: bool
) -> None:
    """Try chosen bodies in one media type."""
    login = run.login(op)

    def check(inner: Judge, value: Any) -> None:
        send(run, inner, op, value, login, form=form)

    try_each(judge, values, check)


@proves(
    "list-emails/complete",
    "list-emails/one-primary",
    "add-email/success",
    "update-email/success",
    "delete-email/success",
)
def test_sequences_that_follow_the_links_keep_their_state(run: CheckContext, judge: Judge) -> None:
    follow_links(run, judge)
