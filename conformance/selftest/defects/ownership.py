"""Defects in whose account it is, and whether there is one."""

from __future__ import annotations

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
from conformance.selftest.reference.routes import EMAILS, OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service

BOTH, UNKNOWN = "*/forbidden/owner-*", "*/not-found/username"
ORDER, DOCUMENTED = "*/order/access-before-body", "*/documented-answers"

# -- somebody else's account ----------------------------------------------------------------------

for _name, _sentence, _breaks, _when in (
    (
        *(
            "on-get-user",
            "get_user does not ask whose account it is.",
            "get-user/forbidden/owner-*",
        ),
        *(lambda self, call: call.operation == "get_user",),
    ),
    (
        *("on-add-email", "add_email does not ask whose account it is."),
        *("add-email/forbidden/owner-*", lambda self, call: call.operation == "add_email"),
    ),
    (
        *("for-basic", "With Basic, every account is open to everybody."),
        *("*/forbidden/owner-basic", by_basic),
    ),
    (
        *("for-tokens", "With a token of the right scope, every account is open to everybody."),
        *("*/forbidden/owner-bearer", lambda self, call: call.caller.scheme == "bearer"),
    ),
    (
        *("for-forms", "With a form, every account is open to everybody."),
        *("{update-user,*-email}/forbidden/owner-*", by_form),
    ),
):
    row(
        *(f"owner-forgotten-{_name}", _sentence, _breaks),
        also=ORDER,
        **admits("owns", _when),
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
table(
    UNKNOWN,
    {
        "unknown-user-is-403: An unknown username is 403.": refuses("unknown_user", 403),
        "unknown-user-is-403-by-basic: With Basic, an unknown username is 403.": refuses(
            "unknown_user", 403, when=by_basic
        ),
    },
)
row(
    *("unknown-user-is-403-in-forms", "In a form, an unknown username is 403."),
    ids("not-found/username", WRITING),
    **refuses("unknown_user", 403, when=by_form),
)

# -- an account that is named otherwise, or elsewhere ----------------------------------------------

KNOWN = EMAILS[1:]


class Chosen(Service):
    """A service that takes the account from beside the path, once the caller was let in."""

    def chosen(self, call: Call) -> Any:
        """Return the username that stands elsewhere, or nothing."""

    def operate(self, call: Call) -> Reply:
        name = self.chosen(call)
        if name and self.store.user(str(name)):
            call.route = Route(call.operation, str(name))
        return super().operate(call)


row(
    "account-from-body",
    "A username in the body comes before the one in the path.",
    (
        "update-user/others-untouched",
        "add-email/others-untouched",
        *ids("success", KNOWN),
    ),
    base=Chosen,
    chosen=lambda self, call: call.fields.get("username"),
)


row(
    "account-from-id-in-body",
    "An id in the body says which user is updated.",
    "update-user/others-untouched",
    base=Chosen,
    chosen=lambda self, call: (
        call.operation == "update_user"
        and next(
            (one.username for one in self.store.users.values() if one.id == call.fields.get("id")),
            "",
        )
    ),
)


row(
    "account-from-query",
    "A username in the query comes before the one in the path.",
    (
        "get-user/own-data",
        "list-emails/own-only",
        "update-user/others-untouched",
        "add-email/others-untouched",
        *ids("success", KNOWN),
    ),
    base=Chosen,
    chosen=lambda self, call: parse_qs(call.target.partition("?")[2]).get("username", [""])[-1],
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


_ABROAD = ids("forbidden/owner-bearer", READING) + ids("forbidden/owner-basic", READING)


for _name, _sentence, _meant in (
    (
        "id-opens-account",
        "An account is open to everybody by its id in place of its username.",
        lambda self, name: next(
            (one.username for one in self.store.users.values() if str(one.id) == name), ""
        ),
    ),
    (
        "address-opens-account",
        "An account is open to everybody by its address in place of its username.",
        lambda self, name: next((one.username for one in self.store.rows if one.email == name), ""),
    ),
    (
        "padding-opens-account",
        "An account is open to everybody by its username with white space behind it.",
        lambda self, name: name.strip(),
    ),
    (
        "capitals-open-account",
        "An account is open to everybody by its username in capitals.",
        lambda self, name: name.lower(),
    ),
):
    row(_name, _sentence, _ABROAD, base=OtherSpelling, meant=_meant)


row(
    "username-by-like",
    "A percent sign in the username stands for anything.",
    ids("not-found/username", OPERATIONS),
    base=OtherSpelling,
    meant=lambda self, name: next((one for one in self.store.users if by_percent(name, one)), ""),
)


row(
    "inherited-username",
    "A username that objects inherit in JavaScript is somebody's.",
    ids("not-found/username", OPERATIONS),
    check_existence=lambda self, call: (
        None if call.username == "__proto__" else Service.check_existence(self, call)
    ),
)
