"""Listing the addresses."""

from __future__ import annotations

from conformance.account.state import email_differences, read_emails
from conformance.checks.support import cases
from conformance.checks.support.asking import ask, asks
from conformance.checks.support.context import CheckContext
from conformance.checks.support.marking import proves


@proves(
    "list-emails/members",
    "list-emails/one-primary",
    "list-emails/complete",
    "list-emails/json",
    writes=False,
    each=cases.in_each_account,
)
def test_the_list_is_as_documented(run: CheckContext, role: str) -> None:
    ask(run, "list_emails", role=role)


@proves("list-emails/own-only", "list-emails/complete")
def test_the_lists_of_two_users_are_their_own(run: CheckContext) -> None:
    # The same address may be of both, from before; of what each adds here, nothing is.
    common = {one.email for one in run.before().emails}
    common &= {one.email for one in run.before("other").emails}
    for role in ("owner", "other"):
        run.added(role, verified=True)
        run.added(role)
    for role, other in (("owner", "other"), ("other", "owner")):
        own, strangers = run.before(role).emails, run.before(other).emails
        foreign = {email.email for email in strangers} - common
        for login in run.logins("list_emails", role):
            exchange = ask(run, "list_emails", role=role, login=login)
            if exchange.status != 200 or not isinstance(exchange.data, list):
                continue
            listed = read_emails(exchange.data)
            mixed = [email for email in listed if email.email in foreign]
            run.judge.that(
                "list-emails/own-only",
                not mixed,
                expected="no address of the other user",
                actual=f"{', '.join(map(str, mixed))} is listed",
                at=exchange,
            )
            found = email_differences(own, [email for email in listed if email not in mixed])
            run.judge.that(
                "list-emails/complete",
                not found,
                expected="the same list by each login",
                actual=found,
                at=exchange,
                shown_by=run.readings(role, "list_emails"),
            )


@proves("list-emails/complete")
def test_a_long_list_is_complete(run: CheckContext) -> None:
    # More than fit on a page of usual size.
    addresses = [run.address(hint) for hint in ("", "+tag") * 26]
    run.verify_before(["add_email"])
    sent = run.send_all(asks("add_email", ({"email": address} for address in addresses)))
    # How many an account may have is left open; adding has checks of its own.
    added = [one for one, done in zip(addresses, sent, strict=True) if done.status == 201]
    exchange = ask(run, "list_emails")
    if exchange.status != 200 or not isinstance(exchange.data, list):
        return
    found = [one.get("email") for one in exchange.data if isinstance(one, dict)]
    missing = [address for address in added if address not in found]
    run.judge.that(
        "list-emails/complete",
        not missing,
        expected=f"all of {len(added)} new addresses in the list",
        actual=f"it has {len(found)}, and {len(missing)} new ones are missing",
        at=exchange,
    )
