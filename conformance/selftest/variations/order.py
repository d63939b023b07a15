"""Other orders of checks."""

from __future__ import annotations

from conformance.selftest.changes import variation
from conformance.selftest.reference.routes import READING
from conformance.selftest.reference.calls import Call, Refusal
from conformance.selftest.reference.service import Service
from conformance.selftest.variations.clauses import (
    ELSEWHERE,
    LARGE,
    SHOULD,
)


@variation(
    "An unknown address is 404 before the flags are looked at.",
    "a malformed *unknown* address in update or delete (400 or 404)",
)
class AddressBeforeFlags(Service):
    def flag(self, call: Call, name: str) -> bool:
        self.found(call, str(call.fields["email"]))
        return super().flag(call, name)


@variation("The media type is looked at before the login.", SHOULD)
class TypeBeforeLogin(Service):
    def admit(self, call: Call) -> None:
        typed = call.headers.get("content-type")
        known = call.is_form or "json" in call.media_type
        if call.operation not in READING and typed and not known:
            raise Refusal(415, "JSON or a form, please")
        super().admit(call)


@variation("A body over one KiB is 413 before it is read, and before the login.", LARGE)
class LargeBodyUnread(Service):
    longest_body = 1024


@variation("Usernames that nobody can have are 404 before the scope is looked at.", ELSEWHERE)
class OddUsernameNowhere(Service):
    def admit(self, call: Call) -> None:
        call.caller = self.caller(call)
        if not call.username.isprintable() or len(call.username) > 150:
            raise self.unknown_user(call)
        super().admit(call)
