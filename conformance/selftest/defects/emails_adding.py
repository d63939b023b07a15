"""Defects in adding addresses."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Any

from conformance.selftest.changes import defect, ids, row, table
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
from conformance.selftest.overrides import crashes, is_first
from conformance.selftest.reference.calls import Call, refuse
from conformance.selftest.reference.routes import EMAILS
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

NOT_VERIFIED, OTHERS = "add-email/not-verified", "add-email/others-untouched"
INVALID, DUPLICATE = (
    "add-email/invalid-body/invalid-address",
    "add-email/refused-unchanged/duplicate",
)

# -- the answer -----------------------------------------------------------------------------------

table(
    "add-email/",
    {
        "add-answers-little (answers-address): The answer lacks the flags.": lambda data: {
            "email": data["email"]
        },
        "add-answers-capitals (answers-address): The answer has it in capitals.": lambda data: (
            data | {"email": data["email"].upper()}
        ),
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

# -- what is stored -------------------------------------------------------------------------------

row(
    "add-not-saved",
    "A new address is answered, and not saved.",
    "add-email/listed",
    also=FOLLOWS,
    add_email=lambda self, call: (Service.add_email(self, call), self.store.undo())[0],
)
table(
    "add-email/",
    {
        "add-primary (not-primary others-untouched): A new address becomes the primary one.": (
            Service.make_primary
        ),
        "add-verified-by-form (form): A new address from a form is verified at once.": (
            lambda self, call, one: call.is_form and self.verify(call, one)
        ),
        "add-replaces-unverified (others-untouched): What is not verified goes.": removing(
            lambda call, one, other: not other.verified and other.id != one.id
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
    },
    lambda act: more("insert", act),
    also=FOLLOWS,
)


@defect(
    "verified and primary are honoured beside a new address.",
    "add-email/{not-verified,not-primary}",
    also=OTHERS,
)
class AddHonoursFlags(Service):
    def insert(self, call: Call, email: str) -> Address:
        address = super().insert(call, email)
        if sent_true(call, "verified"):
            self.verify(call, address)
        if sent_true(call, "primary"):
            self.make_primary(call, address)
        return self.store.address(address.id)


table(
    "add-email/{listed,answers-address}",
    {
        "add-drops-tag: A new address loses what stands after its plus.": without_tag,
        "add-cuts: A new address is cut after 50 characters.": lambda email: email[:50],
    },
    lambda spell: {"insert": lambda self, call, email: Service.insert(self, call, spell(email))},
    also=FOLLOWS,
)

# -- what is an address ---------------------------------------------------------------------------


def _taking(pattern: str) -> Any:
    return {
        "is_address": lambda self, value: (
            re.fullmatch(pattern, value) or Service.is_address(self, value)
        )
    }


GRAVATAR = "update-user/{invalid-gravatar-email,refused-unchanged}"

table(
    INVALID,
    {
        "address-nothing-before-at: Nothing need stand before @.": r"@[!-?A-~]+",
        "address-with-line-feed: A line feed may stand in an address.": r"[^@ \t]+@[^@ \t]+",
        "address-with-space: A space may stand in an address.": r"[^@\t\n]+@[^@\t\n]+",
        "address-without-at: An address needs no @.": r"[!-?A-~]+",
    },
    _taking,
    also=GRAVATAR,
)
table(
    "add-email/success",
    {
        "address-plus-refused: An address with a plus is refused.": r".*\+.*",
        "address-hyphen-refused: An address with a hyphen before its @ is refused.": r"[^@]*-.*",
        "address-long-ending-refused: A last label of seven letters is refused.": r".*\.[a-z]{7,}",
        "address-one-letter-refused: One character before the @ is refused.": r".@.*",
        "address-deep-domain-refused: A domain of four labels is refused.": r".*@.*\..*\..*\..*",
        "long-address-refused: An address of 60 characters is refused.": r".{60,}",
    },
    lambda pattern: {
        "is_address": lambda self, value: (
            Service.is_address(self, value) and not re.fullmatch(pattern, value)
        )
    },
    also=FOLLOWS,
)


@defect("An invalid address is refused with 400, and in the list.", INVALID, also=FOLLOWS)
class InvalidAddressListed(Service):
    def malformed_address(self, call: Call, value: str) -> str:
        if call.operation == "add_email":
            self.insert(call, value.encode("utf-8", "replace").decode())
            self.store.keep()
        return super().malformed_address(call, value)


def _undotted(email: str) -> str:
    name, _, domain = email.partition("@")
    return f"{name.replace('.', '')}@{domain}"


# -- what is there already, or was ----------------------------------------------------------------

row(
    "add-again-unverifies",
    "An address that is there already is refused, and no longer verified.",
    DUPLICATE,
    **refusing_after(
        "add_again",
        lambda self, call, one: self.store.change(lambda o: o.id == one.id, verified=False),
    ),
)
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
table(
    NOT_VERIFIED,
    {
        "deleted-comes-back-verified: What was deleted is verified as it was when added again.": (
            lambda self, call, one: (
                (old := self.before(one))
                and self.store.change(lambda other: other.id == one.id, verified=old.verified)
            )
        ),
        "former-primary-comes-back-verified: What was primary once is verified when added again.": (
            lambda self, call, one: self.was_primary(one) and self.verify(call, one)
        ),
    },
    lambda act: more("insert", act),
    base=Graveyard,
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

# -- what a new address does to others, and which are taken ----------------------------------------


def _first(act: Any) -> Any:
    """Do something else before an address is added."""
    return {
        "insert": lambda self, call, email: (
            act(self, call, email),
            Service.insert(self, call, email),
        )[1]
    }


table(
    OTHERS,
    {
        "add-unverifies-others: A new address un-verifies the others, but for the primary one.": (
            lambda self, call, _: self.store.change(
                lambda one: one.username == call.username and not one.is_primary, verified=False
            )
        ),
        "add-takes-over: A new address is taken away from the account that had it.": (
            lambda self, _, email: self.store.remove(lambda one: one.email == email)
        ),
    },
    _first,
    also="add-email/form delete-email/success",
)
row(
    "inherited-members",
    "A new address inherits the members of __proto__, as in JavaScript.",
    NOT_VERIFIED,
    also="add-email/success",
    insert=lambda self, call, email: self.store.add_address(
        call.username, email, verified="__proto__" in call.fields
    ),
)
row(
    "format-crashes",
    "A percent sign in an address is taken for a format, and 500.",
    "add-email/documented-answers",
    also="add-email/success",
    **crashes("insert", lambda self, call, email: "%s" in email),
)
row(
    "display-name-dropped",
    "A name around an address is dropped.",
    (INVALID, "update-user/invalid-gravatar-email"),
    tidy=lambda self, name, value: parseaddr(value)[1] if "<" in value and "@" in value else value,
)

# -- good addresses that other operations refuse ---------------------------------------------------


def _late(pattern: str) -> Any:
    """Refuse some addresses that could be added, and those as a gravatar_email."""

    def wanted_address(self: Service, call: Call) -> str:
        if call.operation != "add_email" and re.search(pattern, str(call.fields.get("email"))):
            return refuse(400)
        return Service.wanted_address(self, call)

    return {
        "wanted_address": wanted_address,
        **crashes("gravatar_address", lambda self, call, value: re.search(pattern, value), 400),
    }


table(
    ("update-user/success", *ids("success", EMAILS[1:])),
    {
        "deep-domain-refused-late: With four labels, it cannot be updated or deleted.": r"@(\w+\.){3}",
        "long-ending-refused-late: Nor with a last label of seven letters.": r"\w{7}$",
        "short-ending-refused-late: Nor with a last label of two letters.": r"\.\w\w$",
        "one-letter-refused-late: Nor with one character before the @.": r"^.@",
    },
    _late,
    also="{update,delete}-email/{json-without-content-type,not-found/address}",
)
