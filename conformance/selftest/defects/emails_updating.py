"""Defects in verifying addresses, and in choosing the primary one."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

from conformance.selftest.changes import defect, ids, row, table
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Graveyard,
    changing,
    itself,
    local,
    more,
    own,
    sent_true,
    setting,
    shared,
)
from conformance.selftest.overrides import (
    Memory,
    by_form,
    by_percent,
    crashes,
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

ANSWERS, VERIFIES = "update-email/answers-address", "update-email/verifies"
PRIMARY, KEEPS = "update-email/makes-primary", "update-email/verifying-keeps-primary"
UNSETS, OTHERS = "update-email/unsets-previous", "update-email/others-untouched"
NO_UNVERIFY, NO_UNSET = "update-email/no-unverify", "update-email/no-unset-primary"
BOTH, FORM = "update-email/both", "update-email/form"
NOT_FOUND, FOREIGN = "update-email/not-found/address", "update-email/not-found/foreign-address"


def is_meant(call: Call, one: Address) -> bool:
    """Tell whether an address is the one that is asked for."""
    return own(call, one, one) and one.email == call.fields.get("email")


# -- the answer -----------------------------------------------------------------------------------


@defect("The answer to an update is what was before.", ANSWERS, also=(FORM, BOTH))
class UpdateEmailAnswersOld(Service):
    def update_email(self, call: Call) -> Reply:
        before = self.find(call, self.wanted_address(call))
        reply = super().update_email(call)
        return self.json_reply(200, self.email_view(call, before)) if before else reply


# -- verifying, and making primary ----------------------------------------------------------------

table(
    "update-email/",
    {
        "verify-makes-primary (verifying-keeps-primary): A verification makes primary.": (
            Service.make_primary
        ),
        "verify-unsets-primary (verifying-keeps-primary): To verify the primary unsets it.": (
            lambda self, call, one: one.is_primary and self.unset_primary(call)
        ),
        "verify-shared (others-untouched): It is verified for all who have it.": changing(
            shared, verified=True
        ),
        "verify-alike (others-untouched): Whatever begins like it is verified too.": changing(
            lambda call, one, other: own(call, one, other) and other.email.startswith(local(one)),
            verified=True,
        ),
        "verify-empties-company (others-untouched): A verification empties the company.": setting(
            company=""
        ),
    },
    lambda act: more("verify", act),
    also=FOLLOWS,
)
table(
    "update-email/",
    {
        "primary-unverifies-new (others-untouched): The new primary address is unverified.": (
            changing(itself, verified=False)
        ),
        "primary-again-unset (makes-primary): Made primary again, it is no longer.": (
            lambda self, call, one: one.is_primary and self.unset_primary(call)
        ),
    },
    lambda act: more("make_primary", act),
    also=(ANSWERS, BOTH, VERIFIES, "delete-email/success"),
)
table(
    "update-email/",
    {
        "primary-twice (unsets-previous): The previous primary address stays primary.": nothing,
        "primary-deletes-previous (unsets-previous): The previous primary address is deleted.": (
            lambda self, call: self.store.remove(
                lambda one: one.is_primary and own(call, one, one) and not is_meant(call, one)
            )
        ),
        "primary-unsets-all (others-untouched): A new primary unsets those of all.": (
            lambda self, call: self.store.change(lambda one: True, is_primary=False)
        ),
    },
    lambda method: {"unset_primary": method},
    also=FOLLOWS,
)


def _unsaved(name: str) -> Any:
    def update_email(self: Service, call: Call) -> Reply:
        reply = Service.update_email(self, call)
        if name in call.fields:
            self.store.undo()
        return reply

    return {"update_email": update_email}


table(
    "update-email/",
    {
        'verified-not-saved (verifies): "verified": true is answered, and not saved.': "verified",
        'primary-not-saved (makes-primary): "primary": true is answered, and not saved.': "primary",
    },
    _unsaved,
    also=FOLLOWS,
)


table(
    VERIFIES,
    {
        "verified-again-is-404: Verifying what is verified is 404: no row was touched.": instead(
            "verify", lambda self, call, one: one.verified, failing(404)
        ),
    },
    also=(KEEPS, BOTH, ANSWERS, OTHERS),
)
row(
    "verified-where-deleted",
    "An address that was deleted and added again is verified where it was deleted.",
    VERIFIES,
    also=(ANSWERS, OTHERS),
    base=Graveyard,
    **instead("verify", lambda self, call, one: self.before(one), nothing),
)


# -- both members, or neither ---------------------------------------------------------------------

table(
    BOTH,
    {
        "both-verifies-only: Of both members only verified is looked at.": instead(
            "make_primary", lambda self, call, one: "verified" in call.fields, nothing
        ),
        "both-makes-primary-only: Of both members only primary is looked at.": instead(
            "verify", lambda self, call, one: "primary" in call.fields, nothing
        ),
    },
    also="update-email/*",
)
for _name, _sentence, _breaks, _flags, _act in (
    ("both-refused", "Both members at once are refused.", BOTH, (True, True), failing(400)),
    (
        *("no-flag-crashes", "An update that asks for nothing is 500."),
        *("update-email/documented-answers", (False, False), failing(500)),
    ),
    (
        *("no-flag-unverifies", "An update that asks for nothing makes an address unverified."),
        *(OTHERS, (False, False), changing(itself, verified=False)),
    ),
):
    row(
        *(_name, _sentence, _breaks),
        also="update-email/success",
        check_update=lambda self, call, one, *, verified, primary, flags=_flags, act=_act: (
            act if (verified, primary) == flags else nothing
        )(self, call, one),
    )
row(
    "other-flag-crashes",
    "A flag that is a list or an object is 500.",
    "update-email/documented-answers",
    **crashes("json_flag", lambda self, call, name, value: isinstance(value, dict | list)),
)


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


# -- false ----------------------------------------------------------------------------------------


def _taking(when: Any, act: Any = nothing) -> Any:
    """Read false, at times, as absent, or do something about it."""

    def flag(self: Service, call: Call, name: str) -> bool:
        if call.fields.get(name) in (False, "false") and when(self, call, name):
            return bool(act(self, call))
        return Service.flag(self, call, name)

    return {"flag": flag}


def _done(member: str, **change: bool) -> Any:
    return _taking(
        lambda self, call, name: name == member,
        lambda self, call: self.store.change(lambda one: is_meant(call, one), **change),
    )


table(
    "update-email/",
    {
        "false-ignored-in-forms (no-un{verify,set-primary}): In a form, false is absent.": _taking(
            by_form
        ),
        "false-ignored-for-new-primary (no-unset-primary): false is absent for a new primary.": (
            _taking(
                lambda self, call, name: (
                    name == "primary"
                    and any(
                        one.is_primary and is_meant(call, one) for one in self.searched(call)[1:]
                    )
                )
            )
        ),
        'false-verified-done (no-unverify): "verified": false is carried out.': _done(
            "verified", verified=False
        ),
        'false-primary-done (no-unset-primary): "primary": false is carried out.': _done(
            "primary", is_primary=False
        ),
    },
)


def _refused_late(other: str, act: Any) -> Any:
    """Carry out the other member that is true, and refuse the one that is false."""

    def flag(self: Service, call: Call, asked: str) -> bool:
        try:
            return Service.flag(self, call, asked)
        except Refusal:
            address = self.find(call, self.wanted_address(call))
            if asked != other and address is not None and sent_true(call, other):
                act(self, call, address)
                self.store.keep()
            raise

    return {"flag": flag}


table(
    "update-email/",
    {
        "false-primary-refused-late (no-unset-primary): It is refused when all else is done.": (
            _refused_late("verified", Service.verify)
        ),
    },
)

# -- an address that is not there -----------------------------------------------------------------

table(
    "{update,delete}-email/not-found/address",
    {
        "unknown-address-is-400: An unknown address is 400.": 400,
    },
    lambda status: refuses("unknown_address", status),
    also="*/documented-answers */not-found/foreign-address delete-email/removes",
)


def _finding(choose: Any) -> Any:
    """Find something instead of an address that is not there."""

    def found(self: Service, call: Call, email: str) -> Address:
        known = self.find(call, email) or choose(self, call, email)
        return known or Service.found(self, call, email)

    return {"found": found}


table(
    "*-email/not-found/",
    {
        "unknown-address-is-similar (address): It is taken for one that begins like it.": _finding(
            lambda self, call, email: next(
                (o for o in self.searched(call) if email[:5] in o.email and not o.is_primary), None
            )
        ),
        "foreign-address-found (foreign-address): It can be updated and deleted.": {
            "searched": lambda self, call: self.store.addresses(
                call.username if call.operation == "add_email" else None
            )
        },
    },
    also=FOLLOWS,
)
table(
    "update-email/",
    {
        "update-adds-unknown (not-found/address): Updating an unknown address adds it.": _finding(
            lambda self, call, email: call.operation == "update_email" and self.insert(call, email)
        ),
        "update-for-first-user-only (success): For others, each address is unknown.": crashes(
            "update_email", lambda self, call: not is_first(self, call), 404
        ),
    },
    also=FOLLOWS,
)


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
    "update-email/",
    {
        "update-unknown-unsets-primary (not-found/address): It is 404, and no primary is left.": (
            lambda self, call, email: sent_true(call, "primary") and self.unset_primary(call)
        ),
        "update-takes-over (not-found/foreign-address): Another user's address moves here.": (
            lambda self, call, email: self.store.change(
                lambda one: one.email == email and not one.is_primary, username=call.username
            )
        ),
    },
    _first_done,
    also=FOLLOWS,
)

# -- an address that is remembered, or found by a pattern ------------------------------------------

KNOWN = EMAILS[1:]


@defect("An address that was deleted can still be updated.", "update-email/not-found/address")
class DeletedStillUpdated(Memory):
    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        self.memory[call.username, address.email] = address

    def update_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        gone = self.memory.get((call.username, email))
        if gone is not None and self.find(call, email) is None:
            return self.json_reply(200, self.email_view(call, gone))
        return super().update_email(call)


@defect(
    "An address that was not found once stays unknown, also after it was added.",
    ("update-email/success", "delete-email/success"),
    also=("add-email/success", "update-email/verifies", *ids("json-without-content-type", KNOWN)),
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


_NOT_FOUND = ids("not-found/address", KNOWN)


for _name, _sentence, _same in (
    ("address-by-like", "% stands for anything in an address that is looked for.", by_percent),
    (
        "address-by-glob",
        "* stands for anything in an address that is looked for.",
        lambda pattern, text: fnmatchcase(text, pattern),
    ),
    (
        "address-by-pattern",
        "An address that is looked for is a regular expression.",
        _matches,
    ),
):
    row(
        _name,
        _sentence,
        _NOT_FOUND,
        same=lambda self, stored, wanted, same=_same: stored == wanted or same(wanted, stored),
        taken=lambda self, call, email: next(
            (one for one in self.searched(call) if one.email == email), None
        ),
    )
