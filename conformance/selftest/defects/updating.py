"""update_email."""

from __future__ import annotations

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    DOCUMENTED,
    FALSE,
    MARKS,
    NOT_UNVERIFY,
    ONE_PRIMARY,
    OWNER,
    TRUE_OR_ABSENT,
    UNCHANGED,
    UNKNOWN,
    UPDATE_ANSWER,
)
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address


@defect("An unknown address is 400 in update_email.", UNKNOWN)
class UpdateUnknownBadRequest(Service):
    def unknown_address(self, call: Call, email: str) -> Refusal:
        if call.operation == "update_email":
            return Refusal(400, "unknown")
        return super().unknown_address(call, email)


@defect("An unknown address is added by update_email.", UNKNOWN)
class UpdateAdds(Service):
    def found(self, call: Call, email: str) -> Address:
        known = self.find(call, email)
        if known is None and call.operation == "update_email":
            return self.insert(call, email)
        return super().found(call, email)


@defect("An unknown address is 200 in update_email: nothing to do.", UNKNOWN)
class UpdateUnknownOk(Service):
    def update_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        if self.find(call, email) is None:
            return self.json_reply(200, {"email": email, "verified": True, "primary": False})
        return super().update_email(call)


@defect("An unknown address made primary is 404, and no address is primary any more.", UNCHANGED)
class UnsetBeforeFound(Service):
    def unknown_address(self, call: Call, email: str) -> Refusal:
        if call.operation == "update_email" and call.fields.get("primary") in {True, "true"}:
            self.unset_primary(call)
            self.store.keep()
        return super().unknown_address(call, email)


@defect("verified false with primary true is 400, but the address is primary.", UNCHANGED)
class PrimaryThoughRefused(Service):
    def flag(self, call: Call, name: str) -> bool:
        try:
            return super().flag(call, name)
        except Refusal:
            address = self.find(call, self.wanted_address(call))
            if name == "verified" and address and super().flag(call, "primary"):
                self.make_primary(call, address)
                self.store.keep()
            raise


@defect("primary false with verified true is 400, but the address is verified.", UNCHANGED)
class VerifiedThoughRefused(Service):
    def flag(self, call: Call, name: str) -> bool:
        try:
            return super().flag(call, name)
        except Refusal:
            address = self.find(call, self.wanted_address(call))
            if name == "primary" and address and super().flag(call, "verified"):
                self.verify(call, address)
                self.store.keep()
            raise


class FalseTaken(Service):
    """Not a defect yet: what false does instead of being refused."""

    names: tuple[str, ...] = ("verified", "primary")
    step = ""

    def flag(self, call: Call, name: str) -> bool:
        if name not in self.names or call.fields.get(name) not in {False, "false"}:
            return super().flag(call, name)
        address = self.find(call, self.wanted_address(call))
        if address and self.step:
            self.store.run(self.step, address.id)
        return False


@defect("verified false takes the verification away.", FALSE)
class FalseUnverifies(FalseTaken):
    names, step = ("verified",), "UPDATE addresses SET verified = 0 WHERE id = ?"


@defect("primary false leaves the user without a primary address.", FALSE)
class FalseUnsetsPrimary(FalseTaken):
    names, step = ("primary",), "UPDATE addresses SET is_primary = 0 WHERE id = ?"


@defect("false is passed over, 200.", FALSE)
class FalseIgnored(FalseTaken):
    """As it stands."""


@defect("primary false is passed over when verified is true.", FALSE)
class FalsePrimaryIgnoredBesideTrue(FalseTaken):
    names = ("primary",)

    def flag(self, call: Call, name: str) -> bool:
        if call.fields.get("verified") in {True, "true"}:
            return super().flag(call, name)
        return Service.flag(self, call, name)


@defect("In a form, false is passed over.", FALSE)
class FalseIgnoredInForm(FalseTaken):
    def flag(self, call: Call, name: str) -> bool:
        return super().flag(call, name) if call.is_form else Service.flag(self, call, name)


@defect("In JSON, the string true is as good as true.", TRUE_OR_ABSENT)
class StringIsTrue(Service):
    def json_flag(self, call: Call, name: str, value: Json) -> bool:
        return super().json_flag(call, name, True if value == "true" else value)


@defect("In JSON, 1 is as good as true.", TRUE_OR_ABSENT)
class OneIsTrue(Service):
    def json_flag(self, call: Call, name: str, value: Json) -> bool:
        if isinstance(value, int):
            value = value == 1
        return super().json_flag(call, name, value)


@defect("In JSON, whatever is not empty is true.", TRUE_OR_ABSENT)
class TruthyIsTrue(Service):
    def json_flag(self, call: Call, name: str, value: Json) -> bool:
        return super().json_flag(call, name, bool(value))


@defect("A flag of another type is 500.", DOCUMENTED)
class OtherFlagCrashes(Service):
    def json_flag(self, call: Call, name: str, value: Json) -> bool:
        if isinstance(value, dict | list):
            raise TypeError(f"unhashable type: {value!r}")
        return super().json_flag(call, name, value)


