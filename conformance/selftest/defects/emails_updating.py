"""Defects in verifying addresses, and in choosing the primary one."""

from __future__ import annotations

from typing import Any

from conformance.selftest.changes import Ids, defect, ids, row
from conformance.selftest.defects.emails import (
    FOLLOWS,
    Graveyard,
    as_it_is,
    changing,
    failing,
    is_first,
    itself,
    like,
    local,
    more,
    nothing,
    oldest_primary,
    own,
    rows,
    sent_true,
    setting,
    shared,
)
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

SUCCESS, ANSWERS = "update-email/success", "update-email/answers-address"
VERIFIES, PRIMARY = "update-email/verifies", "update-email/makes-primary"
KEEPS, UNSETS = "update-email/verifying-keeps-primary", "update-email/unsets-previous"
NO_UNVERIFY, NO_UNSET = "update-email/no-unverify", "update-email/no-unset-primary"
BOTH, OTHERS = "update-email/both", "update-email/others-untouched"
DOCUMENTED, FORM = "update-email/documented-answers", "update-email/form"
NOT_FOUND, DELETE_NOT_FOUND = ids("not-found/address", ("update_email", "delete_email"))
FOREIGN, DELETE_FOREIGN = ids("not-found/foreign-address", ("update_email", "delete_email"))

# -- the answer -----------------------------------------------------------------------------------


def answering(answer: Any) -> Any:
    """Return a method that updates an address and answers otherwise; `answer` takes before and after."""

    def update_email(self: Service, call: Call) -> Reply:
        before = self.find(call, self.wanted_address(call))
        after = Service.update_email(self, call).data()
        return self.json_reply(*answer(before and self.email_view(call, before), after))

    return update_email


rows(
    ANSWERS,
    "update_email",
    answering,
    (
        "update-email-answers-old",
        "The answer to an update is what was before.",
        lambda old, new: (200, old),
    ),
    (
        "update-answers-little",
        "The answer to an update lacks primary.",
        lambda _, new: (200, {"email": new["email"], "verified": new["verified"]}),
    ),
    also=(FORM, BOTH),
)
rows(
    (SUCCESS, DOCUMENTED),
    "update_email",
    answering,
    ("update-is-201", "An update is answered with 201.", lambda _, new: (201, new)),
    also="update-email/*",
)

# -- verifying, and making primary ----------------------------------------------------------------

rows(
    KEEPS,
    "verify",
    more("verify"),
    ("verify-makes-primary", "Verifying an address makes it primary.", Service.make_primary),
    (
        "verify-unsets-primary",
        "Verifying the primary address unsets it.",
        lambda self, call, one: one.is_primary and self.unset_primary(call),
    ),
    also=FOLLOWS,
)
rows(
    OTHERS,
    "verify",
    more("verify"),
    ("verify-shared", "It is verified for all who have it.", changing(shared, verified=True)),
    (
        "verify-alike",
        "A verification verifies every address that begins like this one.",
        lambda self, call, one: self.store.change(
            lambda other: own(call, one, other) and other.email.startswith(local(one)),
            verified=True,
        ),
    ),
    ("verify-empties-company", "A verification empties the company.", setting(company="")),
    also=(FORM, KEEPS, "delete-email/removes-only-that"),
)
rows(
    OTHERS,
    "make_primary",
    more("make_primary"),
    (
        "primary-unverifies-new",
        "The new primary address is unverified.",
        changing(itself, verified=False),
    ),
    (
        "primary-for-all-who-have-it",
        "It becomes primary for all who have it.",
        changing(shared, is_primary=True),
    ),
    also=(ANSWERS, BOTH, VERIFIES, "delete-email/success"),
)
row(
    "primary-again-unset",
    "The primary address, made primary again, is primary no longer.",
    PRIMARY,
    make_primary=more("make_primary")(
        lambda self, call, one: one.is_primary and self.unset_primary(call)
    ),
)
rows(
    UNSETS,
    "unset_primary",
    as_it_is,
    ("primary-twice", "The previous primary address stays primary.", nothing),
    (
        "primary-deletes-previous",
        "The previous primary address is deleted.",
        lambda self, call: self.store.remove(
            lambda one: one.is_primary and own(call, one, one) and not is_meant(call, one)
        ),
    ),
    (
        "primary-unverifies-previous",
        "The previous primary address is no longer verified.",
        lambda self, call: self.store.change(
            lambda one: one.is_primary and own(call, one, one), is_primary=False, verified=False
        ),
    ),
    also=FOLLOWS,
)
row(
    "primary-unsets-all",
    "Setting a primary address unsets those of all users.",
    OTHERS,
    also=FOLLOWS,
    unset_primary=lambda self, call: self.store.change(lambda one: True, is_primary=False),
)


def is_meant(call: Call, one: Address) -> bool:
    """Tell whether an address is the one that is asked for."""
    return own(call, one, one) and one.email == call.fields.get("email")


def unsaved(name: str) -> Any:
    """Return a method that answers an update, and forgets it if a member was sent."""

    def update_email(self: Service, call: Call) -> Reply:
        reply = Service.update_email(self, call)
        if name in call.fields:
            self.store.undo()
        return reply

    return update_email


