"""delete_email."""

from __future__ import annotations

from fnmatch import fnmatchcase

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    ADD,
    DELETE,
    DELETE_MISSING,
    DELETE_PRIMARY,
    DELETE_UNKNOWN,
    DOCUMENTED,
    NO_BODY,
    OWNER,
    SPELLED,
    UNCHANGED,
    UNKNOWN,
)
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address


@defect("delete_email is 200 with the address.", DELETE)
class DeleteOk(Service):
    def delete_email(self, call: Call) -> Reply:
        super().delete_email(call)
        return self.json_reply(200, {"deleted": call.fields["email"]})


@defect("delete_email is 200 without a body.", DELETE)
class DeleteOkEmpty(Service):
    def delete_email(self, call: Call) -> Reply:
        super().delete_email(call)
        return Reply(200)


@defect("delete_email is 202.", DELETE)
class DeleteAccepted(Service):
    def delete_email(self, call: Call) -> Reply:
        super().delete_email(call)
        return Reply(202)


@defect("The 204 has a body.", NO_BODY)
class DeletedWithBody(Service):
    def delete_email(self, call: Call) -> Reply:
        reply = super().delete_email(call)
        reply.body = b"null"
        return reply


@defect("delete_email deletes nothing.", DELETE)
class DeleteNothing(Service):
    def remove(self, call: Call, address: Address) -> None:
        """Forgotten."""


@defect("Verified addresses are not deleted, 204.", DELETE)
class VerifiedStay(Service):
    def remove(self, call: Call, address: Address) -> None:
        if not address.verified:
            super().remove(call, address)


@defect("Verified addresses cannot be deleted, 400.", DELETE_PRIMARY)
class VerifiedNotDeletable(Service):
    def guarded(self, call: Call, address: Address) -> bool:
        return bool(address.is_primary or address.verified)


@defect("delete_email deletes every address but the primary one.", DELETE)
class DeleteAll(Service):
    def remove(self, call: Call, address: Address) -> None:
        step = "DELETE FROM addresses WHERE username = ? AND NOT is_primary"
        self.store.run(step, call.username)


@defect("delete_email takes _ for any character.", DELETE)
class DeleteLike(Service):
    def remove(self, call: Call, address: Address) -> None:
        pattern = address.email.replace("[", "[[]").replace("_", "?")
        for one in self.searched(call):
            if fnmatchcase(one.email, pattern) and not one.is_primary:
                super().remove(call, one)


@defect("delete_email deletes every address that begins like this one.", DELETE)
class DeletePrefix(Service):
    def remove(self, call: Call, address: Address) -> None:
        for one in self.searched(call):
            if one.email.startswith(address.email.partition("@")[0]) and not one.is_primary:
                super().remove(call, one)


@defect("The address is deleted from other accounts too.", DELETE)
class DeletedEverywhere(Service):
    def remove(self, call: Call, address: Address) -> None:
        self.store.run("DELETE FROM addresses WHERE email = ?", address.email)


@defect("delete_email takes addresses of other users.", OWNER)
class DeleteForeignAddress(Service):
    def searched(self, call: Call) -> list[Address]:
        return self.store.addresses(None if call.operation == "delete_email" else call.username)


@defect("The primary address can be deleted.", DELETE_PRIMARY)
class PrimaryDeleted(Service):
    def guarded(self, call: Call, address: Address) -> bool:
        return False


@defect("In a form, the primary address can be deleted.", DELETE_PRIMARY)
class PrimaryDeletedInForm(Service):
    def guarded(self, call: Call, address: Address) -> bool:
        return super().guarded(call, address) and not call.is_form


@defect("With Basic, the primary address can be deleted.", DELETE_PRIMARY)
class PrimaryDeletedByBasic(Service):
    def guarded(self, call: Call, address: Address) -> bool:
        return super().guarded(call, address) and call.caller.scheme != "basic"


@defect("A primary address can be deleted if it was not the first one.", DELETE_PRIMARY)
class LaterPrimaryDeleted(Service):
    def guarded(self, call: Call, address: Address) -> bool:
        return address.email == self.stored_user(call.username).signup_email


@defect("The address of sign-up can never be deleted.", DELETE_PRIMARY)
class SignUpStays(Service):
    def guarded(self, call: Call, address: Address) -> bool:
        first = self.stored_user(call.username).signup_email == address.email
        return first or super().guarded(call, address)


@defect("The primary address in capitals can be deleted.", SPELLED)
class PrimaryDeletedInCapitals(Service):
    def same(self, stored: str, wanted: str) -> bool:
        return stored.lower() == wanted.lower()

    def guarded(self, call: Call, address: Address) -> bool:
        return super().guarded(call, address) and address.email == call.fields["email"]


