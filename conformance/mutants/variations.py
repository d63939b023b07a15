"""Other implementations that are just as right: what the reading of the API leaves open."""

from __future__ import annotations

import hashlib
import json
import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus

from conformance.mutants.access import ALL, SCOPE, WRITES, answers_refusal, visit
from conformance.mutants.addresses import added_unless_own, find, shown_again
from conformance.mutants.builds import Build, Change, Variation, ids, together
from conformance.mutants.messages import (
    JSON,
    Forward,
    Request,
    Response,
    answer,
)
from conformance.mutants.rules import (
    TEXTS,
    Body,
    bears,
    body,
    loosened,
    refuses_address,
    rule,
    stores,
    then,
)
from conformance.mutants.wires import data, incoming, media_type, member, outgoing, raw, refused
from mockserver.app import Rule
from mockserver.refusals import Unknown, invalid_member
from mockserver.world import Account, World

CLAUSES: dict[str, str] = {
    "error-shape": "the shape of an error body",
    "more-members": "members beyond the documented ones in a response",
    "unknown-members": "unknown members in a request (ignored, or 400)",
    "list-order": "the order of the addresses",
    "empty-update": "{} as update (200 or 400)",
    "email-follows": "whether the user's email follows the primary address",
    "unverified-primary": "whether an unverified address may be made primary",
    "neither-member": "update_email with neither verified nor primary",
    "head-options": "HEAD and OPTIONS",
    "large": "413, 414 or 431 for large requests",
    "elsewhere": "what else the server serves",
    "speed": "its speed",
    "429": "a 429 with Retry-After (wait and send again)",
    "addresses": "exotic addresses",
    "texts": "other lengths, the empty string, control characters, lone surrogates, surrounding white space",
    "form-bytes": "percent-encoded bytes in a form that are no UTF-8",
    "case": "lower-casing of addresses and whether two that differ only in case are one",
    "malformed-unknown": "a malformed unknown address in update or delete (400 or 404)",
    "gravatar": "how gravatar_url is made as long as a new address gives a new one",
    "scope-or-404": "a token that lacks the scope, on an unknown username: 403 and 404 are both right",
    "json-media-type": "successful bodies are JSON with a JSON media type (a charset parameter is fine)",
    "should": "what is right by the wider standards, but not in the text",
    "silent": "what the text does not speak of",
}
"""The clauses of the reading, and two for what it does not speak of; each has a variation."""

_VALID = re.compile(r"[a-z0-9]+([._+-][a-z0-9]+)*@[a-z0-9-]+(\.[a-z0-9-]+)+")


def _errors(make: Callable[[Response], Response]) -> Change:
    return outgoing(make, ALL, range(400, 500))


def _as_text(response: Response) -> Response:
    return response.with_header("content-type", "text/plain").with_body(b"This is refused.\n")


def _as_page(response: Response) -> Response:
    page = f"<!doctype html><title>{response.status}</title><h1>Refused</h1>"
    return response.with_header("content-type", "text/html").with_body(page.encode("ascii"))


def _as_fields(response: Response) -> Response:
    """As Django REST framework does: the messages by member."""
    plain = response.with_header("content-type", JSON)
    return plain.with_json({"email": ["Enter a valid email address."], "non_field_errors": []})


def _as_detail(response: Response) -> Response:
    return response.with_header("content-type", JSON).with_json({"detail": "This is refused."})


def _as_nested(response: Response) -> Response:
    nested = {"error": {"status": response.status, "message": "This is refused.", "errors": []}}
    return response.with_header("content-type", f"{JSON}; charset=utf-8").with_json(nested)


def _strict(build: Build) -> None:
    build.settings = replace(build.settings, strict=True)


def _shuffled(build: Build) -> None:
    """Each reading gives another order."""
    count = iter(range(10**9))

    def turned(found: list[Any]) -> list[Any]:
        turn = next(count) % max(1, len(found))
        return found[turn:] + found[:turn]

    data(turned, "list_emails")(build)


def _is_empty_update(request: Request) -> bool:
    return request.operation == "update_user" and request.members() == {}


def _email_stays(build: Build) -> None:
    """The user's email is the first address of the account, whichever is primary."""
    first: dict[str, str] = {}

    async def layer(request: Request, forward: Forward) -> Response:
        account = build.sandbox.world.accounts.get(request.username)
        if account is not None:
            first.setdefault(request.username, account.emails[0].email)
        response = await forward(request)
        if request.operation in ("get_user", "update_user") and response.status == 200:
            return response.with_json({**response.json(), "email": first[request.username]})
        return response

    build.layers.append(layer)


