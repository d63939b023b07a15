"""Authentication: credentials that work, and those that must not."""

from __future__ import annotations

from collections.abc import Callable

from conformance.catalogue.requirements import slug
from conformance.checks.support import cases
from conformance.checks.support.cases import (
    OPERATIONS,
    WRITES,
    Cases,
    correct_value,
    operations,
    product,
    succeed,
)
from conformance.checks.support.context import CheckContext, json_body
from conformance.checks.support.judge import Judge, NotConfigured
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness
from conformance.target.credentials import (
    NOBODY,
    Credentials,
    malformed,
    token_label,
    unusable,
    wrong,
    wrong_password,
)
from conformance.wire.exchange import Exchange


def _nobody(_run: CheckContext, _op: str) -> Cases:
    yield NOBODY.label, {"credentials": NOBODY}


def _malformed(run: CheckContext, _op: str) -> Cases:
    for credentials in malformed(run.target):
        yield credentials.label, {"credentials": credentials}


def _wrong(run: CheckContext, _op: str) -> Cases:
    for credentials in wrong(run.target, run.tag):
        yield credentials.label, {"credentials": credentials}


def _stale(state: str) -> Callable[[CheckContext, str], Cases]:
    def each(run: CheckContext, _op: str) -> Cases:
        for account in run.target.accounts:
            label = f"{account.role}, {state} token"
            yield account.role, {"role": account.role, "credential": label}

    return each


def _basic(_run: CheckContext, _op: str) -> str:
    return "owner, Basic"


def _own_scope(run: CheckContext, op: str) -> str:
    return token_label("owner", run.scopes(op))


def _all_scopes(run: CheckContext, _op: str) -> str:
    return token_label("owner", frozenset(run.contract.scopes))


@proves("{op}/basic-accepted", "{op}/success", each=operations(OPERATIONS, _basic))
def test_basic_opens_the_account(run: CheckContext, judge: Judge, op: str) -> None:
    _succeeds(run, judge, op, run.basic("owner"), "basic-accepted")


@proves("{op}/bearer-accepted", "{op}/success", each=operations(OPERATIONS, _own_scope))
def test_the_scope_alone_opens_the_operation(run: CheckContext, judge: Judge, op: str) -> None:
    _succeeds(run, judge, op, run.token("owner", run.scopes(op)), "bearer-accepted")


@proves("{op}/bearer-accepted", "{op}/success", each=operations(OPERATIONS, _all_scopes))
def test_all_scopes_open_the_operation(run: CheckContext, judge: Judge, op: str) -> None:
    login = run.token("owner", frozenset(run.contract.scopes))
    _succeeds(run, judge, op, login, "bearer-accepted")


def _succeeds(
    run: CheckContext, judge: Judge, op: str, login: Credentials, requirement: str
) -> None:
    succeed(run, judge, op, login)
    failed = [one for one in judge.failures if one.requirement == f"{slug(op)}/success"]
    judge.that(
        f"{slug(op)}/{requirement}",
        not failed,
        expected=f"status {run.operations[op].success} with {login.label}",
        actual=failed[0].actual if failed else "",
        same=failed[0] if failed else None,
    )


@proves(
    "{op}/unauthenticated/missing",
    "{op}/unauthenticated/challenge",
    "{op}/refused-unchanged/access",
    "{op}/error-body",
    each=product(OPERATIONS, _nobody),
)
def test_nobody_is_let_in(
    run: CheckContext, judge: Judge, op: str, credentials: Credentials
) -> None:
    exchange = _refused(run, judge, op, credentials, "missing")
    cases.judge_error(judge, exchange)
    if exchange.status != 401:
        return
    judge.that(
        f"{slug(op)}/unauthenticated/challenge",
        all(cases.has_challenge(exchange, scheme) for scheme in ("basic", "bearer")),
        expected="WWW-Authenticate with a Basic and a Bearer challenge",
        actual=f"WWW-Authenticate: {exchange.header('WWW-Authenticate')}",
        at=exchange,
    )


@proves(
    "{op}/unauthenticated/malformed",
    "{op}/refused-unchanged/access",
    each=product(OPERATIONS, _malformed),
)
def test_malformed_credentials_are_refused(
    run: CheckContext, judge: Judge, op: str, credentials: Credentials
) -> None:
    _refused(run, judge, op, credentials, "malformed")


@proves(
    "{op}/unauthenticated/wrong", "{op}/refused-unchanged/access", each=product(OPERATIONS, _wrong)
)
def test_wrong_credentials_are_refused(
    run: CheckContext, judge: Judge, op: str, credentials: Credentials
) -> None:
    _refused(run, judge, op, credentials, "wrong")