@defect("Deleting the primary address is 403.", DELETE_PRIMARY)
class PrimaryForbidden(Service):
    def not_deletable(self, call: Call, address: Address) -> Refusal:
        return Refusal(403, "primary")


@defect("Deleting the primary address is 409.", DELETE_PRIMARY)
class PrimaryConflict(Service):
    def not_deletable(self, call: Call, address: Address) -> Refusal:
        return Refusal(409, "primary")


@defect("Deleting the primary address is 400, but it is primary no longer.", UNCHANGED)
class PrimaryUnsetThoughRefused(Service):
    def not_deletable(self, call: Call, address: Address) -> Refusal:
        self.unset_primary(call)
        self.store.keep()
        return super().not_deletable(call, address)


@defect("Deleting the primary address is 400, but it is gone.", UNCHANGED)
class PrimaryGoneThoughRefused(Service):
    def not_deletable(self, call: Call, address: Address) -> Refusal:
        self.remove(call, address)
        self.store.keep()
        return super().not_deletable(call, address)


@defect("Deleting an unknown address is 204.", DELETE_UNKNOWN)
class DeleteUnknownOk(Service):
    def delete_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        return super().delete_email(call) if self.find(call, email) else Reply(204)


@defect("Deleting an address again is 204.", DELETE_UNKNOWN)
class DeleteAgainOk(Service):
    def __init__(self) -> None:
        super().__init__()
        self.gone: set[tuple[str, str]] = set()

    def delete_email(self, call: Call) -> Reply:
        key = (call.username, self.wanted_address(call))
        if key in self.gone and self.find(call, key[1]) is None:
            return Reply(204)
        reply = super().delete_email(call)
        self.gone.add(key)
        return reply


@defect("Deleting an unknown address is 400.", DELETE_UNKNOWN)
class DeleteUnknownBadRequest(Service):
    def unknown_address(self, call: Call, email: str) -> Refusal:
        if call.operation == "delete_email":
            return Refusal(400, "unknown")
        return super().unknown_address(call, email)


@defect("Deleting an unknown address is 410.", DELETE_UNKNOWN)
class DeleteUnknownGone(Service):
    def unknown_address(self, call: Call, email: str) -> Refusal:
        if call.operation == "delete_email":
            return Refusal(410, "gone")
        return super().unknown_address(call, email)


@defect("Deleting an unknown address is 500.", DOCUMENTED)
class DeleteUnknownCrashes(Service):
    def unknown_address(self, call: Call, email: str) -> Refusal:
        if call.operation == "delete_email":
            raise LookupError("Address matching query does not exist.")
        return super().unknown_address(call, email)


@defect("delete_email without an address deletes all but the primary one.", DELETE_MISSING)
class DeleteWithoutAddress(Service):
    def delete_email(self, call: Call) -> Reply:
        if "email" in call.fields:
            return super().delete_email(call)
        step = "DELETE FROM addresses WHERE username = ? AND NOT is_primary"
        self.store.run(step, call.username)
        return Reply(204)


@defect("delete_email without an address is 404.", DELETE_MISSING)
class DeleteMissingNotFound(Service):
    def no_address(self, call: Call) -> str:
        if call.operation == "delete_email":
            raise Refusal(404, "unknown")
        return super().no_address(call)


@defect("delete_email without an address is 204.", DELETE_MISSING)
class DeleteMissingOk(Service):
    def delete_email(self, call: Call) -> Reply:
        return super().delete_email(call) if "email" in call.fields else Reply(204)


class Graveyard(Service):
    """Not a defect yet: remembers what was deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.buried: dict[tuple[str, str], Address] = {}

    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        self.buried[call.username, address.email] = address


@defect("An address that is added again is verified, as it was before.", ADD)
class VerifiedComesBack(Graveyard):
    def insert(self, call: Call, email: str) -> Address:
        address = super().insert(call, email)
        before = self.buried.get((call.username, email))
        if before and before.verified:
            self.verify(call, address)
        return self.store.address(address.id)


@defect("An address that was deleted cannot be added again.", ADD)
class NoWayBack(Graveyard):
    def taken(self, call: Call, email: str) -> Address | None:
        return self.buried.get((call.username, email)) or super().taken(call, email)


@defect("An address that was deleted is still found by update_email.", UNKNOWN)
class BuriedFound(Graveyard):
    def update_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        before = self.buried.get((call.username, email))
        if before and self.find(call, email) is None:
            return self.json_reply(200, self.email_view(call, before))
        return super().update_email(call)
