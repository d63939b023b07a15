"""Authentication: credentials that work, and those that must not."""

from __future__ import annotations

import re
from typing import Any

from conformance.catalogue.requirements import slug
from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all
from conformance.checks.support.context import CheckContext, json_body
from conformance.checks.support.judge import NotConfigured
from conformance.checks.support.marking import proves
from conformance.checks.support.question import Ask
from conformance.target import credentials


@proves("{op}/basic-accepted")
def test_basic_opens_the_account(run: CheckContext, op: str) -> None:
    ask(run, op, cases.fresh_value(run, op), login=run.basic(), requirement="basic-accepted")


@proves("{op}/bearer-accepted")
def test_a_token_opens_the_account(run: CheckContext, op: str) -> None:
    for login in run.tokens("owner", (run.scopes(op), frozenset(run.contract.scopes))):
        ask(run, op, cases.fresh_value(run, op), login=login, requirement="bearer-accepted")


@proves("{op}/success", "{op}/no-byte-order-mark")
def test_a_correct_request_succeeds(run: CheckContext, op: str) -> None:
    ask(run, op, cases.fresh_value(run, op))


@proves(
    "{op}/unauthenticated/missing",
    "{op}/unauthenticated/challenge",
    "{op}/refused-unchanged/access",
    "{op}/error-body",
)
def test_nobody_is_let_in(run: CheckContext, op: str) -> None:
    asks: list[Ask] = []
    for form in (True, False) if run.operations[op].body else (False,):
        subject = "unauthenticated/missing"
        asks += cases.refusals(run, op, [credentials.NOBODY], 401, subject, form=form)
    exchange = ask_all(run, asks)[-1]
    if exchange.status != 401:
        return
    header = exchange.header("WWW-Authenticate")
    schemes = [
        one.lower()
        for one in re.findall(r"(?:^|,)\s*(basic|bearer)\b", header or "", re.IGNORECASE)
    ]
    run.judge.that(
        f"{slug(op)}/unauthenticated/challenge",
        {"basic", "bearer"} <= set(schemes),
        expected="WWW-Authenticate with a Basic and a Bearer challenge",
        actual=f"WWW-Authenticate: {header}",
        at=exchange,
    )


@proves("{op}/unauthenticated/malformed", "{op}/refused-unchanged/access")
def test_malformed_credentials_are_refused(run: CheckContext, op: str) -> None:
    logins = credentials.malformed(run.target)
    ask_all(run, cases.refusals(run, op, logins, 401, "unauthenticated/malformed"))


@proves("{op}/unauthenticated/wrong", "{op}/refused-unchanged/access")
def test_wrong_credentials_are_refused(run: CheckContext, op: str) -> None:
    logins = list(credentials.wrong(run.target, run.tag))
    guesses = [one for one in logins if run.guessed(one)]
    rest = [one for one in logins if one not in guesses]
    chosen = [*rest, *cases.share(run, op, guesses)]
    ask_all(run, cases.refusals(run, op, chosen, 401, "unauthenticated/wrong"))


@proves("{op}/unauthenticated/wrong", "{op}/refused-unchanged/access")
def test_a_wrong_password_does_not_open_the_other_account(run: CheckContext, op: str) -> None:
    login = credentials.wrong_password(run.account("other"), run.tag)
    ask_all(run, cases.refusals(run, op, [login], 401, "unauthenticated/wrong", role="other"))


def _stale(run: CheckContext, op: str, role: str, state: str) -> None:
    """Refuse a token that once was good: at its account, at the other one, and at an unknown one."""
    account = run.account(role)
    login = credentials.stale_token(account, state, run.target.redact)
    if login is None:
        raise NotConfigured(f"the target file has no accounts.{role}.{state}_token")
    # At the account that it was once good for, nothing but its age speaks against it.
    others = [one.username for one in run.target.accounts if one is not account]
    for name in (account.username, *others, cases.unknown_usernames(run)[0]):
        how = {"role": role, "username": name}
        ask_all(run, cases.refusals(run, op, [login], 401, f"unauthenticated/{state}", **how))


@proves("{op}/unauthenticated/expired", "{op}/refused-unchanged/access", each=cases.in_each_account)
def test_an_expired_token_opens_nothing(run: CheckContext, op: str, role: str) -> None:
    _stale(run, op, role, "expired")


@proves("{op}/unauthenticated/revoked", "{op}/refused-unchanged/access", each=cases.in_each_account)
def test_a_revoked_token_opens_nothing(run: CheckContext, op: str, role: str) -> None:
    _stale(run, op, role, "revoked")


@proves("{op}/order/unauthenticated-first", "{op}/refused-unchanged/access")
def test_401_comes_first(run: CheckContext, op: str) -> None:
    token = credentials.plain("an unknown token", f"Bearer {run.tag}-unknown")
    password = credentials.wrong_password(run.target.owner, run.tag)
    ways: list[dict[str, Any]] = [
        {"username": name, "value": cases.correct_value(run, op)}
        for name in (cases.unknown_usernames(run)[0], run.target.accounts[-1].username)
    ]
    if run.operations[op].body:
        bodies = (json_body({}), json_body({"email": 3, "full_name": 3}), cases.UNREADABLE)
        ways += [{"body": body} for body in bodies]
    logins = [(credentials.NOBODY, ways), (token, ways), (password, cases.share(run, op, ways))]
    how: dict[str, Any] = {
        "requirement": "order/unauthenticated-first",
        "unchanged": cases.UNCHANGED,
    }
    ask_all(
        run,
        [
            Ask(op, login=login, statuses=(401,), **how, **way)
            for login, some in logins
            for way in some
        ],
    )


@proves("{op}/documented-answers")
def test_a_token_of_odd_bytes_gets_a_documented_answer(run: CheckContext, op: str) -> None:
    value = f"Bearer {run.tag}-"
    curl = rf"-H 'Authorization: {value}'$'\xe9\xff'"
    login = credentials.Credentials("a token beyond ASCII", f"{value}\xe9\xff", curl)
    run.call(op, login, cases.correct_value(run, op))
