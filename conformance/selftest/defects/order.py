"""Defects in the order of refusals, and in what is refused and done all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import ids, row
from conformance.selftest.overrides import before, refuses
from conformance.selftest.reference.calls import Call, Refusal
from conformance.selftest.reference.routes import OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service

LOGIN, BODY = "order/unauthenticated-first", "order/access-before-body"
STALE = (*ids("unauthenticated/expired", OPERATIONS), *ids("unauthenticated/revoked", OPERATIONS))
Look = Callable[..., Any]

# -- something is refused before the login --------------------------------------------------------

row(
    "404-before-401",
    "An unknown username is told to people who have not logged in.",
    ids(LOGIN, OPERATIONS),
    also=STALE,
    **refuses(
        "unauthorized", 404, when=lambda self, call, reason: not self.store.user(call.username)
    ),
)
row(
    "owner-before-password",
    "Whose account it is is asked before the password is looked at.",
    ids(LOGIN, OPERATIONS),
    **refuses(
        "wrong_login",
        403,
        when=lambda self, call, name: self.store.user(name) and name != call.username,
    ),
)
for _name, _sentence, _status, _when in (
    (
        "owner-before-age",
        "Whose account it is is asked before the age of a token is looked at.",
        *(403, lambda self, call, token: token.username != call.username),
    ),
    (
        "404-before-age",
        "An unknown username is told before the age of a token is looked at.",
        *(404, lambda self, call, token: not self.store.user(call.username)),
    ),
):
    row(_name, _sentence, STALE, **refuses("stale_token", _status, when=_when))

# -- something in the body is refused before access -----------------------------------------------


def readable(self: Service, call: Call, *more: Any) -> None:
    """Refuse a body that cannot be read."""
    if call.operation in WRITING:
        call.fields = self.fields(call)


def valid(self: Service, call: Call, *more: Any, when: bool = True) -> None:
    """Refuse a body that cannot be right, whosever account it is."""
    if not when:
        return
    readable(self, call)
    if call.operation == "update_user":
        self.profile_changes(call)
    elif call.operation in WRITING:
        self.wanted_address(call)
        self.flag(call, "verified")
        self.flag(call, "primary")


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


EARLY: tuple[tuple[Any, ...], ...] = (
    (
        *("400-before-401", "The body is validated before anybody has logged in."),
        *(ids(LOGIN, WRITING), "unauthorized", valid),
    ),
    (
        "unreadable-before-401",
        "A body that cannot be read is refused before anybody has logged in.",
        *(ids(LOGIN, WRITING), "admit", readable, *ids(BODY, WRITING)),
    ),
    (
        "address-404-before-401",
        "An unknown address is told to people who have not logged in.",
        ids(LOGIN, ["update_email", "delete_email"]),
        "unauthorized",
        looks_up(absent, "update_email", "delete_email"),
        *STALE,
    ),
    (
        "unreadable-before-access",
        "A body that cannot be read is refused before anything but the login.",
        *(ids(BODY, WRITING), "check_existence", readable),
    ),
    (
        *("400-before-404", "The body is validated before the username is looked up."),
        *(ids(BODY, WRITING), "unknown_user", valid),
    ),
    (
        *("400-before-owner", "The body is validated before it is asked whose account it is."),
        *(ids(BODY, WRITING), "not_owner", valid),
    ),
    (
        *("400-before-scope", "The body is validated before the scope is asked for."),
        *(ids(BODY, WRITING), "lacks_scope", valid),
    ),
    (
        "400-before-404-by-basic",
        "With Basic, the body is validated before the username is looked up.",
        ids(BODY, WRITING),
        "unknown_user",
        lambda self, call: valid(self, call, when=call.caller.scheme == "basic"),
    ),
    (
        *("400-before-access-in-forms", "A form is validated before anything but the login."),
        ids(BODY, WRITING),
        "check_existence",
        lambda self, call: valid(self, call, when=call.is_form),
    ),
    (
        *("address-404-before-owner", "That an address is not there is told to everybody."),
        ids(BODY, ["update_email", "delete_email"]),
        "not_owner",
        looks_up(absent, "update_email", "delete_email"),
        "*/forbidden/owner-*",
    ),
    (
        "primary-before-owner",
        "That an address is primary is told to everybody who wants to delete it.",
        *(ids(BODY, ["delete_email"]), "not_owner", looks_up(primary, "delete_email")),
    ),
    (
        "taken-before-owner",
        "That an address is there is told to everybody who wants to add it.",
        *(ids(BODY, ["add_email"]), "not_owner", looks_up(taken, "add_email")),
    ),
)
for _name, _sentence, _breaks, _method, _look, *_also in EARLY:
    row(_name, _sentence, _breaks, also=_also, **before(_method, _look))

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


for _name, _sentence, _method in (
    ("401-acts", "Without good credentials", "unauthorized"),
    ("scope-403-acts", "Without the scope", "lacks_scope"),
    ("owner-403-acts", "From somebody else", "not_owner"),
):
    row(
        _name,
        f"{_sentence}, a request is refused, and carried out.",
        ids("refused-unchanged/access", WRITING),
        **before(_method, done),
    )
row(
    "owner-403-acts-on-caller",
    "A request by somebody else is refused, and carried out on the caller's own account.",
    ids("refused-unchanged/access", ["update_user", "add_email"]),
    **before("not_owner", misdirected),
)
