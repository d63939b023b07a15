"""The profile: each member, alone and together, what it must not change, and what it must refuse."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from conformance.account.state import differences, members, user_members
from conformance.catalogue.requirements import slug
from conformance.checks.support import cases, oracles, values
from conformance.checks.support.addresses import good_addresses
from conformance.checks.support.cases import Cases
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge, NotVerified
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness, updated_user
from conformance.wire.client import Body


def _new(run: CheckContext, name: str) -> str:
    """Return a new value of a member, valid by anyone's reading."""
    if name == "gravatar_email":
        return run.address("+g")
    if name == "profile_url":
        return f"https://example.com/Me/{run.address().partition('@')[0]}?a=1&B=2"
    return f"{run.text(name.title().replace('_', ' '))}.{run.address().split('.')[1][:4]}"


def _changeable(run: CheckContext, *names: str) -> None:
    """Raise NotVerified for members that could not be put back."""
    fixed = [name for name in names if name in run.prepared.fixed_members]
    if fixed:
        raise NotVerified(
            f"{', '.join(fixed)} of the owner is such that the target refuses it, so it could not be "
            "put back; give it a plain value"
        )


def _free(run: CheckContext) -> list[str]:
    return [name for name in members("UserUpdate") if name not in run.prepared.fixed_members]


@proves(
    "get-user/members", "get-user/own-data", "get-user/date-joined", "get-user/json", writes=False
)
def test_the_user_is_as_documented(run: CheckContext, judge: Judge) -> None:
    oracles.got_user(run, judge, run.login("get_user"))
    for account in run.target.accounts:
        _joined(run, judge, account.role)


def _joined(run: CheckContext, judge: Judge, role: str) -> None:
    username = run.account(role).username
    exchange = run.call("get_user", run.login("get_user", role), username=username)
    user = exchange.json() if exchange.status == 200 else {}
    joined = user.get("date_joined") if isinstance(user, dict) else None
    judge.that(
        "get-user/date-joined",
        values.is_date_time(joined),
        expected="an RFC 3339 date-time",
        actual=repr(joined),
        at=exchange,
    )


@proves("get-user/success", "get-user/own-data", writes=False, alone=True)
def test_every_login_reads_the_same_user(run: CheckContext, judge: Judge) -> None:
    users = []
    exchange = None
    for login in (run.basic("owner"), run.login("get_user")):
        exchange = run.call("get_user", login)
        if not judge.status("get-user/success", exchange, 200):
            return
        user = exchange.json()
        users.append(
            {name: user.get(name) for name in user_members()} if isinstance(user, dict) else {}
        )
    judge.that(
        "get-user/own-data",
        users[0] == users[1],
        expected="the same user by Basic and by token",
        actual=f"{users[0]} and {users[1]}",
        at=exchange,
    )


@proves("update-user/answers-stored")
def test_every_login_reads_what_was_changed(run: CheckContext, judge: Judge) -> None:
    member = cases.text_member(run)
    logins = [run.basic("owner"), run.login("get_user")]
    logins.append(run.token("owner", frozenset(run.contract.scopes)))
    for login in logins:
        run.call("get_user", login)
    text = run.text("Read by all")
    if not run.make("update_user", {member: text}):
        raise NotVerified("the check needs a change of the profile, and it did not work")
    for login in logins:
        exchange = run.call("get_user", login)
        if judge.status("get-user/success", exchange, 200):
            user = oracles.answer(judge, exchange)
            found = user.get(member) if isinstance(user, dict) else None
            judge.that(
                "update-user/answers-stored",
                found == text,
                expected=f"{member} {text!r}, as it was set just before",
                actual=repr(found),
                at=exchange,
            )


@proves("get-user/own-data", "get-user/members", writes=False)
def test_each_user_reads_the_own_profile(run: CheckContext, judge: Judge) -> None:
    for role in ("owner", "other", "owner"):
        oracles.got_user(run, judge, run.login("get_user", role), role)


@proves(
    "update-user/sets-full-name",
    "update-user/sets-location",
    "update-user/sets-company",
    "update-user/sets-profile-url",
    "update-user/sets-gravatar-email",
    "update-user/leaves-others",
    "update-user/answers-stored",
    "update-user/members",
    "update-user/read-only-members",
    "update-user/others-untouched",
    "update-user/json",
)
def test_each_member_is_set_alone(run: CheckContext, judge: Judge) -> None:
    login = run.login("update_user")
    free = _free(run)
    # Every member has a value of ours first: what a target resets is seen then.
    updated_user(run, judge, login, {name: _new(run, name) for name in free})
    for name in free:
        updated_user(run, judge, login, {name: _new(run, name)})
    _changeable(run, *members("UserUpdate"))


