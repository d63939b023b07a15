"""What a token may do."""

from __future__ import annotations

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    BASIC_FREE,
    MISSING_SCOPE,
    NO_FURTHER,
    OWN_SCOPE,
    STANDS_IN,
)
from conformance.selftest.reference.routes import NEEDED_SCOPE, READING
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Token


def scope_unchecked(operation: str) -> None:
    """Declare: an operation asks for no scope."""

    @defect(f"{operation} takes any token of the user.", OWN_SCOPE, f"any_scope_for_{operation}")
    class Unchecked(Service):
        def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
            return call.operation == operation or super().token_may(call, scopes)


def stand_in(operation: str, other: str) -> None:
    """Declare: another scope is as good."""

    @defect(f"{other} is enough for {operation}.", STANDS_IN, f"{other}_for_{operation}")
    class StandsIn(Service):
        def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
            helps = call.operation == operation and other in scopes
            return helps or super().token_may(call, scopes)


def further(operation: str, other: str) -> None:
    """Declare: a second scope is asked for."""

    @defect(f"{operation} needs {other} too.", NO_FURTHER, f"{operation}_needs_{other}")
    class Further(Service):
        def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
            lacks = call.operation == operation and other not in scopes
            return not lacks and super().token_may(call, scopes)


for _operation in NEEDED_SCOPE:
    scope_unchecked(_operation)
for _operation, _other in (
    ("get_user", "profile_write"),
    ("get_user", "email_read"),
    ("update_user", "profile_read"),
    ("update_user", "email_write"),
    ("list_emails", "email_write"),
    ("list_emails", "profile_read"),
    ("add_email", "email_read"),
    ("update_email", "profile_write"),
    ("delete_email", "email_read"),
):
    stand_in(_operation, _other)
for _operation, _other in (
    ("get_user", "email_read"),
    ("update_user", "profile_read"),
    ("list_emails", "profile_read"),
    ("add_email", "email_read"),
    ("update_email", "email_read"),
    ("delete_email", "profile_write"),
):
    further(_operation, _other)


@defect("profile_write and email_read together are enough for add_email.", STANDS_IN)
class TwoScopesStandIn(Service):
    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        both = call.operation == "add_email" and scopes >= {"profile_write", "email_read"}
        return both or super().token_may(call, scopes)


@defect("A token must have the one scope only.", NO_FURTHER)
class ExactScopes(Service):
    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        return scopes == {NEEDED_SCOPE[call.operation]}


@defect("Of several scopes of a token, only the first counts.", NO_FURTHER)
class FirstScopeOnly(Service):
    def scopes(self, token: Token) -> frozenset[str]:
        return frozenset(token.scopes.split()[:1])


@defect("A token without any scope may do everything.", OWN_SCOPE)
class NoScopeIsEvery(Service):
    def scopes(self, token: Token) -> frozenset[str]:
        return super().scopes(token) or frozenset(NEEDED_SCOPE.values())


@defect("With Basic, addresses cannot be updated: no scope.", BASIC_FREE)
class BasicLimited(Service):
    def basic_may(self, call: Call) -> bool:
        return call.operation != "update_email"


@defect("With Basic, one can only read.", BASIC_FREE)
class BasicReads(Service):
    def basic_may(self, call: Call) -> bool:
        return call.operation in READING


@defect("A missing scope is 401.", MISSING_SCOPE)
class MissingScopeUnauthorized(Service):
    def lacks_scope(self, call: Call) -> Refusal:
        return self.unauthorized(call, "scope")


@defect("A missing scope is 404.", MISSING_SCOPE)
class MissingScopeNotFound(Service):
    def lacks_scope(self, call: Call) -> Refusal:
        return Refusal(404, "nothing here")


@defect("A missing scope gives an empty list of addresses, 200.", MISSING_SCOPE)
class MissingScopeEmptyList(Service):
    def perform(self, call: Call) -> Reply:
        try:
            return super().perform(call)
        except Refusal as refusal:
            if call.operation == "list_emails" and "insufficient" in str(refusal.headers):
                return self.json_reply(200, [])
            raise
