"""add_email."""

from __future__ import annotations

from collections.abc import Callable

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    ADD,
    ADD_INVALID,
    DOCUMENTED,
    LIST,
    UNCHANGED,
)
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address


@defect("add_email is 200.", ADD)
class AddOk(Service):
    def add_email(self, call: Call) -> Reply:
        reply = super().add_email(call)
        reply.status = 200
        return reply


@defect("add_email is 201 without a body.", ADD)
class AddWithoutBody(Service):
    def add_email(self, call: Call) -> Reply:
        super().add_email(call)
        return Reply(201)


@defect("add_email answers with the whole list.", ADD)
class AddAnswersList(Service):
    def add_email(self, call: Call) -> Reply:
        super().add_email(call)
        reply = self.list_emails(call)
        reply.status = 201
        return reply


@defect("add_email answers with email only.", ADD)
class AddAnswersEmail(Service):
    def add_email(self, call: Call) -> Reply:
        super().add_email(call)
        return self.json_reply(201, {"email": call.fields["email"]})


@defect("In a form, add_email is 200.", ADD)
class AddOkInForm(Service):
    def add_email(self, call: Call) -> Reply:
        reply = super().add_email(call)
        reply.status = 200 if call.is_form else 201
        return reply


class AddedThen(Service):
    """Not a defect yet: does more to a new address."""

    def insert(self, call: Call, email: str) -> Address:
        address = super().insert(call, email)
        self.then(call, address)
        return self.store.address(address.id)

    def then(self, call: Call, address: Address) -> None:
        raise NotImplementedError


@defect("A new address is verified.", ADD)
class AddedVerified(AddedThen):
    def then(self, call: Call, address: Address) -> None:
        self.verify(call, address)


@defect("With Basic, a new address is verified.", ADD)
class AddedVerifiedByBasic(AddedThen):
    def then(self, call: Call, address: Address) -> None:
        if call.caller.scheme == "basic":
            self.verify(call, address)


@defect("A new address becomes primary.", ADD)
class AddedPrimary(AddedThen):
    def then(self, call: Call, address: Address) -> None:
        self.make_primary(call, address)


@defect("A new address can bring verified with it.", ADD)
class AddTakesVerified(AddedThen):
    def then(self, call: Call, address: Address) -> None:
        if call.fields.get("verified") in {True, "true"}:
            self.verify(call, address)


@defect("A new address can bring primary with it.", ADD)
class AddTakesPrimary(AddedThen):
    def then(self, call: Call, address: Address) -> None:
        if call.fields.get("primary") in {True, "true"}:
            self.make_primary(call, address)


@defect("A new address replaces the unverified one of before.", ADD)
class AddReplacesUnverified(Service):
    def insert(self, call: Call, email: str) -> Address:
        step = "DELETE FROM addresses WHERE username = ? AND NOT verified AND NOT is_primary"
        self.store.run(step, call.username)
        return super().insert(call, email)


@defect("A new address is not stored.", ADD)
class AddNotStored(Service):
    def add_email(self, call: Call) -> Reply:
        reply = super().add_email(call)
        self.store.run("ROLLBACK")
        return reply


@defect("A new address from a form is not stored.", ADD)
class AddNotStoredInForm(Service):
    def add_email(self, call: Call) -> Reply:
        reply = super().add_email(call)
        if call.is_form:
            self.store.run("ROLLBACK")
        return reply


@defect("A new address goes to every account.", LIST)
class AddedToAll(AddedThen):
    def then(self, call: Call, address: Address) -> None:
        for user in self.store.users():
            if user.username != call.username:
                self.store.add_address(user.username, address.email)


