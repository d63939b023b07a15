"""Whose account it is, whether there is one, and what is looked at first."""

from __future__ import annotations

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import DOCUMENTED, MISSING_SCOPE, ORDER, OWNER
from conformance.selftest.reference.routes import NEEDED_SCOPE, READING
from conformance.selftest.reference.calls import NOBODY, Call, Refusal, Reply
from conformance.selftest.reference.service import Service

# Ownership


def owner_unchecked(operation: str, scheme: str) -> None:
    """Declare: one gets into the accounts of others."""

    @defect(
        f"{operation} works on anyone's account, with {scheme}.",
        OWNER,
        f"foreign_{operation}_by_{scheme}",
    )
    class Unchecked(Service):
        def owns(self, call: Call) -> bool:
            here = call.operation == operation and call.caller.scheme == scheme
            return here or super().owns(call)


for _operation in NEEDED_SCOPE:
    for _scheme in ("basic", "bearer"):
        owner_unchecked(_operation, _scheme)


@defect("Someone else's account is 404.", OWNER)
class ForeignNotFound(Service):
    def not_owner(self, call: Call) -> Refusal:
        return self.unknown_user(call)


@defect("Someone else's account is 401.", OWNER)
class ForeignUnauthorized(Service):
    def not_owner(self, call: Call) -> Refusal:
        return self.unauthorized(call, "not yours")


@defect("The username in the path is not looked at, if it is known: one gets one's own.", OWNER)
class PathIgnored(Service):
    def check_owner(self, call: Call) -> None:
        call.route = call.route._replace(username=call.caller.username)


@defect("Deleting someone else's address is 403, but it is gone.", OWNER)
class ForeignDeletedAnyway(Service):
    def not_owner(self, call: Call) -> Refusal:
        if call.operation == "delete_email":
            call.fields = self.fields(call)
            self.remove(call, self.found(call, self.wanted_address(call)))
            self.store.keep()
        return super().not_owner(call)


@defect("Adding to someone else's account is 403, but the address is there.", OWNER)
class ForeignAddedAnyway(Service):
    def not_owner(self, call: Call) -> Refusal:
        if call.operation == "add_email":
            call.fields = self.fields(call)
            self.insert(call, self.wanted_address(call))
            self.store.keep()
        return super().not_owner(call)


@defect("Without the scope, update_user is 403, but has written.", MISSING_SCOPE)
class ScopelessWrites(Service):
    def lacks_scope(self, call: Call) -> Refusal:
        if call.operation == "update_user":
            call.fields = self.fields(call)
            self.save_profile(call, self.profile_changes(call))
            self.store.keep()
        return super().lacks_scope(call)


@defect("Without the scope, update_email is 403, but has made the address primary.", MISSING_SCOPE)
class ScopelessMakesPrimary(Service):
    def lacks_scope(self, call: Call) -> Refusal:
        if call.operation == "update_email":
            call.fields = self.fields(call)
            self.update_email(call)
            self.store.keep()
        return super().lacks_scope(call)


# Unknown usernames, and the order


@defect("An unknown username is 403.", "Unknown username.** 404.")
class UnknownForbidden(Service):
    def unknown_user(self, call: Call) -> Refusal:
        return self.not_owner(call)


@defect("An unknown username is 403 in delete_email.", "Unknown username.** 404.")
class UnknownForbiddenInDelete(Service):
    def unknown_user(self, call: Call) -> Refusal:
        if call.operation == "delete_email":
            return self.not_owner(call)
        return super().unknown_user(call)


@defect("An unknown username is 403 with Basic.", "Unknown username.** 404.")
class UnknownForbiddenByBasic(Service):
    def unknown_user(self, call: Call) -> Refusal:
        if call.caller.scheme == "basic":
            return self.not_owner(call)
        return super().unknown_user(call)


@defect("The list of an unknown user is empty, 200.", "Unknown username.** 404.")
class UnknownEmptyList(Service):
    def perform(self, call: Call) -> Reply:
        reply = super().perform
        if call.operation == "list_emails" and self.store.user(call.username) is None:
            self.caller(call)
            return self.json_reply(200, [])
        return reply(call)


@defect("An unknown username is 404 before any login.", ORDER)
class UnknownBeforeLogin(Service):
    def admit(self, call: Call) -> None:
        self.check_existence(call)
        super().admit(call)


@defect("An unknown username is 500.", DOCUMENTED)
class UnknownCrashes(Service):
    def unknown_user(self, call: Call) -> Refusal:
        raise LookupError(call.username)


@defect("A username that is no UTF-8 is 500.", DOCUMENTED)
class OddUsernameCrashes(Service):
    def unknown_user(self, call: Call) -> Refusal:
        call.username.encode("latin-1")
        return super().unknown_user(call)


@defect("A NUL in the username is 500.", DOCUMENTED)
class NulUsernameCrashes(Service):
    def unknown_user(self, call: Call) -> Refusal:
        if "\0" in call.username:
            raise ValueError("a string literal cannot contain NUL (0x00) characters")
        return super().unknown_user(call)


class Early(Service):
    """Not a defect yet: reads and checks the body before something else."""

    def check_body(self, call: Call) -> None:
        if call.operation in READING:
            return
        call.fields = self.fields(call)
        if call.operation == "update_user":
            self.profile_changes(call)
        else:
            self.wanted_address(call)


@defect("Bodies are checked before the login: 400 instead of 401.", ORDER)
class BodyBeforeLogin(Early):
    def admit(self, call: Call) -> None:
        self.check_body(call)
        super().admit(call)


@defect("Bodies are checked before the username: 400 instead of 404.", ORDER)
class BodyBeforeUsername(Early):
    def check_existence(self, call: Call) -> None:
        self.check_body(call)
        super().check_existence(call)


@defect("Bodies are checked before the owner: 400 instead of 403.", ORDER)
class BodyBeforeOwner(Early):
    def check_owner(self, call: Call) -> None:
        self.check_body(call)
        super().check_owner(call)


@defect("Bodies are checked before the scope: 400 instead of 403.", ORDER)
class BodyBeforeScope(Early):
    def check_scope(self, call: Call) -> None:
        self.check_body(call)
        super().check_scope(call)


@defect("Malformed JSON is 400 before the login is looked at.", ORDER)
class JsonBeforeLogin(Service):
    def admit(self, call: Call) -> None:
        if call.operation not in READING:
            self.fields(call)
        super().admit(call)


@defect("In update_email, an unknown address is 404 before the scope is looked at.", ORDER)
class AddressBeforeScope(Service):
    def check_scope(self, call: Call) -> None:
        if call.operation == "update_email":
            call.fields = self.fields(call)
            self.found(call, self.wanted_address(call))
        super().check_scope(call)


@defect("list_emails lets anyone into the account that was used last.", OWNER)
class LastAccountOpen(Service):
    def __init__(self) -> None:
        super().__init__()
        self.last = NOBODY

    def owns(self, call: Call) -> bool:
        if super().owns(call):
            self.last = call.caller
            return True
        return call.operation == "list_emails" and self.last.username == call.username


@defect("Once read by its owner, an account is read from a cache, by anyone.", OWNER)
class SharedCache(Service):
    def __init__(self) -> None:
        super().__init__()
        self.kept: set[str] = set()

    def owns(self, call: Call) -> bool:
        if super().owns(call):
            self.kept.add(call.username)
            return True
        return call.operation == "get_user" and call.username in self.kept
