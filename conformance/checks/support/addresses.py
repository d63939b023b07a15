"""The parts that the checks of the addresses share: good ones, the owner's primary one, JSON and forms in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.account.state import Email
from conformance.checks.support.asking import ask
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified


def good_addresses(run: CheckContext) -> Iterator[str]:
    """Make addresses that are valid by anyone's reading, and of the target's own domain, each of another kind."""
    local, _, domain = run.address("-").partition("@")
    found = [f"{local}{'x' * (63 - len(local) - len(domain))}@{domain}", f"1{run.address()}"]
    # The mark of the run stands in the domain, where the local part has one letter or digit.
    label = run.address().partition("@")[0]
    found += [f"{one}@{label}.example.com" for one in ("a", "7", "z9", "a-b", "admin", "info")]
    # Nobody will ever own a domain below zz.
    domains = "mail.example mail.zz a.b.c.d.example.net 7.example.org ex-am-ple.example.com"
    found += [run.address("", domain) for domain in domains.split()]
    return filter(run.must_take, found)


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


def made_primary(run: CheckContext, **how: Any) -> tuple[Email, Email]:
    """Return the primary address so far, and a verified one of ours that takes its place. Raises NotVerified."""
    previous = verified_primary(run)
    email = run.added(verified=True)
    ask(run, "update_email", {"email": email.email, "primary": True}, **how)
    return previous, email


def in_both(run: CheckContext) -> Iterator[dict[str, Any]]:
    """Yield the fields of an Ask for JSON, then for a form: what fails in a form alone is booked under `form`."""
    yield {}
    if run.judge.broken:
        yield {"form": True}
    else:
        yield {"form": True, "under": "form", "unchanged": "form"}
