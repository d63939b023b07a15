"""Requests and what must follow from them: sent, compared with the model, each difference booked once.

A check says what it wants to know as an Ask. Requests that do not depend on each other are asked as a
group: sent over several connections where the target takes that, and the accounts are read once after it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.account.restorer import Part
from conformance.account.state import AccountState, differences, steady
from conformance.catalogue.requirements import catalogue, slug
from conformance.checks.support.conformity import problems
from conformance.checks.support.context import FORM, JSON, CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.model import ADDRESS_MEMBERS, Outcome, Seen, is_plain_address
from conformance.checks.support.model import Part as ModelPart
from conformance.target.credentials import ELSEWHERE, Credentials
from conformance.wire.client import Body, Call
from conformance.wire.exchange import Exchange

Accounts = Mapping[str, AccountState]
_FIREWALL = (403, 406)
_DECIDES_ACCESS = (401, 403, 404)
_ABOUT_VALUES = ("any-script", "form-decoding", "sets-profile-url", "sets-several")
_ABOUT_THE_REST = ("leaves-others", "read-only-members", "others-untouched")
_SMALL = 1024  # bytes of a body that every target has to read
_TOO_LARGE = (413, 414, 431)  # often said by a server in front, in its own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request of an operation, and what must follow if the model does not say it.

    Attributes:
        op: The operationId.
        value: The members of the body; None sends none.
        login: The login; the one with fewest rights that opens the operation, if left out.
        form: Whether the members are sent as a form.
        body: A raw body in place of them.
        means: The members that a raw body stands for; None if nobody says, nor what follows from success.
        role: The account that it is about.
        username: Another name in its path.
        query: A query, with its question mark.
        accept: The value of Accept; None sends none.
        statuses: The statuses that are right; left out, the model says them.
        requirement: The requirement that another status breaks, without its operation.
        under: The requirement that is broken by all else that is wrong, where the check has a subject of its
            own, such as forms; left out, each part has its own.
        unchanged: The requirement that is broken by a refusal that changes something; left out, `requirement`.
        access: The requirement that is broken where access is decided, and otherwise than it should be:
            where `requirement` is about the order alone.
    """

    op: str
    value: Mapping[str, Any] | None = None
    login: Credentials | None = None
    form: bool = False
    body: Body | None = None
    means: Mapping[str, Any] | None = None
    role: str = "owner"
    username: str | None = None
    query: str = ""
    accept: str | None = JSON
    statuses: tuple[int, ...] = ()
    requirement: str = ""
    under: str = ""
    unchanged: str = ""
    access: str = ""

    @property
    def members(self) -> Mapping[str, Any]:
        """The members that are sent, or that the body stands for."""
        return (self.means if self.value is None else self.value) or {}


@dataclass(frozen=True, slots=True)
class _Answered:
    """An Ask with its answer: `right` where its status is, `taken` where that is one of success."""

    ask: Ask
    exchange: Exchange
    outcome: Outcome
    right: bool
    taken: bool


def ask(run: CheckContext, op: str, value: Mapping[str, Any] | None = None, **more: Any) -> Exchange:  # fmt: skip
    """Send one request, and judge all that must follow from it; the fields of Ask by their names."""
    return ask_all(run, [Ask(op=op, value=value, **more)])[0]


def ask_all(run: CheckContext, asks: Sequence[Ask]) -> list[Exchange]:
    """Send requests that do not depend on each other, and judge all that must follow from them.

    Args:
        run: The context.
        asks: Requests of one operation. Those that change something each name a value of their own.

    Raises:
        TransportError, NotVerified: They could not be sent, or the accounts could not be read.
    """
    writes = any(run.operations[one.op].writes for one in asks)
    # To read needs no state before: whether there is one to be read is what is to be seen.
    before = run.known() if writes else _names_alone(run)
    answered = [_judged(run, one, exchange, before) for one, exchange in _sent(run, asks, before)]
    wanted = dict(before)
    for index, one in enumerate(answered):
        if one.taken and one.right:
            # Each begins where the one before it ended.
            outcome = run.descriptions[one.ask.op].follows(wanted[one.ask.role], one.ask.members)
            answered[index] = replace(one, outcome=outcome)
            wanted[one.ask.role] = outcome.after
    if not writes:
        for one in answered:
            _judge_parts(run, one, before, before, before)
        return [one.exchange for one in answered]
    after = _foreseen(run, answered, before, wanted) or _after(run, answered, before, wanted)
    for one in answered:
        _judge_parts(run, one, before, *_apart(one, answered, after, wanted))
    _judge_unchanged(run, answered, after, wanted)
    _look_for_limit(run, answered)
    return [one.exchange for one in answered]


