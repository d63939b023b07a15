"""What the checks are repeated for, and one correct request for each operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

from conformance.account.state import TEXT_MEMBERS
from conformance.catalogue.requirements import slug
from conformance.checks.support import oracles
from conformance.checks.support.context import Run
from conformance.checks.support.judge import Judge
from conformance.target.credentials import Credentials
from conformance.target.target import Scopes
from conformance.wire.client import Body
from conformance.wire.exchange import Exchange, NotJson

Cases = Iterator[tuple[str, dict[str, Any]]]

READS = ("get_user", "list_emails")
WRITES = ("update_user", "add_email", "update_email", "delete_email")
EMAIL_WRITES = ("add_email", "update_email", "delete_email")
OPERATIONS = (*READS, *WRITES)
_SMALL = 1024  # bytes of a body that every target has to read
UNREADABLE = Body(b'{"email": ')


def operations(
    names: Sequence[str], credential: Callable[[Run, str], str] | None = None
) -> Callable[[Run], Cases]:
    """Repeat for each of these operations, with the credentials under which the access matrix has it."""

    def each(run: Run) -> Cases:
        for name in names:
            if name in run.operations:
                yield name, {"op": name, "credential": credential(run, name) if credential else ""}

    return each


def product(names: Sequence[str], values: Callable[[Run, str], Cases]) -> Callable[[Run], Cases]:
    """Repeat for each of these operations, and for what `values` gives for each."""

    def each(run: Run) -> Cases:
        for name in names:
            for label, arguments in values(run, name):
                yield f"{name}, {label}", {"op": name, **arguments}

    return each


def in_both(_run: Run, _op: str = "") -> Cases:
    """Repeat for JSON and for a form."""
    for form in (False, True):
        yield "form" if form else "JSON", {"form": form}


def correct_value(run: Run, op: str, role: str = "owner") -> dict[str, Any] | None:
    """The body of a request that would change something of an account; None for a reading operation."""
    if op == "update_user":
        return {text_member(run): run.text("Never")}
    if op == "add_email":
        return {"email": run.address()}
    if op in ("update_email", "delete_email"):
        email = run.standing() if role == "owner" else run.added(role)
        return {"email": email.email, **({"verified": True} if op == "update_email" else {})}
    return None


def text_member(run: Run, index: int = 0) -> str:
    """A member of the profile that can be put back."""
    free = [
        name
        for name in TEXT_MEMBERS
        if name not in run.prepared.fixed_members and name != "profile_url"
    ]
    return free[index % len(free)] if free else "full_name"


def succeed(
    run: Run, judge: Judge, op: str, login: Credentials, *, form: bool = False
) -> Exchange | None:
    """Send a correct request, and judge all that follows from it."""
    if op == "get_user":
        oracles.got_user(run, judge, login)
        return None
    if op == "list_emails":
        oracles.listed_emails(run, judge, login)
        return None
    if op == "update_user":
        value = {text_member(run): run.text("Jane"), text_member(run, 1): run.text("a+b & c")}
        return oracles.updated_user(run, judge, login, value, form=form)
    if op == "add_email":
        return oracles.added_email(run, judge, login, run.address("+a-b_c.d"), form=form)
    email = run.added()
    if op == "update_email":
        change = {"email": email.email, "verified": True}
        return oracles.updated_email(run, judge, login, change, form=form)
    return oracles.deleted_email(run, judge, login, email.email, form=form)


def refused(
    run: Run,
    judge: Judge,
    op: str,
    requirement: str,
    status: int,
    *,
    login: Credentials | None = None,
    **sent: Any,
) -> None:
    """Send what must be refused, and judge that it is: with a status, in words, and without an effect."""
    witness = oracles.Witness(run)
    exchange = run.call(op, login or run.login(op), **sent)
    judge.status(requirement, exchange, status)
    judge_error(judge, exchange)
    witness.nothing_changed(judge, requirement, exchange)


def other_scopes(run: Run, op: str) -> Iterator[Scopes]:
    """The sets of scopes that must not open an operation: each other scope alone, none, and what is listed."""
    needed = run.scopes(op)
    found = [frozenset({scope}) for scope in run.contract.scopes if scope not in needed]
    found.append(frozenset())
    found += [scopes for scopes in run.target.owner.tokens if not needed <= scopes]
    yield from dict.fromkeys(found)


def further_sets(run: Run) -> Iterator[Scopes]:
    """The sets of scopes between one and all: what only a token_command can show as a whole."""
    names = sorted(run.contract.scopes)
    for size in range(2, len(names)):
        yield from map(frozenset, combinations(names, size))


def unknown_usernames(run: Run) -> tuple[str, ...]:
    """Names that nobody has: one of the target file or of our making, and one that begins as the owner's."""
    return run.target.unknown_username or run.tag, f"{run.target.owner.username}{run.tag}"


def too_large(body: Body) -> tuple[int, ...]:
    """The statuses that may be answered to a body for its size alone; small ones have to be read."""
    return (413,) if len(body.content) > _SMALL else ()


def too_long(credentials: Credentials) -> tuple[int, ...]:
    """The statuses that may be answered to credentials for their length alone."""
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
    """Whether WWW-Authenticate has a challenge of a scheme."""
    value = exchange.header("WWW-Authenticate") or ""
    return re.search(rf"(?:^|,)\s*{scheme}\b", value, re.IGNORECASE) is not None


def _has_words(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return any(character.isalpha() for character in value)
    if depth > 4 or not isinstance(value, (dict, list)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return any(_has_words(part, depth + 1) for part in parts)
