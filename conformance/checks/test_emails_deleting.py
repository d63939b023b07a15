"""Deleting addresses; the primary one stays."""

from __future__ import annotations

from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all, asks
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.marking import Cases, proves


def _states(_run: CheckContext) -> Cases:
    for verified in (False, True):
        yield "verified" if verified else "not verified", {"verified": verified}


@proves(
    "delete-email/removes",
    "delete-email/removes-only-that",
    "delete-email/no-body",
    "delete-email/form",
    each=_states,
)
def test_an_address_is_deleted_and_no_other(run: CheckContext, verified: bool) -> None:
    for how in cases.in_both(run):
        base = run.address("_a")
        local, _, domain = base.partition("@")
        similar = [f"{local}+a@{domain}", f"{local}.a@{domain}", f"{local}@x.{domain}", f"x{base}"]
        # What LIKE would take for the same, and what only begins alike.
        similar += [base.replace("_", "x"), f"{base}.example"]
        adds = [("add_email", {"email": one}) for one in (*similar[:2], base, *similar[2:])]
        verification = ("update_email", {"email": base, "verified": True})
        if not run.make(*adds, *[verification] * verified):
            raise NotVerified("the check needs addresses that look alike; adding one did not work")
        ask(run, "delete_email", {"email": base}, **how)
        ask(run, "delete_email", {"email": base}, statuses=(404,), requirement="removes", **how)
        ask(run, "delete_email", {"email": similar[0]}, **how)


@proves("delete-email/primary-refused", "delete-email/error-body")
def test_the_primary_address_is_not_deleted(run: CheckContext) -> None:
    run.standing()
    for form in (False, True):
        value = {"email": cases.primary_of_owner(run).email}
        for login in run.logins("delete_email"):
            ask(run, "delete_email", value, login=login, form=form)


@proves("delete-email/primary-spelled-otherwise", "delete-email/documented-answers")
def test_the_primary_address_is_not_deleted_however_it_is_spelled(run: CheckContext) -> None:
    primary = cases.primary_of_owner(run).email
    name, _, domain = primary.partition("@")
    spellings = [primary.upper(), f"{name}@{domain.upper()}", f"{name.title()}@{domain}"]
    spellings += [f" {primary} ", f"{primary}\n", f"{primary}."]
    subject = "primary-spelled-otherwise"
    for form in (False, True):
        how = {"form": form, "statuses": (204, 400, 404), "requirement": "not-found/address"}
        bodies = [{"email": one} for one in dict.fromkeys(spellings) if one != primary]
        ask_all(run, asks("delete_email", bodies, **how, under=subject, unchanged=subject))


@proves(
    "delete-email/former-primary", "delete-email/primary-refused", "delete-email/not-found/address"
)
def test_the_rule_follows_the_primary_address(run: CheckContext) -> None:
    previous, email = cases.made_primary(run)
    value = {"email": email.email}
    subject = "former-primary"
    ask(run, "delete_email", value, requirement=subject, unchanged="primary-refused")
    unknown = (f"x{email.email}", f"{email.email}.example")
    ask_all(run, asks("delete_email", ({"email": one} for one in unknown)))
    ask(run, "update_email", {"email": previous.email, "primary": True})
    ask(run, "delete_email", value, requirement=subject)
