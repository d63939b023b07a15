"""Wrong profiles, where few look: of some texts, of some users, of what is left out."""

from __future__ import annotations

import re
from collections.abc import Callable

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    GRAVATAR,
    SETS,
    SUCCESS,
    TEXT,
    TWELVE,
)
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User


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
