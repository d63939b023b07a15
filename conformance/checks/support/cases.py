"""The parts that checks share: cases they are repeated for, values of correct requests, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import yaml

from accounts_contract import Operation
from conformance.account.state import Email, text_members
from conformance.checks.support.asking import ask
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.marking import Cases
from conformance.checks.support.question import JSON, Ask
from conformance.target.credentials import Credentials
from conformance.target.target import Scopes
from conformance.wire.client import Body

Case = TypeVar("Case")


# Values that are valid, or invalid, by anyone's reading.
_DATA: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("values.yaml").read_text("utf-8"))

TEXTS = tuple(_DATA["texts"])
URLS = tuple(_DATA["urls"])
TELLING_TEXTS = tuple(_DATA["telling_texts"])
NEARLY_SAME = tuple(_DATA["nearly_same"])
ENCODED: dict[str, str] = _DATA["encoded"]
SPECIAL_WORDS: dict[str, list[str]] = _DATA["special_words"]

NO_TEXTS: tuple[Any, ...] = (None, 0, 1.5, True, False, [], ["text"], {}, {"text": "text"})
"""JSON values that are no strings."""

WRITES = attrgetter("writes")
BODIES = attrgetter("body")
"""Choose operations, as `reads` and `names_an_address` do: those that write, and those that have a body."""
UNREADABLE = Body(b'{"email": ')
UNCHANGED = "refused-unchanged/access"
"""The requirement that a request without access breaks if it changes something."""


def reads(operation: Operation) -> bool:
    """Return whether an operation only reads."""
    return not operation.writes


def names_an_address(operation: Operation) -> bool:
    """Return whether the body of an operation names an address."""
    media = operation.body.content.get(JSON) if operation.body is not None else None
    return media is not None and "email" in media.schema.member_types


def in_each_form(_run: CheckContext) -> Cases:
    """Repeat for JSON and for a form."""
    for form in (False, True):
        yield "form" if form else "JSON", {"form": form}


def in_each_account(run: CheckContext) -> Cases:
    """Repeat for each account."""
    for account in run.target.accounts:
        yield account.role, {"role": account.role}


def correct_value(run: CheckContext, op: str, role: str = "owner") -> dict[str, Any] | None:
    """Return the body of a request that would change something of an account; None if it has no body.

    For many refusals: an address that has to be there is one that stays.
    """
    if run.operations[op].body is None:
        return None
    found: dict[str, Any] = run.descriptions.part(op, "value")(run, role)
    return found


def fresh_value(run: CheckContext, op: str, role: str = "owner") -> dict[str, Any] | None:
    """Return the body of a correct request; an address that has to be there is added for it."""
    value = correct_value(run, op, role)
    if value is not None and run.descriptions[op].on_known:
        value["email"] = run.added(role).email
    return value


def refusals(
    run: CheckContext, op: str, logins: Iterable[Credentials], status: int, kind: str, **more: Any
) -> list[Ask]:
    """Make correct requests to an account, one per login that must not open it."""
    more |= {"requirement": kind, "unchanged": UNCHANGED}
    asks = []
    for login in logins:
        # Credentials may be refused for their length alone.
        statuses = (status, 431) if len(login.authorization or "") > 1000 else (status,)
        value = correct_value(run, op, more.get("role", "owner"))
        asks.append(Ask(op, value, login=login, statuses=statuses, **more))
    return asks


def text_member(run: CheckContext, index: int = 0) -> str:
    """Return a member of the profile that can be put back."""
    fixed = (*run.ground.fixed.get("owner", ()), "profile_url")
    free = [name for name in text_members() if name not in fixed]
    return free[index % len(free)] if free else "full_name"


def other_scopes(run: CheckContext, op: str) -> list[Scopes]:
    """Return the sets of scopes that must not open an operation: each other scope alone, none, and what is listed."""
    needed = run.scopes(op)
    found = [frozenset({scope}) for scope in run.contract.scopes if scope not in needed]
    found.append(frozenset())
    found += [scopes for scopes in run.target.owner.tokens if not needed <= scopes]
    return list(dict.fromkeys(found))


def unknown_usernames(run: CheckContext) -> tuple[str, ...]:
    """Return names that nobody has: one of the target file or of our making, and one that begins as the owner's."""
    return run.target.unknown_username or run.tag, f"{run.target.owner.username}{run.tag}"


def share(run: CheckContext, op: str, cases: Sequence[Case]) -> Sequence[Case]:
    """Return the share of an operation in cases that are sent one by one: all; in a quick run, a few.

    The shares of all operations together are all cases.
    """
    if not run.settings.quick or not cases:
        return cases
    names = list(run.operations)
    return cases[names.index(op) % len(cases) :: len(names)]


def alike(local: str, domain: str) -> list[str]:
    """Return addresses that each differ from the one before by what somebody might leave out."""
    return [form.format(local=local, domain=domain) for form in _DATA["alike"]]


def no_addresses(tag: str) -> list[str]:
    """Return texts that are no addresses."""
    forms = enumerate(_DATA["no_addresses"])
    return ["@example.com", "@", *(form.format(f"{tag}.{at}") for at, form in forms)]


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


def made_primary(run: CheckContext, address: str = "", **how: Any) -> tuple[Email, Email]:
    """Return the primary address so far, and a verified one of ours that takes its place. Raises NotVerified."""
    previous = verified_primary(run)
    email = run.added(verified=True, address=address)
    ask(run, "update_email", {"email": email.email, "primary": True}, **how)
    return previous, email


def in_both(run: CheckContext) -> Iterator[dict[str, Any]]:
    """Yield the fields of an Ask for JSON, then for a form: what fails in a form alone is booked under `form`."""
    yield {}
    if run.judge.broken:
        yield {"form": True}
    else:
        yield {"form": True, "under": "form", "unchanged": "form"}
