"""What is answered, refused and put first."""

from __future__ import annotations

import html
import json

from conformance.selftest.changes import variation
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, User
from conformance.selftest.variations.clauses import (
    ERROR_SHAPE,
    MORE_MEMBERS,
    ORDER,
    PRIMARY,
)

# The shape of errors


@variation("Errors are HTML pages.", ERROR_SHAPE)
class ErrorsInHtml(Service):
    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.header("Content-Type", "text/html")
        reply.body = f"<h1>{refusal.status}</h1><p>{html.escape(refusal.reason)}</p>".encode()


@variation("Errors have no body and no media type.", ERROR_SHAPE)
class ErrorsEmpty(Service):
    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.body = b""


@variation("Errors are a line of plain text.", ERROR_SHAPE)
class ErrorsInText(Service):
    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.header("Content-Type", "text/plain; charset=us-ascii")
        reply.body = refusal.reason.encode("ascii", "replace") + b"\n"


@variation("Errors are a JSON array of strings.", ERROR_SHAPE)
class ErrorsInArray(Service):
    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.header("Content-Type", "application/json")
        reply.body = json.dumps([refusal.reason]).encode()


@variation("Errors say they are JSON, and are not.", ERROR_SHAPE)
class ErrorsMalformed(Service):
    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.header("Content-Type", "application/json")
        reply.body = b"{'error': oops"


# Members


@variation("A user has further members.", MORE_MEMBERS)
class MoreUserMembers(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        more: dict[str, Json] = {"orgs": [], "plan": {"seats": 3}, "gravatar_email": None}
        return {**more, **super().user_view(call, user)}


@variation("An address has further members.", MORE_MEMBERS)
class MoreEmailMembers(Service):
    def email_view(self, call: Call, address: Address) -> dict[str, Json]:
        return {"id": address.id, "bounced": None, **super().email_view(call, address)}


@variation("Unknown members are refused.", "unknown members in a request (ignored, or 400)")
class UnknownMembersRefused(Service):
    def check_members(self, call: Call) -> None:
        known = {"full_name", "location", "company", "profile_url", "gravatar_email"}
        if call.operation != "update_user":
            known = {"email", "verified", "primary"}
        if call.operation in {"add_email", "delete_email"}:
            known = {"email"}
        if set(call.fields) - known:
            raise Refusal(400, f"this takes nothing but {', '.join(sorted(known))}")


@variation("A name that stands twice in an object is refused.", "unknown members in a request")
class TwiceNamedRefused(Service):
    def load_json(self, text: str) -> Json:
        def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
            if len(dict(pairs)) < len(pairs):
                raise ValueError("a name stands twice")
            return dict(pairs)

        loaded: Json = json.loads(text, object_pairs_hook=once)
        return loaded


@variation("The newest address comes first.", ORDER)
class NewestFirst(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return self.store.addresses(call.username)[::-1]


@variation("The primary address comes last.", ORDER)
class PrimaryLast(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return super().shown_addresses(call)[::-1]


@variation("The addresses come in another order each time.", ORDER)
class OrderChanges(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        addresses = super().shown_addresses(call)
        turn = self.calls % len(addresses)
        return addresses[turn:] + addresses[:turn]


# The operations


@variation("An update without any member is refused.", "`{}` as update (200 or 400)")
class EmptyUpdateRefused(Service):
    def profile_changes(self, call: Call) -> dict[str, str]:
        changes = super().profile_changes(call)
        if not changes:
            raise Refusal(400, "there is nothing to update")
        return changes


@variation(
    "The user's email stays what it was at sign-up.",
    "whether the user's `email` follows the primary address",
)
class AccountEmailStays(Service):
    def account_email(self, user: User) -> str:
        return user.signup_email


@variation("An unverified address cannot be made primary; verified at once, it can.", PRIMARY)
class UnverifiedNotPrimary(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        if primary and not (verified or address.verified):
            raise Refusal(400, "verify it first")


@variation("An address must have been verified before it is made primary.", PRIMARY)
class UnverifiedNotPrimaryAtAll(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        if primary and not address.verified:
            raise Refusal(400, "verify it first, in a request of its own")


@variation(
    "update_email needs one of its flags.", "`update_email` with neither `verified` nor `primary`"
)
class UpdateNeedsFlag(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        if not verified and not primary:
            raise Refusal(400, "verified or primary?")
