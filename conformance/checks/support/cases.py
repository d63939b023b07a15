"""The cases that checks are repeated for, and the values of a correct request of each operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, TypeVar

from accounts_contract import Operation
from conformance.account.state import text_members
from conformance.catalogue.requirements import packaged_contract
from conformance.checks.support.context import CheckContext
from conformance.checks.support.marking import Cases
from conformance.checks.support.question import JSON, Ask
from conformance.target.credentials import Credentials
from conformance.target.target import Scopes
from conformance.wire.client import Body
from conformance.wire.exchange import Exchange

Case = TypeVar("Case")


class _Chosen(Iterable[str]):
    """The operations of the contract that a rule chooses; looked up when they are needed."""

    def __init__(self, rule: Callable[[Operation], bool]) -> None:
        self._rule = rule

    def __iter__(self) -> Iterator[str]:
        return (one.id for one in packaged_contract().operations.values() if self._rule(one))

    def __contains__(self, name: object) -> bool:
        return any(name == one for one in self)


OPERATIONS = _Chosen(lambda operation: True)
READS = _Chosen(lambda operation: not operation.writes)
WRITES = _Chosen(lambda operation: operation.writes)
BODIES = _Chosen(lambda operation: operation.body is not None)
EMAIL_WRITES = _Chosen(lambda operation: "email" in _members(operation))
"""Those whose body names an address."""
UNREADABLE = Body(b'{"email": ')
UNCHANGED = "refused-unchanged/access"
"""The requirement that a request without access breaks if it changes something."""


def in_both(_run: CheckContext) -> Cases:
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
    role = more.get("role", "owner")
    return [
        Ask(
            op,
            correct_value(run, op, role),
            login=login,
            statuses=(status, *_too_long(login)),
            **more,
        )
        for login in logins
    ]


def text_member(run: CheckContext, index: int = 0) -> str:
    """Return a member of the profile that can be put back."""
    fixed = (*run.prepared.fixed.get("owner", ()), "profile_url")
    free = [name for name in text_members() if name not in fixed]
    return free[index % len(free)] if free else "full_name"


def other_scopes(run: CheckContext, op: str) -> list[Scopes]:
    """Return the sets of scopes that must not open an operation: each other scope alone, none, and what is listed."""
    needed = run.scopes(op)
    found = [frozenset({scope}) for scope in run.contract.scopes if scope not in needed]
    found.append(frozenset())
    found += [scopes for scopes in run.target.owner.tokens if not needed <= scopes]
    return list(dict.fromkeys(found))


def further_sets(run: CheckContext) -> list[Scopes]:
    """Return the sets of scopes between one and all: what only a token_command can show as a whole."""
    names = sorted(run.contract.scopes)
    return [frozenset(one) for size in range(2, len(names)) for one in combinations(names, size)]


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


def _too_long(credentials: Credentials) -> tuple[int, ...]:
    """Return the statuses that may be answered to credentials for their length alone."""
    return (431,) if len(credentials.authorization or "") > 1000 else ()


def has_challenge(exchange: Exchange, scheme: str) -> bool:
    """Return whether WWW-Authenticate has a challenge of a scheme."""
    value = exchange.header("WWW-Authenticate") or ""
    return re.search(rf"(?:^|,)\s*{scheme}\b", value, re.IGNORECASE) is not None


def _members(operation: Operation) -> Collection[str]:
    media = operation.body.content.get(JSON) if operation.body is not None else None
    return media.schema.member_types if media is not None and media.schema is not None else ()