@proves("update-user/form", "update-user/leaves-others", "update-user/answers-stored")
def test_each_member_is_set_alone_by_a_form(run: CheckContext, judge: Judge) -> None:
    login = run.login("update_user")
    free = _free(run)
    updated_user(run, judge, login, {name: _new(run, name) for name in free}, form=True)
    for name in free:
        updated_user(run, judge, login, {name: _new(run, name)}, form=True)
    failed = "; ".join(f"{one.requirement}: {one.actual}" for one in judge.failures)
    judge.that("update-user/form", not failed, expected="what JSON does", actual=failed)


@proves("update-user/sets-several")
def test_several_members_are_set_together(run: CheckContext, judge: Judge) -> None:
    login = run.login("update_user")
    free = _free(run)
    for names in (*combinations(free, 2), free, free[::-1]):
        value = {name: _new(run, name) for name in names}
        exchange = updated_user(run, judge, login, value)
        failed = "; ".join(one.actual for one in judge.failures)
        expected = f"{' and '.join(names)} set at once"
        judge.that(
            "update-user/sets-several", not failed, expected=expected, actual=failed, at=exchange
        )


@proves("update-user/sets-several", "update-user/documented-answers")
def test_members_beside_an_unknown_one_are_set(run: CheckContext, judge: Judge) -> None:
    member = cases.text_member(run)
    for form in (False, True):
        witness = Witness(run)
        text = run.text("In a form" if form else "In JSON")
        value = {member: text, f"{run.tag}": "unknown"}
        exchange = run.call("update_user", run.login("update_user"), value, form=form)
        # The unknown one is ignored, or the whole is refused.
        judge.status("update-user/documented-answers", exchange, 200, 400)
        wanted = text if exchange.status == 200 else witness.owner.user.get(member)
        oracles.judge_stored(run, judge, "update-user/sets-several", {member: wanted}, exchange)


@proves("update-user/members", "update-user/documented-answers")
def test_a_user_without_a_text_has_the_member_all_the_same(run: CheckContext, judge: Judge) -> None:
    login = run.login("update_user")
    for member in [name for name in _free(run) if name != "gravatar_email"]:
        exchange = run.call("update_user", login, {member: ""})
        # Whether a text may be empty is left open; what is shown of it is not.
        if judge.status("update-user/documented-answers", exchange, 200, 400):
            if exchange.status == 200:
                oracles.told_user(judge, exchange)
            else:
                judge.holds("update-user/members")
            oracles.got_user(run, judge, run.login("get_user"))


@proves("update-user/success", "update-user/answers-stored")
def test_the_same_value_may_be_sent_again(run: CheckContext, judge: Judge) -> None:
    login = run.login("update_user")
    value = {name: _new(run, name) for name in _free(run) if name != "gravatar_email"}
    updated_user(run, judge, login, value)
    updated_user(run, judge, login, value)


@proves(
    "update-user/success",
    "update-user/answers-stored",
    "update-user/sets-location",
    "update-user/sets-company",
    "update-user/sets-profile-url",
)
def test_the_documented_update_works(run: CheckContext, judge: Judge) -> None:
    value = {
        "location": "Private Island",
        "profile_url": "http://janedoe.com/",
        "company": "Retired",
    }
    value = {name: text for name, text in value.items() if name in _free(run)}
    updated_user(run, judge, run.login("update_user"), value)


@proves("update-user/sets-gravatar-email", "update-user/success")
def test_another_gravatar_email_gives_another_picture(run: CheckContext, judge: Judge) -> None:
    login = run.login("update_user")
    local, _, domain = run.address().partition("@")
    # Each differs from the one before it by what somebody might leave out; the last is an old one.
    for address in (
        f"{local}@{domain}",
        f"{local}@mail.{domain}",
        f"{local}@a.b.{domain}",
        f"{local}+a@mail.{domain}",
        f"{local}+b@mail.{domain}",
        f"{local}.b@mail.{domain}",
        f"{local}b@mail.{domain}",
        f"{local}_b@mail.{domain}",
        f"{local}-b@mail.{domain}",
        f"{local}@{domain}",
    ):
        updated_user(run, judge, login, {"gravatar_email": address})
    # The last one again, addresses of other kinds, and such as somebody has already.
    taken = [run.added(role).email for role in ("owner", "other")[: len(run.target.accounts)]]
    for address in (address, *good_addresses(run), *taken):  # noqa: B020 - it begins with the last
        exchange = run.call("update_user", login, {"gravatar_email": address})
        judge.status("update-user/success", exchange, 200)


