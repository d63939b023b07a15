"""The operations of the Accounts API as the suite sees them: one description each.

An operation that the contract has more needs a description here; all else that the suite does with every
operation (access, bodies, preflight, sequences, restoring) follows from it and from the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.account.restorer import Restorer, Undoing
from conformance.account.state import Email, text_members
from conformance.checks.support import oracles
from conformance.checks.support.cases import text_member
from conformance.checks.support.context import CheckContext
from conformance.checks.support.descriptions import Description, Descriptions
from conformance.checks.support.generation import is_good_text, is_no_address
from conformance.checks.support.judge import Judge, NotVerified
from conformance.checks.support.workflow import Walker
from conformance.target.credentials import Credentials
from conformance.wire.exchange import Exchange

_PLAIN = 64  # characters of a text that everybody takes


# -- the profile ----------------------------------------------------------------------------------


def _get_user(
    run: CheckContext, judge: Judge, login: Credentials, *, form: bool = False, role: str = "owner"
) -> Exchange:
    del form
    return oracles.got_user(run, judge, login, role)


def _profile(run: CheckContext, role: str) -> dict[str, Any]:
    del role
    return {text_member(run): run.text("Never")}


def _update_user(
    run: CheckContext, judge: Judge, login: Credentials, *, form: bool = False, role: str = "owner"
) -> Exchange:
    del role
    value = {text_member(run): run.text("Jane"), text_member(run, 1): run.text("a+b & c")}
    return oracles.updated_user(run, judge, login, value, form=form)


def _accept_user(
    run: CheckContext, judge: Judge, login: Credentials, value: dict[str, Any], *, form: bool
) -> None:
    body = {
        name: text
        for name, text in value.items()
        if name == "gravatar_email"
        or (name not in run.prepared.fixed_members and is_good_text(text))
    }
    if body:
        oracles.updated_user(run, judge, login, body, form=form)


def _allowed_user(body: Mapping[str, Any]) -> tuple[int, ...]:
    wrong = any(not isinstance(body.get(name, ""), str) for name in text_members())
    address = body.get("gravatar_email", "a@example.com")
    # An empty one may be a way to have none.
    return (400,) if wrong or (address != "" and is_no_address(address)) else (200, 400)


def _undo_user(account: Undoing) -> None:
    before, now = account.before.user, account.now.user
    texts = {
        member: before[member]
        for member in text_members()
        if member in before and before[member] != now.get(member)
    }
    if texts and not account.write("update_user", texts):
        for member, value in texts.items():
            account.write("update_user", {member: value})
    if before.get("gravatar_url") != now.get("gravatar_url"):
        address = account.account.gravatar_email or before.get("email")
        account.write("update_user", {"gravatar_email": address})


def fixed_members(restorer: Restorer, user: Mapping[str, Any]) -> list[str]:
    """Return the members of the owner's profile that the target does not take back as they are."""
    texts = {name: user[name] for name in text_members() if isinstance(user.get(name), str)}
    if texts and restorer.write("owner", "update_user", texts):
        return []
    return [
        name
        for name, value in texts.items()
        if not _is_plain(name, value) and not restorer.write("owner", "update_user", {name: value})
    ]


def _is_plain(member: str, text: str) -> bool:
    """Return whether a text of the profile is one that nobody may refuse."""
    fits = 1 <= len(text) <= _PLAIN and text == text.strip() and text.isprintable()
    return fits and (member != "profile_url" or text.startswith(("http://", "https://")))


# -- the addresses --------------------------------------------------------------------------------


def _list_emails(
    run: CheckContext, judge: Judge, login: Credentials, *, form: bool = False, role: str = "owner"
) -> Exchange:
    del form
    return oracles.listed_emails(run, judge, login, role)


def _new_address(run: CheckContext, role: str) -> dict[str, Any]:
    del role
    return {"email": run.address()}


def _add_email(
    run: CheckContext, judge: Judge, login: Credentials, *, form: bool = False, role: str = "owner"
) -> Exchange:
    del role
    return oracles.added_email(run, judge, login, run.address("+a-b_c.d"), form=form)


def _accept_new(
    run: CheckContext, judge: Judge, login: Credentials, value: dict[str, Any], *, form: bool
) -> None:
    if "email" in value:
        oracles.added_email(run, judge, login, value["email"], form=form)


