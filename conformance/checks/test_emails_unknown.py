"""Addresses that the account does not have: unknown, somebody else's, no text, or not there at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all, asks
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.marking import proves
from conformance.checks.support.question import Ask


def _of(op: str, addresses: Iterable[Any], **how: Any) -> list[Ask]:
    """Make requests that would change something if the account had these addresses."""
    extra = {"verified": True} if op == "update_email" else {}
    return asks(op, ({"email": address, **extra} for address in addresses), **how)


@proves("{op}/not-found/address", "{op}/error-body")
def test_an_unknown_address_is_not_found(run: CheckContext, op: str) -> None:
    known = run.standing().email
    for form in (False, True):
        unknown = [run.address(), f"x{known}", known.replace("@", "+x@"), known.replace("@", "@x.")]
        unknown.append(f"{known[0]}.{known[1:]}")  # dots mean something
        group = _of(op, unknown, form=form)
        for names in ((), ("primary",), ("verified", "primary")) if op == "update_email" else ():
            flags = dict.fromkeys(names, True)
            bodies = [{"email": one, **flags} for one in (run.address(), *unknown[1:])]
            group += asks(op, bodies, form=form)
        ask_all(run, group)


@proves("{op}/not-found/address")
def test_a_pattern_is_no_address(run: CheckContext, op: str) -> None:
    name, _, domain = run.standing().email.partition("@")
    # In SQL, a glob, and a regular expression: our own address fits, and nobody else's.
    ask_all(run, _of(op, [f"{name[:-1]}{anything}@{domain}" for anything in ("%", "*", ".*")]))


@proves("{op}/not-found/foreign-address")
def test_an_address_of_somebody_else_stays(run: CheckContext, op: str) -> None:
    foreign = run.added("other").email
    for form in (False, True):
        # That it is unknown here is the plain reading; a target may also say that it is not theirs.
        common = {"statuses": (404, 403, 400), "requirement": "not-found/foreign-address"}
        ask_all(run, _of(op, [foreign], form=form, **common))


@proves("{op}/invalid-body/address-of-wrong-type")
def test_an_address_that_is_no_text_is_refused(run: CheckContext, op: str) -> None:
    known = run.standing().email
    ask_all(run, _of(op, (*cases.NO_TEXTS, [known], {"email": known}, {"$regex": run.tag})))


@proves("{op}/invalid-body/missing-address", "{op}/error-body")
def test_a_body_without_an_address_is_refused(run: CheckContext, op: str) -> None:
    def address() -> str:
        return run.address() if op == "add_email" else run.standing().email

    for form in (False, True):
        bodies: list[dict[str, Any]] = [{"x": "y"} if form else {}]
        bodies += [{"verified": True}, {"primary": True}]
        bodies += [{"address": address()}, {"email[]": address()}]
        query = f"?email={quote(address(), safe='')}&verified=true"
        ask_all(run, [*asks(op, bodies, form=form), Ask(op, bodies[0], form=form, query=query)])


@proves("delete-email/removes-only-that", "update-email/others-untouched")
def test_the_same_address_of_two_users_is_each_ones_own(run: CheckContext) -> None:
    value = {"email": run.address()}
    if not run.make(("add_email", value), role="other"):
        raise NotVerified(
            "the check needs an address of the other user, and adding one did not work"
        )
    if ask(run, "add_email", value, statuses=(201, 400)).status != 201:
        run.judge.pass_all()  # an address that anybody has may be refused
        return
    ask(run, "update_email", {**value, "verified": True})
    primary = run.before().primary
    if primary is not None and primary.verified:
        ask(run, "update_email", {**value, "primary": True})
        ask(run, "update_email", {"email": primary.email, "primary": True})
    ask(run, "delete_email", value)
    ask(run, "delete_email", value, role="other")


@proves("add-email/not-verified")
def test_what_somebody_has_verified_is_not_verified_for_another(run: CheckContext) -> None:
    run.account("other")
    value = {"email": run.added(verified=True).email}
    for _ in range(2):
        # An address that anybody has, or has had, may be refused.
        if ask(run, "add_email", value, role="other", statuses=(201, 400)).status == 201:
            ask(run, "delete_email", value, role="other")
        if run.before().find(value["email"]) is not None:
            ask(run, "delete_email", value)
    run.judge.pass_all()
