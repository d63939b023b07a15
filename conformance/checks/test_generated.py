"""Generated requests: valid ones are accepted, invalid ones refused, and sequences keep their state."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from conformance.checks import cases, oracles
from conformance.checks.cases import WRITES, Cases, operations
from conformance.checks.generation import allowed, bodies, explore, is_good_text
from conformance.checks.marking import proves
from conformance.checks.oracles import Witness
from conformance.client import Body
from conformance.judge import Judge, NotVerified
from conformance.requirements import slug
from conformance.run import Run
from conformance.state import AccountState, Email, email_differences


def _writes_in_both(_run: Run) -> Cases:
    for op in WRITES:
        for form in (False, True):
            yield f"{op}, {'form' if form else 'JSON'}", {"op": op, "form": form}


@proves("{op}/success", each=_writes_in_both)
def test_valid_requests_are_accepted(run: Run, judge: Judge, op: str, form: bool) -> None:
    login = run.login(op)

    def check(inner: Judge, value: dict[str, Any]) -> None:
        if op == "update_user":
            body = _ours(run, value)
            if body:
                oracles.updated_user(run, inner, login, body, form=form)
            return
        local, _, domain = value["email"].partition("@")
        address = run.address(f"+{local}", domain)
        if op == "add_email":
            oracles.added_email(run, inner, login, address, form=form)
            return
        run.make("add_email", {"email": address})
        if run.before().find(address) is None:
            raise NotVerified("the check needs an address, and adding one did not work")
        if op == "delete_email":
            oracles.deleted_email(run, inner, login, address, form=form)
            return
        # An address that is not verified yet may be refused as the primary one.
        change = {"email": address, "verified": True}
        oracles.updated_email(run, inner, login, change, form=form)

    explore(run, judge, bodies(op, valid=True), check)


def _ours(run: Run, value: dict[str, Any]) -> dict[str, str]:
    """A generated profile without what is not good by anyone's reading, or could not be put back."""
    body = {
        name: text
        for name, text in value.items()
        if is_good_text(text) and name not in run.prepared.fixed_members
    }
    if "gravatar_email" in body:
        local, _, domain = body["gravatar_email"].partition("@")
        body["gravatar_email"] = run.address(f"+{local}", domain)
    return body


@proves("{op}/documented-answers", each=operations(WRITES))
def test_invalid_requests_are_refused(run: Run, judge: Judge, op: str) -> None:
    login = run.login(op)

    def check(inner: Judge, value: Any) -> None:
        witness = Witness(run)
        try:
            body = Body(json.dumps(value).encode("ascii"))
        except (TypeError, ValueError):
            body, value = Body(b""), {}  # no body at all
        statuses = (*allowed(run, op, value), *cases.too_large(body))
        exchange = run.call(op, login, body=body)
        inner.status(f"{slug(op)}/documented-answers", exchange, *statuses)
        if exchange.status >= 400:
            kind = "refused-unchanged" if op == "update_user" else "invalid-body/missing-address"
            requirement = f"{slug(op)}/{kind}"
            witness.nothing_changed(inner, requirement, exchange)
        else:
            run.settle()

    explore(run, judge, bodies(op, valid=False), check)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(("add", "add", "verify", "verify", "primary", "delete", "unknown")),
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=2,
    max_size=8,
)


@proves("list-emails/complete", "list-emails/one-primary")
def test_sequences_of_changes_end_where_they_should(run: Run, judge: Judge) -> None:
    primary = run.before().primary
    if primary is None or not primary.verified:
        raise NotVerified("the owner has no verified primary address to go back to")

    def check(inner: Judge, steps: list[tuple[str, int, bool]]) -> None:
        run.settle()
        _walk(run, inner, steps)

    explore(run, judge, _STEPS, check)


def _walk(run: Run, judge: Judge, steps: list[tuple[str, int, bool]]) -> None:
    """Change the addresses step by step, here and on the target, and compare at the end."""
    state = run.before()
    ours: list[str] = []
    exchange = None
    for action, index, form in steps:
        address = ours[index % len(ours)] if ours else ""
        if action in ("add", "unknown") or not address:
            address = run.address()
        step = _step(action, state, address, known=address in ours)
        if step is None:
            continue
        op, extra, status, after = step
        exchange = run.call(op, run.login(op), {"email": address, **extra}, form=form)
        if not judge.status(
            f"{slug(op)}/success" if status < 400 else _refusal(op, status), exchange, status
        ):
            return
        state = after
        ours = [email.email for email in state.emails if run.tag in email.email]
    wrong = email_differences(state.emails, run.observe().emails)
    judge.that(
        "list-emails/complete",
        not wrong,
        expected=f"the addresses after {', '.join(action for action, _, _ in steps)}",
        actual=wrong,
        at=exchange,
    )


def _refusal(op: str, status: int) -> str:
    return f"{slug(op)}/{'not-found/address' if status == 404 else 'primary-refused'}"


def _step(
    action: str, state: AccountState, address: str, *, known: bool
) -> tuple[str, dict[str, Any], int, AccountState] | None:
    """What to send, the status that is due, and the addresses afterwards; None for nothing."""
    if action == "add":
        email = Email(address, verified=False, primary=False)
        return "add_email", {}, 201, state.with_email(email)
    if action == "unknown" or not known:
        op = "delete_email" if action in ("unknown", "delete") else "update_email"
        return op, {"verified": True} if op == "update_email" else {}, 404, state
    found = next(email for email in state.emails if email.email == address)
    if action == "delete":
        left = state if found.primary else state.without_email(address)
        return "delete_email", {}, 400 if found.primary else 204, left
    # An address becomes primary only once it is verified: the other way round is left open.
    # So is what is answered to a wish for what is so already.
    if found.verified and (found.primary or action == "verify"):
        return None
    if found.verified:
        return (
            "update_email",
            {"primary": True},
            200,
            state.with_email(replace(found, primary=True)),
        )
    return "update_email", {"verified": True}, 200, state.with_email(replace(found, verified=True))
