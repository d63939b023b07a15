"""Defects in deleting addresses; the primary one stays."""

from __future__ import annotations

from typing import Any

from conformance.selftest.changes import row
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Graveyard,
    as_it_is,
    failing,
    like,
    local,
    more,
    nothing,
    oldest_primary,
    removing,
    rows,
    setting,
    without_tag,
)
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

SUCCESS, REMOVES = "delete-email/success", "delete-email/removes"
ONLY_THAT, NOT_FOUND = "delete-email/removes-only-that", "delete-email/not-found/address"
PRIMARY_STAYS, FORMER = "delete-email/primary-refused", "delete-email/former-primary"


def answering(reply: Reply) -> Any:
    """Return a method that deletes an address and answers otherwise."""
    return lambda self, call: (Service.delete_email(self, call), reply)[1]


rows(
    (SUCCESS, "delete-email/documented-answers"),
    "delete_email",
    answering,
    ("delete-is-200", "A deletion is answered with 200 and no body.", Reply(200)),
    also=("delete-email/*", "*/others-untouched"),
)
row(
    "delete-with-body",
    "The 204 of a deletion has a body.",
    "delete-email/no-body",
    also="delete-email/form",
    delete_email=answering(Reply(204, b"null")),
)

# -- what is deleted ------------------------------------------------------------------------------

rows(
    REMOVES,
    "remove",
    as_it_is,
    (
        "delete-not-done-if-verified",
        "The deletion of a verified address is answered, and not done.",
        lambda self, call, one: (nothing if one.verified else Service.remove)(self, call, one),
    ),
    (
        "delete-takes-last",
        "A deletion takes the last address instead.",
        lambda self, call, one: Service.remove(
            self, call, [other for other in self.searched(call) if not other.is_primary][-1]
        ),
    ),
    also=FOLLOWS,
)
rows(
    SUCCESS,
    "guarded",
    lambda refused: lambda self, call, one: one.is_primary or refused(one),
    ("delete-refuses-verified", "What is verified stays.", lambda one: one.verified),
    also=FOLLOWS,
)
rows(
    ONLY_THAT,
    "remove",
    lambda which: more("remove")(removing(which)),
    (
        "delete-takes-local-beginnings",
        "A deletion takes addresses along that begin like this one before its @.",
        lambda call, one, other: other.email.startswith(local(one)),
    ),
    (
        "delete-takes-namesakes",
        "A deletion takes addresses along that have the same name before the @.",
        lambda call, one, other: local(other) == local(one),
    ),
    (
        "delete-takes-tags",
        "A deletion takes addresses along that differ only in what stands after a plus.",
        lambda call, one, other: without_tag(other.email) == without_tag(one.email),
    ),
    (
        "delete-takes-wildcards",
        "In a deletion an underscore stands for any character, as in LIKE.",
        lambda call, one, other: like(one.email, other.email),
    ),
    also=FOLLOWS,
)
rows(
    ONLY_THAT,
    "remove",
    more("remove"),
    (
        "delete-takes-shared",
        "An address that two users have is deleted for both.",
        lambda self, call, one: self.store.remove(lambda other: other.email == one.email),
    ),
    ("delete-empties-location", "A deletion empties the location.", setting(location="")),
    ("delete-makes-oldest-primary", "It makes the oldest one primary.", oldest_primary),
    also=FOLLOWS,
)

# -- the primary address --------------------------------------------------------------------------


class PromotesNext(Service):
    """Makes the next address primary where the primary one is deleted."""

    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        if address.is_primary and self.searched(call):
            oldest_primary(self, call, None)


rows(
    PRIMARY_STAYS,
    "guarded",
    lambda may: lambda self, call, one: one.is_primary and not may(call),
    (
        "primary-deletable-by-form",
        "A form can delete the primary address.",
        lambda call: call.is_form,
    ),
    (
        "primary-deletable-by-basic",
        "With Basic, the primary address can be deleted.",
        lambda call: call.caller.scheme == "basic",
    ),
    also=FOLLOWS,
    base=PromotesNext,
)
rows(
    PRIMARY_STAYS,
    "not_deletable",
    lambda status: lambda self, call, one: Refusal(status, "it is primary"),
    ("primary-deletion-is-409", "Deleting the primary address is answered with 409.", 409),
    also=(FORMER, "delete-email/documented-answers"),
)
row(
    "primary-deletion-is-204",
    "Deleting the primary address is answered with 204, and not done.",
    PRIMARY_STAYS,
    also=FORMER,
    guarded=lambda self, call, one: False,
    remove=lambda self, call, one: (nothing if one.is_primary else Service.remove)(self, call, one),
)


class RefusedThen(PromotesNext):
    """Refuses to delete the primary address, and does something to it."""

    act: Any

    def not_deletable(self, call: Call, address: Address) -> Refusal:
        self.act(call, address)
        self.store.keep()
        return super().not_deletable(call, address)


rows(
    PRIMARY_STAYS,
    "act",
    as_it_is,
    (
        "primary-refused-and-unset",
        "The deletion of the primary address is refused, and unsets it.",
        lambda self, call, one: self.unset_primary(call),
    ),
    also=FOLLOWS,
    base=RefusedThen,
)


class Spelled(PromotesNext):
    """Takes an address in another spelling, but not where it is compared with the primary one."""

    def guarded(self, call: Call, address: Address) -> bool:
        return address.is_primary and address.email == call.fields["email"]


rows(
    "delete-email/primary-spelled-otherwise",
    "tidy",
    lambda spell: lambda self, name, value: spell(value) if name == "email" else value,
    ("primary-deletable-in-capitals", "The primary address can be deleted in capitals.", str.lower),
    ("primary-deletable-with-spaces", "It can be deleted with white space around it.", str.strip),
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
    also=("delete-email/success", "add-email/success"),
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


def deleting(known: Any) -> Any:
    """Return a method that answers 204 for some addresses that are not there."""

    def delete_email(self: Service, call: Call) -> Reply:
        email = self.wanted_address(call)
        if self.find(call, email) is None and known(self, call, email):
            return Reply(204)
        return Service.delete_email(self, call)

    return delete_email


row(
    "delete-unknown-is-204",
    "Deleting an unknown address is answered with 204.",
    (NOT_FOUND, REMOVES),
    also=("delete-email/not-found/foreign-address", "delete-email/form-decoding"),
    delete_email=deleting(lambda self, call, email: True),
)
row(
    "delete-again-is-204",
    "Deleting a deleted address again is answered with 204.",
    (REMOVES, NOT_FOUND),
    base=Graveyard,
    delete_email=deleting(lambda self, call, email: (call.username, email) in self.deleted),
)
row(
    "delete-once-only",
    "An address that was deleted and added again cannot be deleted any more.",
    SUCCESS,
    also="delete-email/*",
    base=Graveyard,
    remove=lambda self, call, one: (failing(404) if self.before(one) else Graveyard.remove)(
        self, call, one
    ),
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
row(
    "deleted-listed-again",
    "An address that was deleted and added again is listed twice.",
    "list-emails/complete",
    also=FOLLOWS,
    base=Graveyard,
    shown_addresses=lambda self, call: [
        *(shown := Service.shown_addresses(self, call)),
        *filter(None, map(self.before, shown)),
    ],
)
