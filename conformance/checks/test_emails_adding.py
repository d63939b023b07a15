"""Adding addresses, and what must not be added."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all, asks
from conformance.checks.support.context import CheckContext
from conformance.checks.support.marking import proves
from conformance.checks.support.question import Ask


def _adds(addresses: Iterable[Any], **how: Any) -> list[Ask]:
    return asks("add_email", ({"email": address} for address in addresses), **how)


@proves(
    "add-email/answers-address",
    "add-email/not-verified",
    "add-email/not-primary",
    "add-email/listed",
    "add-email/others-untouched",
    "add-email/json",
    "add-email/success",
    "add-email/form",
    "list-emails/complete",
)
def test_a_new_address_is_added(run: CheckContext) -> None:
    hints = ("", "+other", ".a.b", "-dash", "_under", "+1.2_3-4+5", "0123456789")
    for how in cases.in_both(run):
        domain = "mail.sub-domain.example.org" if how else "example.com"
        ask_all(run, _adds([run.address(hint, domain) for hint in hints], **how))


@proves("add-email/success", "add-email/listed", "update-email/success", "delete-email/success")
def test_every_address_that_is_good_by_anyones_reading_is_taken(run: CheckContext) -> None:
    adds = _adds(cases.good_addresses(run))
    answers = zip(adds, ask_all(run, adds), strict=True)
    added = [one.members for one, exchange in answers if exchange.status == 201]
    if added:
        ask_all(run, asks("update_email", ({**one, "verified": True} for one in added)))
        ask_all(run, asks("delete_email", added))


@proves("add-email/not-verified", "add-email/not-primary", "add-email/form")
def test_a_new_address_cannot_call_itself_verified_or_primary(run: CheckContext) -> None:
    for how in cases.in_both(run):
        group = []
        for names in (("verified",), ("primary",), ("verified", "primary")):
            value = {"email": run.address(), **dict.fromkeys(names, True)}
            group.append(Ask("add_email", value, **{"unchanged": f"not-{names[0]}", **how}))
        # Unknown members are ignored, or refused.
        ask_all(run, group)
    run.judge.pass_all()


@proves("add-email/not-verified", "add-email/success", "update-email/verifies")
def test_an_address_that_comes_back_is_a_new_one(run: CheckContext) -> None:
    value = {"email": run.address()}
    ask(run, "update_email", {**value, "verified": True})
    ask(run, "delete_email", value)
    for _ in range(2):
        ask(run, "add_email", value)
        run.added()  # whose number is not to be given again, when it is counted
        ask(run, "update_email", {**value, "verified": True})
        ask(run, "delete_email", value)
    ask(run, "update_email", {**value, "verified": True})


@proves("add-email/not-verified", "add-email/not-primary")
def test_a_former_primary_address_that_comes_back_is_a_new_one(run: CheckContext) -> None:
    previous, email = cases.made_primary(run)
    ask(run, "update_email", {"email": previous.email, "primary": True})
    ask(run, "delete_email", {"email": email.email})
    ask(run, "add_email", {"email": email.email})


@proves(
    "add-email/success",
    "add-email/others-untouched",
    "update-email/others-untouched",
    "update-email/verifies",
)
def test_addresses_that_look_alike_are_others(run: CheckContext) -> None:
    run.added(verified=True)
    base = run.address("_a.b")
    local, _, domain = base.partition("@")
    # What LIKE would take for the same comes first; the rest begins or ends alike.
    ask(run, "add_email", {"email": base.replace("_", "x")})
    ask(run, "add_email", {"email": base})
    alike = (base.replace("_a.b", "_ab"), f"x{base}", f"{base}.example", f"{local}+a@{domain}")
    ask_all(run, _adds(alike))
    ask(run, "update_email", {"email": base, "verified": True})


@proves(
    "add-email/success",
    "add-email/others-untouched",
    "update-email/success",
    "delete-email/success",
)
def test_the_other_user_changes_addresses_too(run: CheckContext) -> None:
    value = {"email": run.address()}
    ask(run, "add_email", value, role="other")
    ask(run, "update_email", {**value, "verified": True}, role="other")
    ask(run, "delete_email", value, role="other")


@proves("add-email/invalid-body/invalid-address", "add-email/error-body")
def test_what_is_no_address_is_not_added(run: CheckContext) -> None:
    address = run.address()
    no_texts = (*cases.NO_TEXTS, [address], {"email": address})
    for form in (False, True):
        texts = ("", *cases.no_addresses(run.tag))
        ask_all(run, _adds(texts if form else (*texts, *no_texts), form=form))


@proves("add-email/duplicate", "add-email/refused-unchanged/duplicate")
def test_the_same_address_is_not_added_twice(run: CheckContext) -> None:
    known = [run.added(verified=verified).email for verified in (False, True)]
    how = {"requirement": "duplicate", "unchanged": "refused-unchanged/duplicate"}
    for form in (False, True):
        ask_all(run, _adds(known, form=form, statuses=(400,), **how))
    # If one was taken, what becomes of it is left open.
    run.judge.pass_all()


@proves("add-email/refused-unchanged/duplicate", "list-emails/one-primary")
def test_the_primary_address_is_primary_when_it_is_added_again(run: CheckContext) -> None:
    how: dict[str, Any] = {"statuses": (400,), "requirement": "duplicate"}
    how["unchanged"] = "refused-unchanged/duplicate"
    primary, known = cases.verified_primary(run).email, run.added().email
    ask(run, "add_email", {"email": known}, **how)
    # A primary address that is there twice might not go away.
    if [one.email for one in run.before().emails].count(known) == 1:
        exchange = ask(run, "add_email", {"email": primary}, **how)
        run.judge.that(
            "list-emails/one-primary",
            run.before().primary is not None,
            expected="one primary address",
            actual=", ".join(map(str, run.before().emails)),
            at=exchange,
            shown_by=run.readings("owner", "list_emails"),
        )
    run.judge.pass_all()
