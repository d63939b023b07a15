"""Variations of the addresses: their spelling, their order, and what may be done with them."""

from __future__ import annotations

from conformance.selftest.changes import variations
from conformance.selftest.overrides import before, crashes, tidied
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address
from conformance.selftest.variations.accounts import same_but_for_case

# -- spelling -------------------------------------------------------------------------------------

ADDRESSES = ("email", "gravatar_email")
DOTS = str.maketrans("_+-", "...")


def _plain(self: Service, value: str) -> bool:
    local, _sign, domain = value.partition("@")
    plain = all(part.isalnum() for part in local.translate(DOTS).split("."))
    hosts = domain.split(".")
    dotted = len(hosts) > 1 and all(one.replace("-", "a").isalnum() for one in hosts)
    lower = value.isascii() and value == value.lower()
    stored = any(one.email == value for one in self.store.addresses())
    return stored or (plain and dotted and lower and len(value) <= 64)


def _whole(_self: Service, value: str) -> bool:
    local, sign, domain = value.rpartition("@")
    whole = bool(local and sign and domain) and len(value.split()) == 1
    return whole and value == value.strip() and max(value) < "\ud800"


def _is_full(self: Service, call: Call, _email: str) -> bool:
    at_first = sum(one.username == call.username for one in self.seed.addresses)
    return len(self.store.addresses(call.username)) >= at_first + 30


variations(
    "",
    {
        "addresses-lowered (CASE): Addresses are stored in lower case.": {
            "same": same_but_for_case,
            **tidied(str.lower, ADDRESSES),
        },
        "space-around-address-cut (SPACE): White space around an address is cut off.": tidied(
            str.strip, ADDRESSES
        ),
        "exotic-refused (EXOTIC): Only the plainest are taken, and those that are there.": {
            "is_address": _plain
        },
        "exotic-taken (EXOTIC): Quoted, bracketed and doubled ones of any length are taken.": {
            "is_address": _whole
        },
        "malformed-not-found (MALFORMED_UNKNOWN): A malformed one is 404 in update and delete.": crashes(
            "malformed_address", lambda self, call, value: call.operation != "add_email", 404
        ),
        "thirty-more-addresses (COUNT): An account may have thirty more than at first.": crashes(
            "insert", _is_full, 400
        ),
    },
)
variations(
    "LENGTHS",
    {"addresses-of-64-at-most: Addresses have at most 64 characters.": 64},
    "longest_address",
    visible=False,
)

# -- the list -------------------------------------------------------------------------------------


variations(
    "LIST_ORDER",
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

# -- adding and updating ---------------------------------------------------------------------------------------


def _somebody_has(self: Service, call: Call, email: str) -> bool:
    others = (one for one in self.store.addresses() if one.username != call.username)
    return any(self.same(one.email, email) for one in others)


def _anew(self: Service, call: Call, taken: Address) -> Reply:
    if not taken.is_primary:
        self.store.change(lambda one: one.id == taken.id, verified=False)
    return self.json_reply(201, self.email_view(call, self.store.address(taken.id)))


variations(
    "SHOULD add-email/duplicate",
    {
        "added-again-silently: Adding an address again is 201 and changes nothing.": (
            lambda self, call, taken: self.json_reply(201, self.email_view(call, taken))
        ),
        "added-again-anew: Adding an address again is 201, and unverifies it.": _anew,
    },
    "add_again",
)

variations(
    "",
    {
        "one-account-per-address (SILENT): An address belongs to one account only.": crashes(
            "taken", _somebody_has, 400
        ),
        "unverified-not-primary (UNVERIFIED_PRIMARY): It is verified before it is made primary.": crashes(
            "check_update",
            lambda self, call, one, asked: "primary" in asked and not one.verified,
            400,
        ),
        "update-needs-flag (NO_FLAG): update_email needs one of its flags.": crashes(
            "check_update", lambda self, call, one, asked: not asked, 400
        ),
        "account-email-stays (EMAIL_FOLLOWS): The user's email stays what it was at sign-up.": {
            "account_email": lambda self, user: user.signup_email
        },
    },
)
variations(
    "MALFORMED_UNKNOWN",
    {
        "address-before-flags: 404 comes before wrong flags.": before(
            "flag", lambda self, call, name: self.found(call, self.wanted_address(call))
        )
    },
    visible=False,
)
