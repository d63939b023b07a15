"""Adding addresses, and what must not be added."""

from __future__ import annotations

from typing import Any

from conformance.account.state import Email, differences
from conformance.checks.support import cases, oracles, values
from conformance.checks.support.addresses import made_primary
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


@proves("add-email/success", "add-email/listed")
def test_every_address_that_is_good_by_anyones_reading_is_added(
    run: CheckContext, judge: Judge
) -> None:
    local, _, domain = run.address("-").partition("@")
    long = f"{local}{'x' * (63 - len(local) - len(domain))}@{domain}"
    # The mark of the run stands in the domain, where the local part has one letter or digit.
    label = run.address().partition("@")[0]
    short = [f"{one}@{label}.example.com" for one in ("a", "7", "z9", "a-b", "admin", "info")]
    domains = ("mail.example", "a.b.c.d.example.net", "7.example.org", "ex-am-ple.example.com")
    others = [run.address("", domain) for domain in domains]
    for address in (long, f"1{run.address()}", *short, *others):
        added_email(run, judge, run.login("add_email"), address)


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
    email = run.added(verified=True)
    deleted_email(run, judge, run.login("delete_email"), email.email)
    added_email(run, judge, run.login("add_email"), email.email)
    value = {"email": email.email, "verified": True}
    updated_email(run, judge, run.login("update_email"), value)
    deleted_email(run, judge, run.login("delete_email"), email.email)


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
    base = run.address("_a")
    local, _, domain = base.partition("@")
    # What LIKE would take for the same comes first; the rest begins or ends alike.
    for address in (
        base.replace("_", "x"),
        base,
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
