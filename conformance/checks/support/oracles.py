"""The oracles: status, answer and stored data after each operation, judged exactly.

Each function sends one correct request and judges everything that follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.account.restorer import Part
from conformance.account.state import (
    AccountState,
    Email,
    differences,
    email_differences,
    email_list_problems,
    problems_of,
    read_emails,
    text_members,
    user_differences,
    user_members,
)
from conformance.catalogue.requirements import slug
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge, NotVerified
from conformance.target.credentials import Credentials
from conformance.wire.exchange import Exchange, NotJson

FOLLOWS_PRIMARY = ("email", "gravatar_url")
"""Members of the user that may follow the primary address: the text leaves that open."""


def _read_only() -> list[str]:
    """Return the members of the user that no request sets, nor changes by the way."""
    return [name for name in user_members() if name not in (*text_members(), "gravatar_url")]


def answer(judge: Judge, exchange: Exchange) -> Any:
    """Return the JSON of an answer of success; None if it is none."""
    requirement = f"{slug(exchange.operation)}/json"
    judge.that(
        requirement,
        exchange.is_json,
        expected="a Content-Type of JSON",
        actual=f"Content-Type: {exchange.header('Content-Type')}",
        at=exchange,
    )
    try:
        value = exchange.json()
    except NotJson as error:
        judge.that(
            requirement,
            condition=False,
            expected="JSON",
            actual=f"{error}: {exchange.describe()}",
            at=exchange,
        )
        return None
    judge.holds(requirement)
    return value


def told_user(judge: Judge, exchange: Exchange) -> dict[str, Any] | None:
    """Return the user of an answer of success; None if it is no object."""
    value = answer(judge, exchange)
    problems = problems_of(value, "User")
    judge.that(
        f"{slug(exchange.operation)}/members",
        not problems,
        expected="the documented members",
        actual=problems,
        at=exchange,
    )
    return value if isinstance(value, dict) else None


def got_user(run: CheckContext, judge: Judge, login: Credentials, role: str = "owner") -> Exchange:
    """GET the user, and judge what comes."""
    username = run.account(role).username
    exchange = run.call("get_user", login, username=username)
    if not judge.status("get-user/success", exchange, 200):
        return exchange
    value = told_user(judge, exchange)
    if value is not None:
        judge.that(
            "get-user/own-data",
            str(value.get("username", username)).casefold() == username.casefold(),
            expected=f"the user {username}",
            actual=f"username is {value.get('username')!r}",
            at=exchange,
        )
    return exchange


def told_emails(
    judge: Judge, exchange: Exchange, requirement: str = "list-emails/members"
) -> tuple[Email, ...] | None:
    """Return the addresses of an answer of success; None if it is no list of them."""
    value = answer(judge, exchange)
    problems = email_list_problems(value)
    judge.that(
        requirement,
        not problems,
        expected="an array of objects with email, verified and primary",
        actual=problems,
        at=exchange,
    )
    return None if problems else read_emails(value)


def listed_emails(
    run: CheckContext, judge: Judge, login: Credentials, role: str = "owner"
) -> Exchange:
    """GET the addresses, and judge what comes."""
    exchange = run.call("list_emails", login, username=run.account(role).username)
    if not judge.status("list-emails/success", exchange, 200):
        return exchange
    emails = told_emails(judge, exchange)
    if emails is None:
        return exchange
    primaries = [email.email for email in emails if email.primary]
    judge.that(
        "list-emails/one-primary",
        len(primaries) == 1,
        expected="one primary address",
        actual=f"{len(primaries)}: {', '.join(primaries)}",
        at=exchange,
    )
    judge.that(
        "list-emails/complete",
        len({email.email for email in emails}) == len(emails),
        expected="each address once",
        actual=", ".join(email.email for email in emails),
        at=exchange,
    )
    return exchange


class Witness:
    """Both accounts before a request, to be compared with how they are after it."""

    def __init__(self, run: CheckContext) -> None:
        self._run = run
        self.owner = run.before()
        self.other = run.before("other") if run.has_other else None

    def _part(self, exchange: Exchange) -> Part:
        """Return the part of an account that an operation is about, which is read again after a refusal."""
        return self._run.descriptions[exchange.operation].touches

    def other_untouched(self, judge: Judge, requirement: str, exchange: Exchange) -> None:
        """Judge that the other user stayed as it was."""
        if self.other is None:
            return
        found = differences(self.other, self._run.observe("other", self._part(exchange)))
        judge.that(
            requirement,
            not found,
            expected="the other user as it was",
            actual=(f"the other user: {difference}" for difference in found),
            at=exchange,
        )

    def nothing_changed(self, judge: Judge, requirement: str, exchange: Exchange) -> None:
        """Judge that the owner is as before."""
        found = differences(self.owner, self._run.observe("owner", self._part(exchange)))
        judge.that(
            requirement,
            not found,
            expected="nothing changed by a request that is refused",
            actual=found,
            at=exchange,
        )


def judge_stored(
    run: CheckContext, judge: Judge, requirement: str, value: Mapping[str, Any], exchange: Exchange
) -> None:
    """Judge that the owner's profile has some members as they were sent."""
    stored = run.observe().user
    judge.that(
        requirement,
        all(stored.get(name) == text for name, text in value.items()),
        expected=f"{value} stored",
        actual=str({name: stored.get(name) for name in value}),
        at=exchange,
    )


