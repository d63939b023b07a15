"""Generated requests: valid ones are accepted, invalid ones refused, and sequences keep their state.

Schemathesis generates, in its four ways: the examples of the contract, values that cover its schemas,
random values, and sequences that follow its links.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.checks.support.cases import BODIES, in_both
from conformance.checks.support.context import CheckContext
from conformance.checks.support.exploring import explore, try_each
from conformance.checks.support.generation import asked, bodies, covering, examples
from conformance.checks.support.marking import proves
from conformance.checks.support.question import Ask
from conformance.checks.support.workflow import follow_links


@proves("{op}/success", generated=True, of=BODIES)
def test_valid_requests_are_accepted(run: CheckContext, op: str) -> None:
    _explore(run, op, valid=True)


@proves("{op}/success", of=BODIES, each=in_both)
def test_what_covers_the_valid_requests_is_accepted(run: CheckContext, op: str, form: bool) -> None:
    _try_each(run, op, (*examples(op), *covering(op, valid=True)), form=form)


@proves("{op}/documented-answers", generated=True, of=BODIES)
def test_invalid_requests_are_refused(run: CheckContext, op: str) -> None:
    _explore(run, op, valid=False)


@proves("{op}/documented-answers", of=BODIES, each=in_both)
def test_what_covers_the_invalid_requests_is_refused(
    run: CheckContext, op: str, form: bool
) -> None:
    _try_each(run, op, covering(op, valid=False), form=form)


def _explore(run: CheckContext, op: str, *, valid: bool) -> None:
    """Try random bodies, in both media types."""

    def make(example: tuple[Any, bool], /, *, alone: bool) -> Ask | None:
        return _request(run, op, example[0], form=example[1], alone=alone)

    explore(run, _in_both_types(op, valid=valid), make)


@cache
def _in_both_types(op: str, *, valid: bool) -> SearchStrategy[Any]:
    return st.tuples(bodies(op, valid=valid), st.booleans())


def _try_each(run: CheckContext, op: str, values: tuple[Any, ...], *, form: bool) -> None:
    """Try chosen bodies in one media type."""

    def make(value: Any, /, *, alone: bool) -> Ask | None:
        return _request(run, op, value, form=form, alone=alone)

    try_each(run, values, make)


def _request(run: CheckContext, op: str, value: Any, *, form: bool, alone: bool) -> Ask | None:
    """Return the request of a generated body; an address that has to be there is added for one that is sent alone."""
    known = ""
    if run.descriptions[op].on_known and isinstance(value, dict) and value.get("email"):
        # One that is not verified may be refused as the primary one.
        verified = value.get("primary") is True
        known = (run.added(verified=verified) if alone else run.standing()).email
    return asked(run, op, value, form=form, known=known)


@proves(
    "list-emails/complete",
    "list-emails/one-primary",
    "add-email/success",
    "update-email/success",
    "delete-email/success",
    generated=True,
)
def test_sequences_that_follow_the_links_keep_their_state(run: CheckContext) -> None:
    follow_links(run)
