"""Defects in what a token may do."""

from __future__ import annotations

from functools import partial

from conformance.selftest.changes import defect, ids, row, table
from conformance.selftest.overrides import (
    admits,
    by_form,
    denies,
    refuses,
)
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.routes import NEEDED_SCOPE, OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import SCOPES

SCOPE, SUBSETS = "*/forbidden/scope", "*/forbidden/scope-subsets"
BOTH, CHALLENGE = f"{SCOPE} {SUBSETS}", "*/forbidden/challenge"
SUCCESS = "*/success update-email/verifies"
BODY = "*/order/access-before-body"
OTHER_KIND = {
    "get_user": "email_read",
    "list_emails": "profile_read",
    "delete_email": "profile_write",
}


def _needed(call: Call) -> str:
    return NEEDED_SCOPE[call.operation]


# -- another scope is enough ----------------------------------------------------------------------

table(
    BOTH,
    {
        "scope-by-its-ending: What ends in _read reads, and what ends in _write writes.": (
            lambda self, call, scopes: any(
                one.endswith(_needed(call).rpartition("_")[2]) for one in scopes
            )
        ),
        "scopes-not-checked: Scopes are not looked at.": lambda *_: True,
    },
    partial(admits, "token_may"),
    also=BODY,
)
for _entry, _operations, _breaks, _when in (
    (
        *("write-includes-read: Who may write may read.", ["get_user", "list_emails"], BOTH),
        lambda self, call, scopes: _needed(call).replace("read", "write") in scopes,
    ),
    (
        *("read-includes-write: Who may read may write.", WRITING, BOTH),
        lambda self, call, scopes: _needed(call).replace("write", "read") in scopes,
    ),
    (
        *("no-scope-is-every-scope: A token without scopes is not limited.", OPERATIONS, SCOPE),
        lambda self, call, scopes: not scopes,
    ),
    (
        *("two-scopes-do: A token with two scopes may do everything.", OPERATIONS, SUBSETS),
        lambda self, call, scopes: len(scopes) > 1,
    ),
    ("scope-forgotten-for-forms: What comes as a form needs no scope.", WRITING, SCOPE, by_form),
    (
        "others-scopes-free: The tokens of the second user open everything of theirs.",
        *(OPERATIONS, SCOPE),
        lambda self, call, scopes: call.caller.username == self.seed.users[1].username,
    ),
):
    _broken = [id_ for part in _breaks.split() for id_ in ids(part[2:], _operations)]
    table(
        _broken,
        {_entry: _when},
        partial(admits, "token_may"),
        also=(BODY, SCOPE),
    )

# -- its own scope is not enough ------------------------------------------------------------------

table(
    "*/",
    {
        "exact-scopes (bearer-accepted forbidden/scope-subsets): One scope, no more.": (
            lambda self, call, scopes: len(scopes) > 1
        ),
    },
    partial(denies, "token_may"),
    also=SUCCESS,
)
row(
    "write-needs-read-too",
    "Writing needs the scope for reading as well.",
    ids("bearer-accepted", WRITING),
    also="update-user/* *-email/*",
    **denies(
        "token_may",
        lambda self, call, scopes: _needed(call).replace("write", "read") not in scopes,
    ),
)
row(
    "scope-of-the-other-kind-needed-too",
    "Reading the profile needs email_read too; reading and deleting addresses a profile scope.",
    "{get-user,list-emails,delete-email}/bearer-accepted",
    also="get-user/* list-emails/* delete-email/* add-email/success",
    **denies(
        "token_may",
        lambda self, call, scopes: OTHER_KIND.get(call.operation, _needed(call)) not in scopes,
    ),
)
for _name, _which, _operations in (("first", 0, OPERATIONS[1:]), ("last", -1, OPERATIONS[:3])):
    row(
        f"{_name}-scope-counts",
        f"Of the scopes of a token, only the {_name} is looked at.",
        (*ids("bearer-accepted", _operations), *ids("forbidden/scope-subsets", _operations)),
        also=SUCCESS,
        scopes=lambda self, token, which=_which: frozenset(
            [one for one in SCOPES if one in token.scopes][which:][:1]
        ),
    )

# -- the answer to a token without the scope ------------------------------------------------------

table(
    BOTH,
    {
        "missing-scope-is-401: A missing scope is 401.": 401,
        "missing-scope-is-404: A missing scope is 404.": 404,
    },
    lambda status: refuses("lacks_scope", status),
)
table(
    CHALLENGE,
    {
        "no-scope-challenge: A 403 for a missing scope has no challenge.": (),
        "scope-not-named: A 403 for a missing scope does not name it.": (
            ("WWW-Authenticate", 'Bearer error="insufficient_scope"'),
        ),
    },
    lambda headers: refuses("lacks_scope", 403, *headers),
)


@defect(
    "A missing scope gives an empty list of addresses, 200.",
    "list-emails/forbidden/{scope,scope-subsets}",
)
class MissingScopeIsEmptyList(Service):
    def perform(self, call: Call) -> Reply:
        try:
            return super().perform(call)
        except Refusal as refusal:
            if call.operation == "list_emails" and "insufficient" in str(refusal.headers):
                return self.json_reply(200, [])
            raise


# -- no scope at all -------------------------------------------------------------------------------


row(
    "no-scope-is-default",
    "A token without scopes may read.",
    ids("forbidden/scope", READING),
    token_may=lambda self, call, scopes: Service.token_may(
        self, call, scopes or frozenset({"profile_read", "email_read"})
    ),
)