def _needs_verified(inner: Rule) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        email = find(world.accounts[username].emails, sent["email"])
        if sent.get("primary") and email and not email.verified and not sent.get("verified"):
            raise invalid_member("made-up", "/email", "must be verified first")
        return inner(world, username, sent)

    return act


def _is_neither(request: Request) -> bool:
    return not {"verified", "primary"} & set(request.members() or {})


def _method(name: str, make: Callable[[Response], Response]) -> Change:
    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            if request.method == name:
                return make(await forward(replace(request, method="GET")))
            return await forward(request)

        build.layers.append(layer)

    return change


def _large(status: int, too_large: Callable[[Request], bool]) -> Change:
    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            return answer(status) if too_large(request) else await forward(request)

        build.layers.append(layer)

    return change


def _header_size(request: Request) -> int:
    return sum(len(name) + len(value) for name, value in request.headers)


def _serves_more(build: Build) -> None:
    """A page at the root, a list of all users, PUT, and redirections where a slash is missing."""

    async def layer(request: Request, forward: Forward) -> Response:
        if request.path in ("/", "/api/v1.1/users/", "/favicon.ico"):
            return answer(200, {"users": "/api/v1.1/users/{username}/"})
        if request.path.startswith("/api/") and not request.path.endswith("/"):
            return answer(301, {}).with_header("location", f"{request.path}/")
        return await forward(request)

    build.layers.append(layer)


def _slow(seconds: float) -> Change:
    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            time.sleep(seconds)  # noqa: ASYNC251 - nobody else is served meanwhile
            return await forward(request)

        build.layers.append(layer)

    return change


def _limited(every: int, wait: str) -> Change:
    """Now and then a request is told to come back."""

    def change(build: Build) -> None:
        count = iter(range(1, 10**9))

        async def layer(request: Request, forward: Forward) -> Response:
            if next(count) % every == 0:
                return answer(429).with_header("retry-after", wait)
            return await forward(request)

        build.layers.append(layer)

    return change


def _picky(name: str) -> Change:
    return refuses_address(name, lambda text: len(text) > 64 or not _VALID.fullmatch(text))


def _picky_profile(bad: Callable[[str, str], bool]) -> Change:
    """Values that not everybody would call good are refused."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            for name, value in sent.items():
                if name in (*TEXTS, "gravatar_email") and bad(name, value):
                    raise invalid_member("made-up", f"/{name}", "is refused")
            return inner(world, username, sent)

        return act

    return rule("update_user", wrap)


def _not_plain(name: str, value: str) -> bool:
    if name == "gravatar_email":
        return len(value) > 64 or not _VALID.fullmatch(value)
    if name == "profile_url":
        return len(value) > 64 or not re.match(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)+(/|$)", value)
    odd = any(unicodedata.category(character) in ("Cc", "Cs") for character in value)
    return not value or len(value) > 64 or odd or value != value.strip()


def _lenient_forms(request: Request) -> Request:
    text = request.body.decode("latin-1")
    raw = re.sub("%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), text.replace("+", " "))
    try:
        raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return request.with_body(re.sub(r"%[89A-Fa-f][0-9A-Fa-f]", "%3F", text).encode("latin-1"))
    return request


def _lowered(name: str) -> Change:
    return body(name, lambda sent: {**sent, "email": str(sent["email"]).lower()})


def _exact(name: str) -> Change:
    """Addresses that differ in case are two."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            if find(world.accounts[username].emails, sent["email"]) is None:
                raise Unknown("email-unknown", "the account has no such address")
            return inner(world, username, sent)

        return act

    return rule(name, wrap)


def _gravatar(make: Callable[[str], str]) -> Change:
    def fix(_: World, __: Account, after: Account, sent: Body) -> Account:
        return replace(after, gravatar_url=make(str(sent["gravatar_email"])))

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            inner(world, username, sent)
            return inner(world, username, {})

        return act

    chosen = then("update_user", fix, lambda sent: "gravatar_email" in sent)
    return together(chosen, rule("update_user", wrap))


def _numbered_gravatar(build: Build) -> None:
    """Pictures are numbered: the same address gives the same number again."""
    numbers: dict[str, int] = {}
    _gravatar(
        lambda address: f"/media/avatars/{numbers.setdefault(address, len(numbers) + 1)}.png"
    )(build)


