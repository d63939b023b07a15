"""Defects in adding addresses."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Any

from conformance.selftest.changes import ids, row, table
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Graveyard,
    like,
    more,
    refusing_after,
    removing,
    sent_true,
    without_tag,
)
from conformance.selftest.overrides import before, crashes, each, is_first
from conformance.selftest.reference.calls import Call
from conformance.selftest.reference.routes import EMAILS
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

INVALID = "add-email/invalid-body/invalid-address"
DUPLICATE = "add-email/refused-unchanged/duplicate"

# -- the answer, and what is stored ---------------------------------------------------------------

table(
    "add-email/",
    {
        "add-answers-little (answers-address): The answer lacks the flags.": lambda data: {
            "email": data["email"]
        },
        "add-answers-true ({not-verified,not-primary}): The answer says both.": lambda data: (
            data | {"verified": True, "primary": True}
        ),
    },
    lambda answer: {
        "add_email": lambda self, call: self.json_reply(
            201, answer(Service.add_email(self, call).data())
        )
    },
    also="add-email/form",
)


def _flagged(self: Service, call: Call, one: Address) -> None:
    if sent_true(call, "verified"):
        self.verify(call, one)
    if sent_true(call, "primary"):
        self.make_primary(call, one)


table(
    "add-email/",
    {
        "add-primary (not-primary others-untouched): A new address becomes the primary one.": (
            Service.make_primary
        ),
        "add-honours-flags ({not-verified,not-primary}): Flags beside a new address are honoured.": (
            _flagged
        ),
        "add-verified-by-form (form): A new address from a form is verified at once.": (
            lambda self, call, one: call.is_form and self.verify(call, one)
        ),
        "add-replaces-unverified (others-untouched): What is not verified goes.": removing(
            lambda call, one, other: not other.verified and other.id != one.id
        ),
        "add-takes-over (others-untouched): It is taken from the account that had it.": (
            lambda self, _, one: self.store.remove(
                lambda other: other.email == one.email and other.id != one.id
            )
        ),
        "add-to-the-first-too (others-untouched): The first account gets it too.": (
            lambda self, call, one: (
                is_first(self, call)
                or self.store.add_address(self.seed.users[0].username, one.email)
            )
        ),
        "add-changes-company (others-untouched): A new address is written into the company.": (
            lambda self, call, one: self.store.change_user(call.username, company=one.email)
        ),
        "inherited-members (not-verified): A new address inherits from __proto__, as in JavaScript.": (
            lambda self, call, one: "__proto__" in call.fields and self.verify(call, one)
        ),
    },
    lambda act: more("insert", act),
    also=FOLLOWS,
)
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
    },
    lambda act: more("insert", act),
    base=Graveyard,
)
table(
    "add-email/{listed,answers-address}",
    {
        "add-drops-tag: A new address loses what stands after its plus.": without_tag,
        "add-cuts: A new address is cut after 50 characters.": lambda email: email[:50],
    },
    lambda spell: {"insert": lambda self, call, email: Service.insert(self, call, spell(email))},
    also=FOLLOWS,
)
table(
    "",
    {
        "add-not-saved (add-email/listed): A new address is answered, and not saved.": {
            "add_email": lambda self, call: (Service.add_email(self, call), self.store.undo())[0]
        },
        f"invalid-address-listed ({INVALID}): What is no address is 400, and listed.": before(
            "malformed_address",
            lambda self, call, value: (
                call.operation == "add_email"
                and self.insert(call, value.encode("utf-8", "replace").decode())
                and self.store.keep()
            ),
        ),
        f"add-again-unverifies ({DUPLICATE}): Adding again is refused, and unverifies.": (
            refusing_after(
                "add_again",
                lambda self, call, one: self.store.change(lambda o: o.id == one.id, verified=False),
            )
        ),
    },
    also=FOLLOWS,
)

row(
    "format-crashes",
    "A percent sign in an address is taken for a format, and 500.",
    "add-email/documented-answers",
    also="add-email/success",
    **crashes("insert", lambda self, call, email: "%s" in email),
)

# -- what is an address, and what is there already -------------------------------------------------

table(
    INVALID,
    {
        "address-nothing-before-at: Nothing need stand before @.": r"@[!-?A-~]+",
        "address-with-space: White space may stand in an address.": r"[^@]+@[^@]+",
        "address-without-at: An address needs no @.": r"[!-?A-~]+",
    },
    lambda pattern: {
        "is_address": lambda self, value: (
            re.fullmatch(pattern, value) or Service.is_address(self, value)
        )
    },
    also="update-user/{invalid-gravatar-email,refused-unchanged}",
)
row(
    "display-name-dropped",
    "A name around an address is dropped.",
    (INVALID, "update-user/invalid-gravatar-email"),
    tidy=lambda self, name, value: parseaddr(value)[1] if "<" in value and "@" in value else value,
)
table(
    "add-email/success",
    {
        "address-plus-refused: An address with a plus is refused.": r".*\+.*",
        "address-hyphen-refused: An address with a hyphen before its @ is refused.": r"[^@]*-.*",
        "address-one-letter-refused: One character before the @ is refused.": r".@.*",
        "long-address-refused: An address of 60 characters is refused.": r".{60,}",
    },
    lambda pattern: {
        "is_address": lambda self, value: (
            Service.is_address(self, value) and not re.fullmatch(pattern, value)
        )
    },
    also=FOLLOWS,
)


def _late(pattern: str) -> Any:
    """Refuse some addresses that could be added, and those as a gravatar_email."""

    def refused(self: Service, call: Call, value: str = "") -> Any:
        return re.search(pattern, value or str(call.fields.get("email")))

    return crashes("wanted_address", refused, 400) | crashes("gravatar_address", refused, 400)


row(
    "good-addresses-refused-late",
    "Four labels cannot be updated, .seventh deleted, and .de is no gravatar_email.",
    ("update-user/success", *ids("success", EMAILS[1:])),
    also="{update,delete}-email/{json-without-content-type,not-found/address}",
    **each(
        ["update_email", "delete_email", "update_user"],
        *map(_late, (r"@(\w+\.){3}", r"\w{7}$", r"\.\w\w$")),
    ),
)


def _undotted(email: str) -> str:
    name, _, domain = email.partition("@")
    return f"{name.replace('.', '')}@{domain}"


table(
    "add-email/success",
    {
        "added-by-like: _ stands for any character where duplicates are looked for.": like,
        "added-by-ending: An address that ends like another one is a duplicate.": str.endswith,
        "dots-make-no-difference: Dots before the @ make no other address.": (
            lambda email, other: _undotted(email) == _undotted(other)
        ),
    },
    lambda alike: {
        "taken": lambda self, call, email: next(
            (one for one in self.searched(call) if alike(email, one.email)), None
        )
    },
    also="update-email/{success,verifies}",
)
row(
    "deleted-cannot-come-back",
    "An address that was deleted cannot be added again.",
    "add-email/success",
    also="update-email/{success,verifies} delete-email/success",
    base=Graveyard,
    taken=lambda self, call, email: (
        self.deleted.get((call.username, email)) or Service.taken(self, call, email)
    ),
)
