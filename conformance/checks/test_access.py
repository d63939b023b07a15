"""Ownership and scopes: the matrix of operations and logins, derived from the contract."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any
from urllib.parse import urlencode

from conformance.account.state import read_emails
from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.marking import Cases, proves
from conformance.checks.support.question import Ask, full


@proves(
    "{op}/forbidden/scope",
    "{op}/forbidden/challenge",
    "{op}/error-body",
    "{op}/refused-unchanged/access",
)
def test_another_scope_does_not_open_the_operation(run: CheckContext, op: str) -> None:
    logins = run.tokens("owner", cases.other_scopes(run, op))
    asks = cases.refusals(run, op, logins, 403, "forbidden/scope")
    if run.operations[op].body:
        single = [one for one in logins if len(one.scopes or ()) < 2]
        asks += cases.refusals(run, op, single, 403, "forbidden/scope", form=True)
    for exchange in ask_all(run, asks):
        if exchange.status != 403:
            continue
        header = exchange.header("WWW-Authenticate") or ""
        named = all(scope in header for scope in run.scopes(op))
        run.judge.that(
            full(op, "forbidden/challenge"),
            "insufficient_scope" in header and named,
            expected=f'error="insufficient_scope" and {" ".join(sorted(run.scopes(op)))}',
            actual=f"WWW-Authenticate: {header}",
            at=exchange,
        )


@proves("{op}/forbidden/scope", "{op}/refused-unchanged/access")
def test_the_scopes_of_the_other_user_count_too(run: CheckContext, op: str) -> None:
    scopes = [one for one in cases.other_scopes(run, op) if len(one) < 2]
    logins = run.tokens("other", scopes)
    ask_all(run, cases.refusals(run, op, logins, 403, "forbidden/scope", role="other"))


@proves("{op}/forbidden/scope-subsets")
def test_a_set_of_scopes_opens_what_it_names(run: CheckContext, op: str) -> None:
    requirement = "forbidden/scope-subsets"
    # Of between one scope and all: only a token_command can show them as a whole.
    every = sorted(run.contract.scopes)
    between = [frozenset(one) for size in range(2, len(every)) for one in combinations(every, size)]
    sets = run.tokens("owner", between)
    shut = [one for one in sets if not run.scopes(op) <= (one.scopes or frozenset())]
    ask_all(run, cases.refusals(run, op, shut, 403, requirement))
    opening = [one for one in sets if one not in shut]
    if run.descriptions[op].on_known:
        run.provide(len(opening))
    asks = (
        Ask(op, cases.fresh_value(run, op), login=one, requirement=requirement) for one in opening
    )
    if run.descriptions[op].touches == "emails":
        ask_all(run, list(asks))  # each has an address of its own
    else:
        for one in asks:
            ask_all(run, [one])


def _abroad(run: CheckContext) -> Cases:
    """Repeat for either user's logins at the other one's account."""
    for role, at in (("other", "owner"), ("owner", "other")):
        if run.target.other is not None:
            yield f"{role}'s login at the {at}'s account", {"whose": role, "role": at}


@proves(
    "{op}/forbidden/owner-basic",
    "{op}/forbidden/owner-bearer",
    "{op}/refused-unchanged/access",
    each=_abroad,
)
def test_nobody_else_is_let_in(run: CheckContext, op: str, whose: str, role: str) -> None:
    tokens = run.tokens(whose, (run.scopes(op), frozenset(run.contract.scopes)))
    for form in (False, True) if run.operations[op].body else (False,):
        how = {"role": role, "form": form}
        asks = cases.refusals(run, op, [run.basic(whose)], 403, "forbidden/owner-basic", **how)
        ask_all(
            run, [*asks, *cases.refusals(run, op, tokens, 403, "forbidden/owner-bearer", **how)]
        )


@proves("{op}/forbidden/owner-basic", "{op}/forbidden/owner-bearer", of=cases.reads)
def test_no_other_spelling_opens_the_other_account(run: CheckContext, op: str) -> None:
    username = run.account("other").username
    # By id, by address, and by what only a careless server takes for the username.
    own, names = (
        {str(run.before(role).user.get(name)) for name in ("username", "id", "email")}
        for role in ("owner", "other")
    )
    names |= {username.swapcase(), f"{username} ", f"{username}\0"}
    token = run.token("owner", run.scopes(op))
    logins = {"forbidden/owner-basic": run.basic(), "forbidden/owner-bearer": token}
    asks = [
        Ask(op, login=login, username=name, statuses=(403, 404, 400), requirement=requirement)
        for name in sorted(names - own)
        for requirement, login in logins.items()
    ]
    ask_all(run, asks)


def _beside_the_path(run: CheckContext) -> dict[str, Any]:
    """Return members that name the other account, where nothing but the path may name one."""
    other = run.account("other").username
    return {"username": other, "user": other, "id": run.before("other").user.get("id")}


@proves("{op}/others-untouched", "{op}/removes-only-that", of=cases.WRITES)
def test_no_other_account_is_named_beside_the_path(run: CheckContext, op: str) -> None:
    more = _beside_the_path(run)
    untouched = run.descriptions[op].untouched
    for form, query in ((False, ""), (True, ""), (False, f"?{urlencode(more)}")):
        value = {**(cases.fresh_value(run, op) or {}), **({} if query else more)}
        # What is unknown is ignored, or refused.
        statuses = (run.operations[op].success, 400)
        how: dict[str, Any] = {"form": form, "query": query, "statuses": statuses}
        ask(run, op, value, **how, requirement="success", under=untouched)
    # Where all of them are refused, nobody is named beside the path.
    run.judge.pass_all()


@proves("get-user/own-data", "list-emails/own-only", writes=False)
def test_no_other_account_is_read_by_a_name_in_the_query(run: CheckContext) -> None:
    query = f"?{urlencode(_beside_the_path(run))}"
    state = run.before()
    for op, requirement in (("get_user", "own-data"), ("list_emails", "own-only")):
        # A parameter that is unknown may be refused.
        exchange = ask(run, op, query=query, statuses=(200, 400, 404), requirement=requirement)
        if exchange.status != 200:
            continue
        told: Any = run.user_told(exchange)
        own: Any = dict(state.user)
        if op == "list_emails":
            told, own = (
                [one.email for one in of] for of in (read_emails(exchange.data), state.emails)
            )
        if told != own and run.observe_all({"owner": "all"})["owner"] != state:
            raise NotVerified("somebody else changed the account while it was read")
        run.judge.that(
            full(op, requirement), told == own, expected=f"{own}", actual=f"{told}", at=exchange
        )


@proves("{op}/not-found/username", "{op}/error-body", "{op}/refused-unchanged/access")
def test_an_unknown_username_is_not_found(run: CheckContext, op: str) -> None:
    forms = (False, True) if run.operations[op].body else (False,)
    logins = run.logins(op)
    subject, asks = "not-found/username", []
    for name, form in product(cases.unknown_usernames(run), forms):
        asks += cases.refusals(run, op, logins, 404, subject, username=name, form=form)
    # Names that a careless look-up takes for somebody's; they may be malformed for a target.
    for name in ("%", "__proto__", "constructor", "None"):
        how: dict[str, Any] = {"username": name, "statuses": (404, 400), "requirement": subject}
        asks.append(Ask(op, cases.correct_value(run, op), **how, unchanged=cases.UNCHANGED))
    ask_all(run, asks)


@proves("{op}/order/access-before-body", "{op}/refused-unchanged/access")
def test_access_is_decided_before_the_body_is_read(run: CheckContext, op: str) -> None:
    missing = run.tokens("owner", [one for one in cases.other_scopes(run, op) if one][:1])
    other = run.logins(op, "other")
    asks: list[Ask] = []
    for body in _invalid_bodies(run, op):
        body |= {"requirement": "order/access-before-body", "unchanged": cases.UNCHANGED}
        unknown = {
            **body,
            "username": cases.unknown_usernames(run)[0],
            "access": "not-found/username",
        }
        asks += [Ask(op, login=one, statuses=(404,), **unknown) for one in run.logins(op)]
        for login in (*missing, *other):
            kind = "owner-basic" if login.scopes is None else "owner-bearer"
            access = f"forbidden/{kind if login in other else 'scope'}"
            asks.append(Ask(op, login=login, statuses=(403,), access=access, **body))
    ask_all(run, asks)


def _invalid_bodies(run: CheckContext, op: str) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = [
        {"body": cases.UNREADABLE},
        {"value": {"full_name": 3, "email": 3}},
    ]
    if op == "update_user":
        return [*bodies, {"value": {"gravatar_email": f"{run.tag}.example.com"}, "form": True}]
    # Some are refused for what the owner has, or has not: nobody else may be told.
    standing, primary = run.standing().email, run.before().primary
    telling: list[dict[str, Any]] = [
        {"email": standing, "verified": False},
        {"email": run.address(), "verified": True},
        {"email": standing if primary is None else primary.email},
    ]
    bodies += [{"value": {}}, {"value": {"email": run.address(), "verified": False}}]
    return bodies + [{"value": one, "form": form} for form in (False, True) for one in telling]


@proves("{op}/success", of=cases.reads)
def test_the_other_user_reads_too(run: CheckContext, op: str) -> None:
    ask_all(run, [Ask(op, login=login, role="other") for login in run.logins(op, "other")])


@proves("{op}/form")
def test_a_form_does_the_same(run: CheckContext, op: str) -> None:
    for login in run.logins(op):
        ask(run, op, cases.fresh_value(run, op), login=login, form=True, under="form")
