"""Sequences of requests: schemathesis follows the links of the contract, and each step is judged by the model."""

from __future__ import annotations

from functools import cache
from typing import Any

from schemathesis import Response
from schemathesis.generation.case import Case
from schemathesis.generation.stateful import run_state_machine_as_test

from conformance.checks.support.asking import ask
from conformance.checks.support.conformity import response_of
from conformance.checks.support.context import CheckContext
from conformance.checks.support.exploring import Search, settings
from conformance.checks.support.generation import ours, schema


def follow_links(run: CheckContext) -> None:
    """Walk along the links of the contract, sequence after sequence, and judge every step.

    Raises:
        NotVerified, TransportError: A sequence could not be tried to the end.
    """
    search = Search(run)

    class Walk(_machine()):  # type: ignore[misc]  # a base that is made at run time
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

    search.go(
        Walk, lambda machine: run_state_machine_as_test(machine, settings=settings(run.examples))
    )
    if search.failing is not None:
        run.judge.adopt(search.failing)
    else:
        run.judge.pass_all()


@cache
def _machine() -> type[Any]:
    found: type[Any] = schema(narrowed=True).as_state_machine()
    return found
