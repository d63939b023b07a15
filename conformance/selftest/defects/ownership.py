"""Defects in whose account it is, and whether there is one."""

from __future__ import annotations

from conformance.selftest.changes import defect, ids, row
from conformance.selftest.overrides import accepted, admits, crashes, refuses
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.routes import OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service

BASIC, BEARER = "forbidden/owner-basic", "forbidden/owner-bearer"
UNKNOWN = ids("not-found/username", OPERATIONS)
ORDER = ids("order/access-before-body", WRITING)
DOCUMENTED = ids("documented-answers", OPERATIONS)


def both(*operations: str) -> tuple[str, ...]:
    """Return the ids of what is broken where an account is not its owner's alone."""
    return (*ids(BASIC, operations), *ids(BEARER, operations))


# -- somebody else's account ----------------------------------------------------------------------

for _operation in ("get_user", "add_email"):
    row(
        f"owner-forgotten-on-{_operation}".replace("_", "-"),
        f"{_operation} does not ask whose account it is.",
        both(_operation),
        also=ORDER,
        misnamed=accepted(both(_operation)),
        **admits("owns", lambda self, call, name=_operation: call.operation == name),
    )
for _name, _sentence, _breaks, _when in (
    (
        *("owner-forgotten-for-basic", "With Basic, every account is open to everybody."),
        *(ids(BASIC, OPERATIONS), lambda self, call: call.caller.scheme == "basic"),
    ),
    (
        "owner-forgotten-for-tokens",
        "With a token of the right scope, every account is open to everybody.",
        ids(BEARER, OPERATIONS),
        lambda self, call: call.caller.scheme == "bearer",
    ),
    (
        *("owner-forgotten-for-forms", "With a form, every account is open to everybody."),
        *(both(*WRITING), lambda self, call: call.is_form),
    ),
):
    row(
        _name,
        _sentence,
        _breaks,
        also=ORDER,
        misnamed=accepted(_breaks),
        **admits("owns", _when),
    )
for _status in (401, 404):
    row(
        f"not-owner-is-{_status}",
        f"Somebody else's account is {_status}.",
        both(*OPERATIONS),
        misnamed=ORDER,
        **refuses("not_owner", _status),
    )


@defect(
    "The username in the path is only looked up: everybody reads and changes the own account there.",
    both(*OPERATIONS),
    also=ORDER,
    misnamed=accepted(both(*OPERATIONS)),
)
class OwnerIsCaller(Service):
    def check_owner(self, call: Call) -> None:
        call.route = call.route._replace(username=call.caller.username)


@defect("Somebody else's addresses are an empty list, 200.", both("list_emails"))
class NotOwnerReadsNothing(Service):
    def list_emails(self, call: Call) -> Reply:
        return super().list_emails(call) if super().owns(call) else self.json_reply(200, [])

    def owns(self, call: Call) -> bool:
        return call.operation == "list_emails" or super().owns(call)


@defect("Once read by its owner, an account is read from a cache, by anyone.", both("get_user"))
class SharedCache(Service):
    def __init__(self) -> None:
        super().__init__()
        self.kept: set[str] = set()

    def owns(self, call: Call) -> bool:
        if super().owns(call):
            self.kept.add(call.username)
        return super().owns(call) or (call.operation == "get_user" and call.username in self.kept)


# -- unknown usernames ----------------------------------------------------------------------------

for _status, _also, _misnamed in (
    (401, (), (*ORDER, *DOCUMENTED)),
    (403, (), ORDER),
    (500, DOCUMENTED, ORDER),
):
    row(
        f"unknown-user-is-{_status}",
        f"An unknown username is {_status}.",
        UNKNOWN,
        also=_also,
        misnamed=_misnamed,
        **refuses("unknown_user", _status),
    )
row(
    "unknown-user-is-403-by-basic",
    "With Basic, an unknown username is 403.",
    UNKNOWN,
    misnamed=ORDER,
    **refuses("unknown_user", 403, when=lambda self, call: call.caller.scheme == "basic"),
)
row(
    "unknown-user-is-403-in-forms",
    "In a form, an unknown username is 403.",
    ids("not-found/username", WRITING),
    misnamed=ids("order/access-before-body", WRITING),
    **refuses("unknown_user", 403, when=lambda self, call: call.is_form),
)
for _name, _sentence, _odd in (
    (
        *("beyond-ascii", "An unknown username that is not ASCII is 500."),
        lambda self, call: not call.username.isascii(),
    ),
    (
        *("with-nul", "A NUL in an unknown username is 500, as from some databases."),
        lambda self, call: "\0" in call.username,
    ),
):
    row(
        f"unknown-user-{_name}-crashes",
        _sentence,
        ids("documented-answers", OPERATIONS),
        **crashes("unknown_user", _odd),
    )


@defect(
    "An unknown username is answered as if it were an empty account.",
    UNKNOWN,
    also=(*ORDER, *ids("forbidden/owner-*", READING)),
    misnamed=DOCUMENTED,
)
class UnknownUserIsEmpty(Service):
    def unknown_user(self, call: Call) -> Refusal:
        return Refusal(204 if call.operation == "delete_email" else 200, "nobody")

    def refuse(self, call: Call, refusal: Refusal) -> Reply:
        if refusal.reason != "nobody" or refusal.status == 204:
            return super().refuse(call, refusal)
        if call.operation == "list_emails":
            return self.json_reply(200, [])
        return self.json_reply(201 if call.operation == "add_email" else 200, {})
