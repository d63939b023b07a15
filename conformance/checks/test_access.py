"""Ownership and scopes: the matrix of operations and logins, derived from the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from conformance.account.state import documented_user
from conformance.catalogue.requirements import slug
from conformance.checks.support import cases
from conformance.checks.support.cases import (
    BODIES,
    OPERATIONS,
    READS,
    UNREADABLE,
    WRITES,
    Cases,
    correct_value,
    product,
    succeed,
)
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge, NotVerified
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness
from conformance.target.credentials import ELSEWHERE, NOBODY, Credentials, token_label
from conformance.target.target import Scopes
from conformance.wire.exchange import Exchange


def _name(scopes: Scopes) -> str:
    return " ".join(sorted(scopes)) or "no scope"


def _others(run: CheckContext, op: str) -> Cases:
    for scopes in cases.other_scopes(run, op):
        yield f"token ({_name(scopes)})", _owners(scopes)


def _further(run: CheckContext, _op: str) -> Cases:
    for scopes in cases.further_sets(run):
        yield f"token ({_name(scopes)})", _owners(scopes)


def _owners(scopes: Scopes) -> dict[str, Any]:
    return {"scopes": scopes, "credential": token_label("owner", scopes)}


def _abroad(role: str) -> str:
    """Return the name that the access matrix has for a role at the other's account."""
    return role if role == "other" else ELSEWHERE


def _foreign_tokens(run: CheckContext, op: str) -> Cases:
    for scopes in (run.scopes(op), frozenset(run.contract.scopes)):
        for role in ("other", "owner"):
            label = token_label(_abroad(role), scopes)
            yield (
                f"{role}'s token ({_name(scopes)})",
                {"scopes": scopes, "role": role, "credential": label},
            )


def _foreign_basic(_run: CheckContext, _op: str) -> Cases:
    for role in ("other", "owner"):
        yield f"{role}'s Basic", {"role": role, "credential": f"{_abroad(role)}, Basic"}


@proves(
    "{op}/forbidden/scope",
    "{op}/forbidden/challenge",
    "{op}/error-body",
    "{op}/refused-unchanged/access",
    each=product(OPERATIONS, _others),
)
def test_another_scope_does_not_open_the_operation(
    run: CheckContext, judge: Judge, op: str, scopes: Scopes
) -> None:
    login = run.token("owner", scopes)
    value = correct_value(run, op)
    witness = Witness(run) if op in WRITES else None
    exchange = run.call(op, login, value)
    if judge.status(f"{slug(op)}/forbidden/scope", exchange, 403):
        header = exchange.header("WWW-Authenticate") or ""
        named = all(scope in header for scope in run.scopes(op))
        judge.that(
            f"{slug(op)}/forbidden/challenge",
            "insufficient_scope" in header and named,
            expected=f'error="insufficient_scope" and {_name(run.scopes(op))}',
            actual=f"WWW-Authenticate: {header}",
            at=exchange,
        )
        cases.judge_error(judge, exchange)
    if witness is not None:
        witness.nothing_changed(judge, f"{slug(op)}/refused-unchanged/access", exchange)


@proves("{op}/forbidden/scope", "{op}/refused-unchanged/access", each=cases.operations(OPERATIONS))
def test_the_scopes_of_the_other_user_count_too(run: CheckContext, judge: Judge, op: str) -> None:
    username = run.account("other").username
    for scopes in cases.other_scopes(run, op):
        if len(scopes) > 1:
            continue
        login = run.token("other", scopes)
        value = correct_value(run, op, "other")
        witness = Witness(run) if op in WRITES else None
        exchange = run.call(op, login, value, username=username)
        judge.status(f"{slug(op)}/forbidden/scope", exchange, 403)
        if witness is not None:
            witness.other_untouched(judge, f"{slug(op)}/refused-unchanged/access", exchange)


@proves("{op}/forbidden/scope-subsets", each=product(OPERATIONS, _further))
def test_a_set_of_scopes_opens_what_it_names(
    run: CheckContext, judge: Judge, op: str, scopes: Scopes
) -> None:
    login = run.token("owner", scopes)
    value = correct_value(run, op)
    requirement = f"{slug(op)}/forbidden/scope-subsets"
    if run.scopes(op) <= scopes:
        judge.status(requirement, run.call(op, login, value), run.operations[op].success)
        return
    witness = Witness(run) if op in WRITES else None
    exchange = run.call(op, login, value)
    judge.status(requirement, exchange, 403)
    if witness is not None:
        witness.nothing_changed(judge, f"{slug(op)}/refused-unchanged/access", exchange)


@proves(
    "{op}/forbidden/owner-basic",
    "{op}/refused-unchanged/access",
    each=product(OPERATIONS, _foreign_basic),
)
def test_nobody_else_is_let_in_by_basic(
    run: CheckContext, judge: Judge, op: str, role: str
) -> None:
    _is_not_the_owner(run, judge, op, role, run.basic(role), "owner-basic")