def _refused(
    run: CheckContext, judge: Judge, op: str, credentials: Credentials, kind: str
) -> Exchange:
    """Send a correct request with credentials that must not work."""
    value = correct_value(run, op)
    witness = Witness(run) if op in WRITES else None
    exchange = run.call(op, credentials, value)
    statuses = (401, *cases.too_long(credentials))
    judge.status(f"{slug(op)}/unauthenticated/{kind}", exchange, *statuses)
    if witness is not None:
        witness.nothing_changed(judge, f"{slug(op)}/refused-unchanged/access", exchange)
    return exchange


@proves(
    "{op}/unauthenticated/expired",
    "{op}/refused-unchanged/access",
    each=product(OPERATIONS, _stale("expired")),
)
def test_an_expired_token_opens_nothing(
    run: CheckContext, judge: Judge, op: str, role: str
) -> None:
    _stale_is_refused(run, judge, op, role, "expired", run.account(role).expired_token)


@proves(
    "{op}/unauthenticated/revoked",
    "{op}/refused-unchanged/access",
    each=product(OPERATIONS, _stale("revoked")),
)
def test_a_revoked_token_opens_nothing(run: CheckContext, judge: Judge, op: str, role: str) -> None:
    _stale_is_refused(run, judge, op, role, "revoked", run.account(role).revoked_token)


def _stale_is_refused(
    run: CheckContext, judge: Judge, op: str, role: str, state: str, token: str | None
) -> None:
    if token is None:
        raise NotConfigured(f"the target file has no accounts.{role}.{state}_token")
    credentials = unusable(f"{role}, {state} token", f"Bearer {token}", run.target.redact)
    # At the account that it was once good for: there, nothing but its age speaks against it.
    username = run.account(role).username
    value = correct_value(run, op, role)
    witness = Witness(run) if op in WRITES else None
    exchange = run.call(op, credentials, value, username=username)
    judge.status(f"{slug(op)}/unauthenticated/{state}", exchange, 401)
    if witness is not None:
        requirement = f"{slug(op)}/refused-unchanged/access"
        witness.other_untouched(judge, requirement, exchange)
        witness.nothing_changed(judge, requirement, exchange)
    # Elsewhere it is not known for what it was either.
    others = [one.username for one in run.target.accounts if one.role != role]
    for name in (*others, cases.unknown_usernames(run)[0]):
        exchange = run.call(op, credentials, value, username=name)
        judge.status(f"{slug(op)}/unauthenticated/{state}", exchange, 401)


@proves(
    "{op}/order/unauthenticated-first",
    "{op}/refused-unchanged/access",
    each=operations(OPERATIONS),
)
def test_401_comes_first(run: CheckContext, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/order/unauthenticated-first"
    value = correct_value(run, op)
    witness = Witness(run) if op in WRITES else None
    unknown = cases.unknown_usernames(run)[0]
    foreign = run.target.accounts[-1].username
    token = unusable("an unknown token", f"Bearer {run.tag}-unknown", run.target.redact)
    password = wrong_password(run.target.owner, run.tag, run.target.redact)
    for credentials in (NOBODY, token, password):
        for username in (unknown, foreign):
            exchange = run.call(op, credentials, value, username=username)
            judge.status(requirement, exchange, 401)
        if witness is None:
            continue
        for body in (json_body({}), json_body({"email": 3, "full_name": 3}), cases.UNREADABLE):
            exchange = run.call(op, credentials, body=body)
            judge.status(requirement, exchange, 401)
            witness.nothing_changed(judge, f"{slug(op)}/refused-unchanged/access", exchange)


@proves("{op}/unauthenticated/wrong", "{op}/refused-unchanged/access", each=operations(OPERATIONS))
def test_a_wrong_password_does_not_open_the_other_account(
    run: CheckContext, judge: Judge, op: str
) -> None:
    account = run.account("other")
    credentials = wrong_password(account, run.tag, run.target.redact)
    value = correct_value(run, op, "other")
    witness = Witness(run) if op in WRITES else None
    exchange = run.call(op, credentials, value, username=account.username)
    judge.status(f"{slug(op)}/unauthenticated/wrong", exchange, 401)
    if witness is not None:
        witness.other_untouched(judge, f"{slug(op)}/refused-unchanged/access", exchange)


@proves("{op}/documented-answers", each=operations(OPERATIONS))
def test_a_token_of_odd_bytes_gets_a_documented_answer(
    run: CheckContext, judge: Judge, op: str
) -> None:
    credentials = unusable("a token beyond ASCII", f"Bearer {run.tag}-\xe9\xff", run.target.redact)
    exchange = run.call(op, credentials, correct_value(run, op))
    # No such token can be; a server may also find the header itself malformed.
    judge.status(f"{slug(op)}/documented-answers", exchange, 401, 400)
