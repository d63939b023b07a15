"""Members that never change through update_user. A faulty target may lock the owner out: this comes last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.checks.support import cases
from conformance.checks.support.asking import ask
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.marking import proves

_REQUIREMENT = "update-user/read-only-members"


def _others(run: CheckContext) -> dict[str, Any]:
    """Return another value for each member; what locks the owner out comes last."""
    user = run.before().user
    return {
        "id": 1 if user.get("id") != 1 else 2,
        "url": f"https://example.com/{run.tag}/",
        "date_joined": "2001-01-01T01:01:01Z",
        "type": "Administrator",
        "gravatar_url": f"https://example.com/{run.tag}.jpg",
        "email": run.address(),
        "username": run.tag,
        "is_active": user.get("is_active") is False,
    }


@proves(_REQUIREMENT, last=True)
def test_a_read_only_member_does_not_change(run: CheckContext) -> None:
    for member, value in _others(run).items():
        free = cases.text_member(run)
        for form in (False, True):
            for beside in ({}, {free: run.text("Beside")}):
                if not _stays(run, member, {member: value, **beside}, form=form):
                    return
    run.judge.pass_all()


def _stays(run: CheckContext, member: str, value: Mapping[str, Any], *, form: bool) -> bool:
    """Return whether all is well after an update; what let a new value in should let the old one in, too."""
    user = run.before().user
    try:
        # Members that are not in the list are ignored, or refused.
        ask(run, "update_user", value, form=form)
    except NotVerified as reason:
        run.judge.that(
            _REQUIREMENT,
            condition=False,
            expected=f"{member} as it was",
            actual=str(reason),
            at=next(reversed(run.trail.before(None)), None),
        )
    if not run.judge.failures:
        return True
    name = value[member] if member == "username" else None
    for login in (run.basic("owner"), run.login("update_user")):
        run.call("update_user", login, {member: user.get(member)}, username=name)
    return False


@proves(_REQUIREMENT, "update-user/others-untouched", last=True)
def test_the_addresses_do_not_change_with_the_profile(run: CheckContext) -> None:
    rows = [{"email": run.address(), "verified": True, "primary": False}]
    # A form has members of members in brackets, where it has any.
    for name, value, form in (
        ("emails", rows, False),
        ("emails[0][email]", rows[0]["email"], True),
    ):
        beside = {cases.text_member(run): run.text("Beside")}
        ask(run, "update_user", {name: value, **beside}, form=form)
    run.judge.pass_all()


@proves(_REQUIREMENT, last=True)
def test_the_password_does_not_change(run: CheckContext) -> None:
    account = run.account("owner")
    basic = run.basic("owner")
    # Without a token that updates the profile, a password that did change could not be put back.
    login = run.token("owner", run.scopes("update_user"))
    password = f"{run.tag}-password"
    for body in ({"password": password}, {"password": password, cases.text_member(run): "Beside"}):
        exchange = run.call("update_user", login, body)
        still = run.client.call(run.operations["get_user"], account.username, basic)
        if not run.judge.that(
            _REQUIREMENT,
            still.status != 401,
            expected="the password as it was",
            actual="the owner's Basic login is refused afterwards",
            at=exchange,
            shown_by=[still],
        ):
            run.call("update_user", login, {"password": account.password})
            return
