"""Defects in adding addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import defect, row
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Graveyard,
    failing,
    is_first,
    like,
    more,
    oldest_primary,
    removing,
    rows,
    sent_true,
    without_tag,
)
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

SUCCESS, LISTED, DOCUMENTED = (
    "add-email/success",
    "add-email/listed",
    "add-email/documented-answers",
)
ANSWERS, OTHERS, FORM = "add-email/answers-address", "add-email/others-untouched", "add-email/form"
NOT_VERIFIED, NOT_PRIMARY = "add-email/not-verified", "add-email/not-primary"
INVALID, DUPLICATE = (
    "add-email/invalid-body/invalid-address",
    "add-email/refused-unchanged/duplicate",
)

# -- the answer -----------------------------------------------------------------------------------


def answering(answer: Callable[[Any], Json]) -> Any:
    """Return a method that adds an address and answers otherwise."""
    return lambda self, call: self.json_reply(201, answer(Service.add_email(self, call).data()))


rows(
    ANSWERS,
    "add_email",
    answering,
    ("add-answers-list", "The answer to a new address is a list.", lambda data: [data]),
    (
        "add-answers-little",
        "The answer is the address alone.",
        lambda data: {"email": data["email"]},
    ),
    (
        "add-answers-capitals",
        "The answer has it in capitals.",
        lambda x: x | {"email": x["email"].upper()},
    ),
    also=FORM,
)
row(
    "add-answers-true",
    "The answer calls a new address verified and primary; it is neither.",
    (NOT_VERIFIED, NOT_PRIMARY),
    also=FORM,
    add_email=answering(lambda data: data | {"verified": True, "primary": True}),
)
row(
    "add-answers-nothing",
    "Adding an address is answered with 201 and no body.",
    (ANSWERS, "add-email/json"),
    also=FORM,
    add_email=lambda self, call: (Service.add_email(self, call), Reply(201))[1],
)


@defect(
    "Adding an address is answered with 200.",
    (SUCCESS, DOCUMENTED),
    also="add-email/*",
    name="add-is-200",
)
class AddIs200(Service):
    def add_email(self, call: Call) -> Reply:
        return self.json_reply(200, super().add_email(call).data())


# -- what is stored -------------------------------------------------------------------------------


def not_saved(self: Service, call: Call) -> Reply:
    """Answer a new address, and forget it."""
    reply = Service.add_email(self, call)
    self.store.undo()
    return reply


row(
    "add-not-saved",
    "A new address is answered, and not saved.",
    LISTED,
    also=FOLLOWS,
    add_email=not_saved,
)
row(
    "add-by-form-not-saved",
    "A new address from a form is answered, and not saved.",
    (LISTED, FORM),
    also=("add-email/form-decoding", "list-emails/complete"),
    add_email=lambda self, call: (not_saved if call.is_form else Service.add_email)(self, call),
)
row(
    "add-verified-by-basic",
    "With Basic, a new address is verified at once.",
    NOT_VERIFIED,
    also=FORM,
    insert=more("insert")(
        lambda self, call, one: call.caller.scheme == "basic" and self.verify(call, one)
    ),
)
row(
    "add-primary",
    "A new address becomes the primary one.",
    (NOT_PRIMARY, OTHERS),
    also=FOLLOWS,
    insert=more("insert")(Service.make_primary),
)


@defect(
    "verified and primary are honoured beside a new address.",
    (NOT_VERIFIED, NOT_PRIMARY),
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


rows(
    OTHERS,
    "insert",
    more("insert"),
    (
        "add-replaces-unverified",
        "A new address takes the place of those that are not verified.",
        removing(lambda call, one, other: not other.verified and other.id != one.id),
    ),
    (
        "add-unverifies",
        "A new address makes the one unverified that was added before it.",
        lambda self, call, one: self.store.change(
            lambda other: other.id == self.searched(call)[-2].id, verified=False
        ),
    ),
    (
        "add-to-the-first-too",
        "A new address of another account is added to the first one too.",
        lambda self, call, one: (
            is_first(self, call) or self.store.add_address(self.seed.users[0].username, one.email)
        ),
    ),
    (
        "add-changes-company",
        "A new address is written into the company.",
        lambda self, call, one: self.store.change_user(call.username, company=one.email),
    ),
    ("add-makes-oldest-primary", "Adding one makes the oldest one primary.", oldest_primary),
    also=FOLLOWS,
)
rows(
    (LISTED, ANSWERS),
    "insert",
    lambda spell: lambda self, call, email: Service.insert(self, call, spell(email)),
    ("add-drops-tag", "A new address loses what stands after its plus.", without_tag),
    (
        "add-drops-dots",
        "A new address loses its dots.",
        lambda email: re.sub(r"\.(?=.*@)", "", email),
    ),
    ("add-cuts", "A new address is cut after 50 characters.", lambda email: email[:50]),
    also=FOLLOWS,
)

# -- what is an address ---------------------------------------------------------------------------


def taking(pattern: str) -> Any:
    """Return a method that takes texts that are no addresses."""
    return lambda self, value: bool(re.fullmatch(pattern, value)) or Service.is_address(self, value)


def refusing(pattern: str) -> Any:
    """Return a method that refuses addresses that are good."""
    return lambda self, value: Service.is_address(self, value) and not re.fullmatch(pattern, value)


GRAVATAR = ("update-user/invalid-gravatar-email", "update-user/refused-unchanged")

rows(
    INVALID,
    "is_address",
    taking,
    ("address-nothing-before-at", "Nothing need stand before @.", r"@[!-?A-~]+"),
    ("address-with-line-feed", "A line feed may stand in an address.", r"[^@ \t]+@[^@ \t]+"),
    also=GRAVATAR,
)
rows(
    INVALID,
    "is_address",
    taking,
    ("address-with-space", "A space may stand in an address.", r"[^@\t\n]+@[^@\t\n]+"),
    ("address-last", "An address is what ends with one.", r"(?s:[^@]*\s[^@\s]+@[^@\s]+)"),
    also=GRAVATAR,
    misnamed="add-email/form-decoding",
)
row(
    "address-without-at",
    "An address needs no @.",
    INVALID,
    also=GRAVATAR,
    misnamed="*/documented-answers",
    is_address=taking(r"[!-?A-~]+"),
)
rows(
    SUCCESS,
    "is_address",
    refusing,
    ("address-plus-refused", "An address with a plus is refused.", r".*\+.*"),
    ("address-hyphen-refused", "An address with a hyphen before its @ is refused.", r"[^@]*-.*"),
    ("address-long-ending-refused", "A last label of seven letters is refused.", r".*\.[a-z]{7,}"),
    ("address-digit-first-refused", "An address that begins with a digit is refused.", r"\d.*"),
    ("address-one-letter-refused", "One character before the @ is refused.", r".@.*"),
    ("address-deep-domain-refused", "A domain of four labels is refused.", r".*@.*\..*\..*\..*"),
    ("long-address-refused", "An address of 60 characters is refused.", r".{60,}"),
    ("address-role-refused", "Addresses of well-known names are refused.", r"(admin|info)@.*"),
    also=FOLLOWS,
)
row(
    "invalid-address-is-422",
    "An invalid address is answered with 422 when it is added.",
    (INVALID, DOCUMENTED),
    misnamed="add-email/form-decoding",
    malformed_address=lambda self, call, value: (
        failing(422) if call.operation == "add_email" else Service.malformed_address
    )(self, call, value),
)


@defect("An invalid address is refused with 400, and in the list.", INVALID, also=FOLLOWS)
class InvalidAddressListed(Service):
    def malformed_address(self, call: Call, value: str) -> str:
        if call.operation == "add_email":
            self.insert(call, value.encode("utf-8", "replace").decode())
            self.store.keep()
        return super().malformed_address(call, value)


# -- what is there already, or was ----------------------------------------------------------------

rows(
    (DOCUMENTED, "add-email/duplicate"),
    "add_again",
    failing,
    ("add-again-is-409", "An address that is there already is answered with 409.", 409),
)


@defect("An address that is there already is refused, and no longer verified.", DUPLICATE)
class AddAgainUnverifies(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        self.store.change(lambda one: one.id == taken.id, verified=False)
        self.store.keep()
        return super().add_again(call, taken)


@defect("An address that is there already is refused, and there twice.", DUPLICATE)
class AddAgainTwice(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        self.insert(call, taken.email)
        self.store.keep()
        return super().add_again(call, taken)


rows(
    SUCCESS,
    "taken",
    lambda alike: (
        lambda self, call, email: next(
            (one for one in self.searched(call) if alike(email, one.email)), None
        )
    ),
    ("added-by-like", "_ stands for any character where duplicates are looked for.", like),
    ("added-by-ending", "An address that ends like another one is a duplicate.", str.endswith),
    also=("update-email/success", "update-email/verifies"),
)
rows(
    NOT_VERIFIED,
    "insert",
    more("insert"),
    (
        "deleted-comes-back-verified",
        "An address that was deleted and is added again is verified as it was.",
        lambda self, call, one: (
            (before := self.before(one))
            and self.store.change(lambda other: other.id == one.id, verified=before.verified)
        ),
    ),
    (
        "former-primary-comes-back-verified",
        "An address that was primary once is verified when it is added again.",
        lambda self, call, one: self.was_primary(one) and self.verify(call, one),
    ),
    base=Graveyard,
)
row(
    "deleted-cannot-come-back",
    "An address that was deleted cannot be added again.",
    SUCCESS,
    also=("update-email/success", "update-email/verifies", "delete-email/success"),
    base=Graveyard,
    taken=lambda self, call, email: (
        self.deleted.get((call.username, email)) or Service.taken(self, call, email)
    ),
)
