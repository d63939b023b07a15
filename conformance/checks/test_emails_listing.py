"""Listing the addresses."""

from __future__ import annotations

from conformance.checks.support import oracles
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge
from conformance.checks.support.marking import proves

_MANY = 52  # addresses: more than fit on a page of usual size


@proves(
    "list-emails/members",
    "list-emails/one-primary",
    "list-emails/complete",
    "list-emails/json",
    writes=False,
)
def test_the_list_is_as_documented(run: CheckContext, judge: Judge) -> None:
    oracles.listed_emails(run, judge, run.login("list_emails"))


@proves("list-emails/one-primary", writes=False)
def test_the_other_user_has_one_primary_address(run: CheckContext, judge: Judge) -> None:
    oracles.listed_emails(run, judge, run.login("list_emails", "other"), "other")


@proves("list-emails/own-only", "list-emails/complete")
def test_the_lists_of_two_users_are_their_own(run: CheckContext, judge: Judge) -> None:
    # The same address may be of both, from before; of what each adds here, nothing is.
    common = {one.email for one in run.before().emails}
    common &= {one.email for one in run.before("other").emails}
    run.added(verified=True)
    run.added("other", verified=True)
    ours = run.added().email
    theirs = run.added("other").email
    for role, own, foreign in (("owner", ours, theirs), ("other", theirs, ours)):
        for login in (run.basic(role), run.login("list_emails", role)):
            exchange = run.call("list_emails", login, username=run.account(role).username)
            found = exchange.json() if exchange.status == 200 else []
            addresses = [one.get("email") for one in found if isinstance(one, dict)]
            other_role = "other" if role == "owner" else "owner"
            strangers = {email.email for email in run.before(other_role).emails} | {foreign}
            mixed = sorted(strangers & set(map(str, addresses)) - {own} - common)
            judge.that(
                "list-emails/own-only",
                not mixed,
                expected="no address of the other user",
                actual=f"{', '.join(mixed)} is listed",
                at=exchange,
            )
            judge.that(
                "list-emails/complete",
                own in addresses,
                expected=f"{own} in the list",
                actual=f"{addresses}",
                at=exchange,
            )


@proves("list-emails/complete", "list-emails/success")
def test_every_login_reads_the_same_list(run: CheckContext, judge: Judge) -> None:
    run.added(verified=True)
    run.added()
    lists = []
    exchange = None
    for login in (run.basic("owner"), run.login("list_emails")):
        exchange = run.call("list_emails", login)
        if not judge.status("list-emails/success", exchange, 200):
            return
        emails = oracles.told_emails(judge, exchange, "list-emails/complete")
        if emails is None:
            return
        lists.append([str(email) for email in emails])
    judge.that(
        "list-emails/complete",
        lists[0] == lists[1],
        expected="the same list by Basic and by token",
        actual=f"{lists[0]} and {lists[1]}",
        at=exchange,
    )


@proves("list-emails/complete", "list-emails/success")
def test_a_long_list_is_complete(run: CheckContext, judge: Judge) -> None:
    login = run.login("add_email")
    added = []
    for _ in range(_MANY):
        address = run.address()
        exchange = run.call("add_email", login, {"email": address})
        if exchange.status != 201:
            break  # how many an account may have is left open; adding has checks of its own
        added.append(address)
    exchange = run.call("list_emails", run.login("list_emails"))
    if not judge.status("list-emails/success", exchange, 200):
        return
    listed = oracles.answer(judge, exchange)
    if not isinstance(listed, list):
        return
    found = [one.get("email") for one in listed if isinstance(one, dict)]
    missing = [address for address in added if address not in found]
    judge.that(
        "list-emails/complete",
        not missing,
        expected=f"all of {len(added)} new addresses in the list",
        actual=f"it has {len(found)}, and {len(missing)} new ones are missing",
        at=exchange,
    )
