"""Making another address the primary one."""

from __future__ import annotations

from typing import Any

from conformance.checks.support import cases
from conformance.checks.support.asking import ask
from conformance.checks.support.context import CheckContext
from conformance.checks.support.marking import proves


@proves(
    "update-email/makes-primary",
    "update-email/unsets-previous",
    "update-email/others-untouched",
    "update-email/form",
    "list-emails/one-primary",
)
def test_an_address_becomes_primary_and_back(run: CheckContext) -> None:
    run.added(verified=True)
    run.added()
    for how in cases.in_both(run):
        previous, email = cases.made_primary(run, **how)
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