@proves("update-user/sets-profile-url", "update-user/success", each=cases.in_both)
def test_every_profile_url_that_is_good_by_anyones_reading_is_set(
    run: CheckContext, judge: Judge, form: bool
) -> None:
    _changeable(run, "profile_url")
    login = run.login("update_user")
    for url in values.URLS:
        updated_user(run, judge, login, {"profile_url": url}, form=form)
        failed = "; ".join(one.actual for one in judge.failures)
        judge.that("update-user/sets-profile-url", not failed, expected=url, actual=failed)


def _scripts(_run: CheckContext) -> Cases:
    for index in range(0, len(values.TEXTS), 3):
        yield f"texts {index + 1} to {index + 3}", {"texts": values.TEXTS[index : index + 3]}


@proves("update-user/any-script", each=_scripts)
def test_text_comes_back_as_it_was_sent(
    run: CheckContext, judge: Judge, texts: tuple[str, ...]
) -> None:
    _text_comes_back(run, judge, texts, form=False)


@proves("update-user/any-script", "update-user/form-decoding", each=_scripts)
def test_text_in_a_form_comes_back_as_it_was_sent(
    run: CheckContext, judge: Judge, texts: tuple[str, ...]
) -> None:
    _text_comes_back(run, judge, texts, form=True)


def _text_comes_back(
    run: CheckContext, judge: Judge, texts: tuple[str, ...], *, form: bool
) -> None:
    names = [name for name in ("full_name", "location", "company") if name in _free(run)]
    if not names:
        _changeable(run, "full_name", "location", "company")
    for turn in range(len(names)):
        turned = (*names[turn:], *names[:turn])
        value: dict[str, Any] = dict(zip(turned, texts, strict=False))
        exchange = updated_user(run, judge, run.login("update_user"), value, form=form)
        failed = "; ".join(one.actual for one in judge.failures)
        requirements = ("any-script", "form-decoding") if form else ("any-script",)
        for requirement in requirements:
            judge.that(
                f"update-user/{requirement}",
                not failed,
                expected=f"{value}",
                actual=failed,
                at=exchange,
            )


@proves("update-user/any-script")
def test_text_is_taken_for_nothing_else(run: CheckContext, judge: Judge) -> None:
    texts_of_any_kind = ("full_name", "location", "company")
    names = [name for name in texts_of_any_kind if name in _free(run)]
    _changeable(run, *() if names else texts_of_any_kind)
    for start in range(0, len(values.TELLING_TEXTS), 3):
        texts = values.TELLING_TEXTS[start : start + 3]
        value: dict[str, Any] = dict(zip(names, texts, strict=False))
        exchange = run.call("update_user", run.login("update_user"), value, form=start == 3)
        if judge.status("update-user/any-script", exchange, 200):
            oracles.judge_stored(run, judge, "update-user/any-script", value, exchange)


@proves("update-user/any-script")
def test_escapes_in_json_are_read(run: CheckContext, judge: Judge) -> None:
    member = cases.text_member(run)
    for escaped, text in (
        (r"Zo\u00eb \u738B", "Zoë 王"),
        (r"\ud83d\ude00 x", "\U0001f600 x"),
        (r"a\/b \"c\" \\d", r'a/b "c" \d'),
    ):
        body = Body(f'{{"{member}": "{escaped}"}}'.encode("ascii"))
        exchange = run.call("update_user", run.login("update_user"), body=body)
        judge.status("update-user/any-script", exchange, 200)
        oracles.judge_stored(run, judge, "update-user/any-script", {member: text}, exchange)


def _wrong_types(_run: CheckContext) -> Cases:
    for name in members("UserUpdate"):
        yield name, {"member": name}


