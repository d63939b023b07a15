"""Verifying addresses, making another one the primary one, and that neither is taken back."""

from __future__ import annotations

from itertools import product
from typing import Any

from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all, asks
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.marking import proves
from conformance.checks.support.question import Ask


@proves(
    "update-email/verifies",
    "update-email/answers-address",
    "update-email/verifying-keeps-primary",
    "update-email/others-untouched",
    "update-email/json",
    "update-email/form",
)
def test_an_address_is_verified(run: CheckContext) -> None:
    for how in cases.in_both(run):
        address = run.address("+v")
        run.added(address=address.replace("+v", ""))
        ask(run, "add_email", {"email": address})
        value = {"email": address, "verified": True}
        ask(run, "update_email", value, **how)
        # It stays so, whether to ask for it again is called a success or an error.
        ask(run, "update_email", value, requirement="verifies", **how)


@proves("update-email/verifies", "update-email/verifying-keeps-primary")
def test_verifying_the_primary_address_leaves_it_primary(run: CheckContext) -> None:
    value = {"email": cases.verified_primary(run).email, "verified": True}
    ask(run, "update_email", value, requirement="verifies")
    run.judge.pass_all()


@proves("update-email/others-untouched", "update-email/form")
def test_an_update_that_asks_for_nothing_changes_nothing(run: CheckContext) -> None:
    known = (run.added(verified=True), run.standing())
    for how in cases.in_both(run):
        ask_all(run, asks("update_email", ({"email": one.email} for one in known), **how))


def _takes_back(addresses: list[str], name: str, beside: str, *, form: bool) -> list[Ask]:
    """Make updates that take something back, alone and beside another wish: the order means nothing."""
    wishes = product(addresses, ({name: False}, {name: False, beside: True}))
    values = [{"email": address, **wish} for address, wish in wishes]
    values += [dict(reversed(value.items())) for value in values]
    return asks("update_email", values, form=form)


@proves("update-email/no-unverify", "update-email/error-body")
def test_no_address_is_unverified(run: CheckContext) -> None:
    addresses = [run.added(verified=True).email, run.standing().email]
    for form in (False, True):
        ask_all(run, _takes_back(addresses, "verified", "primary", form=form))


@proves("update-email/no-unset-primary", "update-email/error-body")
def test_no_primary_address_is_unset(run: CheckContext) -> None:
    primary = run.before().primary
    addresses = [run.standing().email]
    if primary is not None and primary.verified:
        addresses.append(primary.email)
    for form in (False, True):
        ask_all(run, _takes_back(addresses, "primary", "verified", form=form))


@proves("update-email/no-unset-primary", "update-email/no-unverify")
def test_a_new_primary_address_is_not_unset_either(run: CheckContext) -> None:
    for form in (False, True):
        _, email = cases.made_primary(run)
        for name in ("primary", "verified"):
            ask(run, "update_email", {"email": email.email, name: False}, form=form)


@proves(
    "update-email/makes-primary",
    "update-email/unsets-previous",
    "update-email/others-untouched",
    "update-email/form",
    "list-emails/one-primary",
)
def test_an_address_becomes_primary_and_back(run: CheckContext) -> None:
    for how in cases.in_both(run):
        address = run.address("_p")
        # What LIKE would take for the same, and what only begins alike.
        for alike in filter(run.must_take, (address.replace("_", "x"), f"{address}.example")):
            run.added(verified=True, address=alike)
        previous, email = cases.made_primary(run, address, **how)
        ask(run, "list_emails")
        # It stays so, whether to ask for it again is called a success or an error.
        again = {"email": email.email, "primary": True}
        ask(run, "update_email", again, requirement="makes-primary", **how)
        ask(run, "update_email", {"email": previous.email, "primary": True}, **how)


@proves("update-email/both", "update-email/form")
def test_both_members_at_once(run: CheckContext) -> None:
    cases.verified_primary(run)
    for how in cases.in_both(run):
        # The order means nothing. Whether an address may become primary before it is verified is left open.
        for verified in (True, False):
            email = run.added(verified=verified).email
            value: dict[str, Any] = {"email": email, "verified": True, "primary": True}
            sent = value if verified else dict(reversed(value.items()))
            ask(run, "update_email", sent, requirement="both", **how)


@proves("update-email/others-untouched")
def test_to_make_primary_verifies_nothing(run: CheckContext) -> None:
    cases.verified_primary(run)
    # It may be refused until it is verified.
    ask(run, "update_email", {"email": run.standing().email, "primary": True})
    run.judge.pass_all()


@proves("update-email/unsets-previous", "delete-email/primary-refused")
def test_the_other_user_has_a_primary_address_too(run: CheckContext) -> None:
    primary = run.before("other").primary
    if primary is None:
        raise NotVerified("the other user has no single primary address")
    if not primary.verified:
        run.judge.pass_all()  # it could not be put back, and the owner's has shown the rule
        return
    email = run.added("other", verified=True)
    ask(run, "update_email", {"email": email.email, "primary": True}, role="other")
    ask(run, "delete_email", {"email": email.email}, role="other")
    ask(run, "update_email", {"email": primary.email, "primary": True}, role="other")


@proves(
    "add-email/others-untouched",
    "update-email/verifying-keeps-primary",
    "delete-email/removes-only-that",
    "update-user/others-untouched",
)
def test_a_new_primary_address_stays_primary(run: CheckContext) -> None:
    previous, _ = cases.made_primary(run)
    ask(run, "get_user")
    value = {"email": run.address()}
    ask(run, "add_email", value)
    ask(run, "update_email", {**value, "verified": True})
    ask(run, "delete_email", value)
    ask(run, "update_user", {cases.text_member(run): run.text("Primary")})
    ask(run, "update_email", {"email": previous.email, "primary": True})
