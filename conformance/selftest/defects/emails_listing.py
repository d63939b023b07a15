"""Defects in the list of addresses."""

from __future__ import annotations

from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.defects.emails import FOLLOWS
from conformance.selftest.overrides import Memory, failing, instead, is_first
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.routes import READING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import ADDRESSES, Address, Seed


def _views(self: Service, call: Call, addresses: list[Address]) -> list[dict[str, Any]]:
    return [self.email_view(call, one) for one in addresses]


# -- what is said of each -------------------------------------------------------------------------

table(
    "list-emails/",
    {
        "list-lacks-false (members): In the list, what is false is left out.": (
            lambda self, call, one: {name: value for name, value in one.items() if value}
        ),
        "list-verified-is-number (members): In the list, verified is 1 or 0.": (
            lambda self, call, one: one | {"verified": int(one["verified"])}
        ),
        "list-verified-by-token (complete): With a token, all are listed as verified.": (
            lambda self, call, one: (
                one | {"verified": one["verified"] or call.caller.scheme == "bearer"}
            )
        ),
        "list-verified-is-primary (one-primary): The verified are primary.": (
            lambda self, call, one: one | {"primary": one["verified"]}
        ),
        "list-primary-of-first-user-only (one-primary): Only the first account has one.": (
            lambda self, call, one: one | {"primary": one["primary"] and is_first(self, call)}
        ),
    },
    lambda change: {
        "list_view": lambda self, call, found: [
            change(self, call, one) for one in _views(self, call, found)
        ]
    },
    also=FOLLOWS,
)

# -- which are listed -----------------------------------------------------------------------------

table(
    "list-emails/",
    {
        "list-of-verified (complete): Those not verified are not listed.": (
            lambda self, found: [one for one in found if one.verified]
        ),
        "list-of-fifty (complete): The list ends after fifty.": lambda self, found: found[:50],
        "list-without-tags (complete): Those with a plus are not listed.": (
            lambda self, found: [one for one in found if "+" not in one.email]
        ),
        "list-has-twice (complete): Verified addresses stand twice in the list, as from a join.": (
            lambda self, found: [*found, *(one for one in found if one.verified)]
        ),
        "list-has-unverified-of-all (own-only): The unverified of all are listed.": (
            lambda self, found: [
                one for one in self.store.addresses() if one in found or not one.verified
            ]
        ),
    },
    lambda choose: {
        "shown_addresses": lambda self, call: choose(self, Service.shown_addresses(self, call))
    },
    also=FOLLOWS,
)
row(
    "others-cannot-read ({get-user,list-emails}/success): Reading any but the first is 500.",
    also="get-user/date-joined */documented-answers",
    **instead(
        "operate",
        lambda self, call: call.operation in READING and not is_first(self, call),
        failing(500),
    ),
)

# -- a list that is none, or of before ------------------------------------------------------------


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
        views = _views(self, call, addresses)
        gaps = call.username in self.memory
        return {str(n): one for n, one in enumerate(views)} if gaps else [*views]


@defect("A list of one is that address.", "list-emails/members")
class ListOfOneIsBare(Service):
    seed = Seed(addresses=ADDRESSES[::3])

    def list_view(self, call: Call, addresses: list[Address]) -> Json:
        views = _views(self, call, addresses)
        return views[0] if len(views) == 1 else [*views]


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
        (
            "list-kept (add-email/listed update-email/verifies): "
            "The list of before is kept when an address is added or updated."
        ): ["delete_email"],
        "list-kept-after-delete (delete-email/removes): A list is kept when an address is deleted.": (
            *("add_email", "update_email"),
        ),
    },
    lambda operations: {"dropping": operations},
    also=FOLLOWS,
    base=KeptList,
)
