"""Addresses that the account does not have: unknown, somebody else's, no text, or not there at all."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from conformance.catalogue.requirements import slug
from conformance.checks.support import cases, values
from conformance.checks.support.cases import EMAIL_WRITES, operations, product
from conformance.checks.support.context import CheckContext, form_body, json_body
from conformance.checks.support.judge import Judge, NotVerified
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness, deleted_email, updated_email

_ON_KNOWN = ("update_email", "delete_email")


@proves("{op}/not-found/address", "{op}/error-body", each=product(_ON_KNOWN, cases.in_both))
def test_an_unknown_address_is_not_found(
    run: CheckContext, judge: Judge, op: str, form: bool
) -> None:
    requirement = f"{slug(op)}/not-found/address"
    known = run.standing().email
    unknown = [run.address(), f"x{known}", known.replace("@", "+x@"), known.replace("@", "@x.")]
    extras: list[dict[str, Any]] = [{}]
    if op == "update_email":
        extras = [{"verified": True}, {"primary": True}, {"verified": True, "primary": True}]
    for address in unknown:
        for extra in extras:
            value = {"email": address, **extra}
            cases.refused(run, judge, op, requirement, 404, value=value, form=form)


@proves("{op}/not-found/address", each=operations(_ON_KNOWN))
def test_a_pattern_is_no_address(run: CheckContext, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/not-found/address"
    extra = {"verified": True} if op == "update_email" else {}
    name, _, domain = run.standing().email.partition("@")
    # In SQL, a glob, and a regular expression: our own address fits, and nobody else's.
    for anything in ("%", "*", ".*"):
        value = {"email": f"{name[:-1]}{anything}@{domain}", **extra}
        witness = Witness(run)
        exchange = run.call(op, run.login(op), value)
        judge.status(requirement, exchange, 404, 400)
        witness.nothing_changed(judge, requirement, exchange)


@proves("{op}/not-found/foreign-address", each=product(_ON_KNOWN, cases.in_both))
def test_an_address_of_somebody_else_stays(
    run: CheckContext, judge: Judge, op: str, form: bool
) -> None:
    requirement = f"{slug(op)}/not-found/foreign-address"
    foreign = run.added("other").email
    witness = Witness(run)
    extra = {"verified": True} if op == "update_email" else {}
    exchange = run.call(op, run.login(op), {"email": foreign, **extra}, form=form)
    # That it is unknown here is the plain reading; a target may also say that it is not theirs.
    judge.status(requirement, exchange, 404, 403, 400)
    witness.other_untouched(judge, requirement, exchange)
    witness.nothing_changed(judge, requirement, exchange)


@proves("{op}/invalid-body/address-of-wrong-type", each=operations(_ON_KNOWN))
def test_an_address_that_is_no_text_is_refused(run: CheckContext, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/invalid-body/address-of-wrong-type"
    known = run.standing().email
    extra = {"verified": True} if op == "update_email" else {}
    for address in (*values.NO_TEXTS, [known], {"email": known}, {"$regex": run.tag}):
        witness = Witness(run)
        exchange = run.call(op, run.login(op), {"email": address, **extra})
        judge.status(requirement, exchange, 400, 404)
        witness.nothing_changed(judge, requirement, exchange)


@proves(
    "{op}/invalid-body/missing-address",
    "{op}/error-body",
    each=operations(EMAIL_WRITES),
)
def test_a_body_without_an_address_is_refused(run: CheckContext, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/invalid-body/missing-address"
    address = run.address() if op == "add_email" else run.standing().email
    bodies: list[dict[str, Any]] = [{}, {"verified": True}, {"primary": True}]
    bodies += [{"address": address}, {"email[]": address}]
    for form in (False, True):
        for value in bodies:
            cases.refused(run, judge, op, requirement, 400, value=value, form=form)
    query = f"?email={quote(address, safe='')}&verified=true"
    for body in (json_body({}), form_body({"x": "y"})):
        witness = Witness(run)
        exchange = run.call(op, run.login(op), body=body, query=query)
        judge.status(requirement, exchange, 400)
        witness.nothing_changed(judge, requirement, exchange)


@proves("delete-email/removes-only-that", "update-email/others-untouched")
def test_the_same_address_of_two_users_is_each_ones_own(run: CheckContext, judge: Judge) -> None:
    address = run.address()
    username = run.account("other").username
    if not run.make("add_email", {"email": address}, "other"):
        raise NotVerified(
            "the check needs an address of the other user, and adding one did not work"
        )
    witness = Witness(run)
    answer = run.call("add_email", run.login("add_email"), {"email": address})
    witness.other_untouched(judge, "add-email/others-untouched", answer)
    if answer.status != 201:  # an address that anybody has may be refused
        judge.pass_all()
        return
    run.observe()
    login = run.login("update_email")
    updated_email(run, judge, login, {"email": address, "verified": True})
    primary = run.before().primary
    if primary is not None and primary.verified:
        updated_email(run, judge, login, {"email": address, "primary": True})
        updated_email(run, judge, login, {"email": primary.email, "primary": True})
    deleted_email(run, judge, run.login("delete_email"), address)
    login = run.login("delete_email", "other")
    exchange = run.call("delete_email", login, {"email": address}, username=username)
    judge.status("delete-email/success", exchange, 204)
