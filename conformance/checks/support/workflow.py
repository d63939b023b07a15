"""Sequences of requests: schemathesis follows the links of the contract, and each step is judged here."""

from __future__ import annotations

from functools import cache
from typing import Any

import requests
from schemathesis import Response
from schemathesis.generation.case import Case
from schemathesis.generation.stateful import run_state_machine_as_test

from conformance.account.state import Email
from conformance.catalogue.requirements import slug
from conformance.checks.support import oracles
from conformance.checks.support.cases import succeed
from conformance.checks.support.context import CheckContext
from conformance.checks.support.exploring import Search, settings
from conformance.checks.support.generation import ours, schema
from conformance.checks.support.judge import Judge
from conformance.checks.support.oracles import Witness
from conformance.wire.exchange import Exchange


def follow_links(run: CheckContext, judge: Judge) -> None:
    """Walk along the links of the contract, sequence after sequence, and judge every step.

    Raises:
        NotVerified, TransportError: A sequence could not be tried to the end.
    """
    search = Search(run, judge)

    class Walk(_machine()):  # type: ignore[misc]  # a base that is made at run time
        """One sequence. It begins with the accounts as they rest between checks."""

        def setup(self) -> None:
            self.walker = Walker(run, search.fresh())
            with search.trying():
                run.settle()

        def call(self, case: Case[Any], **_: Any) -> Response:
            with search.trying():
                exchange = self.walker.step(case)
            search.tell(self.walker.judge)
            return _response(exchange)

        def validate_response(self, *_: Any, **__: Any) -> None:
            """Do nothing: the step has judged it."""

    search.go(Walk, lambda machine: run_state_machine_as_test(machine, settings=settings(run)))


@cache
def _machine() -> type[Any]:
    found: type[Any] = schema(narrowed=True).as_state_machine()
    return found


class Walker:
    """The sender of the steps of one sequence, by JSON and by form in turn."""

    def __init__(self, run: CheckContext, judge: Judge) -> None:
        self.judge = judge
        self._run = run
        self._unknown = ""
        """An address that this sequence never adds."""
        self._form = False

    def step(self, case: Case[Any]) -> Exchange:
        """Send the request that schemathesis asks for to the owner's account.

        Raises:
            Undescribed: The suite has no description of its operation.
        """
        op = str(case.operation.definition.raw["operationId"])
        value = case.body if isinstance(case.body, dict) else {}
        self._form = not self._form
        step = self._run.descriptions[op].step
        if step is not None:
            return step(self, value)
        return succeed(self._run, self.judge, op, self._run.login(op), form=self._form)

    def list(self, value: dict[str, Any]) -> Exchange:
        """List the addresses."""
        del value
        return oracles.listed_emails(self._run, self.judge, self._run.login("list_emails"))

    def add(self, value: dict[str, Any]) -> Exchange:
        """Add an address of ours."""
        address = ours(self._run, value)["email"]
        return oracles.added_email(
            self._run, self.judge, self._run.login("add_email"), address, form=self._form
        )

    def delete(self, value: dict[str, Any]) -> Exchange:
        """Delete an address: one of ours, or one that is not there."""
        op, run = "delete_email", self._run
        value, found = self._named(value)
        if found is None:
            return self._refused(op, value, "not-found/address", 404)
        if found.primary:
            return self._refused(op, value, "primary-refused", 400)
        return oracles.deleted_email(
            run, self.judge, run.login(op), value["email"], form=self._form
        )

    def update(self, value: dict[str, Any]) -> Exchange:
        """Update an address: one of ours, or one that is not there."""
        op, run, judge = "update_email", self._run, self.judge
        login = run.login(op)
        value, found = self._named(value)
        if found is None:
            return self._refused(op, value, "not-found/address", 404)
        verified, primary = bool(value.get("verified")), bool(value.get("primary"))
        # Left open: a wish for nothing, or for what is so already, and a primary address not verified.
        plain = (primary and found.verified and not found.primary) or (
            verified and not primary and not found.verified
        )
        if plain:
            return oracles.updated_email(run, judge, login, value, form=self._form)
        witness = Witness(run)
        exchange = run.call(op, login, value, form=self._form)
        requirement = "update-email/documented-answers"
        if judge.status(requirement, exchange, 200, 400):
            if exchange.status == 200:
                oracles.judge_updated_email(run, judge, value, exchange, witness)
            else:
                witness.nothing_changed(judge, requirement, exchange)
        return exchange

    def _named(self, value: dict[str, Any]) -> tuple[dict[str, Any], Email | None]:
        """Return the body with an address of ours or an unknown one, and the address if it is there."""
        address = str(value.get("email", ""))
        if self._run.tag not in address:
            self._unknown = self._unknown or self._run.address()
            address = self._unknown
        return {**value, "email": address}, self._run.before().find(address)

    def _refused(self, op: str, value: dict[str, Any], requirement: str, status: int) -> Exchange:
        witness = Witness(self._run)
        exchange = self._run.call(op, self._run.login(op), value, form=self._form)
        named = f"{slug(op)}/{requirement}"
        # Without a flag, an update has nothing to do; what is said to that first is left open.
        idle = op == "update_email" and not value.keys() & {"verified", "primary"}
        self.judge.status(named, exchange, status, *((400,) if idle else ()))
        witness.nothing_changed(self.judge, named, exchange)
        return exchange


def _response(exchange: Exchange) -> Response:
    """Return an answer as schemathesis reads it, to follow its links."""
    headers: dict[str, list[str]] = {}
    for name, value in exchange.response.headers:
        headers.setdefault(name.lower(), []).append(value)
    return Response(
        status_code=exchange.status,
        headers=headers,
        content=exchange.response.body,
        request=requests.Request(exchange.request.method, exchange.url).prepare(),
        elapsed=0.0,
        verify=True,
    )
