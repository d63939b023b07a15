"""Defects in adding addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email.utils import parseaddr
from functools import partial
from typing import Any

from conformance.selftest.changes import row, table
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Graveyard,
    like,
    more,
    removing,
    sent_true,
    undotted,
    without_tag,
)
from conformance.selftest.overrides import (
    Override,
    admits,
    after,
    answering,
    around,
    crashes,
    each,
    instead,
    is_first,
    keeping,
    tidied,
)
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

INVALID = "add-email/invalid-body/invalid-address"

# -- the answer, and what is stored ---------------------------------------------------------------

table(
    "add-email/",
    {
        "add-answers-little (answers-address): The answer lacks the flags.": (
            lambda self, call, view: {"email": view["email"]}
        ),
        "add-answers-true ({not-verified,not-primary}): The answer says both.": (
            lambda self, call, view: view | {"verified": True, "primary": True}
        ),
    },
    partial(answering, "add_email"),
    also="add-email/{form,json-charset}",
)


def _flagged(self: Service, call: Call, one: Address) -> None:
    if sent_true(call, "verified"):
        self.verify(call, one)
    if sent_true(call, "primary"):
        self.make_primary(call, one)


table(
    "add-email/not-verified",
    {
        "deleted-comes-back-verified: What was deleted is verified as it was when added again.": (
            lambda self, call, one: (
                (old := self.before(one)) and old.verified and self.verify(call, one)
            )
        ),
        "former-primary-comes-back-verified: What was primary once is verified when added again.": (
            lambda self, call, one: self.was_primary(one) and self.verify(call, one)
        ),
        "verified-for-all: What somebody else has verified is verified.": (
            lambda self, call, one: (
                any(other.email == one.email and other.verified for other in self.store.rows)
                and self.verify(call, one)
            )
        ),
        "verified-by-former-owner: What somebody else had verified, and deleted, is verified.": (
            lambda self, call, one: (
                any(
                    old.email == one.email and old.verified and old.username != one.username
                    for old in self.deleted.values()
                )
                and self.verify(call, one)
            )
        ),
    },
    partial(more, "insert"),
    base=Graveyard,
)

row(
    "format-crashes (add-email/documented-answers): A percent sign is taken for a format, and 500.",
    also="add-email/success",
    **crashes("insert", lambda self, call, email: "%s" in email),
)


def _counted(self: Service, _call: Call, _email: str, one: Address) -> Address:
    self.store.rows[-1] = replace(one, id=len(self.store.rows))
    return self.store.rows[-1]


row(
    "number-given-again (update-email/others-untouched delete-email/removes-only-that): "
    "The number of a new address is how many there are, and so that of another one after a deletion.",
    also=FOLLOWS,
    **after("insert", _counted),
)

# -- what is an address, and what is there already -------------------------------------------------

table(
    INVALID,
    {
        "address-nothing-before-at: Nothing need stand before @.": r"@[!-?A-~]+",
        "address-with-space: White space may stand in an address.": r"[^@]+@[^@]+",
        "address-without-at: An address needs no @.": r"[!-?A-~]+",
    },
    lambda pattern: admits("is_address", lambda self, value: re.fullmatch(pattern, value)),
    also="update-user/{invalid-gravatar-email,refused-unchanged}",
)


def _spelled(spell: Callable[[str], str]) -> Override:
    return around("insert", lambda usual, _, call, email: usual(call, spell(email)))


def _refusing(pattern: str) -> Override:
    return instead(
        "is_address", lambda _, value: re.fullmatch(pattern, value), lambda *_given: False
    )


table(
    "add-email/",
    {
        "add-primary (not-primary others-untouched): A new address becomes the primary one.": more(
            "insert", Service.make_primary
        ),
        "add-honours-flags ({not-verified,not-primary}): Flags beside a new address are honoured.": more(
            "insert", _flagged
        ),
        "add-verified-by-form (form): A new address from a form is verified at once.": more(
            "insert", lambda self, call, one: call.is_form and self.verify(call, one)
        ),
        "add-replaces-unverified (others-untouched): What is not verified goes.": more(
            "insert", removing(lambda call, one, other: not other.verified and other.id != one.id)
        ),
        "add-takes-over (others-untouched): It is taken from the account that had it.": more(
            "insert",
            lambda self, _, one: self.store.remove(
                lambda other: other.email == one.email and other.id != one.id
            ),
        ),
        "add-to-the-first-too (others-untouched): The first account gets it too.": more(
            "insert",
            lambda self, call, one: (
                is_first(self, call)
                or self.store.add_address(self.seed.users[0].username, one.email)
            ),
        ),
        "add-changes-company (others-untouched): A new address is written into the company.": more(
            "insert",
            lambda self, call, one: self.store.change_user(call.username, company=one.email),
        ),
        "inherited-members (not-verified): It inherits from __proto__, as in JavaScript.": more(
            "insert", lambda self, call, one: "__proto__" in call.fields and self.verify(call, one)
        ),
        "add-drops-tag ({listed,answers-address}): It loses what stands after its plus.": _spelled(
            without_tag
        ),
        "add-cuts ({listed,answers-address}): A new address is cut after 50 characters.": _spelled(
            lambda email: email[:50]
        ),
        "add-not-saved (listed): A new address is answered, and not saved.": {
            "add_email": lambda self, call: (Service.add_email(self, call), self.store.undo())[0]
        },
        "invalid-address-listed (invalid-body/invalid-address): "
        "What is no address is 400, and listed.": keeping(
            "malformed_address",
            lambda self, call, value: (
                call.operation == "add_email"
                and self.insert(call, value.encode("utf-8", "replace").decode())
            ),
        ),
        "add-again-unverifies (refused-unchanged/duplicate): "
        "Adding again is refused, and unverifies.": keeping(
            "add_again",
            lambda self, call, one: self.store.change(lambda o: o.id == one.id, verified=False),
        ),
        "address-plus-refused (success): An address with a plus is refused.": _refusing(r".*\+.*"),
        "address-hyphen-refused (success): An address with a hyphen before its @ is refused.": _refusing(
            r"[^@]*-.*"
        ),
        "address-one-letter-refused (success): One character before the @ is refused.": _refusing(
            r".@.*"
        ),
        "long-address-refused (success): An address of 60 characters is refused.": _refusing(
            r".{60,}"
        ),
    },
    also=FOLLOWS,
)
row(
    "added-again-unsets-primary (add-email/refused-unchanged/duplicate): "
    "Adding the primary again is refused, and unsets it.",
    **keeping("add_again", lambda self, call, one: one.is_primary and self.unset_primary(call)),
)


def _begun_anew(self: Service, call: Call, taken: Address) -> Reply:
    self.store.change(lambda one: one.id == taken.id, verified=False, is_primary=False)
    return self.json_reply(201, self.email_view(call, self.store.address(taken.id)))


row(
    "added-again-begins-anew (add-email/duplicate list-emails/one-primary): "
    "Adding again is 201, and makes a new address of it, be it the primary one.",
    add_again=_begun_anew,
)
row(
    f"display-name-dropped ({INVALID} update-user/invalid-gravatar-email): Names are dropped.",
    **tidied(
        lambda text: parseaddr(text)[1] if "<" in text and "@" in text else text,
        ("email", "gravatar_email"),
    ),
)


def _late(pattern: str) -> Any:
    """Refuse some addresses that could be added, and those as a gravatar_email."""

    def refused(self: Service, call: Call, value: str = "") -> Any:
        return re.search(pattern, value or str(call.fields.get("email")))

    return crashes("wanted_address", refused, 400) | crashes("gravatar_address", refused, 400)


row(
    "good-addresses-refused-late (update-user/success {update,delete}-email/success): "
    "Four labels cannot be updated, .seventh deleted, and .de is no gravatar_email.",
    also="{update,delete}-email/{json-without-content-type,not-found/address}",
    **each(
        ["update_email", "delete_email", "update_user"],
        *map(_late, (r"@(\w+\.){3}", r"\w{7}$", r"\.\w\w$")),
    ),
)


table(
    "add-email/success",
    {
        "added-by-like: _ stands for any character where duplicates are looked for.": like,
        "added-by-ending: An address that ends like another one is a duplicate.": str.endswith,
        "dots-make-no-difference: Dots before the @ make no other address.": (
            lambda email, other: undotted(email) == undotted(other)
        ),
    },
    lambda alike: instead(
        "taken",
        lambda self, call, email: any(alike(email, one.email) for one in self.searched(call)),
        lambda self, call, email: self.searched(call)[0],
    ),
    also="update-email/{success,verifies}",
)
row(
    "deleted-cannot-come-back (add-email/success): What was deleted cannot be added again.",
    also="{update,delete}-email/success update-email/verifies",
    base=Graveyard,
    **instead(
        "taken",
        lambda self, call, email: (call.username, email) in self.deleted,
        lambda self, call, email: self.deleted[call.username, email],
    ),
)
