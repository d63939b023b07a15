"""Defects in verifying addresses, and in choosing the primary one."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Act,
    Graveyard,
    Which,
    like,
    more,
    own,
    sent_true,
    setting,
    undotted,
)
from conformance.selftest.overrides import (
    Memory,
    by_form,
    by_percent,
    crashes,
    each,
    failing,
    instead,
    is_first,
    nothing,
    refuses,
)
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.routes import EMAILS
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

VERIFIES, UNKNOWN = "update-email/verifies", "update-email/not-found/address"
NO_UNVERIFY, NO_UNSET = "update-email/no-unverify", "update-email/no-unset-primary"
KNOWN = EMAILS[1:]
"""The operations on an address that is there."""


def is_meant(call: Call, one: Address) -> bool:
    """Tell whether an address is the one that is asked for."""
    return own(call, one, one) and one.email == call.fields.get("email")


def changing(which: Which, **members: Any) -> Act:
    """Give other values to members of some addresses."""
    return lambda self, call, one: self.store.change(lambda o: which(call, one, o), **members)


UNVERIFYING = changing(lambda call, one, other: other.id == one.id, verified=False)

# -- verifying, and making primary ----------------------------------------------------------------


def _flags(act: Any, *, both: bool) -> Any:
    """Do something where both flags, or neither, are asked for."""
    return {
        "check_update": lambda self, call, one, asked: (
            act(self, call, one)
            if (("verified" in asked) is ("primary" in asked) is both)
            else None
        )
    }


table(
    "update-email/",
    {
        "verify-makes-primary (verifying-keeps-primary): A verification makes primary.": more(
            "verify", Service.make_primary
        ),
        "verify-unsets-primary (verifying-keeps-primary): To verify the primary unsets it.": more(
            "verify", lambda self, call, one: one.is_primary and self.unset_primary(call)
        ),
        "verify-alike (others-untouched): Whatever begins like it is verified too.": more(
            "verify",
            changing(
                lambda call, one, other: (
                    own(call, one, other) and other.email.startswith(one.email.partition("@")[0])
                ),
                verified=True,
            ),
        ),
        "verify-empties-company (others-untouched): A verification empties the company.": more(
            "verify", setting(company="")
        ),
        "primary-unverifies-new (others-untouched): The new primary address is unverified.": more(
            "make_primary", UNVERIFYING
        ),
        "primary-alike (others-untouched): Whatever begins like it is made primary too.": more(
            "make_primary",
            changing(
                lambda call, one, other: (
                    own(call, one, other) and other.email.startswith(one.email)
                ),
                is_primary=True,
            ),
        ),
        "primary-by-like (others-untouched): _ stands for any character in what is made primary.": more(
            "make_primary",
            changing(
                lambda call, one, other: own(call, one, other) and like(one.email, other.email),
                is_primary=True,
            ),
        ),
        "primary-verifies (others-untouched): What is made primary is verified by it.": more(
            "make_primary", Service.verify
        ),
        "primary-again-unset (makes-primary): Made primary again, it is no longer.": more(
            "make_primary", lambda self, call, one: one.is_primary and self.unset_primary(call)
        ),
        "primary-twice (unsets-previous): The previous primary address stays primary.": {
            "unset_primary": nothing
        },
        "primary-twice-for-others (unsets-previous): It stays so in all but the first account.": instead(
            "unset_primary", lambda self, call: not is_first(self, call), nothing
        ),
        "primary-deletes-previous (unsets-previous): The previous primary address is deleted.": {
            "unset_primary": lambda self, call: self.store.remove(
                lambda one: one.is_primary and own(call, one, one) and not is_meant(call, one)
            )
        },
        "primary-unsets-all (others-untouched): A new primary unsets those of all.": {
            "unset_primary": lambda self, call: self.store.change(
                lambda one: True, is_primary=False
            )
        },
        "verified-again-is-404 (verifies): Verifying again is 404: no row was touched.": instead(
            "verify", lambda self, call, one: one.verified, failing(404)
        ),
        "both-verifies-only (both): Of both members only verified is looked at.": instead(
            "make_primary", lambda self, call, one: "verified" in call.fields, nothing
        ),
        "both-makes-primary-only (both): Of both members only primary is looked at.": instead(
            "verify", lambda self, call, one: "primary" in call.fields, nothing
        ),
        "both-refused (both): Both members at once are refused.": _flags(failing(400), both=True),
        "no-flag-unverifies (others-untouched): An update without flags unverifies.": _flags(
            UNVERIFYING, both=False
        ),
        "update-for-first-user-only (success): For others, each address is unknown.": crashes(
            "update_email", lambda self, call: not is_first(self, call), 404
        ),
    },
    also=FOLLOWS,
)
table(
    "update-email/documented-answers",
    {
        "no-flag-crashes: An update that asks for nothing is 500.": _flags(
            failing(500), both=False
        ),
        "other-flag-crashes: A flag that is a list or object is 500.": crashes(
            "json_flag", lambda self, call, name, value: isinstance(value, dict | list)
        ),
    },
    also="update-email/success",
)
row(
    f"verified-where-deleted ({VERIFIES}): One added again is verified where it was deleted.",
    also="update-email/{answers-address,others-untouched}",
    base=Graveyard,
    **instead("verify", lambda self, call, one: self.before(one), nothing),
)

row(
    "shared-is-one (update-email/others-untouched delete-email/removes-only-that): "
    "An address that two users have is verified and deleted for both.",
    also=FOLLOWS,
    **more("verify", changing(lambda call, one, other: other.email == one.email, verified=True)),
    **more("remove", lambda self, _, one: self.store.remove(lambda o: o.email == one.email)),
)

# -- false ----------------------------------------------------------------------------------------


@defect(
    "In a form, flags before the address are passed over.",
    ("update-email/form", NO_UNVERIFY, NO_UNSET),
    also="update-email/*",
)
class FlagsFirstPassedOver(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        fields = super().form_fields(call)
        if next(iter(fields), "") in {"verified", "primary"} and "email" in fields:
            return {"email": fields["email"]}
        return fields


def _taking(when: Any, act: Any = nothing) -> Any:
    """Read false, at times, as absent, or do something about it."""
    return instead(
        "flag",
        lambda self, call, name: (
            call.fields.get(name) in (False, "false") and when(self, call, name)
        ),
        lambda self, call, name: bool(act(self, call, name)),
    )


def _other_done(self: Service, call: Call, name: str) -> None:
    """Verify an address before its `primary` is refused."""
    address = self.find(call, self.wanted_address(call))
    if name == "primary" and address is not None and sent_true(call, "verified"):
        self.verify(call, address)
        self.store.keep()
    Service.flag(self, call, name)


MEMBER = {"verified": "verified", "primary": "is_primary"}
table(
    (NO_UNVERIFY, NO_UNSET),
    {
        "false-ignored-in-forms: In a form, false is absent.": _taking(by_form),
        "false-done: false is carried out.": _taking(
            lambda *_: True,
            lambda self, call, name: self.store.change(
                lambda one: is_meant(call, one), **{MEMBER[name]: False}
            ),
        ),
        f"false-ignored-for-new-primary ({NO_UNSET}): false is absent for a new primary.": _taking(
            lambda self, call, name: (
                name == "primary"
                and any(one.is_primary and is_meant(call, one) for one in self.searched(call)[1:])
            )
        ),
        f"false-primary-refused-late ({NO_UNSET}): It is refused when all else is done.": _taking(
            lambda *_: True, _other_done
        ),
    },
    also="update-email/others-untouched",
)

# -- an address that is not there -----------------------------------------------------------------


def _found(choose: Any) -> Any:
    """Find something instead of an address that is not there."""
    return {
        "found": lambda self, call, email: (
            self.find(call, email) or choose(self, call, email) or Service.found(self, call, email)
        )
    }


def _first_done(act: Any) -> Any:
    """Do something about an address that is not there, before its update is looked at."""

    def update_email(self: Service, call: Call) -> Reply:
        email = self.wanted_address(call)
        if self.find(call, email) is None:
            act(self, call, email)
            self.store.keep()
        return Service.update_email(self, call)

    return {"update_email": update_email}


table(
    "{update,delete}-email/not-found/address",
    {
        "unknown-address-is-400: An unknown address is 400, or 200 where it is deleted.": each(
            KNOWN, refuses("unknown_address", 400), refuses("unknown_address", 200)
        ),
        "unknown-address-taken: Updating an unknown address adds it, deleting takes one alike.": each(
            KNOWN,
            _found(lambda self, call, email: self.insert(call, email)),
            _found(
                lambda self, call, email: next(
                    (
                        one
                        for one in self.searched(call)
                        if email[:5] in one.email and not one.is_primary
                    ),
                    None,
                )
            ),
        ),
        "address-without-dots: Dots before the @ mean nothing in an address that is looked for.": _found(
            lambda self, call, email: next(
                (
                    one
                    for one in self.searched(call)
                    if undotted(one.email) == undotted(email) and not one.is_primary
                ),
                None,
            )
        ),
        "foreign-address-found (*-email/not-found/foreign-address): Those of others can be changed.": each(
            KNOWN, {"searched": lambda self, call: self.store.addresses()}
        ),
        f"update-unknown-unsets-primary ({UNKNOWN}): An unknown one is 404, and unsets it.": _first_done(
            lambda self, call, email: sent_true(call, "primary") and self.unset_primary(call)
        ),
        "update-takes-over (update-email/not-found/foreign-address): "
        "Another user's address moves here.": _first_done(
            lambda self, call, email: self.store.change(
                lambda one: one.email == email and not one.is_primary, username=call.username
            )
        ),
    },
    also=FOLLOWS,
)

# -- an address that is remembered, or found by a pattern ------------------------------------------


@defect("An address that was deleted can still be updated.", "update-email/not-found/address")
class DeletedStillUpdated(Graveyard):
    def update_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        gone = self.deleted.get((call.username, email))
        if gone is not None and self.find(call, email) is None:
            return self.json_reply(200, self.email_view(call, gone))
        return super().update_email(call)


@defect(
    "An address that was not found once stays unknown, also after it was added.",
    "{update,delete}-email/success",
    also=("add-email/success", VERIFIES, "{update,delete}-email/json-without-content-type"),
)
class UnknownStaysUnknown(Memory):
    def found(self, call: Call, email: str) -> Address:
        if (call.username, email) in self.memory:
            raise self.unknown_address(call, email)
        return super().found(call, email)

    def unknown_address(self, call: Call, email: str) -> Refusal:
        self.memory[call.username, email] = True
        return super().unknown_address(call, email)


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern.replace("+", r"\+"), text) is not None
    except re.error:
        return False


table(
    "*/not-found/address",
    {
        "address-by-like: % stands for anything in an address that is looked for.": by_percent,
        "address-by-glob: * stands for anything in an address that is looked for.": lambda pattern, text: (
            fnmatchcase(text, pattern)
        ),
        "address-by-pattern: An address that is looked for is a regular expression.": _matches,
    },
    lambda fits: each(
        KNOWN, {"same": lambda self, stored, wanted: stored == wanted or fits(wanted, stored)}
    ),
)
