"""Defects in corners: of one user, by one way in, after something else, or of values that look alike."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl

from conformance.mutants.access import (
    ALL,
    ON_ADDRESSES,
    READS,
    WRITES,
    Visit,
    admits,
    looks_first_for,
    refuses,
)
from conformance.mutants.addresses import added_unless_own
from conformance.mutants.builds import Build, Mutant, ids, together
from conformance.mutants.defects.repeats import (
    by_basic,
    by_token,
    of_another,
)
from conformance.mutants.messages import JSON, Forward, Request, Response
from conformance.mutants.rules import (
    Body,
    bears,
    body,
    elsewhere,
    emails,
    finds,
    flagged,
    rule,
    then,
)
from conformance.mutants.scene import OTHER, OWNER, secret
from conformance.mutants.wires import data, incoming, outgoing, refused
from mockserver.accounts import gravatar_url
from mockserver.app import Rule
from mockserver.refusals import invalid_member
from mockserver.world import Account, Email, World

_WRONG = ids("unauthenticated/wrong", ALL)
_ACCESS_FIRST = "order/access-before-body"
_REFUSED_ACCESS = ("not-the-owner", "user-unknown", "scope-missing")
_KNOWN_MEMBERS = ("full_name", "location", "company", "profile_url", "gravatar_email")

# -- logins ---------------------------------------------------------------------------------------


def _at_own_account(seen: Visit, username: str) -> bool:
    return seen.asks_as == seen.request.username == username


def _foreign_name_with_wrong_password(seen: Visit) -> bool:
    foreign = seen.asks_as and seen.name != seen.request.username
    return bool(seen.scheme == "basic" and foreign and seen.password != seen.right)


def _stale_elsewhere(seen: Visit) -> bool:
    stale = {secret(name, word) for name in (OWNER, OTHER) for word in ("expired", "revoked")}
    return seen.value in stale and seen.asks_as != seen.request.username


def _by_token_as_name(seen: Visit) -> str:
    token = seen.world.find_token(seen.name) if seen.scheme == "basic" else None
    return "" if token is None or seen.password else token.username


def _form_by_foreign_token(seen: Visit) -> str:
    good = seen.token is not None and not seen.token.revoked and seen.token.expires_at is None
    return seen.request.username if good and seen.request.is_form else ""


def _form_by_reading_token(seen: Visit) -> str:
    return seen.asks_as if seen.request.is_form and seen.scopes == {"email_read"} else ""


# -- the profile ----------------------------------------------------------------------------------


def _first_reading_by_token(build: Build) -> None:
    """With a token, a user is shown as the first time."""
    kept: dict[str, Response] = {}

    async def layer(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        if request.operation == "get_user" and by_token(request) and response.status == 200:
            return kept.setdefault(request.username, response)
        return response

    build.layers.append(layer)


def _without_tag(sent: dict[str, Any]) -> Body:
    if "gravatar_email" not in sent:
        return sent
    return {**sent, "gravatar_email": re.sub(r"\+[^@]*", "", sent["gravatar_email"])}


def _another_picture_only(inner: Rule) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        address = sent.get("gravatar_email")
        if address and gravatar_url(address) == world.accounts[username].gravatar_url:
            raise invalid_member("made-up", "/gravatar_email", "is that already")
        return inner(world, username, sent)

    return act


def _picture_of_the_first_only(inner: Rule) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        kept = {name: value for name, value in sent.items() if name != "gravatar_email"}
        return inner(world, username, sent if username == OWNER else kept)

    return act


def _nothing_beside_unknown(sent: dict[str, Any]) -> Body:
    return {} if set(sent) - set(_KNOWN_MEMBERS) else sent


def _has_hyphen(request: Request) -> bool:
    url = (request.members() or {}).get("profile_url")
    return isinstance(url, str) and re.match("https?://[^/]*-", url) is not None


# -- the addresses --------------------------------------------------------------------------------


def _like(address: str) -> str:
    return address.replace("[", "[[]").replace("_", "?")


def _first_like(account: Account, address: str) -> str | None:
    fitting = (one.email for one in account.emails if fnmatchcase(one.email, _like(address)))
    return next(fitting, None)


def _nothing_like_it(inner: Rule) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        if _first_like(world.accounts[username], str(sent["email"])):
            raise invalid_member("made-up", "/email", "is taken")
        return inner(world, username, sent)

    return act


def _guards_by_part(inner: Rule) -> Rule:
    def act(world: World, username: str, sent: Body) -> Any:
        found = world.accounts[username].emails
        if any(one.primary and one.email in str(sent["email"]) for one in found):
            raise invalid_member("made-up", "/email", "is primary")
        return inner(world, username, sent)

    return act


def _oldest_primary(found: tuple[Email, ...], _: str) -> tuple[Email, ...]:
    return tuple(flagged(one, primary=number == 0) for number, one in enumerate(found))


def _also_primary(account: Account, sent: Body) -> Account:
    edited = (
        flagged(one, primary=True) if one.email == sent["email"] else one for one in account.emails
    )
    return replace(account, emails=tuple(edited))


def _unverified(found: tuple[Email, ...], address: str) -> tuple[Email, ...]:
    return tuple(flagged(one, verified=one.verified and one.email != address) for one in found)


def _address_of_query(request: Request) -> Request:
    email = dict(parse_qsl(request.query.decode("latin-1"))).get("email")
    members = request.members()
    if email is None or members is None or "email" in members:
        return request
    return request.with_members({**members, "email": email})


def _remembers_primary(build: Build) -> None:
    """An address that was primary once is verified as soon as it is added again."""
    former: set[str] = set()

    def remember(_: World, __: Account, after: Account, sent: Body) -> Account:
        if sent.get("primary"):
            former.add(str(sent["email"]))
        return after

    def verify(_: World, __: Account, after: Account, sent: Body) -> Account:
        edited = (
            flagged(one, verified=True) if one.email == sent["email"] in former else one
            for one in after.emails
        )
        return replace(after, emails=tuple(edited))

    then("update_email", remember)(build)
    then("add_email", verify)(build)


def _verifies_deleted(build: Build) -> None:
    """What is deleted stays in a row of its own, and is found there to be verified."""
    deleted: set[str] = set()

    def bury(_: World, __: Account, after: Account, sent: Body) -> Account:
        deleted.add(str(sent["email"]))
        return after

    def miss(_: World, before: Account, after: Account, sent: Body) -> Account:
        return before if sent["email"] in deleted else after

    then("delete_email", bury)(build)
    then("update_email", miss)(build)


def _is_nothing(request: Request) -> bool:
    return not request.body and not request.has("content-type")


MUTANTS = (
    Mutant("other-any-password", "Any password opens the second account.", _WRONG, admits(lambda seen: seen.name if seen.scheme == "basic" and _at_own_account(seen, OTHER) else "")),
    Mutant("nul-in-password-crashes", "A NUL in a password is answered with 500.", _WRONG, refuses(lambda seen: "\0" in seen.password, 500)),
    Mutant("letters-in-password-crash", "A password beyond ASCII is answered with 500.", _WRONG, refuses(lambda seen: not seen.password.isascii(), 500)),
    Mutant("long-password-crashes", "A password of more than 72 bytes is answered with 500.", _WRONG, refuses(lambda seen: len(seen.password) > 72, 500)),
    Mutant("password-injected", "A quote in a password ends the query, and what follows it is run.", _WRONG, admits(lambda seen: seen.name if "' OR '1'='1" in seen.password else "")),
    Mutant("token-as-username", "A token is good as a username without a password.", _WRONG, admits(_by_token_as_name)),
    Mutant("many-words-crash", "More than two words in Authorization are answered with 500.", ids("unauthenticated/malformed", ALL), refuses(lambda seen: seen.request.header("authorization").count(" ") > 1, 500)),
    Mutant("token-beyond-ascii-crashes", "A token beyond ASCII is answered with 500.", ids("documented-answers", ALL), refuses(lambda seen: not seen.request.header("authorization").isascii(), 500)),
    Mutant("owner-before-password", "Whose account it is is asked before the password is looked at.", ids("order/unauthenticated-first", ALL), refuses(_foreign_name_with_wrong_password, 403)),
    Mutant("owner-before-age", "Whose account it is is asked before the age of a token is looked at.", (*ids("unauthenticated/expired", ALL), *ids("unauthenticated/revoked", ALL)), refuses(_stale_elsewhere, 403)),
    Mutant("others-scopes-free", "The tokens of the second user open everything of theirs.", ids("forbidden/scope", ALL), admits(lambda seen: OTHER if seen.token is not None and _at_own_account(seen, OTHER) else "")),
    Mutant("form-by-foreign-token", "A form is read from any token, whatever its scopes and whosever it is.", ids("forbidden/owner-bearer", WRITES), admits(_form_by_foreign_token, WRITES)),
    Mutant("form-by-reading-token", "An address is added by a form with a token that may read addresses.", ("add-email/forbidden/scope",), admits(_form_by_reading_token, ["add_email"])),
    Mutant("form-400-before-access", "A form is validated before anything else but the login.", ids(_ACCESS_FIRST, WRITES), looks_first_for([400], _REFUSED_ACCESS, WRITES, when=lambda request: request.is_form)),
    Mutant("basic-400-before-404", "With Basic, the body is validated before the username is looked up.", ids(_ACCESS_FIRST, WRITES), looks_first_for([400], ["user-unknown"], WRITES, when=by_basic)),
    Mutant("primary-before-owner", "That an address is primary is told to everybody who wants to delete it.", ids(_ACCESS_FIRST, ["delete_email"]), looks_first_for([400], ["not-the-owner"], ["delete_email"], ["primary-email"])),
    Mutant("address-before-owner", "That an address is not there is told to everybody.", ids(_ACCESS_FIRST, ["update_email", "delete_email"]), looks_first_for([404], ["not-the-owner"], ["update_email", "delete_email"], ["email-unknown"])),
    Mutant("taken-before-owner", "That an address is there is told to everybody who wants to add it.", ids(_ACCESS_FIRST, ["add_email"]), looks_first_for([400], ["not-the-owner"], ["add_email"], ["email-taken"])),
    Mutant("html-unless-json-is-accepted", "Who does not ask for JSON is sent HTML.", ids("json", READS), outgoing(lambda response: response.with_header("content-type", "text/html"), READS, (200,), lambda request: request.header("accept") != JSON)),
    Mutant("empty-text-left-out", "A text that is empty is left out of the user.", ("update-user/members",), data(lambda found: {name: value for name, value in found.items() if value != ""}, "get_user", "update_user")),
    Mutant("asks-for-nothing-unverifies", "An update that asks for nothing makes an address unverified.", ("update-email/others-untouched",), then("update_email", emails(_unverified), lambda sent: not sent.keys() & {"verified", "primary"})),
    Mutant("address-in-query", "An address in the query counts where the body has none.", ids("invalid-body/missing-address", ON_ADDRESSES), incoming(_address_of_query, ON_ADDRESSES)),
    Mutant("others-joined-otherwise", "date_joined of any account but the first one has a space in it.", ("get-user/date-joined",), data(lambda found: {**found, "date_joined": found["date_joined"].replace("T", " ")}, "get_user", when=of_another)),
    Mutant("token-reads-first", "With a token, a user is shown as the first time.", ("update-user/answers-stored",), _first_reading_by_token),
    Mutant("gravatar-without-tag", "gravatar_url knows nothing of what follows + in an address.", ("update-user/sets-gravatar-email",), body("update_user", _without_tag)),
    Mutant("gravatar-same-is-400", "The same gravatar_email again is refused.", ("update-user/success",), rule("update_user", _another_picture_only)),
    Mutant("others-gravatar-stays", "The gravatar_url of any account but the first one stays.", ("update-user/sets-gravatar-email",), rule("update_user", _picture_of_the_first_only)),
    Mutant("url-hyphen-refused", "A profile_url whose host has a hyphen is refused.", ("update-user/success",), refused(_has_hyphen, 400, ["update_user"])),
    Mutant("unknown-member-loses-all", "An update with an unknown member is answered as if it had been done.", ("update-user/sets-several",), body("update_user", _nothing_beside_unknown)),
    Mutant("nothing-at-all-crashes", "A request without a body and a media type is answered with 500.", ids("invalid-body/empty", ON_ADDRESSES), refused(_is_nothing, 500, ON_ADDRESSES)),
    Mutant("odd-username-crashes-writing", "Writing to a username beyond ASCII is answered with 500.", ids("documented-answers", WRITES), refused(lambda request: not request.username.isascii(), 500, WRITES, lambda status: status == 404)),
    Mutant("list-ends-after-fifty", "The list ends after fifty addresses.", ("list-emails/complete",), data(lambda found: found[:50], "list_emails")),
    Mutant("verified-where-deleted", "An address that was deleted and added again is verified where it was deleted.", ("update-email/verifies",), _verifies_deleted),
    Mutant("former-primary-comes-back", "An address that was primary once is verified when it is added again.", ("add-email/not-verified",), _remembers_primary),
    Mutant("added-by-like", "_ stands for any character where an address is looked for before it is added.", ("add-email/success",), rule("add_email", _nothing_like_it)),
    Mutant("updated-by-like", "_ stands for any character where an address is looked for to be updated.", ("update-email/verifies",), finds("update_email", _first_like)),
    Mutant("others-cannot-update-addresses", "Every address of any account but the first one is unknown in an update.", ("update-email/success",), refused(of_another, 404, ["update_email"], lambda status: status == 200)),
    Mutant("guarded-by-part", "An address that has the primary one in it counts as primary.", ("delete-email/not-found/address",), rule("delete_email", _guards_by_part)),
    Mutant("deleting-makes-oldest-primary", "Whatever is deleted, the oldest address is primary afterwards.", ("delete-email/removes-only-that",), then("delete_email", emails(_oldest_primary))),
    Mutant("shared-primary-for-all", "An address that two users have becomes primary for both.", ("update-email/others-untouched",), together(bears("add_email", "email-taken", added_unless_own), elsewhere("update_email", _also_primary, lambda sent: bool(sent.get("primary"))))),
)  # fmt: skip  # one row, one line
