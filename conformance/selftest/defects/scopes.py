"""Defects in what a token may do."""

from __future__ import annotations

from functools import partial

from conformance.selftest.changes import defect, table
from conformance.selftest.overrides import admits, by_form, each, instead, refuses
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.routes import OPERATIONS
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import SCOPES

SCOPE, SUBSETS = "*/forbidden/scope", "*/forbidden/scope-subsets"

# -- another scope is enough ----------------------------------------------------------------------

OTHER = dict(
    zip(
        OPERATIONS,
        # Who may write may read, what ends alike does, and who may read may write.
        (
            "profile_write",
            "email_write",
            "profile_read",
            "email_read",
            "profile_write",
            "email_read",
        ),
        strict=True,
    )
)
table(
    "",
    {
        f"another-scope-does ({SCOPE} {SUBSETS}): Each operation takes the scope of another one as well.": (
            lambda self, call, scopes: OTHER[call.operation] in scopes
        ),
        f"no-scope-is-every-scope ({SCOPE}): A token without scopes is not limited.": (
            lambda self, call, scopes: not scopes
        ),
        f"two-scopes-do ({SUBSETS}): A token with two scopes may do everything.": (
            lambda self, call, scopes: len(scopes) > 1
        ),
        "scope-forgotten-for-forms ({update-*,*-email}/forbidden/scope): A form needs no scope.": by_form,
        f"others-scopes-free ({SCOPE}): The tokens of the second user open everything of theirs.": (
            lambda self, call, scopes: call.caller.username == self.seed.users[1].username
        ),
    },
    partial(admits, "token_may"),
    also=("*/order/access-before-body", SCOPE),
)

# -- its own scope is not enough ------------------------------------------------------------------

SECOND = dict(
    zip(
        OPERATIONS,
        ("email_read", "profile_read", "profile_read", "email_read", "email_read", "profile_write"),
        strict=True,
    )
)


def _only(which: int) -> dict[str, object]:
    return {
        "scopes": lambda self, token: frozenset(
            [one for one in SCOPES if one in token.scopes][which:][:1]
        )
    }


table(
    "*/bearer-accepted",
    {
        "second-scope-needed: Each operation needs another scope for reading as well.": instead(
            "token_may",
            lambda self, call, scopes: SECOND[call.operation] not in scopes,
            lambda *_: False,
        ),
        f"exact-scopes (*/bearer-accepted {SUBSETS}): A token with more than one scope may nothing.": instead(
            "token_may", lambda self, call, scopes: len(scopes) > 1, lambda *_: False
        ),
        f"one-scope-counts (*/bearer-accepted {SUBSETS}): Of several, the last or the first one counts.": each(
            OPERATIONS, *([_only(-1)] * 3), *([_only(0)] * 3)
        ),
    },
    also="get-user/* update-user/* list-emails/* *-email/*",
)

# -- the answer to a token without the scope ------------------------------------------------------

table(
    "",
    {
        f"missing-scope-is-404 ({SCOPE} {SUBSETS}): By turns, a missing scope is 404, or 401.": each(
            OPERATIONS, refuses("lacks_scope", 404), refuses("lacks_scope", 401)
        ),
        "no-scope-challenge (*/forbidden/challenge): By turns, a 403 has none, or one without scope.": each(
            OPERATIONS,
            refuses("lacks_scope", 403),
            refuses("lacks_scope", 403, ("WWW-Authenticate", 'Bearer error="insufficient_scope"')),
        ),
    },
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
