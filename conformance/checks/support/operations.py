"""The operations of the Accounts API as the suite sees them: one description each.

An operation that the contract has more needs a description here; all else that the suite does with every
operation (access, bodies, preflight, sequences, restoring) follows from it and from the contract.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.account.restorer import Restorer, Undoing
from conformance.account.state import text_members
from conformance.checks.support import model
from conformance.checks.support.cases import text_member
from conformance.checks.support.context import CheckContext
from conformance.checks.support.descriptions import Description, Descriptions

# -- the profile ----------------------------------------------------------------------------------


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
    was, is_now = before.get("gravatar_url"), now.get("gravatar_url")
    if was != is_now:
        known = account.account.gravatar_email
        # A URL that is signed anew shows the same picture: to guess its address would change that.
        if known or str(was).partition("?")[0] != str(is_now).partition("?")[0]:
            address = known or before.get("email")
            account.write("update_user", {"gravatar_email": address})


def fixed_members(restorer: Restorer, role: str, user: Mapping[str, Any]) -> list[str]:
    """Return the members of an account's profile that the target does not take back as they are."""
    texts = {name: user[name] for name in text_members() if isinstance(user.get(name), str)}
    if texts and restorer.write(role, "update_user", texts):
        return []
    return [
        name
        for name, value in texts.items()
        if not model.is_plain(name, value)
        and not restorer.write(role, "update_user", {name: value})
    ]


# -- the addresses --------------------------------------------------------------------------------


def _undo_added(account: Undoing) -> None:
    known = {email.email for email in account.before.emails}
    new = [email.email for email in account.now.emails if email.email not in known]
    # Ours have the mark, or are none: what a check sent as no address, and a faulty target took.
    no_address = re.compile(r"[^@]*|@.*|[^@]*@|.*\s.*", re.DOTALL)
    ours = [one for one in new if account.tag in one.lower() or no_address.fullmatch(one)]
    role, values = account.account.role, [{"email": one} for one in ours]
    account.restorer.write_all(role, "delete_email", values, once=True)


def _known_address(run: CheckContext, role: str) -> dict[str, Any]:
    return {"email": run.standing(role).email}


def _undo_update(account: Undoing) -> None:
    primary = account.before.primary
    if primary is not None and account.now.primary != primary:
        account.write("update_email", {"email": primary.email, "primary": True})
    for email in account.before.emails:
        now = account.now.find(email.email)
        if email.verified and now is not None and not now.verified:
            account.write("update_email", {"email": email.email, "verified": True})


def _undo_deletion(account: Undoing) -> None:
    there = {email.email for email in account.now.emails}
    for email in account.before.emails:
        if email.email not in there:
            account.write("add_email", {"email": email.email})
            if email.verified:
                account.write("update_email", {"email": email.email, "verified": True})


DESCRIPTIONS = Descriptions(
    {
        "get_user": Description(touches="user", reads=True, parts=model.user_read),
        "update_user": Description(
            touches="user",
            follows=model.updating_user,
            parts=model.user_updated,
            value=lambda run, _role: {text_member(run): run.text("Jane")},
            refused={"full_name": 0},
            undo=_undo_user,
        ),
        "list_emails": Description(touches="emails", reads=True, parts=model.emails_read),
        "add_email": Description(
            touches="emails",
            follows=model.adding_email,
            parts=model.email_added,
            limited=True,
            value=lambda run, _role: {"email": run.address()},
            refused={},
            undo=_undo_added,
        ),
        "update_email": Description(
            touches="emails",
            follows=model.updating_email,
            parts=model.email_updated,
            value=lambda run, role: {**_known_address(run, role), "verified": True},
            on_known=True,
            refused={},
            undo=_undo_update,
        ),
        "delete_email": Description(
            touches="emails",
            follows=model.deleting_email,
            parts=model.email_deleted,
            untouched="removes-only-that",
            value=_known_address,
            on_known=True,
            refused={},
            undo=_undo_deletion,
        ),
    },
    derived={"gravatar_url": "gravatar_email"},
)
"""By operationId, in the order of the text; their effects are undone in the opposite one."""
