"""Deleting addresses; the primary one stays."""

from __future__ import annotations

from conformance.checks.support import cases
from conformance.checks.support.addresses import made_primary, primary_of_owner
from conformance.checks.support.cases import Cases
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge, NotVerified
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness, deleted_email, updated_email


def _states(_run: CheckContext) -> Cases:
    for form in (False, True):
        for verified in (False, True):
            label = f"{'verified' if verified else 'not verified'}, {'form' if form else 'JSON'}"
            yield label, {"verified": verified, "form": form}


@proves(
    "delete-email/removes", "delete-email/removes-only-that", "delete-email/no-body", each=_states
)
def test_an_address_is_deleted_and_no_other(
    run: CheckContext,
    judge: Judge,
    verified: bool,
    form: bool,
) -> None:
    login = run.login("delete_email")
    base = run.address("_a")
    local, _, domain = base.partition("@")
    similar = [f"{local}+a@{domain}", f"{local}.a@{domain}", f"{local}@x.{domain}", f"x{base}"]
    # What LIKE would take for the same, and what only begins alike.
    similar += [base.replace("_", "x"), f"{base}.example"]
    for address in (*similar[:2], base, *similar[2:]):
        run.make("add_email", {"email": address})
    if verified:
        run.make("update_email", {"email": base, "verified": True})
    if run.observe().find(base) is None:
        raise NotVerified("the check needs an address, and adding one did not work")
    deleted_email(run, judge, login, base, form=form)
    exchange = run.call("delete_email", login, {"email": base}, form=form)
    judge.that(
        "delete-email/removes",
        exchange.status == 404,
        expected="404 for an address that is gone",
        actual=exchange.describe(),
        at=exchange,
    )
    deleted_email(run, judge, login, similar[0], form=form)


@proves("delete-email/primary-refused", "delete-email/error-body", each=cases.in_both)
def test_the_primary_address_is_not_deleted(run: CheckContext, judge: Judge, form: bool) -> None:
    requirement = "delete-email/primary-refused"
    value = {"email": primary_of_owner(run).email}
    run.standing()
    for login in (run.login("delete_email"), run.basic("owner")):
        cases.refused(
            run, judge, "delete_email", requirement, 400, login=login, value=value, form=form
        )


@proves("delete-email/primary-spelled-otherwise", "delete-email/documented-answers")
def test_the_primary_address_is_not_deleted_however_it_is_spelled(
    run: CheckContext, judge: Judge
) -> None:
    primary = primary_of_owner(run)
    name, _, domain = primary.email.partition("@")
    spellings = [primary.email.upper(), f"{name}@{domain.upper()}", f"{name.title()}@{domain}"]
    spellings += [f" {primary.email} ", f"{primary.email}\n", f"{primary.email}."]
    for spelling in spellings:
        if spelling == primary.email:
            continue
        for form in (False, True):
            exchange = run.call(
                "delete_email", run.login("delete_email"), {"email": spelling}, form=form
            )
            judge.status("delete-email/documented-answers", exchange, 204, 400, 404)
            after = run.observe().find(primary.email)
            judge.that(
                "delete-email/primary-spelled-otherwise",
                after is not None and after.primary,
                expected=f"{primary.email} still there, and primary",
                actual=f"{after or 'it is gone'}",
                at=exchange,
            )


@proves(
    "delete-email/former-primary", "delete-email/primary-refused", "delete-email/not-found/address"
)
def test_the_rule_follows_the_primary_address(run: CheckContext, judge: Judge) -> None:
    login = run.login("delete_email")
    previous, email = made_primary(run, judge)
    witness = Witness(run)
    exchange = run.call("delete_email", login, {"email": email.email})
    judge.status("delete-email/former-primary", exchange, 400)
    witness.nothing_changed(judge, "delete-email/primary-refused", exchange)
    for address in (f"x{email.email}", f"{email.email}.example"):
        exchange = run.call("delete_email", login, {"email": address})
        judge.status("delete-email/not-found/address", exchange, 404)
    updated_email(run, judge, run.login("update_email"), {"email": previous.email, "primary": True})
    exchange = deleted_email(run, judge, login, email.email)
    judge.status("delete-email/former-primary", exchange, 204)