def _undo_added(account: Undoing) -> None:
    known = {email.email for email in account.before.emails}
    for email in account.now.emails:
        ours = account.tag in email.email.lower() or _is_odd(email)
        if ours and email.email not in known:
            account.write("delete_email", {"email": email.email}, once=True)


def _is_odd(email: Email) -> bool:
    """Return whether it is one of the non-addresses that a check sent, and that a faulty target took."""
    local, _, domain = email.email.partition("@")
    return not (local and domain) or any(character.isspace() for character in email.email)


def _known_address(run: CheckContext, role: str) -> dict[str, Any]:
    return {"email": (run.standing() if role == "owner" else run.added(role)).email}


def _verification(run: CheckContext, role: str) -> dict[str, Any]:
    return {**_known_address(run, role), "verified": True}


def _update_email(
    run: CheckContext, judge: Judge, login: Credentials, *, form: bool = False, role: str = "owner"
) -> Exchange:
    del role
    value = {"email": run.added().email, "verified": True}
    return oracles.updated_email(run, judge, login, value, form=form)


def _accept_update(
    run: CheckContext, judge: Judge, login: Credentials, value: dict[str, Any], *, form: bool
) -> None:
    if "email" in value:
        # An address that is not verified yet may be refused as the primary one.
        change = {"email": _there(run, value), "verified": True}
        oracles.updated_email(run, judge, login, change, form=form)


def _there(run: CheckContext, value: Mapping[str, Any]) -> str:
    """Add the address of a generated body, so that it is there."""
    address = str(value["email"])
    run.make("add_email", {"email": address})
    if run.before().find(address) is None:
        raise NotVerified("the check needs an address, and adding one did not work")
    return address


def _undo_update(account: Undoing) -> None:
    primary = account.before.primary
    if primary is not None and account.now.primary != primary:
        account.write("update_email", {"email": primary.email, "primary": True})


def _delete_email(
    run: CheckContext, judge: Judge, login: Credentials, *, form: bool = False, role: str = "owner"
) -> Exchange:
    del role
    return oracles.deleted_email(run, judge, login, run.added().email, form=form)


def _accept_deletion(
    run: CheckContext, judge: Judge, login: Credentials, value: dict[str, Any], *, form: bool
) -> None:
    if "email" in value:
        oracles.deleted_email(run, judge, login, _there(run, value), form=form)


def _undo_deletion(account: Undoing) -> None:
    there = {email.email for email in account.now.emails}
    for email in account.before.emails:
        if email.email not in there:
            account.write("add_email", {"email": email.email})
            if email.verified:
                account.write("update_email", {"email": email.email, "verified": True})


def _allowed_new(body: Mapping[str, Any]) -> tuple[int, ...]:
    return (400,) if "email" not in body or is_no_address(body["email"]) else (201, 400)


def _allowed_known(success: int, body: Mapping[str, Any]) -> tuple[int, ...]:
    if "email" not in body:
        return (400,)
    if (
        is_no_address(body["email"])
        or body.get("verified") is False
        or body.get("primary") is False
    ):
        return (400, 404)
    return (success, 400, 404)


DESCRIPTIONS = Descriptions(
    {
        "get_user": Description(touches="user", reads=True, succeed=_get_user),
        "update_user": Description(
            touches="user",
            succeed=_update_user,
            value=_profile,
            refused={"full_name": 0},
            accept=_accept_user,
            allowed=_allowed_user,
            undo=_undo_user,
        ),
        "list_emails": Description(
            touches="emails", reads=True, succeed=_list_emails, step=Walker.list
        ),
        "add_email": Description(
            touches="emails",
            succeed=_add_email,
            value=_new_address,
            refused={},
            accept=_accept_new,
            step=Walker.add,
            allowed=_allowed_new,
            undo=_undo_added,
        ),
        "update_email": Description(
            touches="emails",
            succeed=_update_email,
            value=_verification,
            refused={},
            accept=_accept_update,
            step=Walker.update,
            allowed=lambda body: _allowed_known(200, body),
            undo=_undo_update,
        ),
        "delete_email": Description(
            touches="emails",
            succeed=_delete_email,
            value=_known_address,
            refused={},
            accept=_accept_deletion,
            step=Walker.delete,
            allowed=lambda body: _allowed_known(204, body),
            undo=_undo_deletion,
        ),
    },
    derived={"gravatar_url": "gravatar_email"},
)
"""By operationId, in the order of the text; their effects are undone in the opposite one."""
