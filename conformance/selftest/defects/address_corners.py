"""Wrong addresses, where few look: of state, of a wrong WHERE, of one way in only."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import ClassVar
from urllib.parse import parse_qsl

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    ADD,
    BOTH_KINDS,
    DELETE,
    DELETE_MISSING,
    DELETE_UNKNOWN,
    DOCUMENTED,
    LIST,
    MARKS,
    NOT_UNVERIFY,
    ONE_PRIMARY,
    SETS,
    UNKNOWN,
)
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address


@defect("update_email without a flag is 500.", DOCUMENTED)
class NeitherCrashes(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        if not verified and not primary:
            raise UnboundLocalError("changes")


@defect("update_email without a flag takes the verification away.", NOT_UNVERIFY)
class NeitherUnverifies(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        if not verified and not primary:
            self.store.run("UPDATE addresses SET verified = 0 WHERE id = ?", address.id)


@defect("An address in the query counts where the body has none.", DELETE_MISSING)
class AddressInQuery(Service):
    def fields(self, call: Call) -> dict[str, Json]:
        asked = dict(parse_qsl(call.target.partition("?")[2]))
        return {**asked, **super().fields(call)}


@defect("The list ends after twenty.", LIST)
class ListOfTwenty(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return super().shown_addresses(call)[:20]


@defect("The list ends after fifty.", LIST)
class ListOfFifty(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return super().shown_addresses(call)[:50]


@defect("Making an address primary makes it so for everyone who has it.", ONE_PRIMARY)
class PrimaryForAllWhoHaveIt(Service):
    def make_primary(self, call: Call, address: Address) -> None:
        super().make_primary(call, address)
        self.store.run("UPDATE addresses SET is_primary = 1 WHERE email = ?", address.email)


@defect("Deleting an address makes the oldest one primary.", DELETE)
class DeleteResetsPrimary(Service):
    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        self.make_primary(call, self.searched(call)[0])


@defect("Adding an address makes the oldest one primary.", ADD)
class AddResetsPrimary(Service):
    def insert(self, call: Call, email: str) -> Address:
        address = super().insert(call, email)
        self.make_primary(call, self.searched(call)[0])
        return address


@defect("Verifying an address makes the oldest one primary.", ONE_PRIMARY)
class VerifyResetsPrimary(Service):
    def verify(self, call: Call, address: Address) -> None:
        super().verify(call, address)
        self.make_primary(call, self.searched(call)[0])


@defect("update_user makes the oldest address primary.", SETS)
class UpdateUserResetsPrimary(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, changes)
        self.unset_primary(call)
        step = "UPDATE addresses SET is_primary = 1 WHERE id = ?"
        self.store.run(step, self.searched(call)[0].id)


@defect("update_email takes _ for any character, and the oldest that fits.", MARKS)
class UpdateLike(Service):
    def found(self, call: Call, email: str) -> Address:
        if call.operation == "update_email":
            for one in self.searched(call):
                if fnmatchcase(one.email, email.replace("_", "?")):
                    return one
        return super().found(call, email)


@defect("add_email takes _ for any character when it looks for a duplicate.", ADD)
class AddLike(Service):
    def taken(self, call: Call, email: str) -> Address | None:
        pattern = email.replace("_", "?")
        return next((o for o in self.searched(call) if fnmatchcase(o.email, pattern)), None)


@defect("Verifying verifies every address that begins like this one.", MARKS)
class VerifyPrefix(Service):
    def verify(self, call: Call, address: Address) -> None:
        local = address.email.partition("@")[0]
        for one in self.searched(call):
            if one.email.startswith(local):
                super().verify(call, one)


@defect("An address that ends like one that is there counts as a duplicate.", ADD)
class AddSuffixTaken(Service):
    def taken(self, call: Call, email: str) -> Address | None:
        return next((o for o in self.searched(call) if email.endswith(o.email)), None)


class SoftDelete(Service):
    """Not a defect yet: rows that were deleted stay, hidden."""

    hidden: ClassVar[str] = "\0"

    def remove(self, call: Call, address: Address) -> None:
        step = "UPDATE addresses SET username = ? WHERE id = ?"
        self.store.run(step, address.username + self.hidden, address.id)

    def buried(self, call: Call, email: str) -> Address | None:
        rows = self.store.addresses(call.username + self.hidden)
        return next((one for one in rows if one.email == email), None)


@defect("Once deleted and added again, an address is verified in the row that is hidden.", MARKS)
class VerifyBuried(SoftDelete):
    def verify(self, call: Call, address: Address) -> None:
        super().verify(call, self.buried(call, address.email) or address)


@defect("Once deleted and added again, an address cannot be deleted any more, 404.", DELETE)
class DeleteBuried(SoftDelete):
    def remove(self, call: Call, address: Address) -> None:
        if self.buried(call, address.email):
            raise self.unknown_address(call, address.email)
        super().remove(call, address)


@defect("Once deleted and added again, an address is listed twice.", LIST)
class BuriedListed(SoftDelete):
    def shown_addresses(self, call: Call) -> list[Address]:
        own = super().shown_addresses(call)
        more = (self.buried(call, one.email) for one in own)
        return [*own, *(one for one in more if one)]


class OncePrimary(Service):
    """Not a defect yet: it is kept which addresses were primary once."""

    def __init__(self) -> None:
        super().__init__()
        self.former: set[str] = set()

    def make_primary(self, call: Call, address: Address) -> None:
        super().make_primary(call, address)
        self.former.add(address.email)


@defect("An address that was primary once is verified and primary when it comes back.", ADD)
class FormerPrimaryComesBack(OncePrimary):
    def insert(self, call: Call, email: str) -> Address:
        address = super().insert(call, email)
        if email in self.former:
            self.verify(call, address)
        return self.store.address(address.id)


@defect("A former primary address cannot be deleted, 400.", DELETE)
class FormerPrimaryStays(OncePrimary):
    def guarded(self, call: Call, address: Address) -> bool:
        return address.email in self.former or super().guarded(call, address)


@defect("An address that ends like the primary one is 400 in delete_email.", DELETE_UNKNOWN)
class PrimaryBySubstring(Service):
    def delete_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        if any(one.is_primary and one.email in email for one in self.searched(call)):
            raise Refusal(400, "it is primary")
        return super().delete_email(call)


@defect("Another's unverified address is verified when one's own of that spelling is.", MARKS)
class VerifyEverywhere(Service):
    def verify(self, call: Call, address: Address) -> None:
        self.store.run("UPDATE addresses SET verified = 1 WHERE email = ?", address.email)


@defect("Addresses of well-known names (admin@) are refused.", ADD)
class RolesRefused(Service):
    def insert(self, call: Call, email: str) -> Address:
        if email.partition("@")[0] in {"admin", "info", "postmaster", "noreply"}:
            raise Refusal(400, "a person, please")
        return super().insert(call, email)


@defect("Without a body and a media type, delete_email is 500.", DELETE_MISSING)
class NoBodyCrashes(Service):
    def untyped_fields(self, call: Call) -> dict[str, Json]:
        if not call.body and call.operation == "delete_email":
            raise KeyError("content-type")
        return super().untyped_fields(call)


@defect("In a form, flags before the address are passed over.", BOTH_KINDS)
class FormFlagsFirstLost(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        fields = super().form_fields(call)
        if next(iter(fields), "") in {"verified", "primary"} and "email" in fields:
            return {"email": fields["email"]}
        return fields


@defect("Every address is unknown in update_email to the second user.", UNKNOWN)
class SecondUserUpdatesNothing(Service):
    def update_email(self, call: Call) -> Reply:
        if call.username == self.seed.users[1][0]:
            raise self.unknown_address(call, str(call.fields.get("email")))
        return super().update_email(call)
