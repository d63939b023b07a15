"""Functions and services that the defects of the e-mail operations share; none of them is a defect."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.selftest.overrides import Override, after
from conformance.selftest.reference.calls import Call
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address

FOLLOWS = "add-email/* update-email/* delete-email/* update-user/* list-emails/*"
"""Requirements that are judged by the list of addresses, and so fail with a list that is wrong throughout."""

Which = Callable[[Call, Address, Address], bool]
"""Tells whether something happens to an address as well: takes the one that is meant, and the other."""
Act = Callable[[Any, Call, Address], object]
"""Does something more to the account, about an address."""


def own(call: Call, _one: Address, other: Address) -> bool:
    """Choose all addresses of the account."""
    return other.username == call.username


def removing(which: Which) -> Act:
    """Remove some addresses of the account, but never the primary one."""
    return lambda self, call, one: self.store.remove(
        lambda other: own(call, one, other) and not other.is_primary and which(call, one, other)
    )


def setting(**members: Any) -> Act:
    """Give other values to members of the user."""
    return lambda self, call, one: self.store.change_user(call.username, **members)


def oldest_primary(self: Service, call: Call, _given: object) -> None:
    """Make the oldest address of the account the primary one."""
    Service.make_primary(self, call, self.searched(call)[0])


def more(method: str, act: Act) -> Override:
    """Return a method that does something more, once it has done what it does."""

    def both(self: Service, call: Call, given: Any, result: Any) -> Any:
        act(self, call, result or given)
        return result and self.store.address(result.id)

    return after(method, both)


def sent_true(call: Call, name: str) -> bool:
    """Tell whether a member of the body is true, in JSON or as a form writes it."""
    return call.fields.get(name) in (True, "true")


def like(pattern: str, text: str) -> bool:
    """Tell whether a text is like a pattern in which _ stands for any character."""
    return re.fullmatch(re.escape(pattern).replace("_", "."), text) is not None


def without_tag(email: str) -> str:
    """Return an address without what stands after its plus."""
    return re.sub(r"\+[^@]*", "", email)


def undotted(email: str) -> str:
    """Return an address without the dots before its @."""
    name, _, domain = email.partition("@")
    return f"{name.replace('.', '')}@{domain}"


class Graveyard(Service):
    """A service with a memory of the addresses that were deleted, and of those that were primary."""

    def __init__(self) -> None:
        super().__init__()
        self.deleted: dict[tuple[str, str], Address] = {}
        self.former: set[tuple[str, str]] = set()

    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        self.deleted[call.username, address.email] = address

    def make_primary(self, call: Call, address: Address) -> None:
        super().make_primary(call, address)
        self.former.add((call.username, address.email))

    def before(self, address: Address) -> Address | None:
        """Return the address of this spelling that was deleted, if there is one."""
        return self.deleted.get((address.username, address.email))

    def was_primary(self, address: Address) -> bool:
        return (address.username, address.email) in self.former
