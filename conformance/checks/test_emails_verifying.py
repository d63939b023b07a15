"""Verifying addresses, and that nothing is taken back: neither that nor the primary address."""

from __future__ import annotations

from typing import Any

from conformance.checks.support import cases
from conformance.checks.support.addresses import asked_again, made_primary, verified_primary
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness, added_email, updated_email

_NEVER_FALSE = {"primary": "update-email/no-unset-primary", "verified": "update-email/no-unverify"}


@proves(
    "update-email/verifies",
    "update-email/answers-address",
    "update-email/verifying-keeps-primary",
    "update-email/others-untouched",
    "update-email/json",
    each=cases.in_both,
)
def test_an_address_is_verified(run: CheckContext, judge: Judge, form: bool) -> None:
    login = run.login("update_email")
    address = run.address("+v")
    run.make("add_email", {"email": address.replace("+v", "")})
    added_email(run, judge, login, address)
    updated_email(run, judge, login, {"email": address, "verified": True}, form=form)
    asked_again(
        run, judge, "update-email/verifies", {"email": address, "verified": True}, form=form
    )


@proves("update-email/verifying-keeps-primary")
def test_verifying_the_primary_address_leaves_it_primary(run: CheckContext, judge: Judge) -> None:
    value = {"email": verified_primary(run).email, "verified": True}
    asked_again(run, judge, "update-email/verifying-keeps-primary", value)


@proves("update-email/documented-answers", "update-email/others-untouched", each=cases.in_both)
def test_an_update_that_asks_for_nothing_changes_nothing(
    run: CheckContext, judge: Judge, form: bool
) -> None:
    for email in (run.added(verified=True), run.standing()):
        witness = Witness(run)
        exchange = run.call(
            "update_email", run.login("update_email"), {"email": email.email}, form=form
        )
        judge.status("update-email/documented-answers", exchange, 200, 400)
        witness.nothing_changed(judge, "update-email/others-untouched", exchange)


@proves("update-email/no-unverify", "update-email/error-body", each=cases.in_both)
def test_no_address_is_unverified(run: CheckContext, judge: Judge, form: bool) -> None:
    for email in (run.added(verified=True), run.standing()):
        for extra in ({}, {"primary": True}):
            _false_is_refused(run, judge, "verified", email.email, extra, form=form)


@proves("update-email/no-unset-primary", "update-email/error-body", each=cases.in_both)
def test_no_primary_address_is_unset(run: CheckContext, judge: Judge, form: bool) -> None:
    primary = run.before().primary
    addresses = [run.standing().email]
    if primary is not None and primary.verified:
        addresses.append(primary.email)
    for address in addresses:
        for extra in ({}, {"verified": True}):
            _false_is_refused(run, judge, "primary", address, extra, form=form)


def _false_is_refused(
    run: CheckContext, judge: Judge, name: str, address: str, extra: dict[str, bool], *, form: bool
) -> None:
    value: dict[str, Any] = {"email": address, name: False, **extra}
    # The order of the members means nothing.
    for sent in (value, dict(reversed(value.items()))):
        cases.refused(run, judge, "update_email", _NEVER_FALSE[name], 400, value=sent, form=form)


@proves("update-email/no-unset-primary", "update-email/no-unverify", each=cases.in_both)
def test_a_new_primary_address_is_not_unset_either(
    run: CheckContext, judge: Judge, form: bool
) -> None:
    _, email = made_primary(run, judge)
    for name, requirement in _NEVER_FALSE.items():
        value = {"email": email.email, name: False}
        cases.refused(run, judge, "update_email", requirement, 400, value=value, form=form)
