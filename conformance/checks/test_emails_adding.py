"""Adding addresses, and what must not be added."""

from __future__ import annotations

from typing import Any

from conformance.account.state import Email, differences
from conformance.catalogue.requirements import slug
from conformance.checks.support import cases, oracles, values
from conformance.checks.support.addresses import good_addresses, made_primary
from conformance.checks.support.cases import Cases
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness, added_email, deleted_email, updated_email


def _addresses(run: CheckContext) -> Cases:
    hints = ("", "+other", ".a.b", "-dash", "_under", "+1.2_3-4+5", "0123456789")
    for form, domain in ((False, "example.com"), (True, "mail.sub-domain.example.org")):
        for hint in hints:
            label = f"{hint or 'plain'} at {domain}, {'form' if form else 'JSON'}"
            yield label, {"hint": hint, "domain": domain, "form": form}


@proves(
    "add-email/answers-address",
    "add-email/not-verified",
    "add-email/not-primary",
    "add-email/listed",
    "add-email/others-untouched",
    "add-email/json",
    "add-email/success",
    "list-emails/complete",
    each=_addresses,
)
def test_a_new_address_is_added(
    run: CheckContext,
    judge: Judge,
    hint: str,
    domain: str,
    form: bool,
) -> None:
    added_email(run, judge, run.login("add_email"), run.address(hint, domain), form=form)


@proves("add-email/success", "add-email/listed", "update-email/success", "delete-email/success")
def test_every_address_that_is_good_by_anyones_reading_is_taken(
    run: CheckContext, judge: Judge
) -> None:
    login = run.login("add_email")
    added = [
        one for one in good_addresses(run) if added_email(run, judge, login, one).status == 201
    ]
    for address in added:
        value = {"email": address, "verified": True}
        exchange = run.call("update_email", run.login("update_email"), value)
        judge.status("update-email/success", exchange, 200)
        exchange = run.call("delete_email", run.login("delete_email"), {"email": address})
        judge.status("delete-email/success", exchange, 204)


@proves(
    "add-email/not-verified",
    "add-email/not-primary",
    "add-email/documented-answers",
    each=cases.in_both,
)
def test_a_new_address_cannot_call_itself_verified_or_primary(
    run: CheckContext,
    judge: Judge,
    form: bool,
) -> None:
    for extra in ({"verified": True}, {"primary": True}, {"verified": True, "primary": True}):
        witness = Witness(run)
        address = run.address()
        exchange = run.call(
            "add_email", run.login("add_email"), {"email": address, **extra}, form=form
        )
        # Unknown members are ignored, or refused.
        if judge.status("add-email/documented-answers", exchange, 201, 400):
            if exchange.status == 201:
                oracles.judge_added(run, judge, address, exchange, witness)
            else:
                after = run.observe().find(address)
                judge.that(
                    "add-email/not-verified",
                    after is None,
                    expected="nothing added",
                    actual=f"{after}",
                    at=exchange,
                )
                judge.that(
                    "add-email/not-primary",
                    after is None,
                    expected="nothing added",
                    actual=f"{after}",
                    at=exchange,
                )


@proves("add-email/not-verified", "add-email/success", "update-email/verifies")
def test_an_address_that_comes_back_is_a_new_one(run: CheckContext, judge: Judge) -> None:
    address = run.address()
    value = {"email": address, "verified": True}
    for op in ("update_email", "delete_email"):
        exchange = run.call(op, run.login(op), value)
        judge.status(
            f"{slug(op)}/not-found/address", exchange, 404, *(400,) * (op == "delete_email")
        )
    for _ in range(2):
        added_email(run, judge, run.login("add_email"), address)
        updated_email(run, judge, run.login("update_email"), value)
        deleted_email(run, judge, run.login("delete_email"), address)


@proves("add-email/not-verified", "add-email/not-primary")
def test_a_former_primary_address_that_comes_back_is_a_new_one(
    run: CheckContext, judge: Judge
) -> None:
    previous, email = made_primary(run, judge)
    updated_email(run, judge, run.login("update_email"), {"email": previous.email, "primary": True})
    deleted_email(run, judge, run.login("delete_email"), email.email)
    added_email(run, judge, run.login("add_email"), email.email)


@proves(
    "add-email/success",
    "add-email/others-untouched",
    "update-email/others-untouched",
    "update-email/verifies",
)
def test_addresses_that_look_alike_are_others(run: CheckContext, judge: Judge) -> None:
    run.added(verified=True)
    base = run.address("_a.b")
    local, _, domain = base.partition("@")
    # What LIKE would take for the same comes first; the rest begins or ends alike.
    for address in (
        base.replace("_", "x"),
        base,
        base.replace("_a.b", "_ab"),
        f"x{base}",
        f"{base}.example",
        f"{local}+a@{domain}",
    ):
        added_email(run, judge, run.login("add_email"), address)
    value = {"email": base, "verified": True}
    updated_email(run, judge, run.login("update_email"), value)


@proves(
    "add-email/success",
    "add-email/others-untouched",
    "update-email/success",
    "delete-email/success",
)
def test_the_other_user_changes_addresses_too(run: CheckContext, judge: Judge) -> None:
    owner, before = run.before(), run.before("other")
    username = run.account("other").username
    address = run.address()
    for op, status, requirement in (
        ("add_email", 201, "add-email"),
        ("update_email", 200, "update-email"),
        ("delete_email", 204, "delete-email"),
    ):
        verified = op == "update_email"
        value = {"email": address, **({"verified": True} if verified else {})}
        exchange = run.call(op, run.login(op, "other"), value, username=username)
        judge.status(f"{requirement}/success", exchange, status)
        wanted = (
            before
            if op == "delete_email"
            else before.with_email(Email(address, verified=verified, primary=False))
        )
        found = differences(wanted, run.observe("other")) + differences(owner, run.observe())
        which = (
            "delete-email/removes-only-that"
            if op == "delete_email"
            else f"{requirement}/others-untouched"
        )
        judge.that(which, not found, expected="nothing else changed", actual=found, at=exchange)


@proves("add-email/invalid-body/invalid-address", "add-email/error-body", each=cases.in_both)
def test_what_is_no_address_is_not_added(run: CheckContext, judge: Judge, form: bool) -> None:
    requirement = "add-email/invalid-body/invalid-address"
    bad: list[Any] = ["", *values.no_addresses(run.tag)]
    if not form:
        bad += [*values.NO_TEXTS, [f"{run.tag}@example.com"], {"email": f"{run.tag}@example.com"}]
    for address in bad:
        value = {"email": address}
        cases.refused(run, judge, "add_email", requirement, 400, value=value, form=form)


@proves("add-email/duplicate", "add-email/refused-unchanged/duplicate")
def test_the_same_address_is_not_added_twice(run: CheckContext, judge: Judge) -> None:
    for email in (run.added(), run.added(verified=True)):
        for form in (False, True):
            witness = Witness(run)
            exchange = run.call(
                "add_email", run.login("add_email"), {"email": email.email}, form=form
            )
            judge.status("add-email/duplicate", exchange, 400)
            judge.status("add-email/documented-answers", exchange, 201, 400)
            if exchange.status == 400:
                requirement = "add-email/refused-unchanged/duplicate"
                witness.nothing_changed(judge, requirement, exchange)
                witness.other_untouched(judge, requirement, exchange)
            else:  # what becomes of it is left open
                judge.holds("add-email/refused-unchanged/duplicate")
                run.observe()
