"""The profile: each member, alone and together, what it must not change, and what it must refuse."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from conformance.account.state import members, text_members
from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all, asks
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.marking import Cases, proves
from conformance.checks.support.question import Ask
from conformance.wire.client import Body

_OP = "update_user"


def _new(run: CheckContext, name: str) -> str:
    """Return a new value of a member, valid by anyone's reading."""
    if name == "gravatar_email":
        return run.address("+g")
    if name == "profile_url":
        return f"https://example.com/Me/{run.address().partition('@')[0]}?a=1&B=2"
    return run.text(name.title().replace("_", " "))


def _free(run: CheckContext, *names: str) -> list[str]:
    """Return those of the members that can be put back: of all, if none is named. Raises NotVerified for none."""
    chosen = names or tuple(members("UserUpdate"))
    free = [name for name in chosen if name not in run.ground.fixed.get("owner", ())]
    if not free:
        raise NotVerified(
            f"{', '.join(chosen)} of the owner is such that the target refuses it, so it could not be "
            "put back; give it a plain value, or set accounts.owner.disposable: true"
        )
    return free


# -- reading --------------------------------------------------------------------------------------


@proves(
    "get-user/members", "get-user/own-data", "get-user/date-joined", "get-user/json", writes=False
)
def test_each_user_reads_the_own_profile(run: CheckContext) -> None:
    for role in (*(one.role for one in run.target.accounts), "owner"):
        ask(run, "get_user", role=role)


@proves("get-user/success", "get-user/own-data", writes=False)
def test_every_login_reads_the_same_user(run: CheckContext) -> None:
    found = []
    for login in run.logins("get_user"):
        exchange = ask(run, "get_user", login=login)
        found.append(run.user_told(exchange))
        run.judge.that(
            "get-user/own-data",
            found[0] == found[-1],
            expected="the same user by every login",
            actual=f"{found[0]} and {found[-1]}",
            at=exchange,
        )


@proves("update-user/answers-stored")
def test_every_login_reads_what_was_changed(run: CheckContext) -> None:
    member = cases.text_member(run)
    logins = [*run.logins("get_user"), *run.tokens("owner", [frozenset(run.contract.scopes)])]
    for login in logins:
        ask(run, "get_user", login=login)
    text = run.text("Read by all")
    if not run.make((_OP, {member: text})):
        raise NotVerified("the check needs a change of the profile, and it did not work")
    for login in logins:
        exchange = ask(run, "get_user", login=login)
        found = run.user_told(exchange).get(member)
        run.judge.that(
            "update-user/answers-stored",
            found == text,
            expected=f"{member} {text!r}, as it was set just before",
            actual=repr(found),
            at=exchange,
        )


# -- setting --------------------------------------------------------------------------------------


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
def test_each_member_is_set_alone(run: CheckContext) -> None:
    _set_each(run)
    # A member that could not be put back could not be tried.
    for name in run.ground.fixed.get("owner", ()):
        _free(run, name)


def _set_each(run: CheckContext, **how: Any) -> None:
    """Set each member, after all of them: what a target resets is seen then."""
    free = _free(run)
    for names in (free, *([name] for name in free)):
        ask(run, _OP, {name: _new(run, name) for name in names}, **how)


@proves("update-user/form")
def test_each_member_is_set_alone_by_a_form(run: CheckContext) -> None:
    _set_each(run, form=True, under="form")


@proves("update-user/sets-several")
def test_several_members_are_set_together(run: CheckContext) -> None:
    free = _free(run)
    value: dict[str, str] = {}
    for names in (*combinations(free, 2), free, free[::-1]):
        value = {name: _new(run, name) for name in names}
        ask(run, _OP, value, under="sets-several")
    # Beside those that are so already; the same address once more gives no other picture.
    value.pop("gravatar_email", None)
    for name in (next(iter(value)), next(reversed(value))) if value else ():
        value[name] = _new(run, name)
        ask(run, _OP, value, under="sets-several")


