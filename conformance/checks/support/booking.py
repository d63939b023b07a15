"""Compare what came of a request with what must follow from it, and book each difference once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.account.state import AccountState, differences, steady
from conformance.catalogue.requirements import catalogue
from conformance.checks.support import model
from conformance.checks.support.conformity import problems
from conformance.checks.support.context import FORM, CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.question import Answered, Ask, full
from conformance.wire.exchange import Exchange

Accounts = Mapping[str, AccountState]
_ABOUT_VALUES = ("any-script", "form-decoding", "sets-profile-url", "sets-several")
_ABOUT_THE_REST = ("leaves-others", "read-only-members", "others-untouched")
_DECIDES_ACCESS = (401, 403, 404)
_FIREWALL = (403, 406)
_SMALL = 1000  # bytes of a body that every target has to read
_TOO_LARGE = (413, 414, 431)  # often said by a server in front, in its own words


def outcome_of(run: CheckContext, one: Ask, accounts: Accounts) -> model.Outcome:
    """Return what must follow from a request: by the model, and by what the check says."""
    outcome = run.descriptions[one.op].follows(accounts[one.role], one.members)
    named = [one.members.get(name) for name in model.ADDRESS_MEMBERS]
    if any(model.is_plain_address(address) and not run.must_take(address) for address in named):
        # Staging may take addresses of its own domain alone.
        outcome = replace(outcome, statuses=(*outcome.statuses, 400))
    subject = one.requirement or one.under or outcome.requirement
    return replace(
        outcome,
        statuses=one.statuses or outcome.statuses,
        requirement=subject,
        unchanged=one.unchanged or one.requirement or outcome.unchanged or subject,
    )


def judge_answer(run: CheckContext, one: Ask, exchange: Exchange, before: Accounts) -> Answered:
    """Judge status and error body of an answer. Raises NotVerified for one of something before it."""
    outcome = outcome_of(run, one, before)
    statuses = taken_as_right(one, outcome.statuses)
    named = outcome.requirement
    if one.access and exchange.status in _DECIDES_ACCESS and exchange.status not in statuses:
        named = one.access
    named = requirement_of(one, exchange, named)
    if exchange.status not in statuses:
        # Something else than the implementation may have caused it.
        if one.login is not None and (name := run.guessed(one.login)):
            run.look_for_lock(name)
        if exchange.status in _FIREWALL and run.is_foreign_page(exchange):
            raise NotVerified(
                f"a page of another kind than the target's own refusals came with {exchange.status}: "
                "a firewall may stand before it; let the suite's requests pass"
            )
    right = judge_status(run, named, exchange, statuses)
    judge_error(run, exchange)
    return Answered(one, exchange, outcome, right, run.is_success(exchange))


def taken_as_right(one: Ask, statuses: tuple[int, ...]) -> tuple[int, ...]:
    """Return the right statuses of a request, with those of a large body: how large one may be is left open."""
    is_large = one.body is not None and len(one.body.content) > _SMALL
    return (*statuses, *_TOO_LARGE) if is_large else statuses


def judge_status(
    run: CheckContext, named: str, exchange: Exchange, statuses: tuple[int, ...]
) -> bool:
    """Judge a status; one that is not documented breaks that rule alone, where the check is not about another."""
    requirement = full(exchange.operation, named)
    if requirement not in run.judge.requirements and exchange.status not in statuses:
        undocumented = full(exchange.operation, "documented-answers")
        if any(one.requirement == undocumented for one in problems(exchange)[1]):
            return False
    return run.judge.status(requirement, exchange, *statuses)


def requirement_of(one: Ask, exchange: Exchange, requirement: str) -> str:
    """Return the requirement that a wrong status breaks: no form is refused for being one."""
    is_form = one.form or (one.body is not None and one.body.media_type == FORM)
    return "form" if is_form and exchange.status == 415 else requirement


def judge_error(run: CheckContext, exchange: Exchange) -> None:
    """Judge the body of a refusal: a JSON object with words in it."""
    if not 400 <= exchange.status < 500 or exchange.status in _TOO_LARGE:
        return
    if exchange.status in _FIREWALL and run.is_foreign_page(exchange):
        return  # a firewall's own
    value = exchange.data
    run.judge.that(
        full(exchange.operation, "error-body"),
        exchange.is_json and isinstance(value, dict) and _has_words(value),
        expected="a JSON object with words in it",
        actual=exchange.describe(),
        at=exchange,
    )


def parts_of(
    run: CheckContext, one: Answered, before: Accounts, after: Accounts, wanted: Accounts
) -> list[model.Part]:
    """Compare an answer of success, and the account that it is about, with what must be."""
    role = one.ask.role
    told = one.exchange.data
    if isinstance(told, dict):
        told = steady(told, signed=run.restorer.signed)
    seen = model.Seen(one.ask.members, told, before[role], after[role], wanted[role])
    return list(run.descriptions[one.ask.op].parts(seen))


def apart(one: Answered, group: Sequence[Answered], *accounts: Accounts) -> list[Accounts]:
    """Return accounts without the addresses that others of a group speak of: what is wrong there is told of them."""
    own = str(one.ask.members.get("email"))
    theirs = {str(other.ask.members.get("email")) for other in group if other.taken} - {own}
    for address in theirs if one.taken else ():
        accounts = tuple(
            {role: state.without_email(address) for role, state in each.items()}
            for each in accounts
        )
    return list(accounts)


def is_told(one: Answered) -> bool:
    """Return whether all that must follow from an answer of success is known."""
    return one.right and one.taken and (one.ask.body is None or one.ask.means is not None)


def judge_parts(
    run: CheckContext, one: Answered, before: Accounts, after: Accounts, wanted: Accounts
) -> None:
    """Judge what follows from an answer of success, part by part."""
    role, op = one.ask.role, one.ask.op
    if not is_told(one):
        return
    readings = run.readings(role, op)
    # Of an answer that is not as documented, the parts of a check's own subject are told by their own names.
    unlike = [catalogue()[found.requirement].level for found in problems(one.exchange)[1]]
    under = "" if "MUST" in unlike else one.ask.under
    untouched = run.descriptions[op].untouched
    others = [other for other in after if other != role and run.operations[op].writes]
    reached = {other: differences(before[other], after[other]) for other in others}
    if under == untouched and not any(reached.values()):
        # Where nobody else was reached, what is wrong is no matter of other accounts.
        under = "form" if one.ask.form else ""

    def named(requirement: str) -> str:
        """Return the requirement that a part breaks: that of the check, if it is about what was sent."""
        apart = under in _ABOUT_VALUES and requirement in _ABOUT_THE_REST
        return full(op, requirement if apart else under or requirement)

    for part in parts_of(run, one, before, after, wanted):
        run.judge.that(
            named(part.requirement),
            not part.actual,
            expected=part.expected,
            actual=part.actual,
            at=one.exchange,
            shown_by=readings if part.stored else (),
        )
    if run.operations[op].success == 204 and (silence := full(op, "no-body")) in catalogue():
        answer, length = one.exchange.response, one.exchange.header("Content-Length") or "0"
        silent = not answer.stray and not answer.body and length.strip() == "0"
        actual = f"a body of {length} bytes"
        run.judge.that(silence, silent, expected="no body", actual=actual, at=one.exchange)
    for other, found in reached.items():
        run.judge.that(
            named(untouched),
            not found,
            expected="the other user as it was",
            actual=[f"the other user: {difference}" for difference in found],
            at=one.exchange,
            shown_by=run.readings(other, op),
        )


def judge_unchanged(
    run: CheckContext,
    answered: Sequence[Answered],
    after: Accounts,
    wanted: Accounts,
    find: Callable[[Sequence[Ask]], list[Answered]],
) -> None:
    """Judge that requests that were refused have changed nothing; `find` finds the one that did, if none names it."""
    refused = [one for one in answered if not one.taken and one.exchange.status >= 400]
    found = changes_of(wanted, after)
    sent = {id(one): {str(value) for value in one.ask.members.values()} for one in answered}
    counts = Counter(value for values in sent.values() for value in values)
    # By a value of its own, a change can be told to be that of a request.
    own = [value for value, count in counts.items() if count == 1 and run.tag in value]
    telling = {value for value in own if any(value in change for change in found)}
    guilty = [one for one in refused if sent[id(one)] & telling]
    if len(refused) < len(answered):
        # What was taken has changed something too, as it must, or against the rules, as its status says.
        found = found if guilty else []
    elif found and not guilty and len(refused) > 1:
        guilty = find([one.ask for one in refused])
    for one in guilty or refused:
        run.judge.that(
            full(one.ask.op, one.outcome.unchanged),
            not found,
            expected="nothing changed by a request that is refused",
            actual=found,
            at=one.exchange,
            shown_by=run.readings(one.ask.role, one.ask.op) if found else (),
        )


def changes_of(before: Accounts, after: Accounts) -> list[str]:
    """Describe what differs in the accounts."""
    return [
        difference if role == "owner" else f"the other user: {difference}"
        for role in after
        for difference in differences(before[role], after[role])
    ]


def _has_words(value: Any, depth: int = 0) -> bool:
    if isinstance(value, str):
        return any(character.isalpha() for character in value)
    if depth > 4 or not isinstance(value, (dict, list)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return any(_has_words(part, depth + 1) for part in parts)
