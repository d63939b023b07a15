"""list_emails."""

from __future__ import annotations

from collections.abc import Callable

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import ADD, DELETE, LIST, MARKS
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address


def listed(name: str, sentence: str, change: Callable[[list[Json]], Json]) -> None:
    """Declare: the array of addresses looks otherwise."""

    @defect(sentence, LIST, name)
    class Listed(Service):
        def list_view(self, call: Call, addresses: list[Address]) -> Json:
            return change([self.email_view(call, one) for one in addresses])


def each(change: Callable[[dict[str, Json]], Json]) -> Callable[[list[Json]], Json]:
    """The same for each address."""
    return lambda items: [change(one) for one in items if isinstance(one, dict)]


def count(items: list[Json]) -> int:
    """How many there are."""
    return len(items)


listed("list_wrapped", "The list is a member of an object.", lambda all_: {"emails": all_})
listed("list_paged", "The list is a page with a count.", lambda all_: {"count": count(all_), "results": all_})  # fmt: skip  # one row, one line
listed("list_of_strings", "The list has addresses only.", each(lambda one: one["email"]))
listed("list_one_is_bare", "A list of one is that address.", lambda all_: all_[0] if count(all_) == 1 else all_)  # fmt: skip  # one row, one line
listed("list_of_three", "The list ends after three.", lambda all_: all_[:3])
listed("list_of_two", "The list ends after two.", lambda all_: all_[:2])
listed("list_without_primary", "The list lacks primary.", each(lambda one: {k: v for k, v in one.items() if k != "primary"}))  # fmt: skip  # one row, one line
listed("list_without_verified", "The list lacks verified.", each(lambda one: {k: v for k, v in one.items() if k != "verified"}))  # fmt: skip  # one row, one line
listed("list_only_true_flags", "Flags that are false are left out.", each(lambda one: {k: v for k, v in one.items() if v}))  # fmt: skip  # one row, one line
listed("list_numbers", "Flags are 0 and 1.", each(lambda one: {k: int(v) if isinstance(v, bool) else v for k, v in one.items()}))  # fmt: skip  # one row, one line
listed("list_null_flags", "An unverified address has verified null.", each(lambda one: {**one, "verified": one["verified"] or None}))  # fmt: skip  # one row, one line
listed("list_renamed", "verified is called is_verified.", each(lambda one: {("is_verified" if k == "verified" else k): v for k, v in one.items()}))  # fmt: skip  # one row, one line
listed("list_none_primary", "No address is listed as primary.", each(lambda one: {**one, "primary": False}))  # fmt: skip  # one row, one line
listed("list_by_name", "The list is an object by address.", lambda all_: {str(one["email"]): one for one in all_ if isinstance(one, dict)})  # fmt: skip  # one row, one line
listed("list_all_verified", "All are listed as verified.", each(lambda one: {**one, "verified": True}))  # fmt: skip  # one row, one line


@defect("The list has everyone's addresses.", LIST)
class ListOfAll(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return self.store.addresses()


@defect("The list has the unverified addresses of everyone.", LIST)
class ListLeaksUnverified(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        every = self.store.addresses()
        return [one for one in every if one.username == call.username or not one.verified]


@defect("The list has verified addresses only.", LIST)
class ListVerifiedOnly(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return [one for one in super().shown_addresses(call) if one.verified]


@defect("The list has the primary address only.", LIST)
class ListPrimaryOnly(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return [one for one in super().shown_addresses(call) if one.is_primary]


@defect("With Bearer, the list has verified addresses only.", LIST)
class ListVerifiedByBearer(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        shown = super().shown_addresses(call)
        return [one for one in shown if one.verified or call.caller.scheme == "basic"]


@defect("The oldest address is always listed as the primary one.", LIST)
class ListOldestPrimary(Service):
    def list_view(self, call: Call, addresses: list[Address]) -> Json:
        oldest = min((one.id for one in addresses), default=0)
        views = [(one, self.email_view(call, one)) for one in addresses]
        return [{**view, "primary": one.id == oldest} for one, view in views]


class CachedList(Service):
    """Not a defect yet: keeps lists until some operation drops them."""

    dropping: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, Json] = {}

    def operate(self, call: Call) -> Reply:
        reply = super().operate(call)
        if call.operation in self.dropping:
            self.lists.pop(call.username, None)
        return reply

    def list_view(self, call: Call, addresses: list[Address]) -> Json:
        return self.lists.setdefault(call.username, super().list_view(call, addresses))


@defect("The list is kept when an address was updated.", MARKS)
class ListKeptAfterUpdate(CachedList):
    dropping = ("add_email", "delete_email")


@defect("The list is kept when an address was deleted.", DELETE)
class ListKeptAfterDelete(CachedList):
    dropping = ("add_email", "update_email")


@defect("The list is kept when an address was added.", ADD)
class ListKeptAfterAdd(CachedList):
    dropping = ("update_email", "delete_email")