@proves("update-user/leaves-others")
def test_each_login_leaves_what_another_one_has_set(run: CheckContext) -> None:
    for index, login in enumerate(run.logins(_OP) * 2):
        ask(run, _OP, {cases.text_member(run, index): run.text("By turns")}, login=login)


@proves("update-user/sets-several", "update-user/form")
def test_members_beside_an_unknown_one_are_set(run: CheckContext) -> None:
    for form in (False, True):
        value = {cases.text_member(run): run.text("Beside"), f"{run.tag}": "unknown"}
        # The unknown one is ignored, or the whole is refused.
        under = "form" if form else "sets-several"
        done = ask(run, _OP, value, form=form, requirement="documented-answers", under=under)
        if done.status == 400:
            run.judge.holds(f"update-user/{under}")


@proves("update-user/members")
def test_a_user_without_a_text_has_the_member_all_the_same(run: CheckContext) -> None:
    for member in [name for name in _free(run) if name != "gravatar_email"]:
        # Whether a text may be empty is left open; what is shown of it is not.
        exchange = ask(run, _OP, {member: ""})
        if exchange.status == 400:
            run.judge.holds("update-user/members")
        ask(run, "get_user")


@proves("update-user/success", "update-user/answers-stored")
def test_the_documented_update_works_and_may_be_sent_again(run: CheckContext) -> None:
    value = {
        "location": "Private Island",
        "profile_url": "http://janedoe.com/",
        "company": "Retired",
    }
    for _ in range(2):
        ask(run, _OP, {name: text for name, text in value.items() if name in _free(run)})


@proves("update-user/sets-gravatar-email", "update-user/success")
def test_another_gravatar_email_gives_another_picture(run: CheckContext) -> None:
    local, _, domain = run.address().partition("@")
    last = ""
    for address in cases.alike(local, domain):
        # Where staging takes its own domain alone, those between may be left out.
        if run.must_take(address) and address != last:
            ask(run, _OP, {"gravatar_email": address})
            last = address
    # The last one again, and addresses of other kinds.
    _takes(run, f"{local}@{domain}", *cases.good_addresses(run))


@proves("update-user/success")
def test_an_address_that_somebody_has_is_taken_for_the_picture(run: CheckContext) -> None:
    _takes(run, *(run.added(one.role).email for one in run.target.accounts))


def _takes(run: CheckContext, *addresses: str) -> None:
    for address in addresses:
        exchange = run.call(_OP, run.login(_OP), {"gravatar_email": address})
        run.judge.status("update-user/success", exchange, 200)


@proves("update-user/sets-profile-url", "update-user/form")
def test_every_profile_url_that_is_good_by_anyones_reading_is_set(run: CheckContext) -> None:
    _free(run, "profile_url")
    for form, under in ((False, "sets-profile-url"), (True, "form")):
        for url in cases.URLS:
            ask(run, _OP, {"profile_url": url}, form=form, under=under)


def _texts(
    run: CheckContext, texts: tuple[str, ...], *, under: str, form: bool, turns: int
) -> None:
    """Set texts, as many as there are members at once; each text in `turns` of the members."""
    names = _free(run, "full_name", "location", "company")
    for start in range(0, len(texts), len(names)):
        some = texts[start : start + len(names)]
        for turn in range(min(turns, len(names))):
            turned = (*names[turn:], *names[:turn])
            ask(run, _OP, dict(zip(turned, some, strict=False)), form=form, under=under)


@proves("update-user/any-script")
def test_text_comes_back_as_it_was_sent(run: CheckContext) -> None:
    _texts(run, cases.TEXTS, under="any-script", form=False, turns=3)


@proves("update-user/form-decoding")
def test_text_in_a_form_comes_back_as_it_was_sent(run: CheckContext) -> None:
    # A form is decoded before anybody looks at its members.
    _texts(run, cases.TEXTS, under="form-decoding", form=True, turns=1)