def updated_user(
    run: CheckContext,
    judge: Judge,
    login: Credentials,
    value: Mapping[str, Any],
    *,
    form: bool = False,
) -> Exchange:
    """PATCH the user with valid members, and judge the answer and what is stored."""
    witness = Witness(run)
    exchange = run.call("update_user", login, value, form=form)
    if not judge.status("update-user/success", exchange, 200):
        return exchange
    told = told_user(judge, exchange) or {}
    after = run.observe()
    for name in value:
        _judge_member(judge, name, value[name], told, witness.owner, after, exchange)
    sent = ["gravatar_url" if name == "gravatar_email" else name for name in value]
    kept = user_differences(witness.owner.user, after.user, ignore=[*sent, *_read_only()])
    judge.that(
        "update-user/leaves-others",
        not kept,
        expected="the other members as they were",
        actual=kept,
        at=exchange,
    )
    fixed = user_differences(
        witness.owner.user, after.user, ignore=[*text_members(), "gravatar_url"]
    )
    judge.that(
        "update-user/read-only-members",
        not fixed,
        expected="no change of them",
        actual=fixed,
        at=exchange,
    )
    untrue = [
        f"{name} is {told[name]!r} in the answer and {after.user.get(name)!r} afterwards"
        for name in user_members()
        if name in told and told[name] != after.user.get(name)
    ]
    judge.that(
        "update-user/answers-stored",
        not untrue,
        expected="the user as stored",
        actual=untrue,
        at=exchange,
    )
    emails = email_differences(witness.owner.emails, after.emails)
    judge.that(
        "update-user/others-untouched",
        not emails,
        expected="the addresses as they were",
        actual=emails,
        at=exchange,
    )
    witness.other_untouched(judge, "update-user/others-untouched", exchange)
    return exchange


def _judge_member(
    judge: Judge,
    name: str,
    value: Any,
    told: Mapping[str, Any],
    before: AccountState,
    after: AccountState,
    exchange: Exchange,
) -> None:
    requirement = f"update-user/sets-{slug(name)}"
    if name == "gravatar_email":
        old = before.user.get("gravatar_url")
        for where, new in (("answer", told), ("storage", after.user)):
            judge.that(
                requirement,
                new.get("gravatar_url") != old,
                expected="another gravatar_url for another gravatar_email",
                actual=f"gravatar_url is still {old!r} in the {where}",
                at=exchange,
            )
        return
    for where, new in (("answer", told), ("storage", after.user)):
        judge.that(
            requirement,
            new.get(name) == value,
            expected=f"{name} {value!r}",
            actual=f"{name} is {new.get(name)!r} in the {where}",
            at=exchange,
        )


def added_email(
    run: CheckContext, judge: Judge, login: Credentials, address: str, *, form: bool = False
) -> Exchange:
    """Send a new address by POST, and judge the answer and what is stored."""
    witness = Witness(run)
    exchange = run.call("add_email", login, {"email": address}, form=form)
    if judge.status("add-email/success", exchange, 201):
        judge_added(run, judge, address, exchange, witness)
    return exchange


def judge_added(
    run: CheckContext, judge: Judge, address: str, exchange: Exchange, witness: Witness
) -> None:
    """Judge an address that was just added with 201."""
    found = answer(judge, exchange)
    problems = problems_of(found, "Email")
    told = found if isinstance(found, dict) else {}
    if told.get("email") != address:
        problems = [*problems, f"email is {told.get('email')!r}"]
    judge.that(
        "add-email/answers-address",
        not problems,
        expected=f"{address} with its three members",
        actual=problems,
        at=exchange,
    )
    after = run.observe()
    stored = after.find(address)
    judge.that(
        "add-email/listed",
        stored is not None,
        expected=f"{address} in the list",
        actual=f"the list has {', '.join(email.email for email in after.emails)}",
        at=exchange,
    )
    for name in ("verified", "primary"):
        where = [
            place
            for place, is_so in (
                ("in the answer", told.get(name) is True),
                ("in the list", stored is not None and getattr(stored, name)),
            )
            if is_so
        ]
        judge.that(
            f"add-email/not-{name}",
            not where,
            expected=f"{name}: false",
            actual=f"{name} is true {' and '.join(where)}",
            at=exchange,
        )
    rest = [email for email in after.emails if email.email != address]
    found_differences = [
        *email_differences(witness.owner.emails, rest),
        *user_differences(witness.owner.user, after.user),
    ]
    judge.that(
        "add-email/others-untouched",
        not found_differences,
        expected="everything else as it was",
        actual=found_differences,
        at=exchange,
    )
    judge.that(
        "list-emails/complete",
        len(after.emails) - len(rest) == 1,
        expected=f"{address} once in the list",
        actual=f"it is there {len(after.emails) - len(rest)} times",
        at=exchange,
    )
    witness.other_untouched(judge, "add-email/others-untouched", exchange)


