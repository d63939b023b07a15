"""Wrong answers about whose account, and which scope, by one way in only."""

from __future__ import annotations

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    MISSING_SCOPE,
    ORDER,
    OWN_SCOPE,
    OWNER,
)
from conformance.selftest.reference.routes import NEEDED_SCOPE, READING
from conformance.selftest.reference.calls import Call, Caller, Json, Refusal
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Token


@defect("In a form, a token opens other accounts.", OWNER)
class FormTokenForeign(Service):
    def owns(self, call: Call) -> bool:
        return (call.is_form and call.caller.scheme == "bearer") or super().owns(call)


@defect("In a form, an unknown username is 403.", "Unknown username.** 404.")
class FormUnknownForbidden(Service):
    def unknown_user(self, call: Call) -> Refusal:
        return self.not_owner(call) if call.is_form else super().unknown_user(call)


@defect("Forms are checked before the owner and the scope.", ORDER)
class FormBeforeAccess(Service):
    def check_owner(self, call: Call) -> None:
        if call.is_form and call.operation == "update_email":
            call.fields = self.fields(call)
            self.wanted_address(call)
            self.flag(call, "verified")
            self.flag(call, "primary")
        super().check_owner(call)


@defect("With Basic, bodies are checked before the username.", ORDER)
class BasicBodyBeforeUsername(Service):
    def check_existence(self, call: Call) -> None:
        if call.caller.scheme == "basic" and call.operation not in READING:
            self.fields(call)
        super().check_existence(call)


@defect("With Basic, bodies are checked before the password.", ORDER)
class BodyBeforePassword(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        if call.operation not in READING:
            self.fields(call)
        return super().basic(call, encoded)


class AddressBeforeOwner(Service):
    """Not a defect yet: the address in the body is looked at before the owner is."""

    operation = ""

    def check_owner(self, call: Call) -> None:
        if call.operation == self.operation:
            try:
                email = self.fields(call).get("email")
            except Refusal:
                email = None
            self.look_at(call, email)
        super().check_owner(call)

    def look_at(self, call: Call, email: Json) -> None:
        raise NotImplementedError


@defect("Deleting the primary address of someone else is 400.", ORDER)
class PrimaryBeforeOwner(AddressBeforeOwner):
    operation = "delete_email"

    def look_at(self, call: Call, email: Json) -> None:
        if any(one.is_primary and one.email == email for one in self.searched(call)):
            raise Refusal(400, "it is primary")


@defect("Adding what someone else has already, to the account of the other, is 400.", ORDER)
class DuplicateBeforeOwner(AddressBeforeOwner):
    operation = "add_email"

    def look_at(self, call: Call, email: Json) -> None:
        if any(one.email == email for one in self.searched(call)):
            raise Refusal(400, "it is there already")


@defect("Deleting an unknown address of someone else is 404.", ORDER)
class UnknownAddressBeforeOwner(AddressBeforeOwner):
    operation = "delete_email"

    def look_at(self, call: Call, email: Json) -> None:
        if isinstance(email, str) and self.is_address(email):
            self.found(call, email)


@defect("In a form, email_read is enough to add.", OWN_SCOPE)
class FormReadAdds(Service):
    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        reads = call.is_form and call.operation == "add_email" and "email_read" in scopes
        return reads or super().token_may(call, scopes)


@defect("The second user's tokens have all scopes.", MISSING_SCOPE)
class SecondUserUnlimited(Service):
    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        second = call.caller.username == self.seed.users[1][0]
        return second or super().token_may(call, scopes)


@defect("Scopes are compared by their last word: read or write.", "No other scope stands in for it")
class ScopeByVerb(Service):
    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        verb = NEEDED_SCOPE[call.operation].rpartition("_")[2]
        return any(scope.endswith(verb) for scope in scopes)


@defect("Of several scopes of a token, only the last counts.", OWN_SCOPE)
class LastScopeOnly(Service):
    def scopes(self, token: Token) -> frozenset[str]:
        return frozenset(token.scopes.split()[-1:])
