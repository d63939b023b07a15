"""Verifying addresses, and that nothing is taken back: neither that nor the primary address."""

from __future__ import annotations

from typing import Any

from conformance.checks import cases
from conformance.checks.addresses import asked_again, made_primary, verified_primary
from conformance.checks.marking import proves
from conformance.checks.oracles import Witness, added_email, updated_email
from conformance.judge import Judge
from conformance.run import Run


@proves(
    "update-email/verifies",
    "update-email/answers-address",
    "update-email/verifying-keeps-primary",
    "update-email/others-untouched",
    "update-email/json",
    each=cases.in_both,
)
def test_an_address_is_verified(run: Run, judge: Judge, form: bool) -> None:
    login = run.login("update_email")
    address = run.address("+v")
    run.make("add_email", {"email": address.replace("+v", "")})
    added_email(run, judge, login, address)
    updated_email(run, judge, login, {"email": address, "verified": True}, form=form)
    asked_again(
        run, judge, "update-email/verifies", {"email": address, "verified": True}, form=form
    )


@proves("update-email/verifying-keeps-primary")
def test_verifying_the_primary_address_leaves_it_primary(run: Run, judge: Judge) -> None:
    value = {"email": verified_primary(run).email, "verified": True}
    asked_again(run, judge, "update-email/verifying-keeps-primary", value)


@proves("update-email/documented-answers", "update-email/others-untouched", each=cases.in_both)
def test_an_update_that_asks_for_nothing_changes_nothing(
    run: Run, judge: Judge, form: bool
) -> None:
    for email in (run.added(verified=True), run.standing()):
        witness = Witness(run)
        exchange = run.call(
            "update_email", run.login("update_email"), {"email": email.email}, form=form
        )
        judge.status("update-email/documented-answers", exchange, 200, 400)
        witness.nothing_changed(judge, "update-email/others-untouched", exchange)


@proves("update-email/no-unverify", "update-email/error-body", each=cases.in_both)
def test_no_address_is_unverified(run: Run, judge: Judge, form: bool) -> None:
    requirement = "update-email/no-unverify"
    verified, plain = run.added(verified=True), run.standing()
    for email in (verified, plain):
        for extra in ({}, {"primary": True}):
            _refused(
                run,
                judge,
                requirement,
                {"email": email.email, "verified": False, **extra},
                form=form,
            )
            _refused(
                run,
                judge,
                requirement,
                {**extra, "verified": False, "email": email.email},
                form=form,
            )


@proves("update-email/no-unset-primary", "update-email/error-body", each=cases.in_both)
def test_no_primary_address_is_unset(run: Run, judge: Judge, form: bool) -> None:
    requirement = "update-email/no-unset-primary"
    primary = run.before().primary
    addresses = [run.standing().email]
    if primary is not None and primary.verified:
        addresses.append(primary.email)
    for address in addresses:
        for extra in ({}, {"verified": True}):
            _refused(
                run, judge, requirement, {"email": address, "primary": False, **extra}, form=form
            )
            _refused(
                run, judge, requirement, {**extra, "primary": False, "email": address}, form=form
            )


@proves("update-email/no-unset-primary", "update-email/no-unverify", each=cases.in_both)
def test_a_new_primary_address_is_not_unset_either(
    run: Run,
    judge: Judge,
    form: bool,
) -> None:
    _, email = made_primary(run, judge)
    for name, requirement in (("primary", "no-unset-primary"), ("verified", "no-unverify")):
        _refused(
            run,
            judge,
            f"update-email/{requirement}",
            {"email": email.email, name: False},
            form=form,
        )


def _refused(run: Run, judge: Judge, requirement: str, value: Any, *, form: bool) -> None:
    witness = Witness(run)
    exchange = run.call("update_email", run.login("update_email"), value, form=form)
    judge.status(requirement, exchange, 400)
    cases.judge_error(judge, exchange)
    witness.nothing_changed(judge, requirement, exchange)