@defect("An address that is there already is 500: the row is unique.", DOCUMENTED)
class AddAgainCrashes(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        raise ValueError("UNIQUE constraint failed: addresses.email")


@defect("An address that is there already is 409.", DOCUMENTED)
class AddAgainConflict(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        raise Refusal(409, "there already")


@defect("An address that is there already is 400, and there twice.", UNCHANGED)
class AddAgainTwice(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        self.insert(call, taken.email)
        self.store.keep()
        return super().add_again(call, taken)


@defect("An address that is there already is 400, and no longer verified.", UNCHANGED)
class AddAgainUnverifies(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        self.store.run("UPDATE addresses SET verified = 0 WHERE id = ?", taken.id)
        self.store.keep()
        return super().add_again(call, taken)


@defect("An invalid address is 400, and in the list.", UNCHANGED)
class InvalidAddedAnyway(Service):
    def malformed_address(self, call: Call, value: str) -> str:
        if call.operation == "add_email":
            self.insert(call, value.encode("utf-8", "replace").decode())
            self.store.keep()
        return super().malformed_address(call, value)


@defect("An invalid address is 422.", DOCUMENTED)
class InvalidUnprocessable(Service):
    def malformed_address(self, call: Call, value: str) -> str:
        if call.operation == "add_email":
            raise Refusal(422, "invalid")
        return super().malformed_address(call, value)


def lenient(name: str, sentence: str, fits: Callable[[str], bool]) -> None:
    """Declare: some addresses are taken that are none."""

    @defect(sentence, ADD_INVALID, name)
    class Lenient(Service):
        def is_address(self, value: str) -> bool:
            return fits(value) or super().is_address(value)


def without_sign(value: str) -> bool:
    """Something, but no @."""
    return bool(value) and "@" not in value and value.isascii()


lenient("address_empty", "An empty address is taken.", lambda one: not one)
lenient("address_without_at", "An address needs no @.", without_sign)
lenient("address_nothing_before", "Nothing need stand before @.", lambda one: one[:1] == "@" and len(one) > 1 and one.isascii())  # fmt: skip  # one row, one line
lenient("address_nothing_after", "Nothing need stand after @.", lambda one: one[-1:] == "@" and len(one) > 1 and one.isascii())  # fmt: skip  # one row, one line
lenient("address_with_space", "A space may stand in an address.", lambda one: "@" in one[1:-1] and " " in one.strip())  # fmt: skip  # one row, one line
lenient("address_with_tab", "A tab may stand in an address.", lambda one: "@" in one[1:-1] and "\t" in one.strip())  # fmt: skip  # one row, one line
lenient("address_with_line", "A line may end in an address.", lambda one: "@" in one[1:-1] and "\n" in one.strip())  # fmt: skip  # one row, one line


def strict(name: str, sentence: str, fits: Callable[[str], bool]) -> None:
    """Declare: some addresses are refused that are good."""

    @defect(sentence, ADD, name)
    class Strict(Service):
        def is_address(self, value: str) -> bool:
            return fits(value) and super().is_address(value)


strict("plus_refused", "+ in an address is refused.", lambda one: "+" not in one)
strict("underscore_refused", "_ in an address is refused.", lambda one: "_" not in one.partition("@")[0])  # fmt: skip  # one row, one line
strict("hyphen_refused", "- in a local part is refused.", lambda one: "-" not in one.partition("@")[0])  # fmt: skip  # one row, one line
strict("digit_first_refused", "A digit in front is refused.", lambda one: not one[:1].isdigit())
strict("deep_domain_refused", "Domains of four labels are refused.", lambda one: one.rpartition("@")[2].count(".") < 3)  # fmt: skip  # one row, one line
strict("long_tld_refused", "Top-level domains over four letters are refused.", lambda one: len(one.rpartition(".")[2]) <= 4)  # fmt: skip  # one row, one line
strict("long_address_refused", "Addresses over 40 characters are refused.", lambda one: len(one) <= 40)  # fmt: skip  # one row, one line
strict("short_local_refused", "A local part of one character is refused.", lambda one: one.find("@") > 1)  # fmt: skip  # one row, one line
strict("dots_refused", "Two dots in a local part are refused.", lambda one: one.partition("@")[0].count(".") < 2)  # fmt: skip  # one row, one line


def respelled(name: str, sentence: str, change: Callable[[str], str]) -> None:
    """Declare: an address is stored otherwise than it was sent."""

    @defect(sentence, ADD, name)
    class Respelled(Service):
        def insert(self, call: Call, email: str) -> Address:
            return super().insert(call, change(email))


def untagged(email: str) -> str:
    """Without what follows + in the local part."""
    local, sign, domain = email.rpartition("@")
    return local.partition("+")[0] + sign + domain


def undotted(email: str) -> str:
    """Without the dots in the local part."""
    local, sign, domain = email.rpartition("@")
    return local.replace(".", "") + sign + domain


respelled("tags_dropped", "What follows + is dropped.", untagged)
respelled("dots_dropped", "Dots before @ are dropped.", undotted)
respelled("address_cut", "Addresses are cut after 50 characters.", lambda one: one[:50])


@defect("A number as address is 500.", DOCUMENTED)
class NumberAddressCrashes(Service):
    def address_of_other_type(self, call: Call, value: Json) -> str:
        if isinstance(value, int | float):
            raise TypeError("expected string or bytes-like object")
        return super().address_of_other_type(call, value)


@defect("null as address is 500.", DOCUMENTED)
class NullAddressCrashes(Service):
    def address_of_other_type(self, call: Call, value: Json) -> str:
        if value is None:
            raise AttributeError("no attribute 'strip'")
        return super().address_of_other_type(call, value)


@defect("An object as address is 500, in delete_email.", DOCUMENTED)
class ObjectAddressCrashes(Service):
    def address_of_other_type(self, call: Call, value: Json) -> str:
        if isinstance(value, dict) and call.operation == "delete_email":
            raise TypeError("unhashable type: 'dict'")
        return super().address_of_other_type(call, value)


@defect("Of an array of addresses, the first is added.", ADD_INVALID)
class ArrayAddressTaken(Service):
    def address_of_other_type(self, call: Call, value: Json) -> str:
        if isinstance(value, list) and value and isinstance(value[0], str):
            return value[0]
        return super().address_of_other_type(call, value)


@defect("A missing address is 500.", DOCUMENTED)
class MissingAddressCrashes(Service):
    def no_address(self, call: Call) -> str:
        return str(call.fields["email"])


@defect("A missing address is 201, and one is made up.", ADD_INVALID)
class MissingAddressMadeUp(Service):
    def no_address(self, call: Call) -> str:
        if call.operation == "add_email":
            return f"{call.username}+{self.calls}@example.com"
        return super().no_address(call)
