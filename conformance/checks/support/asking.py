"""Requests and what must follow from them: sent, compared with the model, each difference booked once.

A check says what it wants to know as an Ask. Requests that do not depend on each other are asked as a
group: sent over several connections where the target takes that, and the accounts are read once after it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.account.restorer import Part
from conformance.account.state import AccountState
from conformance.checks.support import booking
from conformance.checks.support.booking import Accounts
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.question import Answered, Ask
from conformance.wire.client import Body
from conformance.wire.exchange import Exchange


def ask(
    run: CheckContext, op: str, value: Mapping[str, Any] | None = None, **more: Any
) -> Exchange:
    """Send one request, and judge all that must follow from it; the fields of Ask by their names."""
    return ask_all(run, [Ask(op, value, **more)])[0]


def asks(op: str, bodies: Iterable[Mapping[str, Any] | Body | None], **more: Any) -> list[Ask]:
    """Return a request for each of some bodies, raw or not; the other fields of Ask are the same for all."""
    return [
        Ask(op, body=one, **more) if isinstance(one, Body) else Ask(op, one, **more)
        for one in bodies
    ]


def ask_all(run: CheckContext, asks: Sequence[Ask]) -> list[Exchange]:
    """Send requests that do not depend on each other, and judge all that must follow from them.

    Args:
        run: The context.
        asks: Requests of one operation. Those that change something each name a value of their own.

    Raises:
        TransportError, NotVerified: They could not be sent, or the accounts could not be read.
    """
    for role in {one.role for one in asks}:
        run.account(role)  # which another lane may have
    writes = any(run.operations[one.op].writes for one in asks)
    # To read needs no state before: whether there is one to be read is what is to be seen.
    names = {role: {"username": run.account(role).username} for role in run.watched}
    nothing = {role: AccountState(user, ()) for role, user in names.items()}
    before = run.known() if writes else nothing
    answered = [
        booking.judge_answer(run, one, exchange, before)
        for one, exchange in _sent(run, asks, before)
    ]
    wanted = dict(before)
    for index, one in enumerate(answered):
        if one.taken and one.right:
            # Each begins where the one before it ended.
            outcome = run.descriptions[one.ask.op].follows(wanted[one.ask.role], one.ask.members)
            answered[index] = replace(one, outcome=outcome)
            wanted[one.ask.role] = outcome.after
    if not writes:
        for one in answered:
            booking.judge_parts(run, one, before, before, before)
        return [one.exchange for one in answered]
    after = _foreseen(run, answered, before, wanted) or _after(run, answered, before, wanted)
    for one in answered:
        booking.judge_parts(run, one, before, *booking.apart(one, answered, after, wanted))
    booking.judge_unchanged(run, answered, after, wanted, partial(_halved, run))
    _look_for_limit(run, answered)
    return [one.exchange for one in answered]


def answer_all(run: CheckContext, asks: Sequence[Ask]) -> None:
    """Send requests of which nobody says what follows, and judge their statuses alone. Raises as ask_all."""
    for one, exchange in _sent(run, asks):
        named = booking.requirement_of(one, exchange, one.requirement)
        booking.judge_status(run, named, exchange, booking.taken_as_right(one, one.statuses))


def _sent(
    run: CheckContext, asks: Sequence[Ask], accounts: Accounts | None = None
) -> list[tuple[Ask, Exchange]]:
    if accounts is None:
        run.verify_before(one.op for one in asks)
    # Of what nobody says anything about, nobody says that it is refused.
    statuses = [
        booking.outcome_of(run, one, accounts).statuses if accounts else one.statuses or (0,)
        for one in asks
    ]
    refused = [min(one) >= 400 for one in statuses]
    return list(zip(asks, run.send_all(asks, refused), strict=True))


def _look_for_limit(run: CheckContext, answered: Sequence[Answered]) -> None:
    """Raise NotVerified if an account takes no more of what was refused: how many it may have is left open."""
    for one in answered:
        op = one.ask.op
        must = one.outcome.statuses == (run.operations[op].success,)
        if not (must and run.descriptions[op].limited and one.exchange.status == 400):
            continue
        # Then another one is refused too, and the same is taken beside fewer of its kind.
        value = run.descriptions.part(op, "value")(run, one.ask.role)
        if any(map(run.is_success, run.send_all([replace(one.ask, value=value)]))):
            continue
        run.settle()
        if any(map(run.is_success, run.send_all([one.ask]))):
            run.judge.forgive(other.exchange.number for other in answered)
            raise NotVerified(
                f"the account takes no more addresses than it has: what {op} adds is refused with 400 "
                "beside more of its kind, and taken beside fewer"
            )


def _foreseen(
    run: CheckContext, answered: Sequence[Answered], before: Accounts, wanted: Accounts
) -> dict[str, AccountState] | None:
    """Return the accounts as they must be now, to be read at the end of the check; None to read them now.

    They are read now where the text leaves open what became of them, and in a careful run.
    """
    if run.careful:
        return None
    after = dict(wanted)
    for one in answered:
        role, told = one.ask.role, one.exchange.data
        if not one.right or (one.taken and not (booking.is_told(one) and one.outcome.sure)):
            return None
        if before[role].primary != wanted[role].primary:
            return None
        if one.taken and after[role].user.get("gravatar_url", "") is None:
            url = told.get("gravatar_url") if isinstance(told, dict) else None
            if url is None or url == before[role].user.get("gravatar_url") or run.restorer.signed:
                return None
            after[role] = after[role].with_user(gravatar_url=url)
    run.expect(after)
    return after


def _after(
    run: CheckContext, answered: Sequence[Answered], before: Accounts, wanted: Accounts
) -> dict[str, AccountState]:
    """Read both accounts, once a change that may come late is there. Raises NotVerified for a late one."""
    taken = [one for one in answered if booking.is_told(one)]

    def as_wanted(after: Mapping[str, AccountState]) -> bool:
        if not taken:
            return not booking.changes_of(wanted, after)
        return not any(
            part.actual
            for one in taken
            for part in booking.parts_of(
                run, one, before, *booking.apart(one, answered, after, wanted)
            )
        )

    if not taken:
        # Within this time, a change that must not be would show itself.
        time.sleep(run.consistency)
    touches: Part = run.descriptions[answered[0].ask.op].touches
    changed = {one.ask.role for one in answered if not 400 <= one.exchange.status < 500}
    parts: dict[str, Part] = {one: "all" if one in changed else touches for one in run.watched}
    run.lag = ""
    after = run.observe_until(parts, as_wanted)
    if run.lag:
        raise NotVerified(run.lag)
    return after


def _halved(run: CheckContext, asks: Sequence[Ask]) -> list[Answered]:
    """Find the request of a group that changed something, each half sent from a restored state."""
    middle = len(asks) // 2
    for half in (asks[:middle], asks[middle:]):
        run.settle()
        before = {role: run.before(role) for role in run.watched}
        answered = [
            Answered(one, exchange, booking.outcome_of(run, one, before), right=True, taken=False)
            for one, exchange in _sent(run, half)
        ]
        if booking.changes_of(before, _after(run, answered, before, before)):
            return answered if len(half) == 1 else _halved(run, half)
    return []
