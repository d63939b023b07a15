"""Defects in the order of refusals, and in what is refused and done all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import ids, row, table
from conformance.selftest.overrides import before, by_form, refuses
from conformance.selftest.reference.calls import Call, Refusal
from conformance.selftest.reference.routes import READING, WRITING
from conformance.selftest.reference.service import Service

FIRST, BODY = "*/order/unauthenticated-first", "*/order/access-before-body"
STALE = "*/unauthenticated/{expired,revoked}"
Look = Callable[..., Any]

# -- something is refused before the login --------------------------------------------------------

table(
    FIRST,
    {
        "404-before-401: An unknown username is told to people who have not logged in.": refuses(
            *("unauthorized", 404),
            when=lambda self, call, reason: not self.store.user(call.username),
        ),
        "owner-before-password: The account is looked at before the password is.": refuses(
            *("wrong_login", 403),
            when=lambda self, call, name: self.store.user(name) and name != call.username,
        ),
    },
    also=STALE,
)
table(
    STALE,
    {
        "owner-before-age: The account is looked at before the age of a token is.": refuses(
            "stale_token", 403, when=lambda self, call, token: token.username != call.username
        ),
        "404-before-age: The username is looked up before the age of a token is.": refuses(
            "stale_token", 404, when=lambda self, call, token: not self.store.user(call.username)
        ),
    },
)

# -- something in the body is refused before access -----------------------------------------------


def readable(self: Service, call: Call, *more: Any) -> None:
    """Refuse a body that cannot be read."""
    if call.operation in WRITING:
        call.fields = self.fields(call)


def valid(self: Service, call: Call, *more: Any) -> None:
    """Refuse a body that cannot be right, whosever account it is."""
    readable(self, call)
    if call.operation == "update_user":
        self.profile_changes(call)
    elif call.operation in WRITING:
        self.wanted_address(call)
        self.flag(call, "verified")
        self.flag(call, "primary")


def when(holds: Look, look: Look) -> Look:
    """Return a look where something holds."""
    return lambda *given: look(*given) if holds(*given) else None


def looks_up(refuse: Look, *operations: str) -> Look:
    """Return a look at the address of the body, in some operations."""

    def look(self: Service, call: Call, *more: Any) -> None:
        if call.operation in operations:
            valid(self, call)
            refuse(self, call, self.find(call, self.wanted_address(call)))

    return look


def absent(self: Service, call: Call, address: Any) -> None:
    """Refuse an address that is not there."""
    if address is None:
        raise Refusal(404, "there is no such address")


def primary(self: Service, call: Call, address: Any) -> None:
    """Refuse the primary address."""
    if address is not None and address.is_primary:
        raise Refusal(400, "it is primary")


def taken(self: Service, call: Call, address: Any) -> None:
    """Refuse an address that is there."""
    if address is not None:
        raise Refusal(400, "it is there already")


UNKNOWN = looks_up(absent, "update_email", "delete_email")

table(
    ids("order/unauthenticated-first", WRITING),
    {
        "400-before-401: The body is validated before anybody has logged in.": before(
            "unauthorized", valid
        ),
        "unreadable-before-401: A body that cannot be read is refused before any login.": before(
            "admit", readable
        ),
    },
    also=BODY,
)
row(
    "address-404-before-401",
    "An unknown address is told to people who have not logged in.",
    "{update,delete}-email/order/unauthenticated-first",
    also=STALE,
    **before("unauthorized", UNKNOWN),
)
table(
    BODY,
    {
        "unreadable-before-access: A body that cannot be read is refused right after the login.": (
            before("check_existence", readable)
        ),
        "400-before-404: The body is validated before the username is looked up.": before(
            "unknown_user", valid
        ),
        "400-before-owner: The body is validated before it is asked whose account it is.": before(
            "not_owner", valid
        ),
        "400-before-scope: The body is validated before the scope is asked for.": before(
            "lacks_scope", valid
        ),
        "400-before-access-in-forms: A form is validated before anything but the login.": before(
            "check_existence", when(by_form, valid)
        ),
    },
)
table(
    "",
    {
        f"{name}-before-owner ({where}-email/order/access-before-body): {what} is told to all.": look
        for name, where, what, look in (
            ("address-404", "{update,delete}", "That it is not there", UNKNOWN),
            ("primary", "delete", "That it is primary", looks_up(primary, "delete_email")),
            ("taken", "add", "That it is there", looks_up(taken, "add_email")),
        )
    },
    lambda look: before("not_owner", look),
    also="*/forbidden/owner-*",
)

# -- refused, and done all the same ---------------------------------------------------------------


def done(self: Service, call: Call, *more: Any) -> None:
    """Carry a request out that is about to be refused."""
    if call.operation in READING or self.store.user(call.username) is None:
        return
    try:
        call.fields = self.fields(call)
        self.operate(call)
    except Refusal:
        self.store.undo()
    self.store.keep()


def misdirected(self: Service, call: Call) -> None:
    """Carry a request for somebody else's account out on the caller's own."""
    if call.operation in ("update_user", "add_email"):
        call.route = call.route._replace(username=call.caller.username)
        done(self, call)


table(
    ids("refused-unchanged/access", WRITING),
    {
        "401-acts: Without a login, a request is refused, and carried out.": "unauthorized",
        "scope-403-acts: Without the scope, a request is refused, and carried out.": "lacks_scope",
        "owner-403-acts: From others, a request is refused, and carried out.": "not_owner",
    },
    lambda method: before(method, done),
)
row(
    "owner-403-acts-on-caller",
    "It is refused, and carried out on the caller's own account.",
    "{update-user,add-email}/refused-unchanged/access",
    **before("not_owner", misdirected),
)