@proves("update-user/any-script", "update-user/form-decoding")
def test_text_is_taken_for_nothing_else(run: CheckContext) -> None:
    for form, under in ((False, "any-script"), (True, "form-decoding")):
        _texts(run, cases.TELLING_TEXTS, under=under, form=form, turns=1)


@proves("update-user/any-script")
def test_a_text_that_is_nearly_the_same_is_another(run: CheckContext) -> None:
    member = cases.text_member(run)
    for text in cases.NEARLY_SAME:
        ask(run, _OP, {member: text}, under="any-script")


@proves("update-user/any-script")
def test_escapes_in_json_are_read(run: CheckContext) -> None:
    member = cases.text_member(run)
    for escaped, text in (
        (r"Zo\u00eb \u738B", "Zoë 王"),
        (r"\ud83d\ude00 x", "\U0001f600 x"),
        (r"a\/b \"c\" \\d", r'a/b "c" \d'),
    ):
        body = Body(f'{{"{member}": "{escaped}"}}'.encode("ascii"))
        ask(run, _OP, body=body, means={member: text}, under="any-script")


# -- refusing -------------------------------------------------------------------------------------


def _each_member(_run: CheckContext) -> Cases:
    for name in members("UserUpdate"):
        yield name, {"member": name}


@proves(
    "update-user/wrong-type",
    "update-user/refused-unchanged",
    "update-user/error-body",
    each=_each_member,
)
def test_a_member_that_is_no_text_is_refused(run: CheckContext, member: str) -> None:
    good = _new(run, member)  # which alone would be taken
    values = (*cases.NO_TEXTS, [good], {member: good})
    ask_all(run, asks(_OP, ({member: value} for value in values)))


@proves(
    "update-user/invalid-gravatar-email", "update-user/refused-unchanged", each=cases.in_each_form
)
def test_a_gravatar_email_that_is_no_address_is_refused(run: CheckContext, form: bool) -> None:
    addresses = cases.no_addresses(run.tag)
    ask_all(run, asks(_OP, ({"gravatar_email": one} for one in addresses), form=form))


@proves(
    "update-user/refused-unchanged", "update-user/wrong-type", "update-user/invalid-gravatar-email"
)
def test_valid_members_beside_an_invalid_one_are_not_stored(run: CheckContext) -> None:
    invalid: list[tuple[str, Any]] = [(name, 3) for name in members("UserUpdate")]
    invalid += [(name, None) for name in members("UserUpdate")]
    invalid.append(("gravatar_email", f"{run.tag}.example.com"))
    group = []
    for name, value, form in (*((*one, False) for one in invalid), (*invalid[-1], True)):
        for first in (True, False):
            # A value of its own tells which request it was that was half stored.
            good = {other: _new(run, other) for other in _free(run) if other != name}
            sent = {name: value, **good} if first else {**good, name: value}
            group.append(Ask(_OP, sent, form=form))
    ask_all(run, group)
    # Nor are they stored with the next update.
    ask(run, _OP, {cases.text_member(run): run.text("Later")})


# -- the other user -------------------------------------------------------------------------------


@proves("update-user/others-untouched", "update-user/success")
def test_the_other_user_updates_too(run: CheckContext) -> None:
    run.account("other")
    fixed = run.ground.fixed.get("other", ())
    texts = [name for name in text_members() if name in _free(run) and name not in fixed]
    value = {name: _new(run, name) for name in texts}
    ask(run, _OP, value)
    ask(run, _OP, value, role="other")  # a text is nobody's alone
    ask(run, _OP, cases.fresh_value(run, _OP, "other"), role="other")


@proves("update-user/sets-gravatar-email", "update-user/success")
def test_the_other_user_has_a_picture_too(run: CheckContext) -> None:
    if run.account("other").gravatar_email is None:
        run.judge.pass_all()  # it could not be put back, and the owner's has shown the rule
        return
    ask(run, _OP, {"gravatar_email": run.address("+other")}, role="other")
