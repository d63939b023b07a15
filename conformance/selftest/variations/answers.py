"""Errors and answers that are written otherwise."""

from __future__ import annotations

import html
import json
import time
from itertools import count

from conformance.selftest.changes import variation
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, Route
from conformance.selftest.reference.bodies import MEMBERS
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, User
from conformance.selftest.variations.clauses import (
    ERROR_SHAPE,
    GRAVATAR,
    LIMITED,
    MORE_MEMBERS,
    SHOULD,
    SUCCESS,
)


@variation("Errors are problem+json with members of their own.", ERROR_SHAPE)
class ErrorsAreProblems(Service):
    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.header("Content-Type", "application/problem+json")
        problem: Json = {"type": "about:blank", "status": refusal.status, "detail": refusal.reason}
        reply.body = self.to_json(problem)


@variation("Errors are long pages that repeat the request.", ERROR_SHAPE)
class ErrorsAreLong(Service):
    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.header("Content-Type", "text/html; charset=latin-1")
        page = f"<pre>{html.escape(refusal.reason)}\n{call.headers}{call.body!r}</pre>"
        reply.body = page.encode("latin-1", "xmlcharrefreplace") + b"<p>\xff</p>" * 9000


@variation("After twenty wrong logins within half a second, the next is 429.", LIMITED)
class WrongLoginsSlowed(Service):
    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[float] = []

    def unauthorized(self, call: Call, reason: str) -> Refusal:
        if call.headers.get("authorization"):
            now = time.monotonic()
            self.wrong = [one for one in self.wrong if now - one < 0.5]
            if len(self.wrong) > 20:
                return Refusal(429, "slowly, please", ("Retry-After", "1"))
            self.wrong.append(now)
        return super().unauthorized(call, reason)


@variation("Further members change from answer to answer.", MORE_MEMBERS)
class MembersThatChange(Service):
    numbers = count()

    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return {**super().user_view(call, user), "last_seen": next(self.numbers)}

    def email_view(self, call: Call, address: Address) -> dict[str, Json]:
        return {**super().email_view(call, address), "_etag": next(self.numbers)}


@variation("gravatar_url is signed anew for each answer.", GRAVATAR)
class GravatarSigned(Service):
    numbers = count()

    def gravatar_url(self, call: Call, user: User) -> str:
        return f"{super().gravatar_url(call, user)}?signature={next(self.numbers)}"


@variation("gravatar_url is a path, and holds the address.", GRAVATAR)
class GravatarRelative(Service):
    def gravatar_url(self, call: Call, user: User) -> str:
        return f"/avatars/{user.gravatar_email.encode().hex()}"


@variation("The user's gravatar_url follows the primary address until it is set.", GRAVATAR)
class GravatarFollowsPrimary(Service):
    def gravatar_key(self, user: User) -> str:
        return user.gravatar_email if user.gravatar_changes else self.account_email(user)


@variation("Other media types are 406, other methods 501.", SHOULD)
class OddRefusals(Service):
    def other_media_type(self, call: Call) -> dict[str, Json]:
        raise Refusal(406, "JSON or a form, please")

    def other_method(self, call: Call, allowed: list[str]) -> Route:
        raise Refusal(501, "no such method")


@variation("What is sent as JSON without Content-Type is 400.", SHOULD)
class UntypedMalformed(Service):
    def untyped_fields(self, call: Call) -> dict[str, Json]:
        raise Refusal(400, "say what it is")


@variation("Adding an address again is 201, and it is not verified any more.", SHOULD)
class AddedAgainAnew(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        if not taken.is_primary:
            self.store.run("UPDATE addresses SET verified = 0 WHERE id = ?", taken.id)
        return self.json_reply(201, self.email_view(call, self.store.address(taken.id)))


@variation("Adding an address again is 201, and says that it was there.", SHOULD)
class AddedAgainTold(Service):
    def add_again(self, call: Call, taken: Address) -> Reply:
        return self.json_reply(201, {**self.email_view(call, taken), "created": False})


@variation(
    "Flags that are null or empty are as good as absent; words in a form may be large.", SHOULD
)
class NullFlagsAbsent(Service):
    def json_flag(self, call: Call, name: str, value: Json) -> bool:
        return value is not None and super().json_flag(call, name, value)

    def form_flag(self, call: Call, name: str, value: str) -> bool:
        return bool(value) and super().form_flag(call, name, value.lower())


@variation("Unknown members are refused in forms only.", "unknown members in a request")
class UnknownMembersRefusedInForms(Service):
    def check_members(self, call: Call) -> None:
        if call.is_form and set(call.fields) - set(MEMBERS[call.operation]):
            raise Refusal(400, "this form has more than is asked for")


@variation("A name that stands twice in a form is refused.", "unknown members in a request")
class TwiceNamedInFormRefused(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        fields = super().form_fields(call)
        if len(fields) < sum(1 for pair in call.body.split(b"&") if pair):
            raise Refusal(400, "a name stands twice")
        return fields


@variation("JSON has escapes where none are needed.", SUCCESS)
class AllEscaped(Service):
    def to_json(self, payload: Json) -> bytes:
        text = json.dumps(payload, ensure_ascii=True)
        return text.replace("@", "\\u0040").replace("<", "\\u003C").encode()


@variation("The media type of JSON has quoted parameters.", SUCCESS)
class QuotedCharset(Service):
    json_type = 'application/json ; charset="utf-8" ; profile="https://example.org/p;q=1"'


@variation("id is written with a fraction of zero.", SUCCESS)
class IdAsFloat(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return {**super().user_view(call, user), "id": float(user.id)}