@proves(
    "update-user/wrong-type",
    "update-user/refused-unchanged",
    "update-user/error-body",
    each=_wrong_types,
)
def test_a_member_that_is_no_text_is_refused(run: CheckContext, judge: Judge, member: str) -> None:
    login = run.login("update_user")
    for value in values.NO_TEXTS:
        witness = Witness(run)
        exchange = run.call("update_user", login, {member: value})
        judge.status("update-user/wrong-type", exchange, 400)
        cases.judge_error(judge, exchange)
        witness.nothing_changed(judge, "update-user/refused-unchanged", exchange)


@proves("update-user/invalid-gravatar-email", "update-user/refused-unchanged")
def test_a_gravatar_email_that_is_no_address_is_refused(run: CheckContext, judge: Judge) -> None:
    login = run.login("update_user")
    for form in (False, True):
        for address in values.no_addresses(run.tag):
            witness = Witness(run)
            exchange = run.call("update_user", login, {"gravatar_email": address}, form=form)
            judge.status("update-user/invalid-gravatar-email", exchange, 400)
            witness.nothing_changed(judge, "update-user/refused-unchanged", exchange)


@proves(
    "update-user/refused-unchanged", "update-user/wrong-type", "update-user/invalid-gravatar-email"
)
def test_valid_members_beside_an_invalid_one_are_not_stored(
    run: CheckContext, judge: Judge
) -> None:
    login = run.login("update_user")
    bad: Iterator[tuple[str, Any, str]] = iter(
        [(name, 3, "wrong-type") for name in members("UserUpdate")]
        + [(name, None, "wrong-type") for name in members("UserUpdate")]
        + [("gravatar_email", f"{run.tag}.example.com", "invalid-gravatar-email")]
    )
    for name, invalid, requirement in bad:
        good = {other: _new(run, other) for other in _free(run) if other != name}
        for value in ({**good, name: invalid}, {name: invalid, **good}):
            witness = Witness(run)
            exchange = run.call("update_user", login, value)
            judge.status(f"update-user/{requirement}", exchange, 400)
            witness.nothing_changed(judge, "update-user/refused-unchanged", exchange)
    # Nor are they stored with the next update.
    updated_user(run, judge, login, {cases.text_member(run): run.text("Later")})


@proves("update-user/refused-unchanged", "update-user/invalid-gravatar-email")
def test_valid_members_beside_an_invalid_one_in_a_form_are_not_stored(
    run: CheckContext, judge: Judge
) -> None:
    good = {other: _new(run, other) for other in _free(run) if other != "gravatar_email"}
    bad = {"gravatar_email": f"{run.tag}.example.com"}
    for value in ({**good, **bad}, {**bad, **good}):
        witness = Witness(run)
        exchange = run.call("update_user", run.login("update_user"), value, form=True)
        judge.status("update-user/invalid-gravatar-email", exchange, 400)
        witness.nothing_changed(judge, "update-user/refused-unchanged", exchange)


@proves("update-user/others-untouched", "update-user/success")
def test_the_other_user_updates_too(run: CheckContext, judge: Judge) -> None:
    login = run.login("update_user", "other")
    before, owner = run.before("other"), run.before()
    name = cases.text_member(run)
    text = run.text("Theirs")
    exchange = run.call("update_user", login, {name: text}, username=run.account("other").username)
    if not judge.status("update-user/success", exchange, 200):
        return
    found = differences(before.with_user(**{name: text}), run.observe("other"))
    judge.that(
        f"update-user/sets-{slug(name)}",
        not found,
        expected=f"{name} {text!r} alone",
        actual=found,
        at=exchange,
    )
    found = differences(owner, run.observe())
    judge.that(
        "update-user/others-untouched",
        not found,
        expected="the owner as before",
        actual=found,
        at=exchange,
    )
    updated_user(run, judge, run.login("update_user"), {name: text})  # nobody's alone


@proves("update-user/sets-gravatar-email", "update-user/success")
def test_the_other_user_has_a_picture_too(run: CheckContext, judge: Judge) -> None:
    account = run.account("other")
    if account.gravatar_email is None:
        judge.pass_all()  # it could not be put back, and the owner's has shown the rule
        return
    login = run.login("update_user", "other")
    before = run.before("other").user.get("gravatar_url")
    value = {"gravatar_email": run.address("+other")}
    exchange = run.call("update_user", login, value, username=account.username)
    if judge.status("update-user/success", exchange, 200):
        after = run.observe("other").user.get("gravatar_url")
        judge.that(
            "update-user/sets-gravatar-email",
            after != before,
            expected="another gravatar_url for another gravatar_email",
            actual=f"gravatar_url is still {before!r}",
            at=exchange,
        )
