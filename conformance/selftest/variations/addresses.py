"""Variations of the addresses: their spelling, their order, and what may be done with them."""

from __future__ import annotations

from conformance.selftest.changes import variation, variation_row, variations
from conformance.selftest.reference.calls import Call, Refusal, Reply, refuse
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, User
from conformance.selftest.variations import clauses

ADDRESS_MEMBERS = ("email", "gravatar_email")

# -- spelling -------------------------------------------------------------------------------------


@variation("Addresses are stored in lower case.", clauses.CASE)
class AddressesLowered(Service):
    def tidy(self, name: str, value: str) -> str:
        value = super().tidy(name, value)
        return value.lower() if name in ADDRESS_MEMBERS else value

    def same(self, stored: str, wanted: str) -> bool:
        return stored.lower() == wanted.lower()


def _at_first(service: Service, username: str) -> int:
    return sum(one.username == username for one in service.seed.addresses)


variation_row(
    "thirty-more-addresses",
    "An account may have thirty addresses more than it has at first.",
    clauses.COUNT,
    insert=lambda self, call, email: (
        Service.insert(self, call, email)
        if len(self.store.addresses(call.username)) < 30 + _at_first(self, call.username)
        else refuse(400)
    ),
)


variation_row(
    "addresses-of-64-at-most",
    "Addresses have at most 64 characters.",
    clauses.LENGTHS,
    visible=False,
    longest_address=64,
)


@variation("A malformed address is 404 in update and delete.", clauses.MALFORMED_UNKNOWN)
class MalformedNotFound(Service):
    def malformed_address(self, call: Call, value: str) -> str:
        if call.operation == "add_email":
            return super().malformed_address(call, value)
        raise Refusal(404, "no such address")


DOTS = str.maketrans("_+-", "...")


@variation("Only the plainest addresses are taken, and those that are there.", clauses.EXOTIC)
class ExoticRefused(Service):
    def is_address(self, value: str) -> bool:
        local, _sign, domain = value.partition("@")
        plain = all(part.isalnum() for part in local.translate(DOTS).split("."))
        hosts = domain.split(".")
        dotted = len(hosts) > 1 and all(one.replace("-", "a").isalnum() for one in hosts)
        lower = value.isascii() and value == value.lower()
        stored = any(one.email == value for one in self.store.addresses())
        return stored or (plain and dotted and lower and len(value) <= 64)


@variation("Quoted, bracketed and doubled addresses of any length are taken.", clauses.EXOTIC)
class ExoticTaken(Service):
    longest_address = 1_000_000

    def is_address(self, value: str) -> bool:
        local, sign, domain = value.rpartition("@")
        whole = bool(local and sign and domain) and len(value.split()) == 1
        return whole and value == value.strip() and max(value) < "\ud800"


@variation("White space around an address is cut off.", clauses.SPACE)
class SpaceAroundAddressCut(Service):
    def tidy(self, name: str, value: str) -> str:
        value = super().tidy(name, value)
        return value.strip() if name in ADDRESS_MEMBERS else value


# -- the list -------------------------------------------------------------------------------------


variations(
    clauses.LIST_ORDER,
    {
        "list-primary-last: The primary address is last.": lambda found, _calls: sorted(
            found, key=lambda one: one.is_primary
        ),
        "list-turning: The addresses come in another order each time.": lambda found, calls: (
            found[calls % len(found) :] + found[: calls % len(found)]
        ),
    },
    lambda order: {
        "shown_addresses": lambda self, call: order(self.store.addresses(call.username), self.calls)
    },
)

# -- adding ---------------------------------------------------------------------------------------


@variation("An address belongs to one account only.", clauses.SILENT)
class OneAccountPerAddress(Service):
    def taken(self, call: Call, email: str) -> Address | None:
        every = self.store.addresses()
        if any(self.same(one.email, email) and one.username != call.username for one in every):
            raise Refusal(400, "somebody has it")
        return super().taken(call, email)


def _anew(self: Service, call: Call, taken: Address) -> Reply:
    if not taken.is_primary:
        self.store.change(lambda one: one.id == taken.id, verified=False)
    return self.json_reply(201, self.email_view(call, self.store.address(taken.id)))


variations(
    clauses.SHOULD,
    {
        "added-again-silently: Adding an address again is 201 and changes nothing.": (
            lambda self, call, taken: self.json_reply(201, self.email_view(call, taken))
        ),
        "added-again-anew: Adding an address again is 201, and unverifies it.": _anew,
    },
    lambda add_again: {"add_again": add_again},
    misses="add-email/duplicate",
)

# -- updating -------------------------------------------------------------------------------------


@variation("An address is verified before it is made primary.", clauses.UNVERIFIED_PRIMARY)
class UnverifiedNotPrimary(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        if primary and not address.verified:
            raise Refusal(400, "verify it first, in a request of its own")


@variation("update_email needs one of its flags.", clauses.NO_FLAG)
class UpdateNeedsFlag(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        super().check_update(call, address, verified=verified, primary=primary)
        if not verified and not primary:
            raise Refusal(400, "verified or primary?")


@variation("404 comes before wrong flags.", clauses.MALFORMED_UNKNOWN, visible=False)
class AddressBeforeFlags(Service):
    def flag(self, call: Call, name: str) -> bool:
        self.found(call, self.wanted_address(call))
        return super().flag(call, name)


@variation("The user's email stays what it was at sign-up.", clauses.EMAIL_FOLLOWS)
class AccountEmailStays(Service):
    def account_email(self, user: User) -> str:
        return user.signup_email
