"""Defects found by a second look: of state, of one way in only, of a wrong WHERE."""

from __future__ import annotations

import binascii
import hmac
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import ClassVar
from urllib.parse import parse_qsl

from tests.conformance.independent.catalogue import defect
from tests.conformance.independent.defects.clauses import (
    ADD,
    BOTH_KINDS,
    CREDENTIALS,
    DELETE,
    DELETE_MISSING,
    DELETE_UNKNOWN,
    DOCUMENTED,
    GRAVATAR,
    LIST,
    MARKS,
    MISSING_SCOPE,
    NOT_UNVERIFY,
    ONE_PRIMARY,
    ORDER,
    OWN_SCOPE,
    OWNER,
    SETS,
    SUCCESS,
    TEXT,
    TWELVE,
    UNKNOWN,
)
from tests.conformance.independent.frame import NEEDED_SCOPE, READING
from tests.conformance.independent.message import Call, Caller, Json, Refusal, Reply
from tests.conformance.independent.reading import PROFILE
from tests.conformance.independent.service import Service
from tests.conformance.independent.storage import Address, Token, User

# Who is calling


@defect("Any password opens the second account.", CREDENTIALS)
class SecondAnyPassword(Service):
    def password_fits(self, username: str, password: str) -> bool:
        return username == self.seed.users[1][0] or super().password_fits(username, password)


