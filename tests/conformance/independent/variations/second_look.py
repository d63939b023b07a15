"""Variations found by a second look: other accounts, further orders of checks, and more of HTTP."""

from __future__ import annotations

import html
import json
import time
from itertools import count

from tests.conformance.independent.catalogue import variation
from tests.conformance.independent.frame import READING
from tests.conformance.independent.message import Call, Json, Refusal, Reply, Route
from tests.conformance.independent.reading import MEMBERS
from tests.conformance.independent.service import Service
from tests.conformance.independent.storage import ADDRESSES, USERS, Address, Seed, User
from tests.conformance.independent.variations.clauses import (
    CASE,
    ELSEWHERE,
    ERROR_SHAPE,
    GRAVATAR,
    HTTP,
    LARGE,
    LIMITED,
    MORE_MEMBERS,
    SHOULD,
    SUCCESS,
)
from tests.conformance.independent.variations.pickiness import (
    EmptyTextRefused,
    ShortTexts,
    SpaceAroundCut,
)

OWNER, OTHER = USERS
SPACE = "surrounding white space"
ANY_ACCOUNT = "any two accounts may be named in a target file"
COLUMNS = (
    *("username", "id", "password", "date_joined", "type", "full_name", "location", "company"),
    *("profile_url", "gravatar_email", "gravatar_changes", "signup_email", "is_active"),
)


def owner(**members: str | int) -> tuple[str | int, ...]:
    """The owner with some members of another value."""
    return tuple(members.get(name, value) for name, value in zip(COLUMNS, OWNER, strict=True))


def other(**members: str | int) -> tuple[str | int, ...]:
    """The other user, likewise."""
    return tuple(members.get(name, value) for name, value in zip(COLUMNS, OTHER, strict=True))


def renamed(
    first: str, second: str, addresses: tuple[tuple[str, str, int, int], ...] = ADDRESSES
) -> tuple[tuple[str, str, int, int], ...]:
    """Addresses of users with other names."""
    names = {str(OWNER[0]): first, str(OTHER[0]): second}
    return tuple(
        (names[name], email, verified, primary) for name, email, verified, primary in addresses
    )


# Other accounts


@variation("Usernames are of other scripts, with spaces, + and %.", ANY_ACCOUNT)
class OddUsernames(Service):
    seed = Seed(
        (owner(username="zoë o'neil+%41"), other(username="王.小明 & co")),
        renamed("zoë o'neil+%41", "王.小明 & co"),
        ("first", "second"),
    )


@variation("One username is the beginning of the other.", ANY_ACCOUNT)
class NestedUsernames(Service):
    seed = Seed((owner(username="mall"), other(username="mallory")), renamed("mall", "mallory"))


@variation("Passwords hold colons and letters that are not ASCII.", ANY_ACCOUNT)
class OddPasswords(Service):
    seed = Seed((owner(password=":a:b c:ß王:"), other(password=" ' OR 1=1 --é ")))


@variation("Both users have the same password, which is one letter.", ANY_ACCOUNT)
class SamePasswords(Service):
    seed = Seed((owner(password="x"), other(password="x")))


@variation("The password is the username.", ANY_ACCOUNT)
class PasswordIsUsername(Service):
    seed = Seed((owner(password="mallory"), other(password="trentino")))


@variation("Tokens have every character that RFC 6750 allows.", ANY_ACCOUNT)
class OddTokens(Service):
    seed = Seed(prefixes=("a-._~+/Z09", "b//~~++=="))


@variation("Tokens are of 600 characters, and long headers are 431.", LARGE)
class LongTokens(Service):
    seed = Seed(prefixes=("Abc9" * 150, "xYz7" * 150))

    def answer(self, call: Call) -> Reply:
        if any(len(value) > 1024 for value in call.headers.values()):
            return self.refuse(call, Refusal(431, "too long a header"))
        return super().answer(call)


@variation("ids are as large as a database allows.", ANY_ACCOUNT)
class LargeIds(Service):
    seed = Seed((owner(id=2**63 - 1), other(id=2**53 + 1)))


@variation("The texts of both profiles are empty at first.", ANY_ACCOUNT)
class EmptyProfiles(Service):
    seed = Seed(
        (
            owner(full_name="", location="", company="", profile_url=""),
            other(full_name="", location="", company="", profile_url=""),
        )
    )


@variation("The texts of the profile are long at first.", ANY_ACCOUNT)
class LongProfile(Service):
    seed = Seed(
        (owner(full_name="Zoë " * 100 + "x", profile_url="https://example.org/" + "x" * 400), OTHER)
    )


@variation("The texts of the profile hold lines and quotes at first.", ANY_ACCOUNT)
class LinesInProfile(Service):
    seed = Seed(
        (
            owner(full_name='"Mal"\t& <b>\U0001f600', location="Flat 1\nReading\n", company=" x "),
            OTHER,
        )
    )


@variation("The owner has 200 addresses already.", ANY_ACCOUNT)
class ManyAddresses(Service):
    seed = Seed(
        addresses=(*ADDRESSES, *(("mallory", f"m{n}@example.org", n % 2, 0) for n in range(200)))
    )


