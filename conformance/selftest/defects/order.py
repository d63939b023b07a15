"""Defects in the order of refusals, and in what is refused and done all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.selftest.changes import row, table
from conformance.selftest.overrides import before, by_form, each, refuses
from conformance.selftest.reference.calls import Call, Refusal, refuse
from conformance.selftest.reference.routes import EMAILS, OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service

BODY = "*/order/access-before-body"
Look = Callable[..., Any]

# -- something is refused before the login --------------------------------------------------------

row(
    "account-before-login (*/order/unauthenticated-first): Before any login, a username is 404, or 403.",
    also="*/unauthenticated/{expired,revoked}",
    **each(
        OPERATIONS,
        refuses(
            *("unauthorized", 404),
            when=lambda self, call, reason: not self.store.user(call.username),
        ),
        refuses(
            *("wrong_login", 403),
            when=lambda self, call, name: self.store.user(name) and name != call.username,
        ),
    ),
)


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


def looks_up(status: int, wrong: Look) -> Look:
    """Return a look at the address of the body, and at what is known of it."""

    def look(self: Service, call: Call, *more: Any) -> None:
        valid(self, call)
        if wrong(self.find(call, self.wanted_address(call))):
            refuse(status)

    return look


ABSENT = looks_up(404, lambda address: address is None)

table(
    "",
    {
        "400-before-401 ({update-*,*-email}/order/unauthenticated-first): Before any login, it is 400.": before(
            "unauthorized", valid
        ),
        "address-404-before-401 ({update,delete}-email/order/unauthenticated-first): If unknown, it is 404.": each(
            EMAILS[1:], before("unauthorized", ABSENT)
        ),
    },
    also=(BODY, "*/unauthenticated/{expired,revoked}"),
)

# -- something in the body is refused before access -----------------------------------------------

row(
    "address-before-owner (*-email/order/access-before-body): All are told of an address that is there, "
    "in an update is not, or in a deletion is primary.",
    also="*/forbidden/owner-*",
    **each(
        EMAILS,
        before("not_owner", looks_up(400, lambda address: address is not None)),
        before("not_owner", ABSENT),
        before("not_owner", looks_up(400, lambda address: address and address.is_primary)),
    ),
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
    call.route = call.route._replace(username=call.caller.username)
    done(self, call)


table(
    "",
    {
        "unreadable-before-access (*/access-before-body): "
        "A body that cannot be read is refused right after the login.": before(
            "check_existence", readable
        ),
        "400-before-access (*/access-before-body): "
        "By turns, a bad body is 400 before username, owner or scope, or by form.": each(
            WRITING,
            *(before(step, valid) for step in ("unknown_user", "not_owner", "lacks_scope")),
            before(
                "check_existence",
                lambda self, call: valid(self, call) if by_form(self, call) else None,
            ),
        ),
        "401-acts (*/refused-unchanged/access): "
        "A request without a login is refused, and done.": before("unauthorized", done),
        "scope-403-acts (*/refused-unchanged/access): "
        "One without the scope is refused, and done.": before("lacks_scope", done),
        "owner-403-acts (*/refused-unchanged/access): "
        "A request from others is refused, and done.": before("not_owner", done),
        "owner-403-acts-on-caller ({update-user,add-email}/refused-unchanged/access): "
        "From others, a request is refused, and carried out on the caller's own account.": each(
            ["update_user", "add_email"], before("not_owner", misdirected)
        ),
    },
)