def _two_challenges(response: Response) -> Response:
    value = response.header("www-authenticate")
    first, second, rest = value.partition("Bearer")
    if not first.strip(" ,"):
        return response
    return response.with_header("www-authenticate", second + rest, first.rstrip(" ,"))


def _plain_challenge(response: Response) -> Response:
    value = (
        response.header("www-authenticate").replace("Bearer", "bearer").replace("Basic", "basic")
    )
    return response.with_header("www-authenticate", re.sub(r", charset=\"[^\"]*\"", "", value))


def _pretty(found: bytes) -> bytes:
    return json.dumps(json.loads(found), indent=2, sort_keys=True).encode("ascii") + b"\n"


def _decorated(response: Response) -> Response:
    for name, value in (
        ("set-cookie", "session=abc; Path=/; HttpOnly"),
        ("etag", '"1"'),
        ("vary", "Accept, Authorization"),
        ("x-ratelimit-remaining", "99"),
        ("strict-transport-security", "max-age=0"),
        ("server", "nginx"),
    ):
        response = response.with_header(name, value)
    return response


def _lenient_flags(request: Request) -> Request:
    """What looks like true counts as true, in JSON too; null counts as absent."""
    members = request.members()
    if members is None or request.is_form:
        return request
    for name in ("verified", "primary"):
        if members.get(name) in ("true", "True", 1, "1", "on"):
            members[name] = True
        if name in members and members[name] is None:
            del members[name]
    return request.with_members(members)


def _last_of_repeated(request: Request) -> Request:
    parts = {part.partition(b"=")[0]: part for part in request.body.split(b"&") if part}
    return request.with_body(b"&".join(parts.values()))


def _no_multipart(request: Request) -> bool:
    return request.media_type == "multipart/form-data"


def _bom(request: Request) -> bool:
    return request.body.startswith(b"\xef\xbb\xbf")


def _without_bom(request: Request) -> Request:
    return request.with_body(request.body[3:])


def _lone(request: Request) -> bool:
    texts = [one for one in (request.members() or {}).values() if isinstance(one, str)]
    return any("\ud800" <= character <= "\udfff" for text in texts for character in text)


