"""Generated requests: valid ones are accepted, invalid ones refused, and sequences keep their state.

Schemathesis generates, in its four ways: the examples of the contract, values that cover its schemas,
random values, and sequences that follow its links.
"""

from __future__ import annotations

from conformance.checks.support import cases
from conformance.checks.support.context import CheckContext
from conformance.checks.support.exploring import explore, try_each
from conformance.checks.support.generation import bodies, covering, examples
from conformance.checks.support.marking import proves
from conformance.checks.support.workflow import follow_links


@proves("{op}/success", generated=True, of=cases.BODIES)
def test_valid_requests_are_accepted(run: CheckContext, op: str) -> None:
    explore(run, op, bodies(op, valid=True))


@proves("{op}/success", of=cases.BODIES, each=cases.in_each_form)
def test_what_covers_the_valid_requests_is_accepted(run: CheckContext, op: str, form: bool) -> None:
    try_each(run, op, [(one, form) for one in (*examples(op), *covering(op, valid=True))])


@proves("{op}/documented-answers", generated=True, of=cases.BODIES)
def test_invalid_requests_are_refused(run: CheckContext, op: str) -> None:
    explore(run, op, bodies(op, valid=False))


@proves("{op}/documented-answers", of=cases.BODIES, each=cases.in_each_form)
def test_what_covers_the_invalid_requests_is_refused(
    run: CheckContext, op: str, form: bool
) -> None:
    try_each(run, op, [(one, form) for one in covering(op, valid=False)])


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
