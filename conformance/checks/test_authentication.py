"""Authentication: credentials that work, and those that must not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.catalogue.requirements import slug
from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all
from conformance.checks.support.cases import (
    OPERATIONS,
    correct_value,
    fresh_value,
    operations,
    product,
    unknown_usernames,
)
from conformance.checks.support.context import CheckContext, json_body
from conformance.checks.support.judge import NotConfigured
from conformance.checks.support.marking import Cases, proves
from conformance.checks.support.question import Ask
from conformance.target.credentials import (
    NOBODY,
    Credentials,
    malformed,
    unusable,
    wrong,
    wrong_password,
)
from conformance.wire.exchange import Exchange

_UNCHANGED = "refused-unchanged/access"


@proves("{op}/basic-accepted", each=operations(OPERATIONS))
def test_basic_opens_the_account(run: CheckContext, op: str) -> None:
    ask(run, op, fresh_value(run, op), login=run.basic(), requirement="basic-accepted")


@proves("{op}/bearer-accepted", each=operations(OPERATIONS))
def test_a_token_opens_the_account(run: CheckContext, op: str) -> None:
    every = frozenset(run.contract.scopes)
    for login in run.tokens("owner", (run.scopes(op), every)):
        ask(run, op, fresh_value(run, op), login=login, requirement="bearer-accepted")


@proves("{op}/success", "{op}/no-byte-order-mark", each=operations(OPERATIONS))
def test_a_correct_request_succeeds(run: CheckContext, op: str) -> None:
    ask(run, op, fresh_value(run, op))


def _refused(
    run: CheckContext, op: str, logins: Iterable[Credentials], kind: str
) -> list[Exchange]:
    """Send correct requests with credentials that must not work."""
    return ask_all(
        run,
        [
            Ask(
                op=op,
                value=correct_value(run, op),
                login=login,
                statuses=(401, *cases.too_long(login)),
                requirement=f"unauthenticated/{kind}",
                unchanged=_UNCHANGED,
            )
            for login in logins
        ],
    )


@proves(
    "{op}/unauthenticated/missing",
    "{op}/unauthenticated/challenge",
    f"{{op}}/{_UNCHANGED}",
    "{op}/error-body",
    each=operations(OPERATIONS),
)
def test_nobody_is_let_in(run: CheckContext, op: str) -> None:
    (exchange,) = _refused(run, op, [NOBODY], "missing")
    if exchange.status != 401:
        return
    run.judge.that(
        f"{slug(op)}/unauthenticated/challenge",
        all(cases.has_challenge(exchange, scheme) for scheme in ("basic", "bearer")),
        expected="WWW-Authenticate with a Basic and a Bearer challenge",
        actual=f"WWW-Authenticate: {exchange.header('WWW-Authenticate')}",
        at=exchange,
    )


@proves("{op}/unauthenticated/malformed", f"{{op}}/{_UNCHANGED}", each=operations(OPERATIONS))
def test_malformed_credentials_are_refused(run: CheckContext, op: str) -> None:
    _refused(run, op, malformed(run.target), "malformed")


@proves("{op}/unauthenticated/wrong", f"{{op}}/{_UNCHANGED}", each=operations(OPERATIONS))
def test_wrong_credentials_are_refused(run: CheckContext, op: str) -> None:
    logins = list(wrong(run.target, run.tag))
    guesses = [one for one in logins if run.guessed(one)]
    rest = [one for one in logins if one not in guesses]
    _refused(run, op, [*rest, *cases.share(run, op, guesses)], "wrong")


@proves("{op}/unauthenticated/wrong", f"{{op}}/{_UNCHANGED}", each=operations(OPERATIONS))
def test_a_wrong_password_does_not_open_the_other_account(run: CheckContext, op: str) -> None:
    login = wrong_password(run.account("other"), run.tag, run.target.redact)
    ask(
        run,
        op,
        correct_value(run, op, "other"),
        role="other",
        login=login,
        statuses=(401,),
        requirement="unauthenticated/wrong",
        unchanged=_UNCHANGED,
    )


def _of_both(run: CheckContext, _op: str) -> Cases:
    for account in run.target.accounts:
        yield account.role, {"role": account.role}


def _stale(run: CheckContext, op: str, role: str, state: str, token: str | None) -> None:
    """Refuse a token that once was good: at its account, at the other one, and at an unknown one."""
    if token is None:
        raise NotConfigured(f"the target file has no accounts.{role}.{state}_token")
    login = unusable(f"{role}, {state} token", f"Bearer {token}", run.target.redact)
    # At the account that it was once good for, nothing but its age speaks against it.
    names = [run.account(role).username]
    names += [one.username for one in run.target.accounts if one.role != role]
    value = correct_value(run, op, role)
    for name in (*names, unknown_usernames(run)[0]):
        ask(
            run,
            op,
            value,
            role=role,
            username=name,
            login=login,
            statuses=(401,),
            requirement=f"unauthenticated/{state}",
            unchanged=_UNCHANGED,
        )


@proves("{op}/unauthenticated/expired", f"{{op}}/{_UNCHANGED}", each=product(OPERATIONS, _of_both))
def test_an_expired_token_opens_nothing(run: CheckContext, op: str, role: str) -> None:
    _stale(run, op, role, "expired", run.account(role).expired_token)


@proves("{op}/unauthenticated/revoked", f"{{op}}/{_UNCHANGED}", each=product(OPERATIONS, _of_both))
def test_a_revoked_token_opens_nothing(run: CheckContext, op: str, role: str) -> None:
    _stale(run, op, role, "revoked", run.account(role).revoked_token)


@proves("{op}/order/unauthenticated-first", f"{{op}}/{_UNCHANGED}", each=operations(OPERATIONS))
def test_401_comes_first(run: CheckContext, op: str) -> None:
    token = unusable("an unknown token", f"Bearer {run.tag}-unknown", run.target.redact)
    password = wrong_password(run.target.owner, run.tag, run.target.redact)
    ways: list[dict[str, Any]] = [
        {"username": name, "value": correct_value(run, op)}
        for name in (unknown_usernames(run)[0], run.target.accounts[-1].username)
    ]
    if op in cases.BODIES:
        bodies = (json_body({}), json_body({"email": 3, "full_name": 3}), cases.UNREADABLE)
        ways += [{"body": body} for body in bodies]
    requirement = "order/unauthenticated-first"
    logins = [(NOBODY, ways), (token, ways), (password, cases.share(run, op, ways))]
    ask_all(
        run,
        [
            Ask(
                op=op,
                login=login,
                statuses=(401,),
                requirement=requirement,
                unchanged=_UNCHANGED,
                **way,
            )
            for login, some in logins
            for way in some
        ],
    )


@proves("{op}/documented-answers", each=operations(OPERATIONS))
def test_a_token_of_odd_bytes_gets_a_documented_answer(run: CheckContext, op: str) -> None:
    login = unusable("a token beyond ASCII", f"Bearer {run.tag}-\xe9\xff", run.target.redact)
    run.call(op, login, correct_value(run, op))