@variation("The owner has addresses of exotic spelling already.", "exotic addresses")
class ExoticAddresses(Service):
    seed = Seed(
        addresses=(
            *ADDRESSES,
            ("mallory", '"mallory archer"@example.org', 1, 0),
            ("mallory", "mallory@[127.0.0.1]", 0, 0),
            ("mallory", "Mallory@Example.ORG", 0, 0),
            ("mallory", "zoë@exämple.org", 1, 0),
            ("trentino", "root@localhost", 0, 0),
        )
    )


@variation("The primary address is of mixed case.", CASE)
class MixedCasePrimary(Service):
    seed = Seed(
        (owner(signup_email="Mallory.Archer@Example.org"), OTHER),
        (("mallory", "Mallory.Archer@Example.org", 1, 1), *ADDRESSES[1:]),
    )


@variation("The primary address is of mixed case, and compared without regard to it.", CASE)
class MixedCasePrimaryIsOne(MixedCasePrimary):
    def same(self, stored: str, wanted: str) -> bool:
        return stored.lower() == wanted.lower()


@variation("The owner has one address only.", ANY_ACCOUNT)
class OneAddress(Service):
    seed = Seed(addresses=(ADDRESSES[0], ADDRESSES[2]))


@variation("Both users have an address in common.", ANY_ACCOUNT)
class CommonAddress(Service):
    seed = Seed(addresses=(*ADDRESSES, ("trentino", "mallory@example.org", 0, 0)))


@variation("An address of the owner reads like a mark of the suite.", ANY_ACCOUNT)
class LikeAMark(Service):
    seed = Seed(addresses=(*ADDRESSES, ("mallory", "conformancetester@example.org", 0, 0)))


@variation("The user has a type of its own, and joined in another century.", ANY_ACCOUNT)
class OldOrganization(Service):
    seed = Seed(
        (
            owner(type="Organization", date_joined="1969-12-31T23:59:60.123456789-00:00"),
            other(date_joined="2000-02-29t00:00:00+14:00"),
        )
    )


# What is looked at first


@variation(
    "An unknown address is 404 before the flags are looked at.",
    "a malformed *unknown* address in update or delete (400 or 404)",
)
class AddressBeforeFlags(Service):
    def flag(self, call: Call, name: str) -> bool:
        self.found(call, str(call.fields["email"]))
        return super().flag(call, name)


@variation("The media type is looked at before the login.", SHOULD)
class TypeBeforeLogin(Service):
    def admit(self, call: Call) -> None:
        typed = call.headers.get("content-type")
        known = call.is_form or "json" in call.media_type
        if call.operation not in READING and typed and not known:
            raise Refusal(415, "JSON or a form, please")
        super().admit(call)


@variation("A body over one KiB is 413 before it is read, and before the login.", LARGE)
class LargeBodyUnread(Service):
    longest_body = 1024


@variation("Usernames that nobody can have are 404 before the scope is looked at.", ELSEWHERE)
class OddUsernameNowhere(Service):
    def admit(self, call: Call) -> None:
        call.caller = self.caller(call)
        if not call.username.isprintable() or len(call.username) > 150:
            raise self.unknown_user(call)
        super().admit(call)


# Errors and answers


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


# HTTP


@variation("Connections end after five answers, without a word.", HTTP)
class ClosedWithoutNotice(Service):
    def __init__(self) -> None:
        super().__init__()
        self.served: dict[int, int] = {}

    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        served = self.served[call.connection] = self.served.get(call.connection, 0) + 1
        reply.close = reply.silent = served >= 5
        return reply


@variation("The first answer takes three seconds.", "its speed")
class SlowStart(Service):
    def answer(self, call: Call) -> Reply:
        if not self.calls:
            time.sleep(3)
        return super().answer(call)


@variation("100 (Continue) comes before each answer.", HTTP)
class Continues(Service):
    interim = ("100 Continue",)


@variation("103 (Early Hints) comes before each answer.", HTTP)
class EarlyHints(Service):
    interim = ("102 Processing", "103 Early Hints\r\nLink: </style.css>; rel=preload")


@variation("Chunks have extensions, and a trailer follows them.", HTTP)
class Trailers(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.chunked, reply.trailer = True, b";last=1\r\nServer-Timing: total;dur=3"
        return reply


@variation("Headers come in great number, some twice, some in Latin-1, some empty.", HTTP)
class HeadersGalore(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        reply.headers += [("X-User", "Zo\xeb"), ("X-Empty", ""), ("Content-Language", "en, de")]
        reply.headers += [(f"X-Number-{number}", "x" * 100) for number in range(60)]
        reply.headers += [("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d; Secure; HttpOnly")]
        return reply


# Accounts that cannot be put back as they were: what stands in them would be refused today


@variation("The owner's texts are empty, and could not be made so again.", "the empty string")
class EmptyProfileStays(EmptyTextRefused):
    seed = Seed((owner(location="", profile_url=""), OTHER))


@variation("The owner's texts are longer than what is taken today.", "other lengths")
class LongProfileStays(ShortTexts):
    seed = Seed((owner(full_name="Zoë " * 100 + "x"), OTHER))


@variation("The owner's texts have white space around them, which is cut off today.", SPACE)
class SpacedProfileStays(SpaceAroundCut):
    seed = Seed((owner(company=" Interception Ltd "), OTHER))


@variation("The owner's profile_url has no scheme, which is refused today.", ANY_ACCOUNT)
class BareUrlStays(Service):
    seed = Seed((owner(profile_url="mallory.example.org"), OTHER))
