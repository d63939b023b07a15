"""Defects in whose account it is, and whether there is one."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import parse_qs

from conformance.selftest.changes import defect, table
from conformance.selftest.overrides import (
    Memory,
    admits,
    before,
    by_form,
    by_percent,
    each,
    refuses,
)
from conformance.selftest.reference.calls import Call, Reply, Route
from conformance.selftest.reference.routes import OPERATIONS, READING
from conformance.selftest.reference.service import Service

BOTH, UNKNOWN = "*/forbidden/owner-*", "*/not-found/username"
ORDER = "*/order/access-before-body"

# -- somebody else's account ----------------------------------------------------------------------

table(
    "",
    {
        "owner-forgotten-for-basic (*/forbidden/owner-basic): With Basic, all is open to all.": (
            lambda self, call: call.caller.scheme == "basic"
        ),
        "owner-forgotten-for-tokens (*/forbidden/owner-bearer): With the right scope, all is open.": (
            lambda self, call: call.caller.scheme == "bearer"
        ),
        "owner-forgotten-for-forms ({update-*,*-email}/forbidden/owner-*): By form, all is open.": by_form,
    },
    partial(admits, "owns"),
    also=ORDER,
)


@defect("It is the caller's own account that is read, whatever the path says.", BOTH, also=ORDER)
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
        "unknown-user-is-401: An unknown username is 401, 200, 403 or 500, by turns.": each(
            OPERATIONS, *(refuses("unknown_user", status) for status in (401, 200, 403, 500))
        ),
        "inherited-username: A username that objects inherit in JavaScript is somebody's.": {
            "check_existence": lambda self, call: (
                None if call.username == "__proto__" else Service.check_existence(self, call)
            )
        },
    },
    also=(BOTH, ORDER, "*/documented-answers"),
)

# -- an account that is named otherwise, or elsewhere ----------------------------------------------


def _by_id(self: Service, number: str) -> str:
    found = (one.username for one in self.store.users.values() if str(one.id) == number)
    return next(found, "")


def _chosen(choose: Any) -> Any:
    """Take the account from beside the path, once the caller was let in."""

    def turn(self: Service, call: Call) -> None:
        name = str(choose(self, call))
        if self.store.user(name):
            call.route = Route(call.operation, name)

    return before("operate", turn)


table(
    "{update-user,add-email}/others-untouched {update,delete}-email/success",
    {
        "account-from-body: A username in the body, or an id, comes before the path.": (
            lambda self, call: (
                _by_id(self, str(call.fields.get("id")))
                if call.operation == "update_user"
                else call.fields.get("username")
            )
        ),
        (
            "account-from-query (get-user/own-data list-emails/own-only {update-user,add-email}/"
            "others-untouched {update,delete}-email/success): A username in the query comes before the path."
        ): lambda self, call: parse_qs(call.target.partition("?")[2]).get("username", [""])[-1],
    },
    _chosen,
    also="update-email/others-untouched delete-email/removes-only-that",
)


def _spelled(meant: Any) -> Any:
    """Find an account by another spelling, and ask for the owner only where the name is a username."""

    def admit(self: Service, call: Call) -> None:
        if self.store.user(call.username) is not None:
            return Service.admit(self, call)
        call.caller = self.caller(call)
        call.route = Route(call.operation, meant(self, call.username))
        self.check_existence(call)
        return self.check_scope(call)

    return {"admit": admit}


table(
    "",
    {
        "not-owner-is-401 (*/forbidden/owner-*): By turns, somebody else's account is 401, or 404.": each(
            OPERATIONS, refuses("not_owner", 401), refuses("not_owner", 404)
        ),
        "unknown-user-is-403-in-forms ({update-user,*-email}/not-found/username): "
        "In a form, an unknown username is 403.": refuses("unknown_user", 403, when=by_form),
        "id-opens-account ({get-user,list-emails}/forbidden/owner-*): "
        "An id opens the profile to everybody, an address the addresses.": each(
            READING,
            _spelled(_by_id),
            _spelled(
                lambda self, name: next(
                    (one.username for one in self.store.rows if one.email == name), ""
                )
            ),
        ),
        "padding-opens-account ({get-user,list-emails}/forbidden/owner-*): "
        "White space or capitals in its name open an account to all.": each(
            READING,
            _spelled(lambda self, name: name.strip()),
            _spelled(lambda self, name: name.lower()),
        ),
        "username-by-like (*/not-found/username): A percent sign in the username is anything.": _spelled(
            lambda self, name: next((one for one in self.store.users if by_percent(name, one)), "")
        ),
    },
)