for _name, _breaks in (("verified", VERIFIES), ("primary", PRIMARY)):
    row(
        f"{_name}-not-saved",
        f'"{_name}": true is answered, and not saved.',
        _breaks,
        also=FOLLOWS,
        update_email=unsaved(_name),
    )
row(
    "verified-again-is-404",
    "An address that is verified already is answered with 404: no row was touched.",
    VERIFIES,
    also=(KEEPS, BOTH),
    verify=lambda self, call, one: (failing(404) if one.verified else Service.verify)(
        self, call, one
    ),
)
row(
    "verified-where-deleted",
    "An address that was deleted and added again is verified where it was deleted.",
    VERIFIES,
    also=(ANSWERS, OTHERS),
    base=Graveyard,
    verify=lambda self, call, one: (nothing if self.before(one) else Service.verify)(
        self, call, one
    ),
)


@defect("The primary address changes the first time only.", PRIMARY, also=FOLLOWS)
class PrimaryOnce(Graveyard):
    def make_primary(self, call: Call, address: Address) -> None:
        if not any(username == call.username for username, _email in self.former):
            super().make_primary(call, address)


@defect(
    "An update of the profile makes the oldest address primary.",
    "update-user/others-untouched",
    also="update-user/read-only-members",
)
class UpdateUserMakesOldestPrimary(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, changes)
        oldest_primary(self, call, None)


# -- both members, or neither ---------------------------------------------------------------------


def without(beside: str, method: str) -> Any:
    """Return a method that does nothing if another member was sent too."""
    act = getattr(Service, method)
    return lambda self, call, one: (nothing if beside in call.fields else act)(self, call, one)


row(
    "both-verifies-only",
    "Of both members only verified is looked at.",
    BOTH,
    also="update-email/*",
    make_primary=without("verified", "make_primary"),
)
row(
    "both-makes-primary-only",
    "Of both members only primary is looked at.",
    BOTH,
    also="update-email/*",
    verify=without("primary", "verify"),
)
for _name, _sentence, _breaks, _flags, _act in (
    ("both-refused", "Both members at once are refused.", BOTH, (True, True), failing(400)),
    (
        "no-flag-crashes",
        "An update that asks for nothing is 500.",
        DOCUMENTED,
        (False, False),
        failing(500),
    ),
    (
        "no-flag-unverifies",
        "An update that asks for nothing makes an address unverified.",
        OTHERS,
        (False, False),
        changing(itself, verified=False),
    ),
):
    row(
        _name,
        _sentence,
        _breaks,
        check_update=lambda self, call, one, *, verified, primary, flags=_flags, act=_act: (
            act if (verified, primary) == flags else nothing
        )(self, call, one),
    )
row(
    "other-flag-crashes",
    "A flag that is a list or an object is answered with 500.",
    DOCUMENTED,
    json_flag=lambda self, call, name, value: (
        failing(500) if isinstance(value, dict | list) else Service.json_flag
    )(self, call, name, value),
)


