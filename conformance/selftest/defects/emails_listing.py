"""Defects in the list of addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import defect, ids, row, table
from conformance.selftest.defects.emails import FOLLOWS, without_tag
from conformance.selftest.overrides import Memory, failing, instead, is_first
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.routes import READING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import ADDRESSES, Address, Seed

MEMBERS, COMPLETE = "list-emails/members", "list-emails/complete"
ONE_PRIMARY = "list-emails/one-primary"


def _views(self: Service, call: Call, addresses: list[Address]) -> list[dict[str, Any]]:
    return [self.email_view(call, one) for one in addresses]


def _each(change: Callable[[Any], Json]) -> Any:
    """List each address otherwise."""
    return {
        "list_view": lambda self, call, found: [change(one) for one in _views(self, call, found)]
    }


def _shown(choose: Callable[[Any, Call, list[Address]], list[Address]]) -> Any:
    """List other addresses."""
    usual = Service.shown_addresses
    return {"shown_addresses": lambda self, call: choose(self, call, usual(self, call))}


# -- what is said of each -------------------------------------------------------------------------

table(
    MEMBERS,
    {
        "list-of-texts: The list has texts instead of objects.": lambda one: one["email"],
        "list-lacks-false: In the list, what is false is left out.": lambda one: {
            name: value for name, value in one.items() if value
        },
        "list-verified-is-number: In the list, verified is 1 or 0.": lambda one: (
            one | {"verified": int(one["verified"])}
        ),
    },
    _each,
    also=FOLLOWS,
)
table(
    "",
    {
        "list-without-any-primary (list-emails/one-primary): None is primary.": lambda one: (
            one | {"primary": False}
        ),
        "list-verified-is-primary (list-emails/one-primary): The verified are primary.": (
            lambda one: one | {"primary": one["verified"]}
        ),
        "list-without-tags (list-emails/complete): What stands after a plus is not listed.": (
            lambda one: one | {"email": without_tag(one["email"])}
        ),
        "list-all-verified (add-email/not-verified): All addresses are listed as verified.": (
            lambda one: one | {"verified": True}
        ),
    },
    _each,
    also=FOLLOWS,
)
table(
    "list-emails/",
    {
        "list-primary-of-first-user-only (one-primary): Only the first account has one.": {
            "list_view": lambda self, call, found: [
                one | {"primary": one["primary"] and is_first(self, call)}
                for one in _views(self, call, found)
            ]
        },
        "list-verified-by-token (complete): With a token, every address is listed as verified.": {
            "list_view": lambda self, call, found: [
                one | {"verified": one["verified"] or call.caller.scheme == "bearer"}
                for one in _views(self, call, found)
            ]
        },
    },
)

row(
    "list-oldest-is-primary",
    "The oldest address is always listed as the primary one.",
    "update-email/makes-primary",
    also=(
        "update-email/{both,others-untouched,unsets-previous,answers-address}",
        "delete-email/former-primary",
    ),
    list_view=lambda self, call, found: [
        self.email_view(call, one) | {"primary": one.id == min(each.id for each in found)}
        for one in found
    ],
)

# -- which are listed -----------------------------------------------------------------------------

table(
    "list-emails/",
    {
        "list-of-verified (complete): Those not verified are not listed.": (
            lambda self, call, found: [one for one in found if one.verified]
        ),
        "list-of-fifty (complete): The list ends after fifty.": lambda self, call, found: found[
            :50
        ],
        "list-has-twice (complete): Verified addresses stand twice in the list, as from a join.": (
            lambda self, call, found: [
                *found,
                *(one for one in found if one.verified),
            ]
        ),
        "list-has-unverified-of-all (own-only): The unverified of all are listed.": (
            lambda self, call, found: [
                one for one in self.store.addresses() if one in found or not one.verified
            ]
        ),
    },
    _shown,
    also=FOLLOWS,
)
row(
    "others-cannot-read",
    "Reading any account but the first one is 500.",
    ids("success", READING),
    also="get-user/date-joined */documented-answers",
    **instead(
        "operate",
        lambda self, call: call.operation in READING and not is_first(self, call),
        failing(500),
    ),
)

# -- the list is no list --------------------------------------------------------------------------

table(
    MEMBERS,
    {
        "list-by-address: The list is an object by address.": lambda every: {
            one["email"]: one for one in every
        },
        "list-of-one-is-bare: A list of one is that address.": lambda every: (
            every[0] if len(every) == 1 else every
        ),
    },
    lambda whole: {"list_view": lambda self, call, found: whole(_views(self, call, found))},
    seed=Seed(addresses=ADDRESSES[::3]),
)

# -- the list of before ---------------------------------------------------------------------------


class KeptList(Memory):
    """A service that keeps lists until one of some operations drops them."""

    dropping: tuple[str, ...] = ()

    def operate(self, call: Call) -> Reply:
        reply = super().operate(call)
        if call.operation in self.dropping:
            self.memory.pop(call.username, None)
        return reply

    def list_view(self, call: Call, addresses: list[Address]) -> Json:
        return self.memory.setdefault(call.username, super().list_view(call, addresses))


table(
    "",
    {
        "list-kept: The list of before is kept when an address is added or updated.": (
            *("add-email/listed update-email/verifies", {"dropping": ["delete_email"]}),
        ),
        "list-kept-after-delete: The list of before is kept when an address is deleted.": (
            *("delete-email/removes", {"dropping": ["add_email", "update_email"]}),
        ),
    },
    also=FOLLOWS,
    base=KeptList,
)

# -- the list after a deletion ---------------------------------------------------------------------


@defect(
    "After a deletion, the list is an object with numbers as names.",
    "list-emails/members",
    also="delete-email/*",
)
class ListWithGaps(Memory):
    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        self.memory[call.username] = True

    def list_view(self, call: Call, addresses: list[Address]) -> Json:
        views = [self.email_view(call, one) for one in addresses]
        if call.username in self.memory:
            return {str(number): one for number, one in enumerate(views)}
        return [*views]
