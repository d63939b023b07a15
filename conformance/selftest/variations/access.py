"""Access, and what is only a SHOULD."""

from __future__ import annotations

from conformance.selftest.changes import variation
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, Route
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address
from conformance.selftest.variations.clauses import SHOULD


@variation("Scopes are looked at before the username.", "403 and 404 are both right")
class ScopeBeforeUsername(Service):
    def check_existence(self, call: Call) -> None:
        self.check_scope(call)
        super().check_existence(call)


@variation("Scopes are looked at before the owner.", "Missing scope: 403.")
class ScopeBeforeOwner(Service):
    def check_owner(self, call: Call) -> None:
        self.check_scope(call)
        super().check_owner(call)


@variation("401 and 403 carry no WWW-Authenticate.", SHOULD)
class NoChallenge(Service):
    def refuse(self, call: Call, refusal: Refusal) -> Reply:
        kept = (one for one in refusal.headers if one[0] != "WWW-Authenticate")
        return super().refuse(call, Refusal(refusal.status, refusal.reason, *kept))


@variation("Both challenges stand in one header.", "401 carries `WWW-Authenticate`")
class OneChallengeHeader(Service):
    def unauthorized(self, call: Call, reason: str) -> Refusal:
        refusal = super().unauthorized(call, reason)
        joined = ", ".join(value for _name, value in refusal.headers)
        return Refusal(401, reason, ("WWW-Authenticate", joined))


@variation("Other methods are 404, without Allow.", SHOULD)
class OtherMethodsNotFound(Service):
    def other_method(self, call: Call, allowed: list[str]) -> Route:
        raise Refusal(404, "nothing here")


@variation("Other media types are 400.", SHOULD)
class OtherTypesMalformed(Service):
    def other_media_type(self, call: Call) -> dict[str, Json]:
        raise Refusal(400, "JSON or a form, please")


@variation("Other media types are read as JSON.", SHOULD)
class OtherTypesRead(Service):
    def other_media_type(self, call: Call) -> dict[str, Json]:
        return self.json_fields(call)


@variation("A body without Content-Type is refused.", SHOULD)
class TypeNeeded(Service):
    def untyped_fields(self, call: Call) -> dict[str, Json]:
        raise Refusal(415, "say what it is")


@variation("Adding an address again is 201 and changes nothing.", SHOULD)
class AddedAgain(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        return self.json_reply(201, self.email_view(call, taken))


@variation("An address belongs to one account only.", "what the text leaves open")
class OneAccountPerAddress(Service):
    def taken(self, call: Call, email: str) -> Address | None:
        every = self.store.addresses()
        return next((one for one in every if self.same(one.email, email)), None)
