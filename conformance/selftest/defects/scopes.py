"""Defects in what a token may do."""

from __future__ import annotations

from typing import Any

from conformance.selftest.changes import ids, row
from conformance.selftest.reference.calls import Call
from conformance.selftest.reference.routes import OPERATIONS
from conformance.selftest.reference.service import Service

SCOPE, SUBSETS = "forbidden/scope", "forbidden/scope-subsets"
BOTH = (*ids(SCOPE, OPERATIONS), *ids(SUBSETS, OPERATIONS))

# -- another scope is enough ----------------------------------------------------------------------

for _operation, _other in (
    ("get_user", "profile_write"),
    ("get_user", "email_read"),
    ("update_user", "profile_read"),
    ("list_emails", "email_write"),
    ("add_email", "email_read"),
    ("update_email", "profile_write"),
    ("delete_email", "email_read"),
):

    def _stands_in(
        self: Service, call: Call, scopes: Any, name: str = _operation, other: str = _other
    ) -> bool:
        return (call.operation == name and other in scopes) or Service.token_may(self, call, scopes)

    row(
        f"{_other}-does-for-{_operation}".replace("_", "-"),
        f"The scope {_other} is enough for {_operation}.",
        (*ids(SCOPE, [_operation]), *ids(SUBSETS, [_operation])),
        token_may=_stands_in,
    )

row(
    "scopes-not-checked",
    "Scopes are not looked at.",
    BOTH,
    token_may=lambda self, call, scopes: True,
)
row(
    "any-scope-does",
    "A token with any scope at all may do everything.",
    BOTH,
    token_may=lambda self, call, scopes: bool(scopes),
)