def send_all(run: CheckContext, asks: Sequence[Ask]) -> list[Exchange]:
    """Send requests that do not depend on each other, and judge nothing but each answer by the contract."""
    return [exchange for _, exchange in _sent(run, asks)]


def answer_all(run: CheckContext, asks: Sequence[Ask]) -> None:
    """Send requests of which nobody says what follows, and judge their statuses alone. Raises as ask_all."""
    for one, exchange in _sent(run, asks):
        _judge_status(run, _named(one, exchange, one.requirement), exchange, one.statuses)


def is_success(run: CheckContext, exchange: Exchange) -> bool:
    """Return whether an exchange was answered as a correct request is."""
    return exchange.status == run.operations[exchange.operation].success


def full(op: str, requirement: str) -> str:
    """Return the id of a requirement of an operation; one of another operation as it is."""
    own = f"{slug(op)}/{requirement}"
    return own if own in catalogue() or requirement not in catalogue() else requirement


def judge_error(run: CheckContext, exchange: Exchange) -> None:
    """Judge the body of a refusal: a JSON object with words in it."""
    if not 400 <= exchange.status < 500 or exchange.status in _TOO_LARGE:
        return
    value = exchange.data
    run.that(
        full(exchange.operation, "error-body"),
        exchange.is_json and isinstance(value, dict) and _has_words(value),
        expected="a JSON object with words in it",
        actual=exchange.describe(),
        at=exchange,
    )


def _names_alone(run: CheckContext) -> dict[str, AccountState]:
    return {
        role: AccountState({"username": run.account(role).username}, ()) for role in run.watched
    }


def _sent(
    run: CheckContext, asks: Sequence[Ask], accounts: Accounts | None = None
) -> list[tuple[Ask, Exchange]]:
    refused = [
        min(_outcome(run, one, accounts).statuses if accounts else one.statuses or (0,)) >= 400
        for one in asks
    ]
    calls = [_prepared(run, one) for one in asks]
    return list(zip(asks, run.send_all(calls, refused), strict=True))


def _prepared(run: CheckContext, one: Ask) -> Call:
    login = one.login or run.login(one.op, one.role)
    if login.role == "owner" and one.role != "owner":
        # The access matrix has the owner's logins apart where they open nothing.
        login = replace(login, label=login.label.replace("owner", ELSEWHERE, 1))
    return run.prepare(
        one.op,
        login,
        one.value,
        form=one.form,
        body=one.body,
        username=one.username or run.account(one.role).username,
        query=one.query,
        accept=one.accept,
        refused=_must_be_refused(run, one),
    )


def _must_be_refused(run: CheckContext, one: Ask) -> bool:
    statuses = one.statuses
    if not statuses and run.operations[one.op].writes:
        statuses = run.descriptions[one.op].follows(run.before(one.role), one.members).statuses
    return min(statuses, default=200) >= 400


def _judged(run: CheckContext, one: Ask, exchange: Exchange, before: Accounts) -> _Answered:
    """Judge status and error body of an answer."""
    outcome = _outcome(run, one, before)
    statuses = outcome.statuses
    if one.body is not None and len(one.body.content) > _SMALL:
        statuses = (*statuses, 413)
    named = outcome.requirement
    if one.access and exchange.status in _DECIDES_ACCESS and exchange.status not in statuses:
        named = one.access
    named = _named(one, exchange, named)
    if exchange.status not in statuses:
        _look_at_environment(run, one, exchange, statuses)
    right = _judge_status(run, named, exchange, statuses)
    judge_error(run, exchange)
    return _Answered(one, exchange, outcome, right, is_success(run, exchange))


def _named(one: Ask, exchange: Exchange, requirement: str) -> str:
    """Return the requirement that a wrong status breaks: no form is refused for being one."""
    is_form = one.form or (one.body is not None and one.body.media_type == FORM)
    return "form" if is_form and exchange.status == 415 else requirement


def _judge_status(
    run: CheckContext, named: str, exchange: Exchange, statuses: tuple[int, ...]
) -> bool:
    """Judge a status; one that is not documented breaks that rule alone, where the check is not about another."""
    requirement = full(exchange.operation, named)
    if requirement not in run.judge.requirements and exchange.status not in statuses:
        undocumented = full(exchange.operation, "documented-answers")
        if any(one.requirement == undocumented for one in problems(exchange)[1]):
            return False
    return run.status(requirement, exchange, *statuses)


def _look_at_environment(
    run: CheckContext, one: Ask, exchange: Exchange, statuses: Sequence[int]
) -> None:
    """Raise NotVerified for a wrong status that something else than the implementation may have caused."""
    if one.login is not None and (name := run.guessed(one.login)):
        run.look_for_lock(name)
    if exchange.status in _FIREWALL and run.is_foreign_page(exchange):
        raise NotVerified(
            f"a page of another kind than the target's own refusals came with {exchange.status}: "
            "a firewall may stand before it; let the suite's requests pass"
        )


