"""Defects in what a token may do."""

from __future__ import annotations

from conformance.catalogue.requirements import slug
from conformance.selftest.changes import defect, ids, row
from conformance.selftest.overrides import accepted, admits, denies, refuses
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.routes import NEEDED_SCOPE, OPERATIONS, WRITING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import SCOPES

SCOPE, SUBSETS = "forbidden/scope", "forbidden/scope-subsets"
BOTH = (*ids(SCOPE, OPERATIONS), *ids(SUBSETS, OPERATIONS))
BEARER = "bearer-accepted"
SUCCESS = ("*/success", "update-email/verifies")
BODY = "*/order/access-before-body"


def both(*operations: str) -> tuple[str, ...]:
    """Return the ids of what is broken where another scope is enough."""
    return (*ids(SCOPE, operations), *ids(SUBSETS, operations))


# -- another scope is enough ----------------------------------------------------------------------

for _operation in ("update_user", "update_email"):
    row(
        f"scope-forgotten-on-{_operation}".replace("_", "-"),
        f"{_operation} takes any token of the user.",
        both(_operation),
        also=BODY,
        misnamed=accepted(both(_operation)),
        **admits("token_may", lambda self, call, scopes, name=_operation: call.operation == name),
    )
for _name, _sentence, _breaks, _when in (
    (
        *("write-includes-read", "Who may write may read."),
        both("get_user", "list_emails"),
        lambda self, call, scopes: NEEDED_SCOPE[call.operation].replace("read", "write") in scopes,
    ),
    (
        *("read-includes-write", "Who may read may write."),
        both(*WRITING),
        lambda self, call, scopes: NEEDED_SCOPE[call.operation].replace("write", "read") in scopes,
    ),
    (
        "scope-by-its-ending",
        "Whatever ends in _read reads, and whatever ends in _write writes.",
        BOTH,
        lambda self, call, scopes: any(
            one.endswith(NEEDED_SCOPE[call.operation].rpartition("_")[2]) for one in scopes
        ),
    ),
    (
        *("scopes-not-checked", "Scopes are not looked at."),
        *(BOTH, lambda self, call, scopes: True),
    ),
    (
        *("no-scope-is-every-scope", "A token without scopes is not limited."),
        *(ids(SCOPE, OPERATIONS), lambda self, call, scopes: not scopes),
    ),
    (
        "two-scopes-do",
        "A token with two scopes or more may do everything: only single scopes were thought of.",
        ids(SUBSETS, OPERATIONS),
        lambda self, call, scopes: len(scopes) > 1,
    ),
    (
        "two-scopes-stand-in",
        "The scopes profile_write and email_read together are enough for add_email.",
        ids(SUBSETS, ["add_email"]),
        lambda self, call, scopes: (
            call.operation == "add_email" and scopes >= {"profile_write", "email_read"}
        ),
    ),
    (
        *("scope-forgotten-for-forms", "What comes as a form needs no scope."),
        *(ids(SCOPE, WRITING), lambda self, call, scopes: call.is_form),
    ),
    (
        *("others-scopes-free", "The tokens of the second user open everything of theirs."),
        ids(SCOPE, OPERATIONS),
        lambda self, call, scopes: call.caller.username == self.seed.users[1].username,
    ),
):
    row(
        _name,
        _sentence,
        _breaks,
        also=(BODY, "*/forbidden/scope"),
        misnamed=accepted(_breaks),
        **admits("token_may", _when),
    )

# -- its own scope is not enough ------------------------------------------------------------------

for _name, _sentence, _breaks, _also, _lacks in (
    (
        *("exact-scopes", "A token must have the scope and no other."),
        (*ids(BEARER, OPERATIONS), *ids(SUBSETS, OPERATIONS)),
        SUCCESS,
        lambda self, call, scopes: len(scopes) > 1,
    ),
    (
        *("pairs-of-scopes-refused", "A token with exactly two scopes is refused."),
        *(ids(SUBSETS, OPERATIONS), (), lambda self, call, scopes: len(scopes) == 2),
    ),
    (
        *("write-needs-read-too", "Writing needs the scope for reading as well."),
        ids(BEARER, WRITING),
        [f"{slug(one)}/*" for one in WRITING],
        lambda self, call, scopes: (
            NEEDED_SCOPE[call.operation].replace("write", "read") not in scopes
        ),
    ),
    (
        "scope-of-the-other-kind-needed-too",
        "Reading the profile needs email_read too; reading and deleting addresses a profile scope.",
        ids(BEARER, ["get_user", "list_emails", "delete_email"]),
        ("get-user/*", "list-emails/*", "delete-email/*", "add-email/success"),
        lambda self, call, scopes: (
            {
                "get_user": "email_read",
                "list_emails": "profile_read",
                "delete_email": "profile_write",
            }.get(call.operation, NEEDED_SCOPE[call.operation])
            not in scopes
        ),
    ),
):
    row(_name, _sentence, _breaks, also=_also, **denies("token_may", _lacks))
for _name, _which, _operations in (
    ("first", 0, OPERATIONS[1:]),
    ("last", -1, OPERATIONS[:3]),
):
    row(
        f"{_name}-scope-counts",
        f"Of the scopes of a token, only the {_name} is looked at.",
        (*ids(BEARER, _operations), *ids(SUBSETS, _operations)),
        also=SUCCESS,
        scopes=lambda self, token, which=_which: frozenset(
            [one for one in SCOPES if one in token.scopes][which:][:1]
        ),
    )

# -- the answer to a token without the scope ------------------------------------------------------

for _status in (401, 404):
    row(
        f"missing-scope-is-{_status}",
        f"A missing scope is {_status}.",
        BOTH,
        misnamed=ids("order/access-before-body", WRITING),
        **refuses("lacks_scope", _status),
    )


@defect("A missing scope gives an empty list of addresses, 200.", both("list_emails"))
class MissingScopeIsEmptyList(Service):
    def perform(self, call: Call) -> Reply:
        try:
            return super().perform(call)
        except Refusal as refusal:
            if call.operation == "list_emails" and "insufficient" in str(refusal.headers):
                return self.json_reply(200, [])
            raise


row(
    "no-scope-challenge",
    "A 403 for a missing scope has no challenge.",
    ids("forbidden/challenge", OPERATIONS),
    **refuses("lacks_scope", 403),
)
row(
    "scope-not-named",
    "A 403 for a missing scope does not name it.",
    ids("forbidden/challenge", OPERATIONS),
    **refuses("lacks_scope", 403, ("WWW-Authenticate", 'Bearer error="insufficient_scope"')),
)
