"""Defects in the profile: reading it, changing it, and what it must keep."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from conformance.mutants.access import as_owner
from conformance.mutants.builds import Build, Change, Mutant, together
from conformance.mutants.messages import Forward, Request, Response, answer
from conformance.mutants.rules import (
    TEXTS,
    Body,
    body,
    elsewhere,
    loosened,
    rule,
    saves_nothing,
    set_profile,
    stores,
    then,
)
from conformance.mutants.wires import data, incoming, member, without
from mockserver.accounts import gravatar_url, user_json
from mockserver.app import Rule
from mockserver.refusals import invalid_member
from mockserver.world import Account, Email, World

_READ_ONLY = ("update-user/read-only-members",)
_SCRIPT = ("update-user/any-script",)
_TYPE = ("update-user/wrong-type",)
_ADDRESS = ("update-user/invalid-gravatar-email",)
_UNCHANGED = ("update-user/refused-unchanged",)


def _sets(name: str) -> tuple[str, ...]:
    return (f"update-user/sets-{name.replace('_', '-')}",)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _renamed(found: Any) -> Any:
    return {"fullName" if key == "full_name" else key: value for key, value in found.items()}


def _latin(text: str) -> str:
    return text.encode("utf-8").decode("latin-1")


def _question_marks(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")


def _without_astral(text: str) -> str:
    return "".join(character for character in text if character <= "\uffff")


def _surrogates(text: str) -> str:
    return "".join("\ufffd\ufffd" if character > "\uffff" else character for character in text)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(character for character in plain if not unicodedata.combining(character))


def _first_bytes(count: int) -> Callable[[str], str]:
    return lambda text: text.encode("utf-8")[:count].decode("utf-8", "ignore")


def _stale(build: Build) -> None:
    """The first GET after an update still gives the old user."""
    old: list[Response] = []

    async def layer(request: Request, forward: Forward) -> Response:
        if request.operation == "get_user":
            response = await forward(request)
            if response.status == 200 and old:
                return old.pop()
            return response
        if request.operation == "update_user":
            reading = replace(as_owner(request, build.sandbox.world), method="GET", body=b"")
            before = await forward(reading)
            response = await forward(request)
            if response.status == 200 and before.status == 200:
                old[:] = [before]
            return response
        return await forward(request)

    build.layers.append(layer)


def _answers_old(inner: Rule) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        before = inner(world, username, {})
        inner(world, username, sent)
        return before

    return act


def _resets(inner: Rule) -> Rule:
    """PATCH as PUT: what is not sent is empty afterwards."""
    return lambda world, username, sent: inner(
        world, username, {**dict.fromkeys(TEXTS, ""), **sent}
    )


def _resets_from_forms(build: Build) -> None:
    """As `_resets`, where a form object always has all its fields."""

    def edit(request: Request) -> Request:
        members = request.members()
        if not members:
            return request
        return request.with_members({**dict.fromkeys(TEXTS, ""), **members})

    incoming(edit, ["update_user"], lambda request: request.is_form)(build)


def _late_gravatar(build: Build) -> None:
    """The picture is made from the address that was stored before this one."""
    pending: dict[str, str] = {}

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            rest = {name: value for name, value in sent.items() if name != "gravatar_email"}
            inner(world, username, rest)
            if username in pending:
                set_profile(world, username, gravatar_url=gravatar_url(pending.pop(username)))
            if "gravatar_email" in sent:
                pending[username] = str(sent["gravatar_email"])
            return inner(world, username, {})

        return act

    rule("update_user", wrap)(build)


def _read_only(name: str, convert: Callable[[Any], Any]) -> Change:
    """A member that can be set although it is not listed."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            shown = inner(world, username, sent)
            try:
                value = convert(sent[name])
            except (KeyError, TypeError, ValueError):
                return shown
            return set_profile(world, username, **{name: value})

        return act

    return rule("update_user", wrap)


