"""Defects in deleting addresses; the primary one stays."""

from __future__ import annotations

from typing import Any

from conformance.selftest.changes import row, table
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Graveyard,
    like,
    local,
    more,
    oldest_primary,
    refusing_after,
    removing,
    setting,
    without_tag,
)
from conformance.selftest.overrides import by_form, instead, nothing, refuses
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

SUCCESS, REMOVES = "delete-email/success", "delete-email/removes"
ONLY_THAT, NOT_FOUND = "delete-email/removes-only-that", "delete-email/not-found/address"
PRIMARY_STAYS, FORMER = "delete-email/primary-refused", "delete-email/former-primary"

# -- what is deleted ------------------------------------------------------------------------------

table(
    "delete-email/",
    {
        "delete-not-done-if-verified (removes): What is verified is not deleted.": instead(
            "remove", lambda self, call, one: one.verified, nothing
        ),
        "delete-takes-last (removes): A deletion takes the last address instead.": {
            "remove": lambda self, call, one: Service.remove(
                self, call, [other for other in self.searched(call) if not other.is_primary][-1]
            )
        },
        "delete-refuses-verified (success): A verified address cannot be deleted.": {
            "guarded": lambda self, call, one: one.is_primary or one.verified
        },
    },
    also=FOLLOWS,
)
table(
    ONLY_THAT,
    {
        "delete-takes-local-beginnings: It takes those along that begin like this before the @.": (
            removing(lambda call, one, other: other.email.startswith(local(one)))
        ),
        "delete-takes-tags: It takes those along that differ only in what stands after a plus.": (
            removing(lambda call, one, other: without_tag(other.email) == without_tag(one.email))
        ),
        "delete-takes-wildcards: In it, an underscore stands for any character, as in LIKE.": (
            removing(lambda call, one, other: like(one.email, other.email))
        ),
        "delete-takes-shared: An address that two users have is deleted for both.": (
            lambda self, call, one: self.store.remove(lambda other: other.email == one.email)
        ),
        "delete-empties-location: A deletion empties the location.": setting(location=""),
        "delete-makes-oldest-primary: A deletion makes the oldest one primary.": oldest_primary,
    },
    lambda act: more("remove", act),
    also=FOLLOWS,
)

# -- the primary address --------------------------------------------------------------------------


class PromotesNext(Service):
    """A service that makes the next address primary where the primary one is deleted."""

    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        if address.is_primary and self.searched(call):
            oldest_primary(self, call, None)


class Spelled(PromotesNext):
    """A service that takes addresses in another spelling, but for the primary one."""

    def guarded(self, call: Call, address: Address) -> bool:
        return address.is_primary and address.email == call.fields["email"]


table(
    PRIMARY_STAYS,
    {
        "primary-deletable-by-form: A form can delete the primary address.": by_form,
    },
    lambda when: instead("guarded", when, nothing),
    also=FOLLOWS,
    base=PromotesNext,
)
row(
    "primary-deletion-is-409",
    "Deleting the primary address is 409.",
    PRIMARY_STAYS,
    also=(FORMER, "delete-email/documented-answers"),
    **refuses("not_deletable", 409),
)
row(
    "primary-deletion-is-204",
    "Deleting the primary address is 204, and not done.",
    PRIMARY_STAYS,
    also=FORMER,
    guarded=nothing,
    **instead("remove", lambda self, call, one: one.is_primary, nothing),
)
row(
    "primary-refused-and-unset",
    "The deletion of the primary address is refused, and unsets it.",
    PRIMARY_STAYS,
    also=FOLLOWS,
    **refusing_after("not_deletable", lambda self, call, one: self.unset_primary(call)),
)
table(
    "delete-email/primary-spelled-otherwise",
    {
        "primary-deletable-in-capitals: The primary address can be deleted in capitals.": str.lower,
        "primary-deletable-with-spaces: It can be deleted with white space around it.": str.strip,
    },
    lambda spell: {"tidy": lambda self, name, value: spell(value) if name == "email" else value},
    also=FOLLOWS,
    base=Spelled,
)
row(
    "primary-fixed",
    "The first address of an account cannot be deleted, whichever is primary.",
    FORMER,
    also=FOLLOWS,
    base=PromotesNext,
    guarded=lambda self, call, one: one.email == self.stored_user(call.username).signup_email,
)
row(
    "former-primary-stays",
    "A former primary address cannot be deleted.",
    FORMER,
    also="{add,delete}-email/success",
    base=Graveyard,
    guarded=lambda self, call, one: one.is_primary or self.was_primary(one),
)
row(
    "primary-by-part",
    "An address that has the primary one in it counts as primary when it is deleted.",
    NOT_FOUND,
    unknown_address=lambda self, call, email: (
        Refusal(400, "it is primary")
        if call.operation == "delete_email"
        and any(one.is_primary and one.email in email for one in self.searched(call))
        else Service.unknown_address(self, call, email)
    ),
)

# -- what is not there, or no longer --------------------------------------------------------------


def _deleting(known: Any) -> Any:
    def delete_email(self: Service, call: Call) -> Reply:
        email = self.wanted_address(call)
        if self.find(call, email) is None and known(self, call, email):
            return Reply(204)
        return Service.delete_email(self, call)

    return delete_email


row(
    "delete-unknown-is-204",
    "Deleting an unknown address is 204.",
    (NOT_FOUND, REMOVES),
    also="delete-email/{not-found/foreign-address,form-decoding}",
    delete_email=_deleting(lambda self, call, email: True),
)
row(
    "delete-again-is-204",
    "Deleting a deleted address again is 204.",
    REMOVES,
    also=NOT_FOUND,
    base=Graveyard,
    delete_email=_deleting(lambda self, call, email: (call.username, email) in self.deleted),
)
row(
    "delete-still-listed",
    "A deleted address is still listed.",
    REMOVES,
    also=FOLLOWS,
    base=Graveyard,
    shown_addresses=lambda self, call: [
        *Service.shown_addresses(self, call),
        *(one for one in self.deleted.values() if one.username == call.username),
    ],
)

# -- words of a language ---------------------------------------------------------------------------


row(
    "inherited-address",
    "An address that objects inherit in JavaScript is everybody's.",
    "delete-email/not-found/address",
    **instead(
        "operate",
        lambda self, call: (
            call.operation == "delete_email" and call.fields.get("email") == "constructor"
        ),
        lambda self, call: Reply(204),
    ),
)