@defect("verified is not stored.", MARKS)
class VerifyNotStored(Service):
    def update_email(self, call: Call) -> Reply:
        reply = super().update_email(call)
        if "verified" in call.fields and "primary" not in call.fields:
            self.store.run("ROLLBACK")
        return reply


@defect("update_email answers with the address as before.", UPDATE_ANSWER)
class UpdateAnswersBefore(Service):
    def update_email(self, call: Call) -> Reply:
        before = self.find(call, self.wanted_address(call))
        reply = super().update_email(call)
        return self.json_reply(200, self.email_view(call, before)) if before else reply


@defect("update_email answers with the whole list.", UPDATE_ANSWER)
class UpdateAnswersList(Service):
    def update_email(self, call: Call) -> Reply:
        super().update_email(call)
        return self.list_emails(call)


@defect("update_email is 204.", UPDATE_ANSWER)
class UpdateEmailNoContent(Service):
    def update_email(self, call: Call) -> Reply:
        super().update_email(call)
        return Reply(204)


@defect("update_email is 201.", UPDATE_ANSWER)
class UpdateEmailCreated(Service):
    def update_email(self, call: Call) -> Reply:
        reply = super().update_email(call)
        reply.status = 201
        return reply


@defect("Sent with verified, primary is passed over.", MARKS)
class PrimaryLostBesideVerified(Service):
    def make_primary(self, call: Call, address: Address) -> None:
        if "verified" not in call.fields:
            super().make_primary(call, address)


@defect("Sent with primary, verified is passed over.", MARKS)
class VerifiedLostBesidePrimary(Service):
    def verify(self, call: Call, address: Address) -> None:
        if "primary" not in call.fields:
            super().verify(call, address)


@defect("An address that is verified becomes primary.", ONE_PRIMARY)
class VerifyMakesPrimary(Service):
    def verify(self, call: Call, address: Address) -> None:
        super().verify(call, address)
        self.make_primary(call, address)


@defect("Verifying one address verifies all of the user.", MARKS)
class VerifyAll(Service):
    def verify(self, call: Call, address: Address) -> None:
        self.store.run("UPDATE addresses SET verified = 1 WHERE username = ?", call.username)


@defect("The previous primary address stays primary.", ONE_PRIMARY)
class TwoPrimaries(Service):
    def unset_primary(self, call: Call) -> None:
        """Forgotten."""


@defect("The previous primary address is deleted.", ONE_PRIMARY)
class PreviousPrimaryDeleted(Service):
    def unset_primary(self, call: Call) -> None:
        step = "DELETE FROM addresses WHERE username = ? AND is_primary"
        self.store.run(step, call.username)


@defect("The previous primary address is no longer verified.", NOT_UNVERIFY)
class PreviousPrimaryUnverified(Service):
    def unset_primary(self, call: Call) -> None:
        step = "UPDATE addresses SET verified = 0 WHERE username = ? AND is_primary"
        self.store.run(step, call.username)
        super().unset_primary(call)


@defect("An address that becomes primary is no longer verified.", NOT_UNVERIFY)
class PrimaryUnverified(Service):
    def make_primary(self, call: Call, address: Address) -> None:
        super().make_primary(call, address)
        if "verified" not in call.fields:
            self.store.run("UPDATE addresses SET verified = 0 WHERE id = ?", address.id)


@defect("The primary address, made primary again, is primary no longer.", NOT_UNVERIFY)
class PrimaryAgainUnset(Service):
    def make_primary(self, call: Call, address: Address) -> None:
        super().make_primary(call, address)
        if address.is_primary:
            self.unset_primary(call)


@defect("Setting a primary address unsets those of all users.", ONE_PRIMARY)
class UnsetForAll(Service):
    def unset_primary(self, call: Call) -> None:
        self.store.run("UPDATE addresses SET is_primary = 0")


@defect("An address that is verified already is 404: no row was touched.", UNKNOWN)
class VerifiedAgainNotFound(Service):
    def verify(self, call: Call, address: Address) -> None:
        if address.verified:
            raise self.unknown_address(call, address.email)
        super().verify(call, address)


@defect("The primary address changes the first time only.", MARKS)
class PrimaryOnce(Service):
    def __init__(self) -> None:
        super().__init__()
        self.moved: set[str] = set()

    def make_primary(self, call: Call, address: Address) -> None:
        if call.username not in self.moved:
            super().make_primary(call, address)
        self.moved.add(call.username)


@defect("update_email takes addresses of other users.", OWNER)
class UpdateForeignAddress(Service):
    def searched(self, call: Call) -> list[Address]:
        return self.store.addresses(None if call.operation == "update_email" else call.username)


@defect("In update_email, email is the new spelling of the primary address.", UNCHANGED)
class UpdateRenamesPrimary(Service):
    def unknown_address(self, call: Call, email: str) -> Refusal:
        if call.operation == "update_email":
            step = "UPDATE addresses SET email = ? WHERE username = ? AND is_primary"
            self.store.run(step, email, call.username)
            self.store.keep()
        return super().unknown_address(call, email)