@defect("The name in Basic is compared with the path before the password is looked at.", ORDER)
class PathBeforePassword(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        username, _password = self.decoded(call, encoded)
        if self.store.user(username) and username != call.username:
            self.check_existence(call)
            raise self.not_owner(call)
        return super().basic(call, encoded)


@defect("Someone else's token is 403 before its age is looked at.", ORDER)
class PathBeforeAge(Service):
    def alive(self, call: Call, token: Token) -> bool:
        if token.username != call.username:
            self.check_existence(call)
            raise self.not_owner(call)
        return super().alive(call, token)


@defect("An unknown username is 404 before the age of a token is looked at.", ORDER)
class UnknownBeforeAge(Service):
    def alive(self, call: Call, token: Token) -> bool:
        self.check_existence(call)
        return super().alive(call, token)


@defect("A NUL in a password is 500.", DOCUMENTED)
class NulPasswordCrashes(Service):
    def password_fits(self, username: str, password: str) -> bool:
        if "\0" in username + password:
            raise ValueError("a string literal cannot contain NUL (0x00) characters")
        return super().password_fits(username, password)


@defect("A password that is not ASCII is 500: it is compared in constant time.", DOCUMENTED)
class ForeignPasswordCrashes(Service):
    def password_fits(self, username: str, password: str) -> bool:
        user = self.store.user(username)
        return user is not None and hmac.compare_digest(user.password, password)


@defect("A token that is not ASCII is 500.", DOCUMENTED)
class ForeignTokenCrashes(Service):
    def token(self, text: str) -> Token | None:
        text.encode("ascii")
        return super().token(text)


@defect("Three words in Authorization are 500.", DOCUMENTED)
class ThreeWordsCrash(Service):
    def caller(self, call: Call) -> Caller:
        words = call.headers.get("authorization", "").split(" ")
        if len(words) > 1:
            _scheme, _value = words
        return super().caller(call)


@defect("Base64 that lacks its padding is 500.", DOCUMENTED)
class LackingPaddingCrashes(Service):
    def decoded(self, call: Call, encoded: str) -> tuple[str, str]:
        if re.fullmatch("[A-Za-z0-9+/]+", encoded) and len(encoded) % 4:
            raise binascii.Error("Incorrect padding")
        return super().decoded(call, encoded)


@defect("A token is good as a username with an empty password.", CREDENTIALS)
class TokenAsUsername(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        username, _password = self.decoded(call, encoded)
        token = self.token(username)
        if token and self.alive(call, token):
            return Caller(token.username, "bearer", self.scopes(token))
        return super().basic(call, encoded)


@defect("A quote in a password ends the statement: it can be injected.", CREDENTIALS)
class PasswordInjected(Service):
    def password_fits(self, username: str, password: str) -> bool:
        injected = re.search(r"'\s*OR\s*'?(\w+)'?\s*=\s*'?\1", password, re.IGNORECASE)
        return bool(injected) or super().password_fits(username, password)


@defect("A long password is 500: the hash takes 72 bytes.", DOCUMENTED)
class LongPasswordCrashes(Service):
    def password_fits(self, username: str, password: str) -> bool:
        if len(password.encode()) > 72:
            raise ValueError("password cannot be longer than 72 bytes")
        return super().password_fits(username, password)


# Whose account, and which scope: by one way in only


@defect("In a form, a token opens other accounts.", OWNER)
class FormTokenForeign(Service):
    def owns(self, call: Call) -> bool:
        return (call.is_form and call.caller.scheme == "bearer") or super().owns(call)


@defect("In a form, an unknown username is 403.", "Unknown username.** 404.")
class FormUnknownForbidden(Service):
    def unknown_user(self, call: Call) -> Refusal:
        return self.not_owner(call) if call.is_form else super().unknown_user(call)


@defect("Forms are checked before the owner and the scope.", ORDER)
class FormBeforeAccess(Service):
    def check_owner(self, call: Call) -> None:
        if call.is_form and call.operation == "update_email":
            call.fields = self.fields(call)
            self.wanted_address(call)
            self.flag(call, "verified")
            self.flag(call, "primary")
        super().check_owner(call)


@defect("With Basic, bodies are checked before the username.", ORDER)
class BasicBodyBeforeUsername(Service):
    def check_existence(self, call: Call) -> None:
        if call.caller.scheme == "basic" and call.operation not in READING:
            self.fields(call)
        super().check_existence(call)


@defect("With Basic, bodies are checked before the password.", ORDER)
class BodyBeforePassword(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        if call.operation not in READING:
            self.fields(call)
        return super().basic(call, encoded)


class AddressBeforeOwner(Service):
    """Not a defect yet: the address in the body is looked at before the owner is."""

    operation = ""

    def check_owner(self, call: Call) -> None:
        if call.operation == self.operation:
            try:
                email = self.fields(call).get("email")
            except Refusal:
                email = None
            self.look_at(call, email)
        super().check_owner(call)

    def look_at(self, call: Call, email: Json) -> None:
        raise NotImplementedError


@defect("Deleting the primary address of someone else is 400.", ORDER)
class PrimaryBeforeOwner(AddressBeforeOwner):
    operation = "delete_email"

    def look_at(self, call: Call, email: Json) -> None:
        if any(one.is_primary and one.email == email for one in self.searched(call)):
            raise Refusal(400, "it is primary")


@defect("Adding what someone else has already, to the account of the other, is 400.", ORDER)
class DuplicateBeforeOwner(AddressBeforeOwner):
    operation = "add_email"

    def look_at(self, call: Call, email: Json) -> None:
        if any(one.email == email for one in self.searched(call)):
            raise Refusal(400, "it is there already")


@defect("Deleting an unknown address of someone else is 404.", ORDER)
class UnknownAddressBeforeOwner(AddressBeforeOwner):
    operation = "delete_email"

    def look_at(self, call: Call, email: Json) -> None:
        if isinstance(email, str) and self.is_address(email):
            self.found(call, email)


@defect("In a form, email_read is enough to add.", OWN_SCOPE)
class FormReadAdds(Service):
    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        reads = call.is_form and call.operation == "add_email" and "email_read" in scopes
        return reads or super().token_may(call, scopes)


@defect("The second user's tokens have all scopes.", MISSING_SCOPE)
class SecondUserUnlimited(Service):
    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        second = call.caller.username == self.seed.users[1][0]
        return second or super().token_may(call, scopes)


@defect("Scopes are compared by their last word: read or write.", "No other scope stands in for it")
class ScopeByVerb(Service):
    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        verb = NEEDED_SCOPE[call.operation].rpartition("_")[2]
        return any(scope.endswith(verb) for scope in scopes)


@defect("Of several scopes of a token, only the last counts.", OWN_SCOPE)
class LastScopeOnly(Service):
    def scopes(self, token: Token) -> frozenset[str]:
        return frozenset(token.scopes.split()[-1:])


# The profile


@defect("date_joined of a user who joined at midnight is a day.", TWELVE)
class MidnightIsADay(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return {
            **super().user_view(call, user),
            "date_joined": user.date_joined.removesuffix("T00:00:00Z"),
        }


@defect("An unknown member beside known ones makes the update be lost, 200.", SETS)
class UnknownMemberLosesAll(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        if not set(call.fields) - set(PROFILE):
            super().save_profile(call, changes)


@defect("gravatar_url does not know what follows + in an address.", GRAVATAR)
class GravatarWithoutTag(Service):
    def gravatar_key(self, user: User) -> str:
        return re.sub(r"\+[^@]*", "", user.gravatar_email)


@defect("gravatar_url does not know the dots before @.", GRAVATAR)
class GravatarWithoutDots(Service):
    def gravatar_key(self, user: User) -> str:
        local, sign, domain = user.gravatar_email.partition("@")
        return local.replace(".", "") + sign + domain


@defect("The same gravatar_email again is 400.", SETS)
class SameGravatarRefused(Service):
    def save_member(self, call: Call, name: str, value: str) -> None:
        if name == "gravatar_email" and self.stored_user(call.username).gravatar_email == value:
            raise Refusal(400, "that is it already")
        super().save_member(call, name, value)


@defect("The gravatar_email of the second user never changes.", GRAVATAR)
class SecondGravatarStays(Service):
    def gravatar_key(self, user: User) -> str:
        second = user.username == self.seed.users[1][0]
        return user.username if second else super().gravatar_key(user)


@defect("gravatar_email takes no domain of four labels.", SETS)
class GravatarDeepDomainRefused(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        if value.count(".", value.find("@")) > 2:
            raise Refusal(400, "no such domain")
        return super().gravatar_address(call, value)


@defect("gravatar_email takes no underscore.", SETS)
class GravatarUnderscoreRefused(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        if "_" in value:
            raise Refusal(400, "no _ please")
        return super().gravatar_address(call, value)


@defect("With Bearer, get_user shows what it showed the first time.", SETS)
class FirstBearerReadStays(Service):
    def __init__(self) -> None:
        super().__init__()
        self.read: dict[str, Reply] = {}

    def get_user(self, call: Call) -> Reply:
        if call.caller.scheme == "basic":
            return super().get_user(call)
        return self.read.setdefault(call.username, super().get_user(call))


@defect("A location is cut after 64 bytes.", TEXT)
class LocationCutBytes(Service):
    def tidy(self, name: str, value: str) -> str:
        return value.encode()[:64].decode(errors="ignore") if name == "location" else value


def url_refused(name: str, sentence: str, bad: Callable[[str], object]) -> None:
    """Declare: some URLs are refused that are good."""

    @defect(sentence, SETS, name)
    class Refused(Service):
        def text(self, call: Call, name: str, value: Json) -> str:
            text = super().text(call, name, value)
            if name == "profile_url" and bad(text):
                raise Refusal(400, "not this URL")
            return text


url_refused(
    "url_hyphen_refused",
    "A profile_url whose host has a hyphen is refused.",
    re.compile(r"https?://[^/]*-").match,
)
url_refused(
    "url_path_needed",
    "A profile_url without a path is refused.",
    lambda text: text.count("/") < 3,
)
url_refused(
    "url_short", "A profile_url over 60 characters is refused.", lambda text: len(text) > 60
)


@defect("~ in a profile_url is escaped.", TEXT)
class UrlEscaped(Service):
    def tidy(self, name: str, value: str) -> str:
        return value.replace("~", "%7E") if name == "profile_url" else value


@defect("The slash at the end of a profile_url is cut off.", TEXT)
class UrlSlashCut(Service):
    def tidy(self, name: str, value: str) -> str:
        return value.rstrip("/") if name == "profile_url" else value


@defect("A location that PHP calls empty (0) is not saved.", SETS)
class ZeroLocationLost(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, {k: v for k, v in changes.items() if v != "0"})


@defect("A text that is empty is left out of the user.", TWELVE)
class EmptyTextLeftOut(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return {k: v for k, v in super().user_view(call, user).items() if v != ""}


@defect("A text that is empty is null in the answers.", TWELVE)
class EmptyTextIsNull(Service):
    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return {k: None if v == "" else v for k, v in super().user_view(call, user).items()}


@defect("Who does not ask for JSON gets a page.", SUCCESS)
class PageUnlessJson(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        if reply.status == 200 and "json" not in call.headers.get("accept", ""):
            reply.header("Content-Type", "text/html")
        return reply


# The addresses


@defect("update_email without a flag is 500.", DOCUMENTED)
class NeitherCrashes(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        if not verified and not primary:
            raise UnboundLocalError("changes")


@defect("update_email without a flag takes the verification away.", NOT_UNVERIFY)
class NeitherUnverifies(Service):
    def check_update(self, call: Call, address: Address, *, verified: bool, primary: bool) -> None:
        if not verified and not primary:
            self.store.run("UPDATE addresses SET verified = 0 WHERE id = ?", address.id)


@defect("An address in the query counts where the body has none.", DELETE_MISSING)
class AddressInQuery(Service):
    def fields(self, call: Call) -> dict[str, Json]:
        asked = dict(parse_qsl(call.target.partition("?")[2]))
        return {**asked, **super().fields(call)}


@defect("The list ends after twenty.", LIST)
class ListOfTwenty(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return super().shown_addresses(call)[:20]


@defect("The list ends after fifty.", LIST)
class ListOfFifty(Service):
    def shown_addresses(self, call: Call) -> list[Address]:
        return super().shown_addresses(call)[:50]


@defect("Making an address primary makes it so for everyone who has it.", ONE_PRIMARY)
class PrimaryForAllWhoHaveIt(Service):
    def make_primary(self, call: Call, address: Address) -> None:
        super().make_primary(call, address)
        self.store.run("UPDATE addresses SET is_primary = 1 WHERE email = ?", address.email)


@defect("Deleting an address makes the oldest one primary.", DELETE)
class DeleteResetsPrimary(Service):
    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        self.make_primary(call, self.searched(call)[0])


@defect("Adding an address makes the oldest one primary.", ADD)
class AddResetsPrimary(Service):
    def insert(self, call: Call, email: str) -> Address:
        address = super().insert(call, email)
        self.make_primary(call, self.searched(call)[0])
        return address


@defect("Verifying an address makes the oldest one primary.", ONE_PRIMARY)
class VerifyResetsPrimary(Service):
    def verify(self, call: Call, address: Address) -> None:
        super().verify(call, address)
        self.make_primary(call, self.searched(call)[0])


@defect("update_user makes the oldest address primary.", SETS)
class UpdateUserResetsPrimary(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, changes)
        self.unset_primary(call)
        step = "UPDATE addresses SET is_primary = 1 WHERE id = ?"
        self.store.run(step, self.searched(call)[0].id)


@defect("update_email takes _ for any character, and the oldest that fits.", MARKS)
class UpdateLike(Service):
    def found(self, call: Call, email: str) -> Address:
        if call.operation == "update_email":
            for one in self.searched(call):
                if fnmatchcase(one.email, email.replace("_", "?")):
                    return one
        return super().found(call, email)


@defect("add_email takes _ for any character when it looks for a duplicate.", ADD)
class AddLike(Service):
    def taken(self, call: Call, email: str) -> Address | None:
        pattern = email.replace("_", "?")
        return next((o for o in self.searched(call) if fnmatchcase(o.email, pattern)), None)


@defect("Verifying verifies every address that begins like this one.", MARKS)
class VerifyPrefix(Service):
    def verify(self, call: Call, address: Address) -> None:
        local = address.email.partition("@")[0]
        for one in self.searched(call):
            if one.email.startswith(local):
                super().verify(call, one)


@defect("An address that ends like one that is there counts as a duplicate.", ADD)
class AddSuffixTaken(Service):
    def taken(self, call: Call, email: str) -> Address | None:
        return next((o for o in self.searched(call) if email.endswith(o.email)), None)


class SoftDelete(Service):
    """Not a defect yet: rows that were deleted stay, hidden."""

    hidden: ClassVar[str] = "\0"

    def remove(self, call: Call, address: Address) -> None:
        step = "UPDATE addresses SET username = ? WHERE id = ?"
        self.store.run(step, address.username + self.hidden, address.id)

    def buried(self, call: Call, email: str) -> Address | None:
        rows = self.store.addresses(call.username + self.hidden)
        return next((one for one in rows if one.email == email), None)


@defect("Once deleted and added again, an address is verified in the row that is hidden.", MARKS)
class VerifyBuried(SoftDelete):
    def verify(self, call: Call, address: Address) -> None:
        super().verify(call, self.buried(call, address.email) or address)


@defect("Once deleted and added again, an address cannot be deleted any more, 404.", DELETE)
class DeleteBuried(SoftDelete):
    def remove(self, call: Call, address: Address) -> None:
        if self.buried(call, address.email):
            raise self.unknown_address(call, address.email)
        super().remove(call, address)


@defect("Once deleted and added again, an address is listed twice.", LIST)
class BuriedListed(SoftDelete):
    def shown_addresses(self, call: Call) -> list[Address]:
        own = super().shown_addresses(call)
        more = (self.buried(call, one.email) for one in own)
        return [*own, *(one for one in more if one)]


class OncePrimary(Service):
    """Not a defect yet: it is kept which addresses were primary once."""

    def __init__(self) -> None:
        super().__init__()
        self.former: set[str] = set()

    def make_primary(self, call: Call, address: Address) -> None:
        super().make_primary(call, address)
        self.former.add(address.email)


@defect("An address that was primary once is verified and primary when it comes back.", ADD)
class FormerPrimaryComesBack(OncePrimary):
    def insert(self, call: Call, email: str) -> Address:
        address = super().insert(call, email)
        if email in self.former:
            self.verify(call, address)
        return self.store.address(address.id)


@defect("A former primary address cannot be deleted, 400.", DELETE)
class FormerPrimaryStays(OncePrimary):
    def guarded(self, call: Call, address: Address) -> bool:
        return address.email in self.former or super().guarded(call, address)


@defect("An address that ends like the primary one is 400 in delete_email.", DELETE_UNKNOWN)
class PrimaryBySubstring(Service):
    def delete_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        if any(one.is_primary and one.email in email for one in self.searched(call)):
            raise Refusal(400, "it is primary")
        return super().delete_email(call)


@defect("Another's unverified address is verified when one's own of that spelling is.", MARKS)
class VerifyEverywhere(Service):
    def verify(self, call: Call, address: Address) -> None:
        self.store.run("UPDATE addresses SET verified = 1 WHERE email = ?", address.email)


@defect("Addresses of well-known names (admin@) are refused.", ADD)
class RolesRefused(Service):
    def insert(self, call: Call, email: str) -> Address:
        if email.partition("@")[0] in {"admin", "info", "postmaster", "noreply"}:
            raise Refusal(400, "a person, please")
        return super().insert(call, email)


@defect("Without a body and a media type, delete_email is 500.", DELETE_MISSING)
class NoBodyCrashes(Service):
    def untyped_fields(self, call: Call) -> dict[str, Json]:
        if not call.body and call.operation == "delete_email":
            raise KeyError("content-type")
        return super().untyped_fields(call)


@defect("In a form, flags before the address are passed over.", BOTH_KINDS)
class FormFlagsFirstLost(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        fields = super().form_fields(call)
        if next(iter(fields), "") in {"verified", "primary"} and "email" in fields:
            return {"email": fields["email"]}
        return fields


@defect("Every address is unknown in update_email to the second user.", UNKNOWN)
class SecondUserUpdatesNothing(Service):
    def update_email(self, call: Call) -> Reply:
        if call.username == self.seed.users[1][0]:
            raise self.unknown_address(call, str(call.fields.get("email")))
        return super().update_email(call)
