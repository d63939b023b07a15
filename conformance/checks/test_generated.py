"""Generated requests: valid ones are accepted, invalid ones refused, and sequences keep their state.

Schemathesis generates, in its four ways: the examples of the contract, values that cover its schemas,
random values, and sequences that follow its links.
"""

from __future__ import annotations

from typing import Any

from schemathesis import Response
from schemathesis.generation.case import Case
from schemathesis.generation.stateful import run_state_machine_as_test

from conformance.checks.support import cases
from conformance.checks.support.asking import ask
from conformance.checks.support.conformity import response_of
from conformance.checks.support.context import CheckContext
from conformance.checks.support.exploring import Search, explore, settings, try_each
from conformance.checks.support.generation import bodies, covering, examples, machine, ours
from conformance.checks.support.marking import proves


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
    search = Search(run)

    class Walk(machine()):  # type: ignore[misc]  # a base that is made at run time
        """One sequence, by JSON and by form in turn. It begins with the accounts as they rest between checks."""

        def setup(self) -> None:
            self.judge = search.begin()
            self.form = False
            with search.trying(self.judge):
                run.settle()
                self.unknown = run.address()

        def call(self, case: Case[Any], **_: Any) -> Response:
            self.form = not self.form
            op, value = str(case.operation.definition.raw["operationId"]), None
            with search.trying(self.judge):
                if isinstance(case.body, dict):
                    # An address comes along a link, or is put in: one that is not there, where it should be.
                    unknown = self.unknown if run.descriptions[op].on_known else ""
                    value = ours(run, case.body, unknown)
                exchange = ask(run, op, value, form=self.form and value is not None)
            # What only should be, such as the body of an error, ends no walk.
            if self.judge.broken:
                search.tell(self.judge)
            media_type = exchange.header("Content-Type")
            return response_of(exchange.status, media_type, exchange.response.body)

        def validate_response(self, *_: Any, **__: Any) -> None:
            """Do nothing: the step has judged it."""

    search.go(Walk, lambda walk: run_state_machine_as_test(walk, settings=settings(run.examples)))
    if search.failing is not None:
        run.judge.adopt(search.failing)
    else:
        run.judge.pass_all()