def _look_for_limit(run: CheckContext, answered: Sequence[_Answered]) -> None:
    """Raise NotVerified if an account takes no more of what was refused: how many it may have is left open."""
    for one in answered:
        op, exchange = one.ask.op, one.exchange
        success = run.operations[op].success
        if not (run.descriptions[op].limited and exchange.status == 400):
            continue
        if one.outcome.statuses != (success,):
            continue
        # Then another one is refused too, and the same is taken beside fewer of its kind.
        value = run.descriptions.part(op, "value")(run, one.ask.role)
        other, same = (_prepared(run, each) for each in (replace(one.ask, value=value), one.ask))
        if any(is_success(run, done) for done in run.send_all([other])):
            continue
        run.settle()
        (again,) = run.send_all([same])
        if is_success(run, again):
            run.judge.forgive(other.exchange.number for other in answered)
            raise NotVerified(
                f"the account takes no more addresses than it has: what {op} adds is refused with 400 "
                "beside more of its kind, and taken beside fewer"
            )


def _outcome(run: CheckContext, one: Ask, accounts: Accounts) -> Outcome:
    """Return what must follow from a request: by the model, and by what the check says."""
    outcome = run.descriptions[one.op].follows(accounts[one.role], one.members)
    named = [one.members.get(name) for name in ADDRESS_MEMBERS]
    if any(is_plain_address(address) and not run.must_take(address) for address in named):
        # Staging may take addresses of its own domain alone.
        outcome = replace(outcome, statuses=(*outcome.statuses, 400))
    subject = one.requirement or one.under or outcome.requirement
    return replace(
        outcome,
        statuses=one.statuses or outcome.statuses,
        requirement=subject,
        unchanged=one.unchanged or one.requirement or outcome.unchanged or subject,
    )


def _foreseen(
    run: CheckContext, answered: Sequence[_Answered], before: Accounts, wanted: Accounts
) -> dict[str, AccountState] | None:
    """Return the accounts as they must be now, to be read at the end of the check; None to read them now.

    They are read now where the text leaves open what became of them, and in a careful run.
    """
    if run.careful:
        return None
    after = dict(wanted)
    for one in answered:
        role, told = one.ask.role, one.exchange.data
        if not one.right or (one.taken and not (_is_told(one) and one.outcome.sure)):
            return None
        if before[role].primary != wanted[role].primary:
            return None
        if one.taken and after[role].user.get("gravatar_url", "") is None:
            url = told.get("gravatar_url") if isinstance(told, dict) else None
            if url is None or url == before[role].user.get("gravatar_url") or run.restorer.volatile:
                return None
            after[role] = after[role].with_user(gravatar_url=url)
    run.expect(after)
    return after


def _after(
    run: CheckContext, answered: Sequence[_Answered], before: Accounts, wanted: Accounts
) -> dict[str, AccountState]:
    """Read both accounts, once a change that may come late is there. Raises NotVerified for a late one."""
    taken = [one for one in answered if _is_told(one)]

    def as_wanted(after: Mapping[str, AccountState]) -> bool:
        if not taken:
            return not _changes(wanted, after)
        return not any(
            part.actual
            for one in taken
            for part in _parts(run, one, before, *_apart(one, answered, after, wanted))
        )

    if not taken:
        # Within this time, a change that must not be would show itself.
        time.sleep(run.target.consistency)
    touches: Part = run.descriptions[answered[0].ask.op].touches
    changed = {one.ask.role for one in answered if not 400 <= one.exchange.status < 500}
    parts: dict[str, Part] = {one: "all" if one in changed else touches for one in run.watched}
    run.lag = ""
    after = run.observe_until(parts, as_wanted)
    if run.lag:
        raise NotVerified(run.lag)
    return after


def _parts(
    run: CheckContext, one: _Answered, before: Accounts, after: Accounts, wanted: Accounts
) -> list[ModelPart]:
    """Compare an answer of success, and the account that it is about, with what must be."""
    role = one.ask.role
    told = one.exchange.data
    if isinstance(told, dict):
        told = steady(told, run.restorer.volatile)
    seen = Seen(one.ask.members, told, before[role], after[role], wanted[role])
    return list(run.descriptions[one.ask.op].parts(seen))


def _apart(one: _Answered, group: Sequence[_Answered], *accounts: Accounts) -> list[Accounts]:
    """Return accounts without the addresses that others of a group speak of: what is wrong there is told of them."""
    own = str(one.ask.members.get("email"))
    theirs = {str(other.ask.members.get("email")) for other in group if other.taken} - {own}
    for address in theirs if one.taken else ():
        accounts = tuple(
            {role: state.without_email(address) for role, state in each.items()}
            for each in accounts
        )
    return list(accounts)


