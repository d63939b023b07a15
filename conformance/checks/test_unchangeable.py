"""Members that never change through update_user. A faulty target may lock the owner out: this comes last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.account.state import email_differences, user_differences
from conformance.catalogue.requirements import slug
from conformance.checks.support import cases
from conformance.checks.support.cases import Cases
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge, NotVerified
from conformance.checks.support.marking import proves

_REQUIREMENT = "update-user/read-only-members"
_ORDER = ("id", "url", "date_joined", "type", "gravatar_url", "email", "username", "is_active")


def _members(_run: CheckContext) -> Cases:
    for name in _ORDER:
        yield name, {"member": name}


def _other_value(run: CheckContext, name: str, user: Mapping[str, Any]) -> Any:
    return {
        "id": 1 if user.get("id") != 1 else 2,
        "username": run.tag,
        "url": f"https://example.com/{run.tag}/",
        "date_joined": "2001-01-01T01:01:01Z",
        "type": "Administrator",
        "gravatar_url": f"https://example.com/{run.tag}.jpg",
        "email": run.address(),
        "is_active": user.get("is_active") is False,
    }[name]


@proves(_REQUIREMENT, "update-user/documented-answers", each=_members)
def test_a_read_only_member_does_not_change(run: CheckContext, judge: Judge, member: str) -> None:
    login = run.login("update_user")
    before = run.before()
    value = _other_value(run, member, before.user)
    free = cases.text_member(run)
    for body in ({member: value}, {member: value, free: run.text("Beside")}):
        for form in (False, True):
            exchange = run.call("update_user", login, body, form=form)
            # Members that are not in the list are ignored, or refused.
            judge.status("update-user/documented-answers", exchange, 200, 400)
            try:
                after = run.observe()
            except NotVerified as reason:
                judge.that(
                    _REQUIREMENT,
                    condition=False,
                    expected=f"{member} as it was",
                    actual=str(reason),
                    at=exchange,
                )
                _repair(run, member, value, before.user)
                return
            found = user_differences(before.user, after.user, ignore=(free,))
            if not judge.that(
                _REQUIREMENT, not found, expected=f"{member} as it was", actual=found, at=exchange
            ):
                _repair(run, member, value, before.user)
                return
            if exchange.status == 200 and free in body:
                judge.that(
                    f"update-user/sets-{slug(free)}",
                    after.user.get(free) == body[free],
                    expected=f"{free} {body[free]!r}, whatever stands beside it",
                    actual=f"{free} is {after.user.get(free)!r}",
                    at=exchange,
                )
            if exchange.status == 400:
                judge.that(
                    "update-user/refused-unchanged",
                    after.user.get(free) == before.user.get(free),
                    expected="nothing changed",
                    actual=f"{free} is {after.user.get(free)!r}",
                    at=exchange,
                )
            before = after


@proves(_REQUIREMENT, "update-user/documented-answers")
def test_the_addresses_do_not_change_with_the_profile(run: CheckContext, judge: Judge) -> None:
    before = run.observe()
    rows = [{"email": run.address(), "verified": True, "primary": False}]
    for form in (False, True):
        # A form has members of members in brackets, where it has any.
        value: dict[str, Any] = {"emails[0][email]": rows[0]["email"]} if form else {"emails": rows}
        value[cases.text_member(run)] = run.text("Beside")
        exchange = run.call("update_user", run.login("update_user"), value, form=form)
        judge.status("update-user/documented-answers", exchange, 200, 400)
        judge.that(
            _REQUIREMENT,
            not (found := email_differences(before.emails, run.observe().emails)),
            expected="the addresses as they were",
            actual=found,
            at=exchange,
        )


@proves(_REQUIREMENT, "update-user/documented-answers")
def test_the_password_does_not_change(run: CheckContext, judge: Judge) -> None:
    account = run.account("owner")
    basic = run.basic("owner")
    # Without a token that updates the profile, a password that did change could not be put back.
    login = run.token("owner", run.scopes("update_user"))
    password = f"{run.tag}-password"
    for body in ({"password": password}, {"password": password, cases.text_member(run): "Beside"}):
        exchange = run.call("update_user", login, body)
        judge.status("update-user/documented-answers", exchange, 200, 400)
        still = run.call("get_user", basic)
        if not judge.that(
            _REQUIREMENT,
            still.status != 401,
            expected="the password as it was",
            actual="the owner's Basic login is refused afterwards",
            at=exchange,
        ):
            run.call("update_user", login, {"password": account.password})
            return


def _repair(run: CheckContext, member: str, value: Any, user: Mapping[str, Any]) -> None:
    """Send the old value the same way: what let the change in should let it out."""
    name = value if member == "username" else None
    for login in (run.basic("owner"), run.login("update_user")):
        run.call("update_user", login, {member: user.get(member)}, username=name)
