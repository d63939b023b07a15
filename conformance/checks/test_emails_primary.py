"""Making another address the primary one."""

from __future__ import annotations

from typing import Any

from conformance.checks.support import cases, oracles
from conformance.checks.support.addresses import asked_again, made_primary, verified_primary
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness, added_email, deleted_email, updated_email


@proves(
    "update-email/makes-primary",
    "update-email/unsets-previous",
    "update-email/others-untouched",
    "list-emails/one-primary",
    each=cases.in_both,
)
def test_an_address_becomes_primary_and_back(run: CheckContext, judge: Judge, form: bool) -> None:
    login = run.login("update_email")
    run.added(verified=True)
    run.added()
    previous, email = made_primary(run, judge, form=form)
    oracles.listed_emails(run, judge, run.login("list_emails"))
    again = {"email": email.email, "primary": True}
    asked_again(run, judge, "update-email/makes-primary", again, form=form)
    updated_email(run, judge, login, {"email": previous.email, "primary": True}, form=form)
    oracles.listed_emails(run, judge, run.login("list_emails"))


@proves("update-email/both", each=cases.in_both)
def test_both_members_at_once(run: CheckContext, judge: Judge, form: bool) -> None:
    verified_primary(run)
    for verified in (True, False):
        email = run.added(verified=verified)
        value: dict[str, Any] = {"email": email.email, "verified": True, "primary": True}
        if not verified:  # the order means nothing
            value = dict(reversed(value.items()))
        witness = Witness(run)
        exchange = run.call("update_email", run.login("update_email"), value, form=form)
        # Whether an address may become primary before it is verified is left open.
        allowed = (200,) if verified else (200, 400)
        if judge.status("update-email/both", exchange, *allowed) and exchange.status == 200:
            oracles.judge_updated_email(run, judge, value, exchange, witness)
            failed = "; ".join(one.actual for one in judge.failures)
            judge.that(
                "update-email/both",
                not failed,
                expected="verified and primary",
                actual=failed,
                at=exchange,
            )
        else:
            witness.nothing_changed(judge, "update-email/both", exchange)


@proves("update-email/others-untouched")
def test_a_primary_address_of_one_user_is_none_of_the_other(
    run: CheckContext, judge: Judge
) -> None:
    run.account("other")
    made_primary(run, judge)


@proves(
    "add-email/others-untouched",
    "update-email/verifying-keeps-primary",
    "delete-email/removes-only-that",
    "update-user/others-untouched",
)
def test_a_new_primary_address_stays_primary(run: CheckContext, judge: Judge) -> None:
    previous, _ = made_primary(run, judge)
    oracles.got_user(run, judge, run.login("get_user"))
    email = run.address()
    added_email(run, judge, run.login("add_email"), email)
    updated_email(run, judge, run.login("update_email"), {"email": email, "verified": True})
    deleted_email(run, judge, run.login("delete_email"), email)
    value = {cases.text_member(run): run.text("Primary")}
    oracles.updated_user(run, judge, run.login("update_user"), value)
    updated_email(run, judge, run.login("update_email"), {"email": previous.email, "primary": True})