def _is_told(one: _Answered) -> bool:
    """Return whether all that must follow from an answer of success is known."""
    return one.right and one.taken and (one.ask.body is None or one.ask.means is not None)


def _judge_parts(
    run: CheckContext, one: _Answered, before: Accounts, after: Accounts, wanted: Accounts
) -> None:
    """Judge what follows from an answer of success, part by part."""
    role, op = one.ask.role, one.ask.op
    if not _is_told(one):
        return
    readings = run.readings(role, op)
    # Of an answer that is not as documented, the parts of a check's own subject are told by their own names.
    unlike = [catalogue()[found.requirement].level for found in problems(one.exchange)[1]]
    under = "" if "MUST" in unlike else one.ask.under

    def named(requirement: str) -> str:
        """Return the requirement that a part breaks: that of the check, if it is about what was sent."""
        apart = under in _ABOUT_VALUES and requirement in _ABOUT_THE_REST
        return full(op, requirement if apart else under or requirement)

    for part in _parts(run, one, before, after, wanted):
        run.that(
            named(part.requirement),
            not part.actual,
            expected=part.expected,
            actual=part.actual,
            at=one.exchange,
            shown_by=readings if part.stored else (),
        )
    if op == "delete_email":
        _judge_silence(run, one.exchange)
    for other in after if run.operations[op].writes else ():
        if other != role:
            found = differences(before[other], after[other])
            run.that(
                named(run.descriptions[op].untouched),
                not found,
                expected="the other user as it was",
                actual=[f"the other user: {difference}" for difference in found],
                at=one.exchange,
                shown_by=run.readings(other, op),
            )


def _judge_silence(run: CheckContext, exchange: Exchange) -> None:
    """Judge that an answer of 204 has no body."""
    length = exchange.header("Content-Length") or "0"
    silent = not exchange.response.stray and not exchange.response.body and length.strip() == "0"
    run.that(
        full(exchange.operation, "no-body"),
        silent,
        expected="no body",
        actual=f"a body of {length} bytes",
        at=exchange,
    )


def _judge_unchanged(
    run: CheckContext,
    answered: Sequence[_Answered],
    after: Accounts,
    wanted: Accounts,
) -> None:
    """Judge that requests that were refused have changed nothing."""
    refused = [one for one in answered if not one.taken and one.exchange.status >= 400]
    own = {id(one): _own_values(run, one, answered) for one in refused}
    found = _changes(wanted, after)
    guilty = [
        one for one in refused if any(value in change for change in found for value in own[id(one)])
    ]
    if len(refused) < len(answered):
        # What was taken has changed something too, as it must, or against the rules, as its status says.
        found = found if guilty else []
    elif found and not guilty and len(refused) > 1:
        guilty = _halved(run, [one.ask for one in refused])
    if not found:
        for one in refused:
            run.that(_unchanged(one), condition=True, expected="nothing changed", at=one.exchange)
        return
    for one in guilty or refused:
        run.that(
            _unchanged(one),
            condition=False,
            expected="nothing changed by a request that is refused",
            actual=found,
            at=one.exchange,
            shown_by=run.readings(one.ask.role, one.ask.op),
        )


def _unchanged(one: _Answered) -> str:
    return full(one.ask.op, one.outcome.unchanged)


def _changes(before: Accounts, after: Accounts) -> list[str]:
    return [
        difference if role == "owner" else f"the other user: {difference}"
        for role in after
        for difference in differences(before[role], after[role])
    ]


def _own_values(run: CheckContext, one: _Answered, group: Sequence[_Answered]) -> list[str]:
    """Return the values of a request by which a change can be told to be its own."""
    others = {
        str(value) for other in group if other is not one for value in other.ask.members.values()
    }
    values = [str(value) for value in one.ask.members.values()]
    return [value for value in values if run.tag in value and value not in others]


def _halved(run: CheckContext, asks: Sequence[Ask]) -> list[_Answered]:
    """Find the request of a group that changed something, each half sent from a restored state."""
    middle = len(asks) // 2
    for half in (asks[:middle], asks[middle:]):
        run.settle()
        before = {role: run.before(role) for role in run.watched}
        answered = [
            _Answered(one, exchange, _outcome(run, one, before), right=True, taken=False)
            for one, exchange in _sent(run, half)
        ]
        if _changes(before, _after(run, answered, before, before)):
            return answered if len(half) == 1 else _halved(run, half)
    return []


def _has_words(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return any(character.isalpha() for character in value)
    if depth > 4 or not isinstance(value, (dict, list)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return any(_has_words(part, depth + 1) for part in parts)