def _settable_email(inner: Rule) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        shown = inner(world, username, sent)
        if isinstance(sent.get("email"), str) and "@" in sent["email"]:
            account = world.accounts[username]
            emails = tuple(
                replace(email, email=sent["email"]) if email.primary else email
                for email in account.emails
            )
            world.put(replace(account, emails=emails))
            return user_json(world.accounts[username])
        return shown

    return act


def _boolean(value: Any) -> bool:
    if value in (True, False):
        return bool(value)
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError


def _renames(build: Build) -> None:
    """The username in the answer is the one that was sent last."""
    names: dict[str, str] = {}

    async def layer(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        if response.status != 200 or request.operation not in ("get_user", "update_user"):
            return response
        sent = (
            (request.members() or {}).get("username") if request.operation == "update_user" else 0
        )
        if isinstance(sent, str):
            names[request.username] = sent
        name = names.get(request.username)
        return response.with_json({**response.json(), "username": name}) if name else response

    build.layers.append(layer)


def _coerced(convert: Callable[[Any], Any]) -> Change:
    """Members of any type are taken, and made into texts."""
    schemas: dict[str, Any] = {name: {} for name in TEXTS}
    return together(
        loosened("update_user", (), **schemas),
        body(
            "update_user",
            lambda sent: {
                name: convert(value) if name in TEXTS and not isinstance(value, str) else value
                for name, value in sent.items()
            },
        ),
    )


def _only_wrong(names: tuple[str, ...], kinds: tuple[type, ...], value: Any) -> Change:
    """In some members, values of some types are taken: they count as another value; None: as absent."""

    def edit(request: Request) -> Request:
        members = request.members()
        if members is None or request.is_form:
            return request
        changed = {
            key: value if key in names and type(found) in kinds else found
            for key, found in members.items()
        }
        return request.with_members({key: one for key, one in changed.items() if one is not None})

    return incoming(edit, ["update_user"])


def _crashes_on(bad: Callable[[dict[str, Any]], bool], *operations: str) -> Change:
    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            members = request.members()
            if request.operation in operations and members is not None and bad(members):
                return response if response.status in (401, 403, 404) else answer(500)
            return response

        build.layers.append(layer)

    return change


def _partial(order: tuple[str, ...]) -> Change:
    """Members are saved one by one, until one of them is found invalid."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            members = request.members() if request.operation == "update_user" else None
            if response.status == 400 and members:
                for name in order:
                    if name in members:
                        one = request.with_members({name: members[name]})
                        if (await forward(one)).status != 200:
                            break
            return response

        build.layers.append(layer)

    return change


def _bad_gravatar(keep: Callable[[str], bool]) -> Change:
    """Another idea of what an address is."""

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            address = sent.get("gravatar_email")
            if address is not None and not keep(address):
                raise invalid_member("body-invalid", "/gravatar_email", "is no address")
            return inner(world, username, sent)

        return act

    return together(
        loosened("update_user", gravatar_email={"type": "string"}), rule("update_user", wrap)
    )


def _validated_late(build: Build) -> None:
    """An invalid gravatar_email is refused after the other members were saved."""
    loosened("update_user", gravatar_email={"type": "string"})(build)

    def wrap(inner: Rule) -> Rule:
        def act(world: World, username: str, sent: Body) -> Any:
            address = str(sent.get("gravatar_email", "a@b"))
            rest = {name: value for name, value in sent.items() if name != "gravatar_email"}
            inner(world, username, rest)
            if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
                raise invalid_member("body-invalid", "/gravatar_email", "is no address")
            return inner(world, username, sent)

        return act

    rule("update_user", wrap)(build)


def _adds_gravatar(_: World, __: Account, after: Account, sent: Body) -> Account:
    address = str(sent["gravatar_email"])
    if any(email.email == address for email in after.emails):
        return after
    return replace(after, emails=(*after.emails, Email(address, verified=False, primary=False)))


def _cached_by_route(build: Build) -> None:
    """The answer of get_user is kept without the username as its key."""
    kept: list[Response] = []

    async def layer(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        if request.operation == "get_user" and response.status == 200:
            kept[:] = kept or [response]
            return kept[0]
        if response.status == 200 and request.operation == "update_user":
            kept.clear()
        return response

    build.layers.append(layer)


def _first_user(inner: Rule) -> Rule:
    return lambda world, _: inner(world, next(iter(world.accounts)))


def _refusing(inner: Rule, bad: Callable[[str], bool]) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        for name in TEXTS:
            if name in sent and bad(sent[name]):
                raise invalid_member("made-up", f"/{name}", "is refused")
        return inner(world, username, sent)

    return act


MUTANTS = (
    # -- reading it -------------------------------------------------------------------------------
    Mutant("user-lacks-gravatar-url", "The user has no gravatar_url.", ("get-user/members",), without("gravatar_url", "get_user")),
    Mutant("user-lacks-is-active", "The user has no is_active.", ("get-user/members",), without("is_active", "get_user")),
    Mutant("user-in-camel-case", "full_name is called fullName.", ("get-user/members",), data(_renamed, "get_user")),
    Mutant("user-id-is-text", "The id is a text.", ("get-user/members",), member("id", str, "get_user")),
    Mutant("user-active-is-text", "is_active is the text \"true\".", ("get-user/members",), member("is_active", lambda _: "true", "get_user")),
    Mutant("user-active-is-number", "is_active is 1, as the database has it.", ("get-user/members",), member("is_active", int, "get_user")),
    Mutant("user-company-is-null", "company is null.", ("get-user/members",), member("company", lambda _: None, "get_user")),
    Mutant("user-in-envelope", "The user stands inside an object, under \"user\".", ("get-user/members",), data(lambda found: {"user": found}, "get_user")),
    Mutant("user-in-list", "The user stands in a list.", ("get-user/members",), data(lambda found: [found], "get_user")),
    Mutant("joined-as-seconds", "date_joined is a number of seconds.", ("get-user/members",), member("date_joined", lambda text: int(_moment(text).timestamp()), "get_user")),
    Mutant("joined-as-digits", "date_joined is a number of seconds, as a text.", ("get-user/date-joined",), member("date_joined", lambda text: str(_moment(text).timestamp()), "get_user")),
    Mutant("joined-as-in-mail", "date_joined is written as in mail (RFC 2822).", ("get-user/date-joined",), member("date_joined", lambda text: format_datetime(_moment(text)), "get_user")),
    Mutant("joined-without-zone", "date_joined has no time zone.", ("get-user/date-joined",), member("date_joined", lambda text: text.removesuffix("Z"), "get_user")),
    Mutant("joined-without-time", "date_joined is a date.", ("get-user/date-joined",), member("date_joined", lambda text: text[:10], "get_user")),
    Mutant("joined-with-space", "date_joined is written as databases do, with +0000 for its zone.", ("get-user/date-joined",), member("date_joined", lambda text: text.replace("T", " ").replace("Z", "+0000"), "get_user")),
    Mutant("joined-in-month-13", "date_joined has a month that no calendar has.", ("get-user/date-joined",), member("date_joined", lambda text: f"{text[:5]}17-02{text[10:]}", "get_user")),
    Mutant("first-user-always", "Everybody gets the profile of the first account.", ("get-user/own-data",), rule("get_user", _first_user)),
    Mutant("user-cached-for-all", "A profile is cached under the name of the route, for everybody.", ("get-user/own-data",), _cached_by_route),
    # -- changing one member ----------------------------------------------------------------------
    Mutant("full-name-not-saved", "full_name is answered, and not saved.", _sets("full_name"), saves_nothing("update_user", lambda sent: "full_name" not in sent)),
    Mutant("location-ignored", "location is ignored.", _sets("location"), body("update_user", lambda sent: {k: v for k, v in sent.items() if k != "location"})),
    Mutant("company-lands-in-location", "company is stored as the location.", _sets("company"), body("update_user", lambda sent: {"location" if k == "company" else k: v for k, v in sent.items()})),
    Mutant("profile-url-lower-cased", "profile_url is put into lower case, its path too.", _sets("profile_url"), stores(str.lower, "profile_url")),
    Mutant("profile-url-without-slash", "profile_url loses the slash at its end.", _sets("profile_url"), stores(lambda text: text.rstrip("/"), "profile_url")),
    Mutant("profile-url-always-https", "profile_url is made https.", _sets("profile_url"), stores(lambda text: text.replace("http://", "https://"), "profile_url")),
    Mutant("profile-url-without-query", "profile_url loses its query.", _sets("profile_url"), stores(lambda text: text.partition("?")[0], "profile_url")),
    Mutant("gravatar-ignored", "gravatar_email changes nothing.", _sets("gravatar_email"), body("update_user", lambda sent: {k: v for k, v in sent.items() if k != "gravatar_email"})),
    Mutant("gravatar-one-late", "gravatar_url is made from the address before this one.", _sets("gravatar_email"), _late_gravatar),
    Mutant("gravatar-not-saved", "The new gravatar_url is answered, and not saved.", _sets("gravatar_email"), saves_nothing("update_user", lambda sent: "gravatar_email" not in sent)),
    Mutant("gravatar-same-for-all", "Each new gravatar_email gives the same gravatar_url.", _sets("gravatar_email"), body("update_user", lambda sent: {**sent, "gravatar_email": "x@example.com"} if "gravatar_email" in sent else sent)),
    Mutant("gravatar-by-domain", "gravatar_url depends on the domain of the address alone.", _sets("gravatar_email"), body("update_user", lambda sent: {**sent, "gravatar_email": "x@" + sent["gravatar_email"].partition("@")[2]} if "gravatar_email" in sent else sent)),
    Mutant("gravatar-by-local-part", "gravatar_url depends on what stands before the @ alone.", _sets("gravatar_email"), body("update_user", lambda sent: {**sent, "gravatar_email": sent["gravatar_email"].partition("@")[0] + "@example.com"} if "gravatar_email" in sent else sent)),
    Mutant("profile-url-with-slash", "A profile_url without a path gets a slash.", _sets("profile_url"), stores(lambda text: text + "/" * (text.count("/") == 2), "profile_url")),
    Mutant("profile-url-decoded", "Percent signs with two digits after them are decoded in profile_url.", _sets("profile_url"), stores(unquote, "profile_url")),
    Mutant("profile-url-without-fragment", "profile_url loses its fragment.", _sets("profile_url"), stores(lambda text: text.partition("#")[0], "profile_url")),
    # -- several, and the others ------------------------------------------------------------------
    Mutant("only-first-member", "Of several members only the first one is set.", ("update-user/sets-several",), body("update_user", lambda sent: dict(list(sent.items())[:1]))),
    Mutant("only-gravatar-beside-others", "Beside gravatar_email, nothing else is set.", ("update-user/sets-several",), body("update_user", lambda sent: {"gravatar_email": sent["gravatar_email"]} if "gravatar_email" in sent else sent)),
    Mutant("company-not-beside-location", "company is not set where location is.", ("update-user/sets-several",), body("update_user", lambda sent: {k: v for k, v in sent.items() if k != "company" or "location" not in sent})),
    Mutant("patch-as-put", "Members that are not sent are emptied.", ("update-user/leaves-others",), rule("update_user", _resets)),
    Mutant("patch-as-put-in-forms", "Members that are not in a form are emptied.", ("update-user/leaves-others",), _resets_from_forms),
    Mutant("name-resets-company", "A new full_name empties the company.", ("update-user/leaves-others",), then("update_user", lambda _, __, after, sent: after if "company" in sent else replace(after, company=""), lambda sent: "full_name" in sent)),
    Mutant("gravatar-resets-url", "A new gravatar_email empties the profile_url.", ("update-user/leaves-others",), then("update_user", lambda _, __, after, sent: after if "profile_url" in sent else replace(after, profile_url=""), lambda sent: "gravatar_email" in sent)),
    Mutant("any-update-renews-gravatar", "Each update makes gravatar_url anew from the user's email.", ("update-user/leaves-others",), then("update_user", lambda _, __, after, ___: replace(after, gravatar_url=gravatar_url(f"x{after.location}@example.com")), lambda sent: "gravatar_email" not in sent)),
    # -- the answer -------------------------------------------------------------------------------
    Mutant("update-answers-old", "The answer to an update is the user as it was before.", ("update-user/answers-stored",), rule("update_user", _answers_old)),
    Mutant("update-answers-other-picture", "The answer to an update has a gravatar_url of another size than is stored.", ("update-user/answers-stored",), member("gravatar_url", lambda url: url.replace("s=80", "s=40"), "update_user")),
    Mutant("update-read-stale", "The first reading after an update still shows the old user.", ("update-user/answers-stored",), _stale),
    Mutant("update-answers-null-date", "The answer to an update lacks date_joined.", ("update-user/members",), without("date_joined", "update_user")),
    Mutant("update-answers-id-as-text", "The answer to an update has the id as a text.", ("update-user/members",), member("id", str, "update_user")),
    Mutant("update-answers-ok", "The answer to an update is {\"status\": \"ok\"}.", ("update-user/members",), data(lambda _: {"status": "ok"}, "update_user")),
    Mutant("update-answers-changes", "The answer to an update has the changed members alone.", ("update-user/members",), data(lambda found: {k: found[k] for k in TEXTS}, "update_user")),
    # -- what never changes -----------------------------------------------------------------------
    Mutant("is-active-settable", "is_active can be set.", _READ_ONLY, _read_only("is_active", _boolean)),
    Mutant("id-settable", "The id can be set.", _READ_ONLY, _read_only("id", int)),
    Mutant("type-settable", "The type can be set.", _READ_ONLY, _read_only("type", _text)),
    Mutant("date-joined-settable", "date_joined can be set.", _READ_ONLY, _read_only("date_joined", lambda value: _text(value) if _moment(value).tzinfo else "")),
    Mutant("url-settable", "The url can be set.", _READ_ONLY, _read_only("url", _text)),
    Mutant("gravatar-url-settable", "gravatar_url can be set by itself.", _READ_ONLY, _read_only("gravatar_url", _text)),
    Mutant("email-settable", "email can be set: it renames the primary address.", _READ_ONLY, rule("update_user", _settable_email)),
    Mutant("password-settable", "The password can be set.", _READ_ONLY, _read_only("password", _text)),
    Mutant("username-settable", "The username can be set.", _READ_ONLY, _renames),
    # -- texts ------------------------------------------------------------------------------------
    Mutant("text-as-latin", "Texts are stored as UTF-8 and read as Latin-1.", _SCRIPT, stores(_latin)),
    Mutant("text-question-marks", "Characters outside Latin-1 become question marks.", _SCRIPT, stores(_question_marks)),
    Mutant("text-without-emoji", "Characters beyond the basic plane are dropped, as in a three-byte UTF-8.", _SCRIPT, stores(_without_astral)),
    Mutant("text-broken-surrogates", "Characters beyond the basic plane become two replacement characters.", _SCRIPT, stores(_surrogates)),
    Mutant("text-composed", "Texts are normalised to composed characters (NFC).", _SCRIPT, stores(lambda text: unicodedata.normalize("NFC", text))),
    Mutant("text-decomposed", "Texts are normalised to decomposed characters (NFD).", _SCRIPT, stores(lambda text: unicodedata.normalize("NFD", text))),
    Mutant("text-compatible", "Texts are normalised for compatibility (NFKC): ligatures and full-width letters are lost.", _SCRIPT, stores(lambda text: unicodedata.normalize("NFKC", text))),
    Mutant("text-folded", "Accents are taken off.", _SCRIPT, stores(_folded)),
    Mutant("text-html-escaped", "Texts are stored with HTML's escapes.", _SCRIPT, stores(html.escape)),
    Mutant("text-without-tags", "What looks like markup is taken out of texts.", _SCRIPT, stores(lambda text: re.sub(r"<[^>]*>", "", text))),
    Mutant("text-ampersand-unescaped", "HTML's escapes in texts are resolved.", _SCRIPT, stores(html.unescape)),
    Mutant("text-with-backslashes", "Quotes in texts get backslashes.", _SCRIPT, stores(lambda text: text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"'))),
    Mutant("text-backslash-resolved", "Backslashes in texts are resolved.", _SCRIPT, stores(lambda text: re.sub(r"\\(.)", r"\1", text))),
    Mutant("text-curly-quotes", "Straight quotes become curly ones.", _SCRIPT, stores(lambda text: text.replace("'", "’"))),
    Mutant("text-plain-typography", "Curly quotes and long dashes become plain ones.", _SCRIPT, stores(lambda text: text.translate({0x2019: "'", 0x2013: "-", 0x2014: "-", 0x201C: '"', 0x201D: '"'}))),
    Mutant("text-no-break-spaces", "Spaces that do not break become plain ones.", _SCRIPT, stores(lambda text: text.replace("\xa0", " "))),
    Mutant("text-without-selectors", "Variation selectors are dropped: red hearts turn black.", _SCRIPT, stores(lambda text: text.replace("\ufe0f", ""))),
    Mutant("text-cut-at-30", "Texts are cut after 30 characters.", _SCRIPT, stores(lambda text: text[:30])),
    Mutant("text-cut-at-50", "Texts are cut after 50 characters.", _SCRIPT, stores(lambda text: text[:50])),
    Mutant("text-cut-at-63", "Texts are cut after 63 characters.", _SCRIPT, stores(lambda text: text[:63])),
    Mutant("text-cut-at-64-bytes", "Texts are cut after 64 bytes.", _SCRIPT, stores(_first_bytes(64))),
    Mutant("text-cut-at-255-bytes", "Texts are cut after 255 bytes.", _SCRIPT, stores(_first_bytes(255))),
    Mutant("text-lower-cased", "The location is put into lower case.", ("update-user/any-script",), stores(str.lower, "location")),
    Mutant("text-title-cased", "Each word of the full name begins with a capital.", ("update-user/any-script",), stores(str.title, "full_name")),
    Mutant("text-spaces-collapsed", "Several spaces in a row become one.", _SCRIPT, stores(lambda text: re.sub(r" +", " ", text))),
    Mutant("text-percent-decoded", "Percent signs with two digits after them are decoded in JSON too.", _SCRIPT, stores(lambda text: re.sub(r"%([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), text))),
    Mutant("text-plus-is-space", "A plus in a text becomes a space, in JSON too.", _SCRIPT, stores(lambda text: text.replace("+", " "))),
    Mutant("text-null-is-empty", "The text \"null\" becomes the empty text.", _SCRIPT, stores(lambda text: "" if text in ("null", "None", "undefined") else text)),
    Mutant("text-number-trimmed", "A text that looks like a number is stored as one: 007 becomes 7.", _SCRIPT, stores(lambda text: str(int(text)) if text.isdecimal() else text)),
    Mutant("text-zero-is-nothing", "The text \"0\" counts as not sent.", _SCRIPT, body("update_user", lambda sent: {k: v for k, v in sent.items() if v != "0"})),
    Mutant("text-single-character-refused", "A text of one character is refused.", _SCRIPT, rule("update_user", lambda inner: _refusing(inner, lambda text: len(text) == 1))),
    Mutant("text-other-scripts-refused", "Letters beyond Latin are refused in a name.", _SCRIPT, rule("update_user", lambda inner: _refusing(inner, lambda text: any(c > "\u024f" and c.isalpha() for c in text)))),
    Mutant("text-punctuation-refused", "Apostrophes and the like are refused in a name.", _SCRIPT, rule("update_user", lambda inner: _refusing(inner, lambda text: any(c in "'\"<>&;" for c in text)))),
    Mutant("text-escapes-dropped", "Escapes of characters in JSON lose their backslash.", _SCRIPT, incoming(lambda request: request.with_body(request.body.replace(b"\\u", b"u")), ["update_user"], lambda request: not request.is_form)),
    Mutant("text-quote-crashes", "An apostrophe in a text is answered with 500: it ends the query.", _SCRIPT, _crashes_on(lambda sent: any(isinstance(v, str) and "'" in v for v in sent.values()), "update_user")),
    Mutant("text-emoji-crashes", "A character beyond the basic plane is answered with 500.", _SCRIPT, _crashes_on(lambda sent: any(isinstance(v, str) and any(c >= "\U00010000" for c in v) for v in sent.values()), "update_user")),
    # -- wrong types and addresses ----------------------------------------------------------------
    Mutant("numbers-become-texts", "Numbers are taken as texts.", _TYPE, _only_wrong(TEXTS, (int, float), "5")),
    Mutant("booleans-become-texts", "true and false are taken as texts.", _TYPE, _only_wrong(TEXTS, (bool,), "True")),
    Mutant("lists-become-texts", "Lists and objects are taken as texts.", _TYPE, _only_wrong(TEXTS, (list, dict), "[]")),
    Mutant("null-empties", "null empties a member.", _TYPE, _only_wrong(TEXTS, (type(None),), "")),
    Mutant("null-ignored", "null counts as not sent.", _TYPE, _only_wrong((*TEXTS, "gravatar_email"), (type(None),), None)),
    Mutant("wrong-types-ignored", "Members of a wrong type are ignored.", _TYPE, _only_wrong((*TEXTS, "gravatar_email"), (int, float, bool, list, dict, type(None)), None)),
    Mutant("wrong-type-crashes", "A list or an object in a member is answered with 500.", _TYPE, _crashes_on(lambda sent: any(isinstance(v, list | dict) for v in sent.values()), "update_user")),
    Mutant("any-type-stored", "Whatever stands in a member is written out and stored.", _TYPE, _coerced(str)),
    Mutant("company-unchecked", "The type of company alone is not checked.", _TYPE, _only_wrong(("company",), (int, float, bool, list, dict, type(None)), "unchecked")),
    Mutant("gravatar-unchecked", "gravatar_email may be any text.", _ADDRESS, _bad_gravatar(lambda _: True)),
    Mutant("gravatar-at-is-enough", "gravatar_email must have an @ in it, and that is all.", _ADDRESS, _bad_gravatar(lambda address: "@" in address)),
    Mutant("gravatar-pattern-unanchored", "A gravatar_email is good if an address stands somewhere in it.", _ADDRESS, _bad_gravatar(lambda address: bool(re.search(r"[^@\s]+@[^@\s]+", address)))),
    # -- refused, and done all the same -----------------------------------------------------------
    Mutant("partial-before-invalid", "Members are saved one by one, in the documented order, until one is invalid.", _UNCHANGED, _partial((*TEXTS, "gravatar_email"))),
    Mutant("partial-backwards", "Members are saved one by one, against the documented order, until one is invalid.", _UNCHANGED, _partial(("gravatar_email", *reversed(TEXTS)))),
    Mutant("partial-gravatar-late", "An invalid gravatar_email is found when the other members were saved.", _UNCHANGED, _validated_late),
    # -- others -----------------------------------------------------------------------------------
    Mutant("update-without-where", "An update changes the company of every account.", ("update-user/others-untouched",), elsewhere("update_user", lambda account, sent: replace(account, company=sent["company"]), lambda sent: "company" in sent)),
    Mutant("gravatar-becomes-address", "A new gravatar_email is added to the addresses.", ("update-user/others-untouched",), then("update_user", _adds_gravatar, lambda sent: "gravatar_email" in sent)),
    Mutant("update-unverifies", "A new gravatar_email un-verifies the addresses.", ("update-user/others-untouched",), then("update_user", lambda _, __, after, ___: replace(after, emails=tuple(replace(email, verified=False) for email in after.emails)), lambda sent: "gravatar_email" in sent)),
)  # fmt: skip  # one row, one line
