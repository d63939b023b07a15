"""Defects in whose account it is, and whether there is one."""

from __future__ import annotations

from conformance.selftest.changes import defect, ids, row, table
from conformance.selftest.overrides import Memory, accepted, admits, by_basic, by_form, refuses
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.routes import WRITING
from conformance.selftest.reference.service import Service

BOTH, UNKNOWN = "*/forbidden/owner-*", "*/not-found/username"
ORDER, DOCUMENTED = "*/order/access-before-body", "*/documented-answers"
DONE = accepted(ids("", WRITING))

# -- somebody else's account ----------------------------------------------------------------------

for _name, _sentence, _breaks, _when, _done in (
    (
        *(
            "on-get-user",
            "get_user does not ask whose account it is.",
            "get-user/forbidden/owner-*",
        ),
        *(lambda self, call: call.operation == "get_user", ()),
    ),
    (
        *("on-add-email", "add_email does not ask whose account it is."),
        *("add-email/forbidden/owner-*", lambda self, call: call.operation == "add_email", DONE[1]),
    ),
    (
        *("for-basic", "With Basic, every account is open to everybody."),
        *("*/forbidden/owner-basic", by_basic, DONE),
    ),
    (
        *("for-tokens", "With a token of the right scope, every account is open to everybody."),
        *("*/forbidden/owner-bearer", lambda self, call: call.caller.scheme == "bearer", DONE),
    ),
    (
        *("for-forms", "With a form, every account is open to everybody."),
        *("{update-user,*-email}/forbidden/owner-*", by_form, DONE),
    ),
):
    row(
        *(f"owner-forgotten-{_name}", _sentence, _breaks),
        also=ORDER,
        misnamed=_done,
        **admits("owns", _when),
    )
table(
    BOTH,
    {
        "not-owner-is-401: Somebody else's account is 401.": 401,
        "not-owner-is-404: Somebody else's account is 404.": 404,
    },
    lambda status: refuses("not_owner", status),
    misnamed=ORDER,
)


@defect(
    "The username in the path is only looked up: it is the own account that is read.",
    BOTH,
    also=ORDER,
    misnamed=DONE,
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
    misnamed=(ORDER, DOCUMENTED),
)
row(
    *("unknown-user-is-500", "An unknown username is 500.", UNKNOWN),
    also=(BOTH, DOCUMENTED),
    misnamed=ORDER,
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
    misnamed=ORDER,
)
row(
    *("unknown-user-is-403-in-forms", "In a form, an unknown username is 403."),
    ids("not-found/username", WRITING),
    misnamed=ORDER,
    **refuses("unknown_user", 403, when=by_form),
)