def updated_email(
    run: CheckContext,
    judge: Judge,
    login: Credentials,
    value: Mapping[str, Any],
    *,
    form: bool = False,
) -> Exchange:
    """PATCH an address that is there, and judge the answer and what is stored."""
    witness = Witness(run)
    exchange = run.call("update_email", login, value, form=form)
    if judge.status("update-email/success", exchange, 200):
        judge_updated_email(run, judge, value, exchange, witness)
        return exchange
    for name, requirement in (("verified", "verifies"), ("primary", "makes-primary")):
        if value.get(name):
            judge.status(f"update-email/{requirement}", exchange, 200)
    return exchange


def judge_updated_email(
    run: CheckContext, judge: Judge, value: Mapping[str, Any], exchange: Exchange, witness: Witness
) -> None:
    """Judge an address that was just updated with 200."""
    address = value["email"]
    before = witness.owner.find(address)
    if before is None:
        raise NotVerified(f"the check needs {address}, which could not be added before")
    expected = Email(
        address,
        before.verified or bool(value.get("verified")),
        before.primary or bool(value.get("primary")),
    )
    found = answer(judge, exchange)
    problems = problems_of(found, "Email")
    told = found if isinstance(found, dict) else {}
    if not problems and Email(told["email"], told["verified"], told["primary"]) != expected:
        problems = [f"it is {Email(told['email'], told['verified'], told['primary'])}"]
    judge.that(
        "update-email/answers-address",
        not problems,
        expected=str(expected),
        actual=problems,
        at=exchange,
    )
    after = run.observe()
    stored = after.find(address)
    shown = f"{stored} in the list" if stored else "it is not in the list"
    if value.get("verified"):
        judge.that(
            "update-email/verifies",
            stored is not None and stored.verified,
            expected="verified: true",
            actual=shown,
            at=exchange,
        )
    if value.get("primary"):
        judge.that(
            "update-email/makes-primary",
            stored is not None and stored.primary,
            expected="primary: true",
            actual=shown,
            at=exchange,
        )
        wanted_others = witness.owner.with_email(expected).emails
        found = email_differences(
            [email for email in wanted_others if email.email != address],
            [email for email in after.emails if email.email != address],
        )
        judge.that(
            "update-email/unsets-previous",
            not found,
            expected="the previous one not primary, and otherwise as it was",
            actual=found,
            at=exchange,
        )
    else:
        was, now = witness.owner.primary, after.primary
        judge.that(
            "update-email/verifying-keeps-primary",
            (was and was.email) == (now and now.email),
            expected=f"the primary address is still {was and was.email}",
            actual=f"it is {now and now.email}",
            at=exchange,
        )
    wanted = witness.owner.with_email(expected)
    ignored = FOLLOWS_PRIMARY if value.get("primary") and not before.primary else ()
    rest = differences(wanted, after, ignore=ignored)
    judge.that(
        "update-email/others-untouched",
        not rest,
        expected="everything else as it was",
        actual=rest,
        at=exchange,
    )
    witness.other_untouched(judge, "update-email/others-untouched", exchange)


def deleted_email(
    run: CheckContext, judge: Judge, login: Credentials, address: str, *, form: bool = False
) -> Exchange:
    """DELETE an address that is there, and judge the answer and what is left."""
    witness = Witness(run)
    exchange = run.call("delete_email", login, {"email": address}, form=form)
    if judge.status("delete-email/success", exchange, 204):
        judge_deleted(run, judge, address, exchange, witness)
    return exchange


def judge_deleted(
    run: CheckContext, judge: Judge, address: str, exchange: Exchange, witness: Witness
) -> None:
    """Judge an address that was just deleted with 204."""
    length = exchange.header("Content-Length") or "0"
    silent = not exchange.response.stray and not exchange.response.body and length.strip() == "0"
    judge.that(
        "delete-email/no-body",
        silent,
        expected="no body",
        actual=f"a body of {length} bytes",
        at=exchange,
    )
    after = run.observe()
    judge.that(
        "delete-email/removes",
        after.find(address) is None,
        expected=f"{address} gone from the list",
        actual="it is still in the list",
        at=exchange,
    )
    rest = differences(witness.owner.without_email(address), after.without_email(address))
    judge.that(
        "delete-email/removes-only-that",
        not rest,
        expected="everything else as it was",
        actual=rest,
        at=exchange,
    )
    witness.other_untouched(judge, "delete-email/removes-only-that", exchange)