@proves(
    "{op}/forbidden/owner-bearer",
    "{op}/refused-unchanged/access",
    each=product(OPERATIONS, _foreign_tokens),
)
def test_nobody_else_is_let_in_by_token(
    run: CheckContext, judge: Judge, op: str, role: str, scopes: Scopes
) -> None:
    _is_not_the_owner(run, judge, op, role, run.token(role, scopes), "owner-bearer")


@proves(
    "{op}/forbidden/owner-basic",
    "{op}/forbidden/owner-bearer",
    each=cases.operations(READS),
)
def test_no_other_spelling_opens_the_other_account(
    run: CheckContext, judge: Judge, op: str
) -> None:
    username = run.account("other").username
    # By id, by address, and by what only a careless server takes for the username.
    own, names = (
        {str(run.before(role).user.get(name)) for name in ("username", "id", "email")}
        for role in ("owner", "other")
    )
    names |= {username.swapcase(), f"{username} ", f"{username}\0"}
    logins = {"owner-basic": run.basic("owner"), "owner-bearer": run.token("owner", run.scopes(op))}
    for name in sorted(names - own):
        for kind, login in logins.items():
            exchange = run.call(op, login, username=name)
            judge.status(f"{slug(op)}/forbidden/{kind}", exchange, 403, 404, 400)


_UNTOUCHED = {
    "update_user": "others-untouched",
    "add_email": "others-untouched",
    "update_email": "others-untouched",
    "delete_email": "removes-only-that",
}


def _beside_the_path(run: CheckContext) -> dict[str, Any]:
    """Return members that name the other account, where nothing but the path may name one."""
    other = run.account("other").username
    return {"username": other, "user": other, "id": run.before("other").user.get("id")}


@proves(
    "{op}/success",
    "{op}/others-untouched",
    "{op}/removes-only-that",
    each=cases.operations(WRITES),
)
def test_no_other_account_is_named_beside_the_path(
    run: CheckContext, judge: Judge, op: str
) -> None:
    more = _beside_the_path(run)
    for form, query in ((False, ""), (True, ""), (False, f"?{urlencode(more)}")):
        value = {**(correct_value(run, op) or {}), **({} if query else more)}
        witness = Witness(run)
        exchange = run.call(op, run.login(op), value, form=form, query=query)
        # What is unknown is ignored, or refused.
        judge.status(f"{slug(op)}/success", exchange, run.operations[op].success, 400)
        witness.other_untouched(judge, f"{slug(op)}/{_UNTOUCHED[op]}", exchange)
        run.observe()


@proves("get-user/own-data", "list-emails/own-only", writes=False, alone=True)
def test_no_other_account_is_read_by_a_name_in_the_query(run: CheckContext, judge: Judge) -> None:
    query = f"?{urlencode(_beside_the_path(run))}"
    state = run.observe()
    emails = sorted(one.email for one in state.emails)
    for op, requirement in (("get_user", "own-data"), ("list_emails", "own-only")):
        exchange = run.call(op, run.login(op), query=query)
        value = exchange.json() if exchange.status == 200 else None
        rows = value if isinstance(value, list) else []
        listed = sorted(str(one.get("email")) for one in rows if isinstance(one, dict))
        told, own = (
            (listed, emails)
            if op == "list_emails"
            else (documented_user(value if isinstance(value, dict) else {}), dict(state.user))
        )
        # A parameter that is unknown may be refused.
        judge.that(
            f"{slug(op)}/{requirement}",
            exchange.status in (400, 404) or told == own,
            expected=f"{own}",
            actual=f"{told}",
            at=exchange,
        )


def _is_not_the_owner(
    run: CheckContext, judge: Judge, op: str, role: str, login: Credentials, kind: str
) -> None:
    """Refuse one user's login at the other's account."""
    whose = run.account("owner" if role == "other" else "other").username
    value = correct_value(run, op)
    witness = Witness(run) if op in WRITES else None
    exchange = run.call(op, login, value, username=whose)
    judge.status(f"{slug(op)}/forbidden/{kind}", exchange, 403)
    _both_unchanged(judge, op, witness, exchange)


def _both_unchanged(judge: Judge, op: str, witness: Witness | None, exchange: Exchange) -> None:
    if witness is None:
        return
    requirement = f"{slug(op)}/refused-unchanged/access"
    witness.other_untouched(judge, requirement, exchange)
    witness.nothing_changed(judge, requirement, exchange)


@proves(
    "{op}/not-found/username",
    "{op}/error-body",
    "{op}/refused-unchanged/access",
    each=cases.operations(OPERATIONS),
)
def test_an_unknown_username_is_not_found(run: CheckContext, judge: Judge, op: str) -> None:
    value = correct_value(run, op)
    witness = Witness(run) if op in WRITES else None
    names = cases.unknown_usernames(run)
    asked = [(name, False) for name in names] + [(names[0], True)] * (op in WRITES)
    for login in _logins(run, op):
        for name, form in asked:
            exchange = run.call(op, login, value, username=name, form=form)
            judge.status(f"{slug(op)}/not-found/username", exchange, 404)
            cases.judge_error(judge, exchange)
            _both_unchanged(judge, op, witness, exchange)
    # Names that a careless look-up takes for somebody's; they may be malformed for a target.
    for name in ("%", "__proto__"):
        exchange = run.call(op, run.login(op), value, username=name)
        judge.status(f"{slug(op)}/not-found/username", exchange, 404, 400)


