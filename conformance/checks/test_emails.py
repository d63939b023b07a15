"""The addresses: listing, adding, verifying, making primary, and what must be refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from conformance.checks import cases, oracles, values
from conformance.checks.cases import Cases
from conformance.checks.marking import proves
from conformance.checks.oracles import Witness, added_email, deleted_email, updated_email
from conformance.judge import Judge, NotVerified
from conformance.requirements import slug
from conformance.run import Run, form_body, json_body
from conformance.state import Email, differences, email_list_problems, read_emails

_MANY = 52  # addresses: more than fit on a page of usual size


def _by_form(_run: Run) -> Cases:
    for form in (False, True):
        yield "form" if form else "JSON", {"form": form}


def _each_form(run: Run) -> Cases:
    for op in ("update_email", "delete_email"):
        for label, arguments in _by_form(run):
            yield f"{op}, {label}", {"op": op, **arguments}


def made_primary(run: Run, judge: Judge, *, form: bool = False) -> Email:
    """A verified address of ours, made primary. Raises NotVerified where that could not be undone."""
    primary = run.before().primary
    if primary is None:
        raise NotVerified("the owner has no single primary address")
    if not primary.verified:
        raise NotVerified(
            f"the primary address {primary.email} is not verified, and might not become primary again"
        )
    email = run.added(verified=True)
    updated_email(
        run, judge, run.login("update_email"), {"email": email.email, "primary": True}, form=form
    )
    return email


# -- listing --------------------------------------------------------------------------------------


@proves(
    "list-emails/members",
    "list-emails/one-primary",
    "list-emails/complete",
    "list-emails/json",
    writes=False,
)
def test_the_list_is_as_documented(run: Run, judge: Judge) -> None:
    oracles.listed_emails(run, judge, run.login("list_emails"))


@proves("list-emails/one-primary", writes=False)
def test_the_other_user_has_one_primary_address(run: Run, judge: Judge) -> None:
    oracles.listed_emails(run, judge, run.login("list_emails", "other"), "other")


@proves("list-emails/own-only", "list-emails/complete")
def test_the_lists_of_two_users_are_their_own(run: Run, judge: Judge) -> None:
    # The same address may be of both, from before; of what each adds here, nothing is.
    common = {one.email for one in run.before().emails}
    common &= {one.email for one in run.before("other").emails}
    run.added(verified=True)
    run.added("other", verified=True)
    ours = run.added().email
    theirs = run.added("other").email
    for role, own, foreign in (("owner", ours, theirs), ("other", theirs, ours)):
        for login in (run.basic(role), run.login("list_emails", role)):
            exchange = run.call("list_emails", login, username=run.account(role).username)
            found = exchange.json() if exchange.status == 200 else []
            addresses = [one.get("email") for one in found if isinstance(one, dict)]
            other_role = "other" if role == "owner" else "owner"
            strangers = {email.email for email in run.before(other_role).emails} | {foreign}
            mixed = sorted(strangers & set(map(str, addresses)) - {own} - common)
            judge.that(
                "list-emails/own-only",
                not mixed,
                expected="no address of the other user",
                actual=f"{', '.join(mixed)} is listed",
                at=exchange,
            )
            judge.that(
                "list-emails/complete",
                own in addresses,
                expected=f"{own} in the list",
                actual=f"{addresses}",
                at=exchange,
            )


@proves("list-emails/complete", "list-emails/success")
def test_every_login_reads_the_same_list(run: Run, judge: Judge) -> None:
    run.added(verified=True)
    run.added()
    lists = []
    exchange = None
    for login in (run.basic("owner"), run.login("list_emails")):
        exchange = run.call("list_emails", login)
        if not judge.status("list-emails/success", exchange, 200):
            return
        found = oracles.answer(judge, exchange)
        problems = email_list_problems(found)
        if not judge.that(
            "list-emails/complete",
            not problems,
            expected="a list that can be read",
            actual=problems,
            at=exchange,
        ):
            return
        lists.append([str(email) for email in read_emails(found)])
    judge.that(
        "list-emails/complete",
        lists[0] == lists[1],
        expected="the same list by Basic and by token",
        actual=f"{lists[0]} and {lists[1]}",
        at=exchange,
    )


@proves("list-emails/complete", "list-emails/success")
def test_a_long_list_is_complete(run: Run, judge: Judge) -> None:
    login = run.login("add_email")
    added = []
    for _ in range(_MANY):
        address = run.address()
        exchange = run.call("add_email", login, {"email": address})
        if exchange.status != 201:
            break  # how many an account may have is left open; adding has checks of its own
        added.append(address)
    exchange = run.call("list_emails", run.login("list_emails"))
    if not judge.status("list-emails/success", exchange, 200):
        return
    listed = oracles.answer(judge, exchange)
    if not isinstance(listed, list):
        return
    found = [one.get("email") for one in listed if isinstance(one, dict)]
    missing = [address for address in added if address not in found]
    judge.that(
        "list-emails/complete",
        not missing,
        expected=f"all of {len(added)} new addresses in the list",
        actual=f"it has {len(found)}, and {len(missing)} new ones are missing",
        at=exchange,
    )


# -- adding ---------------------------------------------------------------------------------------


def _addresses(run: Run) -> Cases:
    hints = ("", "+other", ".a.b", "-dash", "_under", "+1.2_3-4+5", "0123456789")
    for form, domain in ((False, "example.com"), (True, "mail.sub-domain.example.org")):
        for hint in hints:
            label = f"{hint or 'plain'} at {domain}, {'form' if form else 'JSON'}"
            yield label, {"hint": hint, "domain": domain, "form": form}


@proves(
    "add-email/answers-address",
    "add-email/not-verified",
    "add-email/not-primary",
    "add-email/listed",
    "add-email/others-untouched",
    "add-email/json",
    "add-email/success",
    "list-emails/complete",
    each=_addresses,
)
def test_a_new_address_is_added(
    run: Run,
    judge: Judge,
    hint: str,
    domain: str,
    form: bool,
) -> None:
    added_email(run, judge, run.login("add_email"), run.address(hint, domain), form=form)


@proves("add-email/success", "add-email/listed")
def test_every_address_that_is_good_by_anyones_reading_is_added(run: Run, judge: Judge) -> None:
    local, _, domain = run.address("-").partition("@")
    long = f"{local}{'x' * (63 - len(local) - len(domain))}@{domain}"
    # The mark of the run stands in the domain, where the local part has one letter or digit.
    label = run.address().partition("@")[0]
    short = [f"{one}@{label}.example.com" for one in ("a", "7", "z9", "a-b", "admin", "info")]
    domains = ("mail.example", "a.b.c.d.example.net", "7.example.org", "ex-am-ple.example.com")
    others = [run.address("", domain) for domain in domains]
    for address in (long, f"1{run.address()}", *short, *others):
        added_email(run, judge, run.login("add_email"), address)


@proves(
    "add-email/not-verified", "add-email/not-primary", "add-email/documented-answers", each=_by_form
)
def test_a_new_address_cannot_call_itself_verified_or_primary(
    run: Run,
    judge: Judge,
    form: bool,
) -> None:
    for extra in ({"verified": True}, {"primary": True}, {"verified": True, "primary": True}):
        witness = Witness(run)
        address = run.address()
        exchange = run.call(
            "add_email", run.login("add_email"), {"email": address, **extra}, form=form
        )
        # Unknown members are ignored, or refused.
        if judge.status("add-email/documented-answers", exchange, 201, 400):
            if exchange.status == 201:
                oracles.judge_added(run, judge, address, exchange, witness)
            else:
                after = run.observe().find(address)
                judge.that(
                    "add-email/not-verified",
                    after is None,
                    expected="nothing added",
                    actual=f"{after}",
                    at=exchange,
                )
                judge.that(
                    "add-email/not-primary",
                    after is None,
                    expected="nothing added",
                    actual=f"{after}",
                    at=exchange,
                )


@proves("add-email/not-verified", "add-email/success", "update-email/verifies")
def test_an_address_that_comes_back_is_a_new_one(run: Run, judge: Judge) -> None:
    email = run.added(verified=True)
    deleted_email(run, judge, run.login("delete_email"), email.email)
    added_email(run, judge, run.login("add_email"), email.email)
    value = {"email": email.email, "verified": True}
    updated_email(run, judge, run.login("update_email"), value)
    deleted_email(run, judge, run.login("delete_email"), email.email)


@proves("add-email/not-verified", "add-email/not-primary")
def test_a_former_primary_address_that_comes_back_is_a_new_one(run: Run, judge: Judge) -> None:
    previous = run.before().primary
    email = made_primary(run, judge)
    assert previous is not None
    updated_email(run, judge, run.login("update_email"), {"email": previous.email, "primary": True})
    deleted_email(run, judge, run.login("delete_email"), email.email)
    added_email(run, judge, run.login("add_email"), email.email)


@proves(
    "add-email/success",
    "add-email/others-untouched",
    "update-email/others-untouched",
    "update-email/verifies",
)
def test_addresses_that_look_alike_are_others(run: Run, judge: Judge) -> None:
    base = run.address("_a")
    local, _, domain = base.partition("@")
    # What LIKE would take for the same comes first; the rest begins or ends alike.
    for address in (
        base.replace("_", "x"),
        base,
        f"x{base}",
        f"{base}.example",
        f"{local}+a@{domain}",
    ):
        added_email(run, judge, run.login("add_email"), address)
    value = {"email": base, "verified": True}
    updated_email(run, judge, run.login("update_email"), value)


@proves(
    "add-email/success",
    "add-email/others-untouched",
    "update-email/success",
    "delete-email/success",
)
def test_the_other_user_changes_addresses_too(run: Run, judge: Judge) -> None:
    owner, before = run.before(), run.before("other")
    username = run.account("other").username
    address = run.address()
    for op, status, requirement in (
        ("add_email", 201, "add-email"),
        ("update_email", 200, "update-email"),
        ("delete_email", 204, "delete-email"),
    ):
        verified = op == "update_email"
        value = {"email": address, **({"verified": True} if verified else {})}
        exchange = run.call(op, run.login(op, "other"), value, username=username)
        judge.status(f"{requirement}/success", exchange, status)
        wanted = (
            before
            if op == "delete_email"
            else before.with_email(Email(address, verified=verified, primary=False))
        )
        found = differences(wanted, run.observe("other")) + differences(owner, run.observe())
        which = (
            "delete-email/removes-only-that"
            if op == "delete_email"
            else f"{requirement}/others-untouched"
        )
        judge.that(which, not found, expected="nothing else changed", actual=found, at=exchange)


@proves("add-email/invalid-body/invalid-address", "add-email/error-body", each=_by_form)
def test_what_is_no_address_is_not_added(run: Run, judge: Judge, form: bool) -> None:
    bad: list[Any] = ["", *values.no_addresses(run.tag)]
    if not form:
        bad += [*values.NO_TEXTS, [f"{run.tag}@example.com"], {"email": f"{run.tag}@example.com"}]
    for address in bad:
        witness = Witness(run)
        exchange = run.call("add_email", run.login("add_email"), {"email": address}, form=form)
        judge.status("add-email/invalid-body/invalid-address", exchange, 400)
        cases.judge_error(judge, exchange)
        witness.nothing_changed(judge, "add-email/invalid-body/invalid-address", exchange)


@proves("add-email/duplicate", "add-email/refused-unchanged/duplicate")
def test_the_same_address_is_not_added_twice(run: Run, judge: Judge) -> None:
    for email in (run.added(), run.added(verified=True)):
        for form in (False, True):
            witness = Witness(run)
            exchange = run.call(
                "add_email", run.login("add_email"), {"email": email.email}, form=form
            )
            judge.status("add-email/duplicate", exchange, 400)
            judge.status("add-email/documented-answers", exchange, 201, 400)
            if exchange.status == 400:
                requirement = "add-email/refused-unchanged/duplicate"
                witness.nothing_changed(judge, requirement, exchange)
                witness.other_untouched(judge, requirement, exchange)
            else:  # what becomes of it is left open
                judge.that(
                    "add-email/refused-unchanged/duplicate", condition=True, expected="", actual=""
                )
                run.observe()


# -- verifying ------------------------------------------------------------------------------------


@proves(
    "update-email/verifies",
    "update-email/answers-address",
    "update-email/verifying-keeps-primary",
    "update-email/others-untouched",
    "update-email/json",
    each=_by_form,
)
def test_an_address_is_verified(run: Run, judge: Judge, form: bool) -> None:
    login = run.login("update_email")
    address = run.address("+v")
    run.make("add_email", {"email": address.replace("+v", "")})
    added_email(run, judge, login, address)
    updated_email(run, judge, login, {"email": address, "verified": True}, form=form)
    _again(run, judge, "update-email/verifies", {"email": address, "verified": True}, form=form)


@proves("update-email/verifying-keeps-primary")
def test_verifying_the_primary_address_leaves_it_primary(run: Run, judge: Judge) -> None:
    primary = run.before().primary
    if primary is None or not primary.verified:
        raise NotVerified("the owner has no verified primary address; verifying cannot be undone")
    requirement = "update-email/verifying-keeps-primary"
    _again(run, judge, requirement, {"email": primary.email, "verified": True})


def _again(
    run: Run, judge: Judge, requirement: str, value: dict[str, Any], *, form: bool = False
) -> None:
    """Ask for what is so already: it stays so, whether that is called a success or an error."""
    witness = Witness(run)
    exchange = run.call("update_email", run.login("update_email"), value, form=form)
    judge.status(requirement, exchange, 200, 400)
    witness.nothing_changed(judge, requirement, exchange)


@proves("update-email/documented-answers", "update-email/others-untouched", each=_by_form)
def test_an_update_that_asks_for_nothing_changes_nothing(
    run: Run, judge: Judge, form: bool
) -> None:
    for email in (run.added(verified=True), run.standing()):
        witness = Witness(run)
        exchange = run.call(
            "update_email", run.login("update_email"), {"email": email.email}, form=form
        )
        judge.status("update-email/documented-answers", exchange, 200, 400)
        witness.nothing_changed(judge, "update-email/others-untouched", exchange)


@proves("update-email/no-unverify", "update-email/error-body", each=_by_form)
def test_no_address_is_unverified(run: Run, judge: Judge, form: bool) -> None:
    requirement = "update-email/no-unverify"
    verified, plain = run.added(verified=True), run.standing()
    for email in (verified, plain):
        for extra in ({}, {"primary": True}):
            _refused(
                run,
                judge,
                requirement,
                {"email": email.email, "verified": False, **extra},
                form=form,
            )
            _refused(
                run,
                judge,
                requirement,
                {**extra, "verified": False, "email": email.email},
                form=form,
            )


@proves("update-email/no-unset-primary", "update-email/error-body", each=_by_form)
def test_no_primary_address_is_unset(run: Run, judge: Judge, form: bool) -> None:
    requirement = "update-email/no-unset-primary"
    primary = run.before().primary
    addresses = [run.standing().email]
    if primary is not None and primary.verified:
        addresses.append(primary.email)
    for address in addresses:
        for extra in ({}, {"verified": True}):
            _refused(
                run, judge, requirement, {"email": address, "primary": False, **extra}, form=form
            )
            _refused(
                run, judge, requirement, {**extra, "primary": False, "email": address}, form=form
            )


@proves("update-email/no-unset-primary", "update-email/no-unverify", each=_by_form)
def test_a_new_primary_address_is_not_unset_either(
    run: Run,
    judge: Judge,
    form: bool,
) -> None:
    email = made_primary(run, judge)
    for name, requirement in (("primary", "no-unset-primary"), ("verified", "no-unverify")):
        _refused(
            run,
            judge,
            f"update-email/{requirement}",
            {"email": email.email, name: False},
            form=form,
        )


def _refused(run: Run, judge: Judge, requirement: str, value: Any, *, form: bool) -> None:
    witness = Witness(run)
    exchange = run.call("update_email", run.login("update_email"), value, form=form)
    judge.status(requirement, exchange, 400)
    cases.judge_error(judge, exchange)
    witness.nothing_changed(judge, requirement, exchange)


# -- making primary -------------------------------------------------------------------------------


@proves(
    "update-email/makes-primary",
    "update-email/unsets-previous",
    "update-email/others-untouched",
    "list-emails/one-primary",
    each=_by_form,
)
def test_an_address_becomes_primary_and_back(run: Run, judge: Judge, form: bool) -> None:
    login = run.login("update_email")
    previous = run.before().primary
    run.added(verified=True)
    run.added()
    email = made_primary(run, judge, form=form)
    assert previous is not None
    oracles.listed_emails(run, judge, run.login("list_emails"))
    again = {"email": email.email, "primary": True}
    _again(run, judge, "update-email/makes-primary", again, form=form)
    updated_email(run, judge, login, {"email": previous.email, "primary": True}, form=form)
    oracles.listed_emails(run, judge, run.login("list_emails"))


@proves("update-email/both", each=_by_form)
def test_both_members_at_once(run: Run, judge: Judge, form: bool) -> None:
    primary = run.before().primary
    if primary is None or not primary.verified:
        raise NotVerified("the owner has no verified primary address to go back to")
    for verified in (True, False):
        email = run.added(verified=verified)
        value: dict[str, Any] = {"email": email.email, "verified": True, "primary": True}
        if not verified:  # the order means nothing
            value = dict(reversed(value.items()))
        witness = Witness(run)
        exchange = run.call("update_email", run.login("update_email"), value, form=form)
        # Whether an address may become primary before it is verified is left open.
        allowed = (200,) if verified else (200, 400)
        if judge.status("update-email/both", exchange, *allowed) and exchange.status == 200:
            oracles.judge_updated_email(run, judge, value, exchange, witness)
            failed = "; ".join(one.actual for one in judge.failures)
            judge.that(
                "update-email/both",
                not failed,
                expected="verified and primary",
                actual=failed,
                at=exchange,
            )
        else:
            witness.nothing_changed(judge, "update-email/both", exchange)


@proves("update-email/others-untouched")
def test_a_primary_address_of_one_user_is_none_of_the_other(run: Run, judge: Judge) -> None:
    run.account("other")
    made_primary(run, judge)


@proves(
    "add-email/others-untouched",
    "update-email/verifying-keeps-primary",
    "delete-email/removes-only-that",
    "update-user/others-untouched",
)
def test_a_new_primary_address_stays_primary(run: Run, judge: Judge) -> None:
    previous = run.before().primary
    made_primary(run, judge)
    assert previous is not None
    oracles.got_user(run, judge, run.login("get_user"))
    email = run.address()
    added_email(run, judge, run.login("add_email"), email)
    updated_email(run, judge, run.login("update_email"), {"email": email, "verified": True})
    deleted_email(run, judge, run.login("delete_email"), email)
    value = {cases.text_member(run): run.text("Primary")}
    oracles.updated_user(run, judge, run.login("update_user"), value)
    updated_email(run, judge, run.login("update_email"), {"email": previous.email, "primary": True})


# -- deleting -------------------------------------------------------------------------------------


def _states(_run: Run) -> Cases:
    for form in (False, True):
        for verified in (False, True):
            label = f"{'verified' if verified else 'not verified'}, {'form' if form else 'JSON'}"
            yield label, {"verified": verified, "form": form}


@proves(
    "delete-email/removes", "delete-email/removes-only-that", "delete-email/no-body", each=_states
)
def test_an_address_is_deleted_and_no_other(
    run: Run,
    judge: Judge,
    verified: bool,
    form: bool,
) -> None:
    login = run.login("delete_email")
    base = run.address("_a")
    local, _, domain = base.partition("@")
    similar = [f"{local}+a@{domain}", f"{local}.a@{domain}", f"{local}@x.{domain}", f"x{base}"]
    # What LIKE would take for the same, and what only begins alike.
    similar += [base.replace("_", "x"), f"{base}.example"]
    for address in (*similar[:2], base, *similar[2:]):
        run.make("add_email", {"email": address})
    if verified:
        run.make("update_email", {"email": base, "verified": True})
    if run.observe().find(base) is None:
        raise NotVerified("the check needs an address, and adding one did not work")
    deleted_email(run, judge, login, base, form=form)
    exchange = run.call("delete_email", login, {"email": base}, form=form)
    judge.that(
        "delete-email/removes",
        exchange.status == 404,
        expected="404 for an address that is gone",
        actual=exchange.describe(),
        at=exchange,
    )
    deleted_email(run, judge, login, similar[0], form=form)


@proves("delete-email/primary-refused", "delete-email/error-body", each=_by_form)
def test_the_primary_address_is_not_deleted(run: Run, judge: Judge, form: bool) -> None:
    primary = run.before().primary
    if primary is None:
        raise NotVerified("the owner has no single primary address")
    run.standing()
    for login in (run.login("delete_email"), run.basic("owner")):
        witness = Witness(run)
        exchange = run.call("delete_email", login, {"email": primary.email}, form=form)
        judge.status("delete-email/primary-refused", exchange, 400)
        cases.judge_error(judge, exchange)
        witness.nothing_changed(judge, "delete-email/primary-refused", exchange)


@proves("delete-email/primary-spelled-otherwise", "delete-email/documented-answers")
def test_the_primary_address_is_not_deleted_however_it_is_spelled(run: Run, judge: Judge) -> None:
    primary = run.before().primary
    if primary is None:
        raise NotVerified("the owner has no single primary address")
    name, _, domain = primary.email.partition("@")
    spellings = [primary.email.upper(), f"{name}@{domain.upper()}", f"{name.title()}@{domain}"]
    spellings += [f" {primary.email} ", f"{primary.email}\n", f"{primary.email}."]
    for spelling in spellings:
        if spelling == primary.email:
            continue
        for form in (False, True):
            exchange = run.call(
                "delete_email", run.login("delete_email"), {"email": spelling}, form=form
            )
            judge.status("delete-email/documented-answers", exchange, 204, 400, 404)
            after = run.observe().find(primary.email)
            judge.that(
                "delete-email/primary-spelled-otherwise",
                after is not None and after.primary,
                expected=f"{primary.email} still there, and primary",
                actual=f"{after or 'it is gone'}",
                at=exchange,
            )


@proves(
    "delete-email/former-primary", "delete-email/primary-refused", "delete-email/not-found/address"
)
def test_the_rule_follows_the_primary_address(run: Run, judge: Judge) -> None:
    login = run.login("delete_email")
    previous = run.before().primary
    email = made_primary(run, judge)
    assert previous is not None
    witness = Witness(run)
    exchange = run.call("delete_email", login, {"email": email.email})
    judge.status("delete-email/former-primary", exchange, 400)
    witness.nothing_changed(judge, "delete-email/primary-refused", exchange)
    for address in (f"x{email.email}", f"{email.email}.example"):
        exchange = run.call("delete_email", login, {"email": address})
        judge.status("delete-email/not-found/address", exchange, 404)
    updated_email(run, judge, run.login("update_email"), {"email": previous.email, "primary": True})
    exchange = deleted_email(run, judge, login, email.email)
    judge.status("delete-email/former-primary", exchange, 204)


# -- addresses that are not there -----------------------------------------------------------------


@proves("{op}/not-found/address", "{op}/error-body", each=_each_form)
def test_an_unknown_address_is_not_found(run: Run, judge: Judge, op: str, form: bool) -> None:
    requirement = f"{slug(op)}/not-found/address"
    known = run.standing().email
    unknown = [run.address(), f"x{known}", known.replace("@", "+x@"), known.replace("@", "@x.")]
    extras: list[dict[str, Any]] = [{}]
    if op == "update_email":
        extras = [{"verified": True}, {"primary": True}, {"verified": True, "primary": True}]
    for address in unknown:
        for extra in extras:
            witness = Witness(run)
            exchange = run.call(op, run.login(op), {"email": address, **extra}, form=form)
            judge.status(requirement, exchange, 404)
            cases.judge_error(judge, exchange)
            witness.nothing_changed(judge, requirement, exchange)


@proves("{op}/not-found/foreign-address", each=_each_form)
def test_an_address_of_somebody_else_stays(run: Run, judge: Judge, op: str, form: bool) -> None:
    requirement = f"{slug(op)}/not-found/foreign-address"
    foreign = run.added("other").email
    witness = Witness(run)
    extra = {"verified": True} if op == "update_email" else {}
    exchange = run.call(op, run.login(op), {"email": foreign, **extra}, form=form)
    # That it is unknown here is the plain reading; a target may also say that it is not theirs.
    judge.status(requirement, exchange, 404, 403, 400)
    witness.other_untouched(judge, requirement, exchange)
    witness.nothing_changed(judge, requirement, exchange)


@proves(
    "{op}/invalid-body/address-of-wrong-type",
    each=cases.operations(("update_email", "delete_email")),
)
def test_an_address_that_is_no_text_is_refused(run: Run, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/invalid-body/address-of-wrong-type"
    known = run.standing().email
    extra = {"verified": True} if op == "update_email" else {}
    for address in (*values.NO_TEXTS, [known], {"email": known}):
        witness = Witness(run)
        exchange = run.call(op, run.login(op), {"email": address, **extra})
        judge.status(requirement, exchange, 400, 404)
        witness.nothing_changed(judge, requirement, exchange)


@proves(
    "{op}/invalid-body/missing-address",
    "{op}/error-body",
    each=cases.operations(cases.EMAIL_WRITES),
)
def test_a_body_without_an_address_is_refused(run: Run, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/invalid-body/missing-address"
    known = run.standing().email
    bodies: list[dict[str, Any]] = [{}, {"verified": True}, {"primary": True}, {"address": known}]
    for form in (False, True):
        for value in bodies:
            witness = Witness(run)
            exchange = run.call(op, run.login(op), value, form=form)
            judge.status(requirement, exchange, 400)
            cases.judge_error(judge, exchange)
            witness.nothing_changed(judge, requirement, exchange)
    address = run.address() if op == "add_email" else known
    query = f"?email={quote(address, safe='')}&verified=true"
    for body in (json_body({}), form_body({"x": "y"})):
        witness = Witness(run)
        exchange = run.call(op, run.login(op), body=body, query=query)
        judge.status(requirement, exchange, 400)
        witness.nothing_changed(judge, requirement, exchange)


@proves("delete-email/removes-only-that", "update-email/others-untouched")
def test_the_same_address_of_two_users_is_each_ones_own(run: Run, judge: Judge) -> None:
    address = run.address()
    username = run.account("other").username
    if not run.make("add_email", {"email": address}, "other"):
        raise NotVerified(
            "the check needs an address of the other user, and adding one did not work"
        )
    answer = run.call("add_email", run.login("add_email"), {"email": address})
    if answer.status != 201:  # an address that anybody has may be refused
        judge.pass_all()
        return
    run.observe()
    login = run.login("update_email")
    updated_email(run, judge, login, {"email": address, "verified": True})
    primary = run.before().primary
    if primary is not None and primary.verified:
        updated_email(run, judge, login, {"email": address, "primary": True})
        updated_email(run, judge, login, {"email": primary.email, "primary": True})
    deleted_email(run, judge, run.login("delete_email"), address)
    login = run.login("delete_email", "other")
    exchange = run.call("delete_email", login, {"email": address}, username=username)
    judge.status("delete-email/success", exchange, 204)