@defect(
    "In a form, flags before the address are passed over.",
    (BOTH, NO_UNVERIFY, NO_UNSET),
    also="update-email/*",
)
class FlagsFirstPassedOver(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        fields = super().form_fields(call)
        if next(iter(fields), "") in {"verified", "primary"} and "email" in fields:
            return {"email": fields["email"]}
        return fields


# -- false ----------------------------------------------------------------------------------------

FLAGS = {"verified": NO_UNVERIFY, "primary": NO_UNSET}


def taking(when: Any, *, act: Any = nothing, becomes: bool = False) -> Any:
    """Return a method that, at times, does not refuse false, but reads it as absent or as true."""

    def flag(self: Service, call: Call, name: str) -> bool:
        if call.fields.get(name) in (False, "false") and when(self, call, name):
            act(self, call)
            return becomes
        return Service.flag(self, call, name)

    return flag


def by_form(_self: Service, call: Call, _name: str) -> bool:
    """Tell whether it is a form."""
    return call.is_form


rows(
    tuple(FLAGS.values()),
    "flag",
    as_it_is,
    ("false-ignored-in-forms", "false in a form counts as absent.", taking(by_form)),
    ("false-in-forms-is-true", "false in a form counts as true.", taking(by_form, becomes=True)),
)
rows(
    NO_UNSET,
    "flag",
    taking,
    (
        "false-primary-ignored-beside-verified",
        '"primary": false counts as absent beside "verified": true.',
        lambda self, call, name: name == "primary" and sent_true(call, "verified"),
    ),
    (
        "false-primary-ignored-for-new-primary",
        '"primary": false counts as absent for an address that has become primary.',
        lambda self, call, name: (
            name == "primary"
            and any(one.is_primary and is_meant(call, one) for one in self.searched(call)[1:])
        ),
    ),
)
for _flag, _change in (("verified", {"verified": False}), ("primary", {"is_primary": False})):
    row(
        f"false-{_flag}-done",
        f'"{_flag}": false is carried out.',
        FLAGS[_flag],
        flag=taking(
            lambda self, call, name, flag=_flag: name == flag,
            act=lambda self, call, change=_change: self.store.change(
                lambda one: is_meant(call, one), **change
            ),
        ),
    )


def refusing(name: str, sentence: str, member: str, status: int, act: Any, misnamed: Ids) -> None:
    """Declare: a member that is false is refused with a status, and after something was done."""

    def flag(self: Service, call: Call, asked: str) -> bool:
        try:
            return Service.flag(self, call, asked)
        except Refusal as refusal:
            address = self.find(call, self.wanted_address(call))
            if asked == member and address is not None:
                act(self, call, address)
                self.store.keep()
            refusal.status = status if asked == member else refusal.status
            raise

    row(name, sentence, FLAGS[member], misnamed=misnamed, flag=flag)


for _flag, _other, _act in (
    ("verified", "primary", Service.make_primary),
    ("primary", "verified", Service.verify),
):
    refusing(
        f"false-{_flag}-refused-late",
        f'"{_flag}": false is refused after "{_other}": true was carried out.',
        _flag,
        400,
        lambda self, call, one, other=_other, act=_act: (
            sent_true(call, other) and act(self, call, one)
        ),
        "update-email/invalid-body/missing-address",
    )
refusing(
    "false-verified-is-404", '"verified": false is answered with 404.', "verified", 404, nothing, ()
)

# -- an address that is not there -----------------------------------------------------------------

rows(
    (NOT_FOUND, DELETE_NOT_FOUND),
    "unknown_address",
    lambda status: lambda self, call, email: Refusal(status, "unknown"),
    ("unknown-address-is-400", "An unknown address is answered with 400.", 400),
    ("unknown-address-is-500", "An unknown address is answered with 500.", 500),
    also=("*/documented-answers", "*/not-found/foreign-address", "delete-email/removes"),
)


def finding(choose: Any) -> Any:
    """Return a method that finds something instead of an address that is not there."""

    def found(self: Service, call: Call, email: str) -> Address:
        known = self.find(call, email) or choose(self, call, email)
        return known or Service.found(self, call, email)

    return found


row(
    "unknown-address-is-similar",
    "An unknown address is taken for one that begins like it.",
    (NOT_FOUND, DELETE_NOT_FOUND),
    also=FOLLOWS,
    found=finding(
        lambda self, call, email: next(
            (one for one in self.searched(call) if email[:5] in one.email and not one.is_primary),
            None,
        )
    ),
)
row(
    "update-adds-unknown",
    "Updating an unknown address adds it.",
    NOT_FOUND,
    also=FOREIGN,
    found=finding(
        lambda self, call, email: call.operation == "update_email" and self.insert(call, email)
    ),
)
row(
    "update-unknown-is-200",
    "Updating an unknown address is answered as if it had been done.",
    NOT_FOUND,
    also=(FOREIGN, "update-email/form-decoding"),
    update_email=lambda self, call: (
        Service.update_email(self, call)
        if self.find(call, email := self.wanted_address(call))
        else self.json_reply(200, {"email": email, "verified": True, "primary": False})
    ),
)
row(
    "updated-by-like",
    "_ stands for any character where an address is looked for to be updated.",
    VERIFIES,
    also=(ANSWERS, OTHERS),
    update_email=lambda self, call: Service.update_email(
        self, with_address(call, [one.email for one in self.searched(call)])
    ),
)
row(
    "update-for-first-user-only",
    "Every address of any account but the first one is unknown when it is updated.",
    SUCCESS,
    also=OTHERS,
    update_email=lambda self, call: (
        Service.update_email if is_first(self, call) else failing(404)
    )(self, call),
)
row(
    "foreign-address-found",
    "Somebody else's address can be updated and deleted.",
    (FOREIGN, DELETE_FOREIGN),
    also=FOLLOWS,
    searched=lambda self, call: self.store.addresses(
        call.username if call.operation == "add_email" else None
    ),
)


def with_address(call: Call, known: list[str]) -> Call:
    """Put the first of the addresses that are like it in place of the one that is asked for."""
    email = str(call.fields.get("email"))
    call.fields["email"] = next((one for one in known if like(email, one)), email)
    return call


class BeforeUpdating(Service):
    """Does something about an address that is not there, before its update is looked at."""

    act: Any

    def update_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        if self.find(call, email) is None:
            self.act(call, email)
            self.store.keep()
        return super().update_email(call)


rows(
    NOT_FOUND,
    "act",
    as_it_is,
    (
        "update-unknown-unsets-primary",
        "An unknown address made primary is 404, and none is primary any more.",
        lambda self, call, email: sent_true(call, "primary") and self.unset_primary(call),
    ),
    (
        "update-unknown-renames-primary",
        "An unknown address is 404, and becomes the spelling of the primary one.",
        lambda self, call, email: self.store.change(
            lambda one: own(call, one, one) and one.is_primary, email=email
        ),
    ),
    also=FOLLOWS,
    base=BeforeUpdating,
)
row(
    "update-takes-over",
    "Somebody else's address moves here when it is updated.",
    FOREIGN,
    base=BeforeUpdating,
    act=lambda self, call, email: self.store.change(
        lambda one: one.email == email and not one.is_primary, username=call.username
    ),
)
