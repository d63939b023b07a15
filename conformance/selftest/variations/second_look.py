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


@variation(
    "An account is named in any case, with .json behind it, by its id, and by its primary address.",
    clauses.ELSEWHERE,
)
class AccountsByOtherNames(Service):
    usernames = Accounts.usernames  # which are nobody's id or address

    def route(self, call: Call, path: str) -> Route:
        operation, name = super().route(call, path)
        names = {str(one.id): one.username for one in self.store.users.values()}
        names |= {one.email: one.username for one in self.store.rows if one.is_primary}
        return Route(operation, names.get(name) or name.lower().removesuffix(".json"))


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
