"""The cases that checks are repeated for, and a correct request of each operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import combinations
from typing import Any

from accounts_contract import Operation
from conformance.account.state import text_members
from conformance.catalogue.requirements import packaged_contract, slug
from conformance.checks.support.context import JSON, CheckContext
from conformance.checks.support.judge import Judge
from conformance.checks.support.oracles import Witness
from conformance.target.credentials import Credentials
from conformance.target.target import Scopes
from conformance.wire.client import Body
from conformance.wire.exchange import Exchange, NotJson

Cases = Iterator[tuple[str, dict[str, Any]]]


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
ANSWERING = _Chosen(lambda operation: operation.body is not None and operation.success != 204)
EMAIL_WRITES = _Chosen(lambda operation: "email" in _members(operation))
"""Those whose body names an address."""
_SMALL = 1024  # bytes of a body that every target has to read
UNREADABLE = Body(b'{"email": ')


def operations(
    names: Iterable[str], credential: Callable[[CheckContext, str], str] | None = None
) -> Callable[[CheckContext], Cases]:
    """Repeat for each of these operations, with the credentials under which the access matrix has it."""

    def each(run: CheckContext) -> Cases:
        for name in names:
            if name in run.operations:
                yield name, {"op": name, "credential": credential(run, name) if credential else ""}

    return each


def product(
    names: Iterable[str], values: Callable[[CheckContext, str], Cases]
) -> Callable[[CheckContext], Cases]:
    """Repeat for each of these operations, and for what `values` gives for each."""

    def each(run: CheckContext) -> Cases:
        for name in names:
            for label, arguments in values(run, name):
                yield f"{name}, {label}", {"op": name, **arguments}

    return each


def in_both(_run: CheckContext, _op: str = "") -> Cases:
    """Repeat for JSON and for a form."""
    for form in (False, True):
        yield "form" if form else "JSON", {"form": form}


def correct_value(run: CheckContext, op: str, role: str = "owner") -> dict[str, Any] | None:
    """Return the body of a request that would change something of an account; None if it has no body."""
    if run.operations[op].body is None:
        return None
    found: dict[str, Any] = run.descriptions.part(op, "value")(run, role)
    return found


def text_member(run: CheckContext, index: int = 0) -> str:
    """Return a member of the profile that can be put back."""
    fixed = (*run.prepared.fixed_members, "profile_url")
    free = [name for name in text_members() if name not in fixed]
    return free[index % len(free)] if free else "full_name"


def succeed(
    run: CheckContext,
    judge: Judge,
    op: str,
    login: Credentials,
    *,
    form: bool = False,
    role: str = "owner",
) -> Exchange:
    """Send a correct request, and judge all that follows from it."""
    return run.descriptions[op].succeed(run, judge, login, form=form, role=role)


def refused(
    run: CheckContext,
    judge: Judge,
    op: str,
    requirement: str,
    status: int,
    *,
    login: Credentials | None = None,
    **sent: Any,
) -> None:
    """Send what must be refused, and judge that it is: with a status, in words, and without an effect."""
    witness = Witness(run)
    exchange = run.call(op, login or run.login(op), **sent)
    judge.status(requirement, exchange, status)
    judge_error(judge, exchange)
    witness.nothing_changed(judge, requirement, exchange)


def other_scopes(run: CheckContext, op: str) -> Iterator[Scopes]:
    """Return the sets of scopes that must not open an operation: each other scope alone, none, and what is listed."""
    needed = run.scopes(op)
    found = [frozenset({scope}) for scope in run.contract.scopes if scope not in needed]
    found.append(frozenset())
    found += [scopes for scopes in run.target.owner.tokens if not needed <= scopes]
    yield from dict.fromkeys(found)


def further_sets(run: CheckContext) -> Iterator[Scopes]:
    """Return the sets of scopes between one and all: what only a token_command can show as a whole."""
    names = sorted(run.contract.scopes)
    for size in range(2, len(names)):
        yield from map(frozenset, combinations(names, size))


def unknown_usernames(run: CheckContext) -> tuple[str, ...]:
    """Return names that nobody has: one of the target file or of our making, and one that begins as the owner's."""
    return run.target.unknown_username or run.tag, f"{run.target.owner.username}{run.tag}"


def too_large(body: Body) -> tuple[int, ...]:
    """Return the statuses that may be answered to a body for its size alone; small ones have to be read."""
    return (413,) if len(body.content) > _SMALL else ()


def too_long(credentials: Credentials) -> tuple[int, ...]:
    """Return the statuses that may be answered to credentials for their length alone."""
    return (431,) if len(credentials.authorization or "") > _SMALL - 24 else ()


def judge_error(judge: Judge, exchange: Exchange) -> None:
    """Judge the body of an error, where there is one: a JSON object with words in it."""
    if exchange.status < 400:
        return
    try:
        value = exchange.json()
    except NotJson:
        value = None
    judge.that(
        f"{slug(exchange.operation)}/error-body",
        exchange.is_json and isinstance(value, dict) and _has_words(value),
        expected="a JSON object with words in it",
        actual=exchange.describe(),
        at=exchange,
    )


def has_challenge(exchange: Exchange, scheme: str) -> bool:
    """Return whether WWW-Authenticate has a challenge of a scheme."""
    value = exchange.header("WWW-Authenticate") or ""
    return re.search(rf"(?:^|,)\s*{scheme}\b", value, re.IGNORECASE) is not None


def _members(operation: Operation) -> Collection[str]:
    media = operation.body.content.get(JSON) if operation.body is not None else None
    return media.schema.member_types if media is not None and media.schema is not None else ()


def _has_words(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return any(character.isalpha() for character in value)
    if depth > 4 or not isinstance(value, (dict, list)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return any(_has_words(part, depth + 1) for part in parts)