def _logins(run: CheckContext, op: str) -> list[Credentials]:
    """Return the owner's ways to an operation: Basic and its scope, as far as the target file has them."""
    found = []
    for kind in ("basic", "bearer"):
        try:
            found.append(
                run.basic("owner") if kind == "basic" else run.token("owner", run.scopes(op))
            )
        except NotVerified:
            continue
    return found or [run.login(op)]


@proves(
    "{op}/order/access-before-body",
    "{op}/refused-unchanged/access",
    each=cases.operations(BODIES),
)
def test_access_is_decided_before_the_body_is_read(
    run: CheckContext, judge: Judge, op: str
) -> None:
    requirement = f"{slug(op)}/order/access-before-body"
    missing = next(scopes for scopes in cases.other_scopes(run, op) if scopes)
    bodies: list[dict[str, Any]] = [{"body": UNREADABLE}, {"value": {"full_name": 3, "email": 3}}]
    if op == "update_user":
        bodies.append({"value": {"gravatar_email": f"{run.tag}.example.com"}, "form": True})
    else:
        bodies += [{"value": {}}, {"value": {"email": run.address(), "verified": False}}]
        bodies += [
            {"value": value, "form": form} for form in (False, True) for value in _telling(run)
        ]
    witness = Witness(run)
    for body in bodies:
        for login in _logins(run, op):
            exchange = run.call(op, login, **body, username=cases.unknown_usernames(run)[0])
            judge.status(requirement, exchange, 404)
        exchange = run.call(op, run.token("owner", missing), **body)
        judge.status(requirement, exchange, 403)
        for login in (run.login(op, "other"), run.basic("other")):
            exchange = run.call(op, login, **body)
            judge.status(requirement, exchange, 403)
        _both_unchanged(judge, op, witness, exchange)


def _telling(run: CheckContext) -> Iterator[dict[str, Any]]:
    """Make bodies that are refused for what the owner has, or has not: nobody else may be told."""
    yield {"email": run.standing().email, "verified": False}
    yield {"email": run.address(), "verified": True}
    primary = run.before().primary
    yield {"email": run.standing().email if primary is None else primary.email}


@proves("{op}/success", each=cases.operations(READS))
def test_the_other_user_reads_too(run: CheckContext, judge: Judge, op: str) -> None:
    for login in (run.basic("other"), run.login(op, "other")):
        succeed(run, judge, op, login, role="other")


@proves("{op}/form", each=cases.operations(BODIES))
def test_a_form_does_the_same(run: CheckContext, judge: Judge, op: str) -> None:
    for login in _logins(run, op):
        before = len(judge.failures)
        exchange = succeed(run, judge, op, login, form=True)
        judge.that(
            f"{slug(op)}/form",
            len(judge.failures) == before,
            expected="what the same body does as JSON",
            actual="; ".join(f"{one.requirement}: {one.actual}" for one in judge.failures),
            at=exchange,
        )


@proves(
    "{op}/unauthenticated/missing",
    "{op}/refused-unchanged/access",
    each=cases.operations(BODIES),
)
def test_a_form_needs_a_login_too(run: CheckContext, judge: Judge, op: str) -> None:
    _form_is_refused(run, judge, op, NOBODY, "unauthenticated/missing", 401)


@proves(
    "{op}/forbidden/scope",
    "{op}/refused-unchanged/access",
    each=cases.operations(BODIES),
)
def test_a_form_needs_the_scope_too(run: CheckContext, judge: Judge, op: str) -> None:
    for missing in cases.other_scopes(run, op):
        if len(missing) < 2:
            login = run.token("owner", missing)
            _form_is_refused(run, judge, op, login, "forbidden/scope", 403)


@proves(
    "{op}/forbidden/owner-basic",
    "{op}/refused-unchanged/access",
    each=cases.operations(BODIES),
)
def test_a_form_opens_no_other_account(run: CheckContext, judge: Judge, op: str) -> None:
    _form_is_refused(run, judge, op, run.basic("other"), "forbidden/owner-basic", 403)


@proves(
    "{op}/forbidden/owner-bearer",
    "{op}/refused-unchanged/access",
    each=cases.operations(BODIES),
)
def test_a_form_opens_no_other_account_by_token(run: CheckContext, judge: Judge, op: str) -> None:
    login = run.token("other", run.scopes(op))
    _form_is_refused(run, judge, op, login, "forbidden/owner-bearer", 403)


def _form_is_refused(
    run: CheckContext, judge: Judge, op: str, login: Credentials, requirement: str, status: int
) -> None:
    value = correct_value(run, op)
    witness = Witness(run)
    exchange = run.call(op, login, value, form=True)
    judge.status(f"{slug(op)}/{requirement}", exchange, status)
    _both_unchanged(judge, op, witness, exchange)
