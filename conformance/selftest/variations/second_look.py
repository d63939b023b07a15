"""Legal variations that a second reading of the text brought up: other paths, Go's members, accounts with odd names."""

from __future__ import annotations

from urllib.parse import unquote

from conformance.selftest.changes import variation, variation_row
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Json, Refusal, Route
from conformance.selftest.reference.service import Service
from conformance.selftest.variations import clauses
from conformance.selftest.variations.accounts import Accounts

# -- the profile ----------------------------------------------------------------------------------


@variation("A profile_url without a path gets one.", clauses.URLS, visible=False)
class ProfileUrlCompleted(Service):
    def tidy(self, name: str, value: str) -> str:
        value = super().tidy(name, value)
        return f"{value}/" if name == "profile_url" and value.count("/") == 2 else value


@variation("A profile_url must have a path.", clauses.PATHLESS, visible=False)
class ProfileUrlNeedsPath(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        text = super().text(call, name, value)
        if name == "profile_url" and text and text.count("/") < 3:
            raise Refusal(400, "profile_url needs a path")
        return text


@variation("An empty gravatar_email stands for the account's.", clauses.EMPTY_TEXT, visible=False)
class EmptyGravatarResets(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        value = value or self.account_email(self.stored_user(call.username))
        return super().gravatar_address(call, value)


@variation("An update without any known member is refused.", clauses.UNKNOWN_MEMBERS)
class NothingKnownRefused(Service):
    def check_members(self, call: Call) -> None:
        super().check_members(call)
        if call.operation == "update_user" and not call.fields.keys() & set(PROFILE):
            raise Refusal(400, "there is nothing to update")


# -- paths and queries ----------------------------------------------------------------------------


@variation(
    "The path is decoded before it is routed, and every other path is a page, 200.",
    clauses.ENCODED_SLASH,
)
class DecodedBeforeRouted(Service):
    def route(self, call: Call, path: str) -> Route:
        return super().route(call, unquote(path) if "%2f" in path.lower() else path)

    def elsewhere(self, call: Call, path: str) -> Route:
        raise Refusal(200, "welcome")


@variation("Parameters of a query are unknown, and refused with 400.", clauses.UNKNOWN_MEMBERS)
class QueriesRefused(Service):
    def admit(self, call: Call) -> None:
        super().admit(call)
        if "=" in call.target.partition("?")[2]:
            raise Refusal(400, "no operation takes a query")


class Aliased(Service):
    """A service that has the caller's account under further names."""

    def route(self, call: Call, path: str) -> Route:
        found = super().route(call, path)
        return Route(found.operation, self.alias(call, found.username))

    def alias(self, call: Call, name: str) -> str:
        """Return the username that is meant."""
        raise NotImplementedError


for _name, _sentence, _alias in (
    (
        "usernames-of-any-case",
        "Usernames in paths are compared without regard to case.",
        lambda self, call, name: name.lower(),
    ),
    (
        "username-with-format",
        "A username may be followed by .json, as in some frameworks.",
        lambda self, call, name: name.removesuffix(".json"),
    ),
    (
        "username-by-id",
        "An account can be named by its id too.",
        lambda self, call, name: next(
            (one.username for one in self.store.users.values() if str(one.id) == name), name
        ),
    ),
    (
        "username-by-address",
        "An account can be named by its primary address too.",
        lambda self, call, name: next(
            (one.username for one in self.store.rows if one.email == name and one.is_primary), name
        ),
    ),
):
    variation_row(
        _name,
        _sentence,
        clauses.ELSEWHERE,
        visible=_name.startswith("username-by") or _name == "usernames-of-any-case",
        base=Aliased,
        alias=_alias,
    )

# -- bodies and addresses -------------------------------------------------------------------------

variation_row(
    "members-of-any-case",
    "The names of members in JSON are read without regard to case, as in Go.",
    clauses.UNKNOWN_MEMBERS,
    visible=False,
    an_object=lambda self, call, loaded: {
        name.lower(): value for name, value in Service.an_object(self, call, loaded).items()
    },
)
variation_row(
    "addresses-of-64-at-most",
    "Addresses have at most 64 characters.",
    clauses.LENGTHS,
    visible=False,
    longest_address=64,
)
variation_row(
    "form-semicolon-separates",
    "A semicolon separates the members of a form too, as it once did.",
    clauses.SILENT,
    form_fields=lambda self, call: Service.form_fields(
        self, Call(call.method, call.target, call.headers, call.body.replace(b";", b"&"))
    ),
)

# -- two accounts ---------------------------------------------------------------------------------

for _name, _sentence, _usernames in (
    ("differ-in-case", "The usernames differ in case alone.", ("mallory", "MALLORY")),
    ("are-ids", "Each username is the other user's id.", ("502", "501")),
    (
        "are-addresses",
        "Usernames are addresses.",
        ("mallory@example.org", "trentino@example.org"),
    ),
    ("with-dots", "Usernames hold dots and hyphens.", ("mallory.a-b", "mallory.a-b.json")),
):
    variation_row(
        f"usernames-{_name}", _sentence, clauses.ACCOUNTS, base=Accounts, usernames=_usernames
    )
