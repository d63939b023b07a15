"""Defects in whose account it is, and whether there is one."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import parse_qs

from conformance.selftest.changes import defect, ids, row, table
from conformance.selftest.overrides import (
    Memory,
    admits,
    by_basic,
    by_form,
    by_percent,
    refuses,
)
from conformance.selftest.reference.calls import Call, Reply, Route
from conformance.selftest.reference.routes import EMAILS, OPERATIONS, WRITING
from conformance.selftest.reference.service import Service

BOTH, UNKNOWN = "*/forbidden/owner-*", "*/not-found/username"
ORDER, DOCUMENTED = "*/order/access-before-body", "*/documented-answers"

# -- somebody else's account ----------------------------------------------------------------------

table(
    "",
    {
        "owner-forgotten-for-basic (*/forbidden/owner-basic): With Basic, all is open to all.": by_basic,
        "owner-forgotten-for-tokens (*/forbidden/owner-bearer): With the right token it is.": (
            lambda self, call: call.caller.scheme == "bearer"
        ),
        "owner-forgotten-for-forms ({update-user,*-email}/forbidden/owner-*): By form, it is.": by_form,
    },
    partial(admits, "owns"),
    also=ORDER,
)
table(
    BOTH,
    {
        "not-owner-is-401: Somebody else's account is 401.": 401,
        "not-owner-is-404: Somebody else's account is 404.": 404,
    },
    lambda status: refuses("not_owner", status),
)


@defect(
    "The username in the path is only looked up: it is the own account that is read.",
    BOTH,
    also=ORDER,
)
class OwnerIsCaller(Service):
    def check_owner(self, call: Call) -> None:
        call.route = call.route._replace(username=call.caller.username)


@defect("Somebody else's addresses are an empty list, 200.", "list-emails/forbidden/owner-*")
class NotOwnerReadsNothing(Service):
    def list_emails(self, call: Call) -> Reply:
        return super().list_emails(call) if super().owns(call) else self.json_reply(200, [])

    def owns(self, call: Call) -> bool:
        return call.operation == "list_emails" or super().owns(call)


@defect(
    "Once read by its owner, an account is read from a cache, by anyone.",
    "get-user/forbidden/owner-*",
)
class SharedCache(Memory):
    def owns(self, call: Call) -> bool:
        if super().owns(call):
            self.memory[call.username] = True
        return super().owns(call) or (call.operation == "get_user" and call.username in self.memory)


# -- unknown usernames ----------------------------------------------------------------------------

table(
    UNKNOWN,
    {
        "unknown-user-is-401: An unknown username is 401.": 401,
        "unknown-user-is-200: An unknown username is 200, and an error in the body.": 200,
    },
    lambda status: refuses("unknown_user", status),
    also=BOTH,
)
row(
    *("unknown-user-is-500", "An unknown username is 500.", UNKNOWN),
    also=(BOTH, DOCUMENTED),
    **refuses("unknown_user", 500),
)
row(
    *("unknown-user-is-403", "An unknown username is 403.", UNKNOWN),
    **refuses("unknown_user", 403),
)
row(
    *("unknown-user-is-403-in-forms", "In a form, an unknown username is 403."),
    ids("not-found/username", WRITING),
    **refuses("unknown_user", 403, when=by_form),
)

# -- an account that is named otherwise, or elsewhere ----------------------------------------------

KNOWN = EMAILS[1:]


def _by_id(self: Service, number: str) -> str:
    found = (one.username for one in self.store.users.values() if str(one.id) == number)
    return next(found, "")


class Chosen(Service):
    """A service that takes the account from beside the path, once the caller was let in."""

    def chosen(self, call: Call) -> Any:
        """Return the username that stands elsewhere, or nothing."""

    def operate(self, call: Call) -> Reply:
        name = self.chosen(call)
        if name and self.store.user(str(name)):
            call.route = Route(call.operation, str(name))
        return super().operate(call)


_BESIDE = ("{update-user,add-email}/others-untouched", *ids("success", KNOWN))
table(
    "",
    {
        "account-from-body: A username in the body comes before the one in the path.": (
            _BESIDE,
            lambda self, call: call.fields.get("username"),
        ),
        "account-from-id-in-body: An id in the body says which user is updated.": (
            "update-user/others-untouched",
            lambda self, call: (
                call.operation == "update_user" and _by_id(self, str(call.fields.get("id")))
            ),
        ),
        "account-from-query: A username in the query comes before the one in the path.": (
            ("get-user/own-data", "list-emails/own-only", *_BESIDE),
            lambda self, call: parse_qs(call.target.partition("?")[2]).get("username", [""])[-1],
        ),
    },
    lambda chosen: {"chosen": chosen},
    also="update-email/others-untouched delete-email/removes-only-that",
    base=Chosen,
)


class OtherSpelling(Service):
    """A service that finds an account by another spelling, and asks for the owner only where the name is a username."""

    def meant(self, name: str) -> str:
        """Return the username that a name stands for."""
        raise NotImplementedError

    def admit(self, call: Call) -> None:
        name = call.username
        if self.store.user(name) is None:
            call.caller = self.caller(call)
            call.route = Route(call.operation, self.meant(name))
            self.check_existence(call)
            return self.check_scope(call)
        return super().admit(call)


table(
    "",
    {
        "id-opens-account ({get-user,list-emails}/forbidden/owner-*): An account is open to everybody by its id.": _by_id,
        "address-opens-account ({get-user,list-emails}/forbidden/owner-*): An account is open to everybody by its address.": (
            lambda self, name: next(
                (one.username for one in self.store.rows if one.email == name), ""
            )
        ),
        "padding-opens-account ({get-user,list-emails}/forbidden/owner-*): It is open to everybody with white space behind its name.": (
            lambda self, name: name.strip()
        ),
        "capitals-open-account ({get-user,list-emails}/forbidden/owner-*): It is open to everybody with its name in capitals.": (
            lambda self, name: name.lower()
        ),
        "username-by-like (*/not-found/username): A percent sign in the username is anything.": (
            lambda self, name: next((one for one in self.store.users if by_percent(name, one)), "")
        ),
    },
    lambda meant: {"meant": meant},
    base=OtherSpelling,
)
row(
    "inherited-username",
    "A username that objects inherit in JavaScript is somebody's.",
    ids("not-found/username", OPERATIONS),
    check_existence=lambda self, call: (
        None if call.username == "__proto__" else Service.check_existence(self, call)
    ),
)
