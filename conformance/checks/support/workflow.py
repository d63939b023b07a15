"""Sequences of requests: schemathesis follows the links of the contract, and each step is judged here."""

from __future__ import annotations

from functools import cache
from typing import Any

import requests
from schemathesis import Response
from schemathesis.generation.case import Case
from schemathesis.generation.stateful import run_state_machine_as_test

from conformance.catalogue.requirements import slug
from conformance.checks.support import oracles
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
            self.walker = _Walker(run, search.fresh())
            with search.trying():
                run.settle()

        def call(self, case: Case[Any], **_: Any) -> Response:
            with search.trying():
                exchange = self.walker.step(case)
            search.tell(self.walker.judge)
            return _response(exchange)

        def validate_response(self, *_: Any, **__: Any) -> None:
            """The step has judged it."""

    search.go(Walk, lambda machine: run_state_machine_as_test(machine, settings=settings(run)))


@cache
def _machine() -> type[Any]:
    found: type[Any] = schema(narrowed=True).as_state_machine()
    return found


class _Walker:
    """Sends the steps of one sequence."""

    def __init__(self, run: CheckContext, judge: Judge) -> None:
        self.judge = judge
        self._run = run
        self._unknown = ""
        """An address that this sequence never adds."""
        self._form = False

    def step(self, case: Case[Any]) -> Exchange:
        """Send what schemathesis asks for to the owner's account, by JSON and by form in turn."""
        op = _operation_of(case)
        value = case.body if isinstance(case.body, dict) else {}
        self._form = form = not self._form
        if op == "list_emails":
            return self._list()
        if op == "add_email":
            return self._add(value, form=form)
        return self._change(op, value, form=form)

    def _list(self) -> Exchange:
        run = self._run
        login = run.login("list_emails")
        oracles.listed_emails(run, self.judge, login)
        return run.call("list_emails", login)

    def _add(self, value: dict[str, Any], *, form: bool) -> Exchange:
        address = ours(self._run, value)["email"]
        return oracles.added_email(
            self._run, self.judge, self._run.login("add_email"), address, form=form
        )

    def _change(self, op: str, value: dict[str, Any], *, form: bool) -> Exchange:
        """Update or delete an address: one of ours, or one that is not there."""
        run, judge = self._run, self.judge
        login = run.login(op)
        address = str(value.get("email", ""))
        if run.tag not in address:
            self._unknown = self._unknown or run.address()
            address = self._unknown
        value = {**value, "email": address}
        found = run.before().find(address)
        if found is None:
            return self._refused(op, value, "not-found/address", 404, form=form)
        if op == "delete_email":
            if found.primary:
                return self._refused(op, value, "primary-refused", 400, form=form)
            return oracles.deleted_email(run, judge, login, address, form=form)
        verified, primary = bool(value.get("verified")), bool(value.get("primary"))
        # Left open: a wish for nothing, or for what is so already, and a primary address not verified.
        plain = (primary and found.verified and not found.primary) or (
            verified and not primary and not found.verified
        )
        if plain:
            return oracles.updated_email(run, judge, login, value, form=form)
        witness = Witness(run)
        exchange = run.call(op, login, value, form=form)
        requirement = "update-email/documented-answers"
        if judge.status(requirement, exchange, 200, 400):
            if exchange.status == 200:
                oracles.judge_updated_email(run, judge, value, exchange, witness)
            else:
                witness.nothing_changed(judge, requirement, exchange)
        return exchange

    def _refused(
        self, op: str, value: dict[str, Any], requirement: str, status: int, *, form: bool
    ) -> Exchange:
        witness = Witness(self._run)
        exchange = self._run.call(op, self._run.login(op), value, form=form)
        named = f"{slug(op)}/{requirement}"
        # Without a flag, an update has nothing to do; what is said to that first is left open.
        idle = op == "update_email" and not value.keys() & {"verified", "primary"}
        self.judge.status(named, exchange, status, *((400,) if idle else ()))
        witness.nothing_changed(self.judge, named, exchange)
        return exchange


def _operation_of(case: Case[Any]) -> str:
    return str(case.operation.definition.raw["operationId"])


def _response(exchange: Exchange) -> Response:
    """An answer as schemathesis reads it, to follow its links."""
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