def _scope_first(build: Build) -> None:
    """A token without the scope is refused whatever the username."""

    async def layer(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        if response.code == "user-unknown":
            seen = visit(request, build.sandbox.world)
            if seen.token is not None and SCOPE[request.operation] not in seen.scopes:
                return answer(403)
        return response

    build.layers.append(layer)


VARIATIONS: tuple[Variation, ...] = (
    # -- answers ----------------------------------------------------------------------------------
    Variation("errors-as-detail", "Errors are {\"detail\": …} as plain JSON.", "error-shape", _errors(_as_detail)),
    Variation("errors-by-member", "Errors are lists of messages by member.", "error-shape", _errors(_as_fields)),
    Variation("errors-nested", "Errors stand inside an object, under \"error\".", "error-shape", _errors(_as_nested)),
    Variation("errors-as-text", "Errors are plain text.", "error-shape", _errors(_as_text), ids("error-body", ALL)),
    Variation("errors-as-pages", "Errors are HTML pages.", "error-shape", _errors(_as_page), ids("error-body", ALL)),
    Variation("errors-without-body", "Errors have no body.", "error-shape", _errors(lambda response: response.with_header("content-type").with_body(b"")), ids("error-body", ALL)),
    Variation("user-has-more", "The user has further members.", "more-members", data(lambda found: {**found, "gravatar_email": None, "orgs": [], "_links": {"self": {}}}, "get_user", "update_user")),
    Variation("addresses-have-more", "The addresses have further members.", "more-members", together(data(lambda found: [{"id": i, **one, "added": None} for i, one in enumerate(found)], "list_emails"), data(lambda found: {"id": 17, "verified_at": None, **found}, "add_email", "update_email"))),
    Variation("unknown-members-refused", "Members that are not documented are refused.", "unknown-members", _strict),
    Variation("list-backwards", "The list begins with the newest address.", "list-order", data(lambda found: found[::-1], "list_emails")),
    Variation("list-by-alphabet", "The list is in alphabetical order.", "list-order", data(lambda found: sorted(found, key=lambda one: one["email"]), "list_emails")),
    Variation("list-shuffled", "Each reading of the list has another order.", "list-order", _shuffled),
    Variation("empty-update-refused", "{} as an update is refused.", "empty-update", refused(_is_empty_update, 400, ["update_user"])),
    Variation("email-stays", "The user's email does not follow the primary address.", "email-follows", _email_stays),
    Variation("primary-must-be-verified", "An unverified address cannot be made primary, unless it is verified at once.", "unverified-primary", rule("update_email", _needs_verified)),
    Variation("neither-refused", "update_email with neither member is refused.", "neither-member", refused(_is_neither, 400, ["update_email"])),
    Variation("head-refused", "HEAD is answered with 405.", "head-options", _method("HEAD", lambda _: answer(405))),
    Variation("options-served", "OPTIONS is answered with 200 and a description.", "head-options", _method("OPTIONS", lambda _: answer(200, {"name": "Users"}))),
    Variation("options-is-404", "OPTIONS is answered with 404.", "head-options", _method("OPTIONS", lambda _: answer(404))),
    Variation("413-beyond-4-kib", "Bodies over 4 KiB are answered with 413.", "large", _large(413, lambda request: len(request.body) > 4096)),
    Variation("414-beyond-200", "Paths of more than 200 characters are answered with 414.", "large", _large(414, lambda request: len(request.path) > 200)),
    Variation("431-beyond-1-kib", "Headers over 1 KiB are answered with 431.", "large", _large(431, lambda request: _header_size(request) > 1024)),
    Variation("serves-more", "The server has other pages, and redirects where a slash is missing.", "elsewhere", _serves_more),
    Variation("slow", "Each request takes three milliseconds longer.", "speed", _slow(0.003), visible=False),
    Variation("429-now-and-then", "Each fortieth request is answered with 429 and Retry-After: 0.", "429", _limited(40, "0")),
    Variation("429-with-date", "Each two hundredth request is answered with 429 and a date that has passed.", "429", _limited(200, "Fri, 01 Aug 2014 00:00:00 GMT")),
    # -- values -----------------------------------------------------------------------------------
    Variation("addresses-strict", "Addresses that are not plain are refused.", "addresses", together(_picky("add_email"), _picky_profile(lambda name, value: name == "gravatar_email" and _not_plain(name, value)))),
    Variation("addresses-long", "Addresses of any length are taken.", "addresses", together(*(loosened(name, required=["email"], email={"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$"}) for name in ("add_email", "update_email", "delete_email")))),
    Variation("texts-strict", "Texts that are empty, long, odd or have white space around them are refused.", "texts", _picky_profile(lambda name, value: name != "gravatar_email" and _not_plain(name, value))),
    Variation("texts-trimmed", "White space around texts is dropped.", "texts", stores(str.strip)),
    Variation("texts-cut-at-64", "Texts are cut after 64 characters.", "texts", stores(lambda text: text[:64])),
    Variation("texts-without-controls", "Control characters in texts are dropped.", "texts", stores(lambda text: "".join(c for c in text if unicodedata.category(c) != "Cc"))),
    Variation("surrogates-replaced", "Lone surrogates in JSON become replacement characters.", "texts", incoming(lambda request: request.with_body(re.sub(rb"(?i)\\ud[89a-f][0-9a-f]{2}", rb"\\ufffd", request.body)), WRITES, _lone)),
    Variation("forms-replaced", "Bytes in a form that are no UTF-8 become question marks.", "form-bytes", incoming(_lenient_forms, WRITES, lambda request: request.is_form)),
    Variation("addresses-lowered", "Addresses are put into lower case.", "case", together(_lowered("add_email"), _lowered("update_email"), _lowered("delete_email"))),
    Variation("addresses-exact", "Addresses that differ only in case are two.", "case", together(_exact("update_email"), _exact("delete_email"), bears("add_email", "email-taken", added_unless_own))),
    Variation("malformed-address-is-404", "A malformed unknown address is answered with 404 in update and delete.", "malformed-unknown", together(*(loosened(name, required=["email"], email={"type": "string"}) for name in ("update_email", "delete_email")))),
    Variation("gravatar-sha256", "gravatar_url is made with SHA-256.", "gravatar", _gravatar(lambda address: f"https://www.gravatar.com/avatar/{hashlib.sha256(address.encode()).hexdigest()}")),
    Variation("gravatar-in-clear", "gravatar_url has the address in it.", "gravatar", _gravatar(lambda address: f"https://avatars.example.com/?for={quote_plus(address)}")),
    Variation("gravatar-numbered", "gravatar_url is a number on the server itself.", "gravatar", _numbered_gravatar),
    # -- access -----------------------------------------------------------------------------------
    Variation("scope-before-404", "The scope is asked for before the username is looked up.", "scope-or-404", _scope_first),
    # -- media types ------------------------------------------------------------------------------
    Variation("json-with-charset", "Answers are application/json; charset=utf-8.", "json-media-type", media_type("application/json; charset=utf-8", *ALL)),
    Variation("json-of-vendor", "Answers are of a vendor's JSON media type.", "json-media-type", media_type("application/vnd.docker.accounts.v1+json", *ALL)),
    Variation("json-in-capitals", "The media type is written with capitals.", "json-media-type", media_type("Application/JSON;charset=UTF-8", *ALL)),
    Variation("json-pretty", "Answers are indented, sorted by member, and escape what is not ASCII.", "json-media-type", raw(_pretty, *ALL)),
    Variation("delete-has-type", "The empty answer to a deletion has a Content-Type.", "json-media-type", outgoing(lambda response: response.with_header("content-type", JSON), ["delete_email"], (204,))),
    # -- what should be ---------------------------------------------------------------------------
    Variation("two-challenges", "The challenges stand in two fields, Bearer first.", "should", outgoing(_two_challenges, ALL, (401,))),
    Variation("plain-challenges", "The challenges are written in small letters.", "should", outgoing(_plain_challenge, ALL, (401, 403))),
    Variation("no-challenges", "There are no challenges.", "should", outgoing(lambda response: response.with_header("www-authenticate"), ALL, (401, 403)), (*ids("unauthenticated/challenge", ALL), *ids("forbidden/challenge", ALL))),
    Variation("media-types-are-400", "Other media types are answered with 400.", "should", answers_refusal("media-type-unsupported", 400, WRITES), ids("media-type", WRITES)),
    Variation("typeless-is-415", "A body without Content-Type is answered with 415.", "should", refused(lambda request: not request.has("content-type"), 415, WRITES), ids("json-without-content-type", WRITES)),
    Variation("duplicates-added", "An address that the user has already is answered with 201; it stands in the list once.", "should", bears("add_email", "email-taken", shown_again), ("add-email/duplicate",)),
    # -- what the text is silent on ---------------------------------------------------------------
    Variation("addresses-shared", "Two users may have the same address.", "silent", bears("add_email", "email-taken", added_unless_own)),
    Variation("flags-lenient", "In JSON, \"true\" and 1 count as true, and null as absent.", "silent", incoming(_lenient_flags, ["update_email"])),
    Variation("last-of-repeated", "Of a form's member that stands twice, the last one counts.", "silent", incoming(_last_of_repeated, WRITES, lambda request: request.is_form)),
    Variation("no-multipart", "Multipart forms are answered with 415.", "silent", refused(_no_multipart, 415, WRITES)),
    Variation("bom-read", "JSON may begin with a byte order mark.", "silent", incoming(_without_bom, WRITES, _bom)),
    Variation("more-headers", "Answers have cookies, an ETag and more.", "silent", outgoing(_decorated, ALL, range(200, 500))),
    Variation("connection-closed", "The connection ends with each answer.", "silent", outgoing(lambda response: response.with_header("connection", "close"), ALL, range(200, 500))),
    Variation("joined-elsewhere", "date_joined is written with another zone, and without a fraction.", "silent", member("date_joined", lambda text: f"{text[:19]}+02:00", "get_user", "update_user")),
    Variation("joined-to-the-nanosecond", "date_joined has nine digits for its fraction.", "silent", member("date_joined", lambda text: text.replace("Z", "000Z"), "get_user", "update_user")),
    Variation("location-of-new", "A new address is answered with its Location.", "silent", outgoing(lambda response: response.with_header("location", "/api/v1.1/emails/17/"), ["add_email"], (201,))),
    Variation("urls-relative", "The user's url is a path, and the kind of account is another.", "silent", together(member("url", lambda _: "/u/", "get_user", "update_user"), member("type", lambda _: "person", "get_user", "update_user"))),
    Variation("ids-large", "The ids are beyond 32 bits.", "silent", member("id", lambda value: value + 2**40, "get_user", "update_user")),
)  # fmt: skip  # one row, one line
"""All of them, by clause."""
