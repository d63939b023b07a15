"""The parts that the checks of the addresses share: the owner's primary one, and asking for what is so already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.account.state import Email
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge, NotVerified
from conformance.checks.support.oracles import Witness, updated_email


def good_addresses(run: CheckContext) -> Iterator[str]:
    """Make addresses that are valid by anyone's reading, each of another kind."""
    local, _, domain = run.address("-").partition("@")
    yield f"{local}{'x' * (63 - len(local) - len(domain))}@{domain}"
    yield f"1{run.address()}"
    # The mark of the run stands in the domain, where the local part has one letter or digit.
    label = run.address().partition("@")[0]
    for one in ("a", "7", "z9", "a-b", "admin", "info"):
        yield f"{one}@{label}.example.com"
    # Nobody will ever own a domain below zz.
    for domain in (
        "mail.example",
        "mail.zz",
        "a.b.c.d.example.net",
        "7.example.org",
        "ex-am-ple.example.com",
    ):
        yield run.address("", domain)


def primary_of_owner(run: CheckContext) -> Email:
    """Return the owner's primary address. Raises NotVerified."""
    primary = run.before().primary
    if primary is None:
        raise NotVerified("the owner has no single primary address")
    return primary


def verified_primary(run: CheckContext) -> Email:
    """Return the owner's primary address, for a check that changes it for a while. Raises NotVerified."""
    primary = primary_of_owner(run)
    if not primary.verified:
        raise NotVerified(
            f"the primary address {primary.email} is not verified: a change of it might not be undone"
        )
    return primary


def made_primary(run: CheckContext, judge: Judge, *, form: bool = False) -> tuple[Email, Email]:
    """Return the primary address so far, and a verified one of ours that takes its place. Raises NotVerified."""
    previous = verified_primary(run)
    email = run.added(verified=True)
    value = {"email": email.email, "primary": True}
    updated_email(run, judge, run.login("update_email"), value, form=form)
    return previous, email


def asked_again(
    run: CheckContext, judge: Judge, requirement: str, value: dict[str, Any], *, form: bool = False
) -> None:
    """Ask for what is so already: it stays so, whether that is called a success or an error."""
    witness = Witness(run)
    exchange = run.call("update_email", run.login("update_email"), value, form=form)
    judge.status(requirement, exchange, 200, 400)
    witness.nothing_changed(judge, requirement, exchange)
