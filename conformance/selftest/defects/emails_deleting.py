"""Defects in deleting addresses; the primary one stays."""

from __future__ import annotations

from conformance.selftest.changes import table
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Graveyard,
    like,
    more,
    oldest_primary,
    removing,
    setting,
    without_tag,
)
from conformance.selftest.overrides import (
    by_form,
    each,
    instead,
    is_first,
    keeping,
    nothing,
    refuses,
)
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

REMOVES, NOT_FOUND = "delete-email/removes", "delete-email/not-found/address"
PRIMARY_STAYS, FORMER = "delete-email/primary-refused", "delete-email/former-primary"

# -- the primary address --------------------------------------------------------------------------


class PromotesNext(Service):
    """A service that makes the next address primary where the primary one is deleted."""

    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        if address.is_primary and self.searched(call):
            oldest_primary(self, call, None)


table(
    "",
    {
        f"primary-deletable-by-form ({PRIMARY_STAYS}): A form can delete the primary address.": instead(
            "guarded", by_form, nothing
        ),
        f"primary-deletable-for-others ({PRIMARY_STAYS}): All but the first account can delete it.": instead(
            "guarded", lambda self, call, one: not is_first(self, call), nothing
        ),
        f"primary-fixed ({FORMER}): The first address stays, whichever is primary.": {
            "guarded": lambda self, call, one: (
                one.email == self.stored_user(call.username).signup_email
            )
        },
    },
    also=FOLLOWS,
    base=PromotesNext,
)
table(
    "delete-email/primary-spelled-otherwise",
    {
        "primary-deletable-in-capitals: The primary address can be deleted in capitals.": str.lower,
        "primary-deletable-with-spaces: The primary can be deleted with spaces around it.": str.strip,
    },
    lambda spell: {
        "tidy": lambda self, name, value: spell(value) if name == "email" else value,
        "guarded": lambda self, call, one: one.is_primary and one.email == call.fields["email"],
    },
    also=FOLLOWS,
    base=PromotesNext,
)
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
        "delete-takes-tags (removes-only-that): What differs behind a plus goes too.": more(
            "remove",
            removing(lambda call, one, other: without_tag(other.email) == without_tag(one.email)),
        ),
        "delete-takes-wildcards (removes-only-that): In a deletion, _ stands for any character.": more(
            "remove", removing(lambda call, one, other: like(one.email, other.email))
        ),
        "delete-empties-location (removes-only-that): A deletion empties the location.": more(
            "remove", setting(location="")
        ),
        "delete-makes-oldest-primary (removes-only-that): A deletion makes the oldest primary.": more(
            "remove", oldest_primary
        ),
        "primary-deletion-is-409 (primary-refused): Deleting the primary address is 409.": refuses(
            "not_deletable", 409
        ),
        "primary-deletion-is-204 (primary-refused): Deleting the primary is 204, and not done.": {
            "guarded": nothing,
            **instead("remove", lambda self, call, one: one.is_primary, nothing),
        },
        "primary-refused-and-unset (primary-refused): Its deletion is refused, and unsets it.": keeping(
            "not_deletable", lambda self, call, one: self.unset_primary(call)
        ),
        "former-primary-stays (former-primary): A former primary address cannot be deleted.": {
            "guarded": lambda self, call, one: one.is_primary or self.was_primary(one)
        },
        "delete-still-listed (removes): A deleted address is still listed.": {
            "shown_addresses": lambda self, call: [
                *Service.shown_addresses(self, call),
                *(one for one in self.deleted.values() if one.username == call.username),
            ]
        },
    },
    also=FOLLOWS,
    base=Graveyard,
)

# -- what is not there ----------------------------------------------------------------------------

table(
    "",
    {
        f"primary-by-part ({NOT_FOUND}): What has the primary address in it is primary.": each(
            ["delete_email"],
            instead(
                "unknown_address",
                lambda self, call, email: any(
                    one.is_primary and one.email in email for one in self.searched(call)
                ),
                lambda self, call, email: Refusal(400, "it is primary"),
            ),
        ),
        f"delete-unknown-is-204 ({NOT_FOUND} {REMOVES}): Deleting an unknown address is 204.": instead(
            "delete_email",
            lambda self, call: self.find(call, self.wanted_address(call)) is None,
            lambda self, call: Reply(204),
        ),
        f"inherited-address ({NOT_FOUND}): What objects inherit in JavaScript is an address.": instead(
            "delete_email",
            lambda self, call: call.fields.get("email") == "constructor",
            lambda self, call: Reply(204),
        ),
    },
    also="delete-email/{not-found/foreign-address,form-decoding}",
)
