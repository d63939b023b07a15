"""Defects in the list of addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import ids, row
from conformance.selftest.defects.emails import FOLLOWS, failing, is_first, rows, without_tag
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.routes import READING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import ADDRESSES, Address, Seed

MEMBERS, COMPLETE = "list-emails/members", "list-emails/complete"
ONE_PRIMARY, OWN_ONLY = "list-emails/one-primary", "list-emails/own-only"


def views(self: Service, call: Call, addresses: list[Address]) -> list[dict[str, Any]]:
    """Return the addresses as they should be listed."""
    return [self.email_view(call, one) for one in addresses]


def each(change: Callable[[Any], Json]) -> Any:
    """Return a method that lists each address otherwise."""
    return lambda self, call, addresses: [change(one) for one in views(self, call, addresses)]


def told(change: Callable[[Any, Call, Any], Json]) -> Any:
    """Return a method that lists each address otherwise, as the call may be."""
    return lambda self, call, addresses: [
        change(self, call, one) for one in views(self, call, addresses)
    ]


def shown(choose: Callable[[Any, Call, list[Address]], list[Address]]) -> Any:
    """Return a method that lists other addresses."""
    return lambda self, call: choose(self, call, Service.shown_addresses(self, call))


def where(which: Callable[[Address], bool]) -> Any:
    """Return a method that lists the addresses for which something holds."""
    return shown(lambda self, call, found: [one for one in found if which(one)])


def without(name: str) -> Any:
    """Return what leaves a member out."""
    return lambda one: {other: value for other, value in one.items() if other != name}


def other(name: str, change: Callable[[Any], Json]) -> Any:
    """Return what gives a member another value."""
    return lambda one: {**one, name: change(one[name])}


# -- what is said of each -------------------------------------------------------------------------

rows(
    MEMBERS,
    "list_view",
    each,
    ("list-of-texts", "The list has texts instead of objects.", lambda one: one["email"]),
    ("list-lacks-verified", "The list does not say what is verified.", without("verified")),
    (
        "list-lacks-false",
        "What is false is left out.",
        lambda one: {k: v for k, v in one.items() if v},
    ),
    ("list-verified-is-number", "In the list, verified is 1 or 0.", other("verified", int)),
    ("list-primary-is-text", "In the list, primary is a text.", other("primary", str)),
    also=FOLLOWS,
)
rows(
    ONE_PRIMARY,
    "list_view",
    each,
    (
        "list-without-any-primary",
        "No address of the list is primary.",
        other("primary", lambda flag: False),
    ),
    (
        "list-verified-is-primary",
        "What is verified is listed as primary.",
        lambda x: x | {"primary": x["verified"]},
    ),
    also=("update-email/form", "update-email/others-untouched"),
)
rows(
    COMPLETE,
    "list_view",
    each,
    ("list-without-tags", "What stands after a plus is not listed.", other("email", without_tag)),
    also=FOLLOWS,
)
row(
    "list-all-verified",
    "All addresses are listed as verified.",
    "add-email/not-verified",
    also=("add-email/form", "add-email/others-untouched"),
    list_view=each(other("verified", lambda flag: True)),
)
row(
    "list-primary-of-first-user-only",
    "No address of any account but the first one is primary.",
    ONE_PRIMARY,
    list_view=told(
        lambda self, call, one: one | {"primary": one["primary"] and is_first(self, call)}
    ),
)
row(
    "list-oldest-is-primary",
    "The oldest address is always listed as the primary one.",
    ("update-email/makes-primary", "update-email/unsets-previous"),
    also=("update-email/both", "update-email/others-untouched"),
    list_view=lambda self, call, addresses: [
        self.email_view(call, one) | {"primary": one.id == min(each.id for each in addresses)}
        for one in addresses
    ],
)


def by_basic(call: Call) -> bool:
    """Tell whether it comes with Basic credentials."""
    return call.caller.scheme == "basic"


# -- which are listed -----------------------------------------------------------------------------

rows(
    COMPLETE,
    "shown_addresses",
    where,
    ("list-of-verified", "Those not verified are not listed.", lambda one: one.verified),
    also=FOLLOWS,
)
rows(
    COMPLETE,
    "shown_addresses",
    shown,
    ("list-of-fifty", "The list ends after fifty.", lambda self, call, found: found[:50]),
    (
        "list-has-twice",
        "Verified addresses stand twice in the list, as from a join.",
        lambda self, call, found: [*found, *(one for one in found if one.verified)],
    ),
    (
        "list-of-verified-by-token",
        "With a token, addresses that are not verified are not listed.",
        lambda self, call, found: [one for one in found if one.verified or by_basic(call)],
    ),
    also=FOLLOWS,
)
row(
    "list-without-primary",
    "The primary address is not listed.",
    ONE_PRIMARY,
    shown_addresses=where(lambda one: not one.is_primary),
)
rows(
    OWN_ONLY,
    "shown_addresses",
    shown,
    (
        "list-has-unverified-of-all",
        "The list has the unverified addresses of all users.",
        lambda self, call, found: [
            one for one in self.store.addresses() if one in found or not one.verified
        ],
    ),
    also=FOLLOWS,
)

row(
    "others-cannot-read",
    "Reading any account but the first one is answered with 500.",
    ids("success", READING),
    also="get-user/date-joined",
    operate=lambda self, call: (
        failing(500) if call.operation in READING and not is_first(self, call) else Service.operate
    )(self, call),
)

# -- the list is no list --------------------------------------------------------------------------

rows(
    MEMBERS,
    "list_view",
    lambda whole: lambda self, call, addresses: whole(views(self, call, addresses)),
    (
        "list-by-address",
        "The list is an object by address.",
        lambda all_: {one["email"]: one for one in all_},
    ),
    (
        "list-of-one-is-bare",
        "A list of one is that address.",
        lambda all_: all_[0] if len(all_) == 1 else all_,
    ),
    base=type("OneAddress", (Service,), {"seed": Seed(addresses=ADDRESSES[::3])}),
)

# -- the list of before ---------------------------------------------------------------------------


class KeptList(Service):
    """Keeps lists until one of some operations drops them."""

    dropping: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, Json] = {}

    def operate(self, call: Call) -> Reply:
        reply = super().operate(call)
        if call.operation in self.dropping:
            self.lists.pop(call.username, None)
        return reply

    def list_view(self, call: Call, addresses: list[Address]) -> Json:
        return self.lists.setdefault(call.username, super().list_view(call, addresses))


for _kept, _breaks in (
    ("add_email", "add-email/listed"),
    ("update_email", "update-email/verifies"),
    ("delete_email", "delete-email/removes"),
):
    row(
        f"list-kept-after-{_kept}".replace("_", "-"),
        f"The list of before is kept after {_kept}.",
        _breaks,
        also=FOLLOWS,
        base=KeptList,
        dropping=tuple({"add_email", "update_email", "delete_email"} - {_kept}),
    )
