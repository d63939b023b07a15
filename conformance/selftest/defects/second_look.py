"""Defects of real services that a second reading of the text brought up: memory, other paths, wildcards, words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

from conformance.selftest.changes import defect, ids, row
from conformance.selftest.overrides import accepted
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, Route, refuse
from conformance.selftest.reference.routes import EMAILS, OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, Token

KNOWN = EMAILS[1:]

# -- what is remembered too long, or too late ------------------------------------------------------


class Memory(Service):
    """The reference with a place for what a defect remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[Any, Any] = {}


@defect("An address that was deleted can still be updated.", "update-email/not-found/address")
class DeletedStillUpdated(Memory):
    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        self.known[call.username, address.email] = address

    def update_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        gone = self.known.get((call.username, email))
        if gone is not None and self.find(call, email) is None:
            return self.json_reply(200, self.email_view(call, gone))
        return super().update_email(call)


@defect(
    "An address that was not found once stays unknown, also after it was added.",
    ("update-email/success", "delete-email/success"),
    also=("add-email/success", "update-email/verifies", *ids("json-without-content-type", KNOWN)),
    misnamed="update-email/documented-answers",
)
class UnknownStaysUnknown(Memory):
    def found(self, call: Call, email: str) -> Address:
        if (call.username, email) in self.known:
            raise self.unknown_address(call, email)
        return super().found(call, email)

    def unknown_address(self, call: Call, email: str) -> Refusal:
        self.known[call.username, email] = True
        return super().unknown_address(call, email)


@defect(
    "An update that was sent before is answered as it was then, and not done again.",
    "update-user/answers-stored",
    also="update-user/*",
)
class UpdateReplayed(Memory):
    def update_user(self, call: Call) -> Reply:
        key = (call.username, call.body)
        if key not in self.known:
            self.known[key] = super().update_user(call)
        reply: Reply = self.known[key]
        return reply


@defect(
    "The valid members of a refused update are saved with the next one.",
    "update-user/leaves-others",
)
class RefusedSavedLater(Memory):
    def profile_changes(self, call: Call) -> dict[str, str]:
        pending = self.known.setdefault(call.username, {})
        for name in PROFILE:
            if name in call.fields:
                pending[name] = self.text(call, name, call.fields[name])
        return {**self.known.pop(call.username)}


@defect(
    "A refused request takes the one before it back.",
    "update-user/refused-unchanged",
    also=("add-email/*", "update-email/*", "delete-email/*"),
)
class RefusalTakesLastBack(Service):
    def answer(self, call: Call) -> Reply:
        before = (dict(self.store.users), list(self.store.rows))
        reply = super().answer(call)
        if reply.status < 300 and call.operation in WRITING:
            self.last = before
        elif reply.status == 400:
            self.store.users, self.store.rows = getattr(self, "last", before)
        return reply


row(
    "joined-just-now",
    "An update of the profile sets date_joined anew.",
    "update-user/read-only-members",
    also="update-user/*",
    save_profile=lambda self, call, changes: self.store.change_user(
        call.username, **changes, date_joined=f"{datetime.now(UTC):%FT%T.%fZ}"
    ),
)
row(
    "add-unverifies-others",
    "A new address un-verifies the others, but for the primary one.",
    "add-email/others-untouched",
    also="add-email/form",
    insert=lambda self, call, email: (
        self.store.change(
            lambda one: one.username == call.username and not one.is_primary, verified=False
        ),
        Service.insert(self, call, email),
    )[1],
)
row(
    "add-takes-over",
    "A new address is taken away from the account that had it.",
    "add-email/others-untouched",
    also="delete-email/success",
    insert=lambda self, call, email: (
        self.store.remove(lambda one: one.email == email),
        Service.insert(self, call, email),
    )[1],
)


@defect("After a deletion, the list is an object with numbers as names.", "list-emails/members")
class ListWithGaps(Memory):
    def remove(self, call: Call, address: Address) -> None:
        super().remove(call, address)
        self.known[call.username] = True

    def list_view(self, call: Call, addresses: list[Address]) -> Json:
        views = [self.email_view(call, one) for one in addresses]
        if call.username in self.known:
            return {str(number): one for number, one in enumerate(views)}
        return [*views]


# -- whose account it is --------------------------------------------------------------------------


class Chosen(Service):
    """A service that takes the account from beside the path, once the caller was let in."""

    def chosen(self, call: Call) -> Any:
        """Return the username that stands elsewhere, or nothing."""

    def operate(self, call: Call) -> Reply:
        name = self.chosen(call)
        if name and self.store.user(str(name)):
            call.route = Route(call.operation, str(name))
        return super().operate(call)


row(
    "account-from-body",
    "A username in the body comes before the one in the path.",
    (
        "update-user/others-untouched",
        "add-email/others-untouched",
        *ids("success", KNOWN),
    ),
    base=Chosen,
    chosen=lambda self, call: call.fields.get("username"),
)
row(
    "account-from-id-in-body",
    "An id in the body says which user is updated.",
    "update-user/others-untouched",
    base=Chosen,
    chosen=lambda self, call: (
        call.operation == "update_user"
        and next(
            (one.username for one in self.store.users.values() if one.id == call.fields.get("id")),
            "",
        )
    ),
)
row(
    "account-from-query",
    "A username in the query comes before the one in the path.",
    (
        "get-user/own-data",
        "list-emails/own-only",
        "update-user/others-untouched",
        "add-email/others-untouched",
        *ids("success", KNOWN),
    ),
    base=Chosen,
    chosen=lambda self, call: parse_qs(call.target.partition("?")[2]).get("username", [""])[-1],
)


class OtherSpelling(Service):
    """A service that finds an account by another spelling, and asks for the owner only where the name is a username."""

    def meant(self, name: str) -> str:
        """Return the username that a name stands for."""
        raise NotImplementedError

    def admit(self, call: Call) -> None:
        name = call.username
        if self.store.user(name) is None:
            call.caller = self.caller(call)
            call.route = Route(call.operation, self.meant(name))
            self.check_existence(call)
            return self.check_scope(call)
        return super().admit(call)


_ABROAD = ids("forbidden/owner-bearer", READING) + ids("forbidden/owner-basic", READING)
for _name, _sentence, _meant in (
    (
        "id-opens-account",
        "An account is open to everybody by its id in place of its username.",
        lambda self, name: next(
            (one.username for one in self.store.users.values() if str(one.id) == name), ""
        ),
    ),
    (
        "address-opens-account",
        "An account is open to everybody by its address in place of its username.",
        lambda self, name: next((one.username for one in self.store.rows if one.email == name), ""),
    ),
    (
        "padding-opens-account",
        "An account is open to everybody by its username with white space behind it.",
        lambda self, name: name.strip(),
    ),
    (
        "capitals-open-account",
        "An account is open to everybody by its username in capitals.",
        lambda self, name: name.lower(),
    ),
):
    row(_name, _sentence, _ABROAD, base=OtherSpelling, meant=_meant)


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace("%", ".*"), text) is not None


row(
    "username-by-like",
    "A percent sign in the username stands for anything.",
    ids("not-found/username", OPERATIONS),
    base=OtherSpelling,
    meant=lambda self, name: next((one for one in self.store.users if _like(name, one)), ""),
)
row(
    "inherited-username",
    "A username that objects inherit in JavaScript is somebody's.",
    ids("not-found/username", OPERATIONS),
    check_existence=lambda self, call: (
        None if call.username == "__proto__" else Service.check_existence(self, call)
    ),
)

# -- credentials ----------------------------------------------------------------------------------

_WHOLE = ids("unauthenticated/malformed", OPERATIONS)


@defect("A percent sign in a token stands for anything.", _WHOLE)
class TokenByLike(Service):
    def token(self, text: str) -> Token | None:
        return next((one for key, one in self.store.tokens.items() if _like(text, key)), None)


row(
    "words-behind-token",
    "What follows a token after a space is not looked at.",
    _WHOLE,
    misnamed=accepted(_WHOLE),
    token=lambda self, text: Service.token(self, text.split(" ")[0]),
)
row(
    "words-behind-basic",
    "What follows a Basic login after a space is not looked at.",
    _WHOLE,
    misnamed=accepted(_WHOLE),
    basic=lambda self, call, encoded: Service.basic(self, call, encoded.split(" ")[0]),
)
row(
    "first-of-two-tokens",
    "Of two credentials with a comma between, the first one counts.",
    _WHOLE,
    misnamed=accepted(_WHOLE),
    token=lambda self, text: Service.token(self, text.split(",")[0]),
)
row(
    "inherited-token-crashes",
    "A token that objects inherit in JavaScript is 500.",
    ids("unauthenticated/wrong", OPERATIONS),
    token=lambda self, text: (
        refuse(500) if text in ("constructor", "__proto__") else Service.token(self, text)
    ),
)
row(
    "no-scope-is-default",
    "A token without scopes may read.",
    ids("forbidden/scope", READING),
    token_may=lambda self, call, scopes: Service.token_may(
        self, call, scopes or frozenset({"profile_read", "email_read"})
    ),
)

# -- addresses ------------------------------------------------------------------------------------


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern.replace("+", r"\+"), text) is not None
    except re.error:
        return False


_NOT_FOUND = ids("not-found/address", KNOWN)
for _name, _sentence, _same in (
    ("address-by-like", "% stands for anything in an address that is looked for.", _like),
    (
        "address-by-glob",
        "* stands for anything in an address that is looked for.",
        lambda pattern, text: fnmatchcase(text, pattern),
    ),
    (
        "address-by-pattern",
        "An address that is looked for is a regular expression.",
        _matches,
    ),
):
    row(
        _name,
        _sentence,
        _NOT_FOUND,
        same=lambda self, stored, wanted, same=_same: stored == wanted or same(wanted, stored),
        taken=lambda self, call, email: next(
            (one for one in self.searched(call) if one.email == email), None
        ),
    )


row(
    "operators-run",
    "An object in place of an address is a query with operators.",
    ids("invalid-body/address-of-wrong-type", KNOWN),
    address_of_other_type=lambda self, call, value: (
        self.searched(call)[-1].email
        if isinstance(value, dict) and any(key.startswith("$") for key in value)
        else Service.address_of_other_type(self, call, value)
    ),
)
row(
    "form-brackets-read",
    "In a form, a list with one address is that address.",
    ids("invalid-body/missing-address", EMAILS),
    form_fields=lambda self, call: {
        name.removesuffix("[]"): value for name, value in Service.form_fields(self, call).items()
    },
)
row(
    "display-name-dropped",
    "A name around an address is dropped.",
    ("add-email/invalid-body/invalid-address", "update-user/invalid-gravatar-email"),
    misnamed="update-user/refused-unchanged",
    tidy=lambda self, name, value: parseaddr(value)[1] if "<" in value and "@" in value else value,
)
row(
    "dots-make-no-difference",
    "Addresses that differ only in dots before the @ are one.",
    "add-email/success",
    taken=lambda self, call, email: next(
        (one for one in self.searched(call) if _undotted(one.email) == _undotted(email)), None
    ),
)


def _undotted(email: str) -> str:
    name, _, domain = email.partition("@")
    return f"{name.replace('.', '')}@{domain}"


_LATE = (
    ("deep-domain", "of a domain of four labels", r"@(\w+\.){3}"),
    ("long-ending", "with a last label of seven letters", r"\w{7}$"),
    ("short-ending", "with a last label of two letters", r"\.\w\w$"),
    ("one-letter", "with one character before the @", r"^.@"),
)
for _part, _which, _pattern in _LATE:
    for _op in EMAILS if _part == "short-ending" else KNOWN:
        row(
            f"{_op.split('_')[0]}-refuses-{_part}",
            f"{_op} refuses an address {_which}.",
            ids("success", [_op]),
            also=ids("json-without-content-type", [_op]) + ids("not-found/address", [_op]),
            wanted_address=lambda self, call, op=_op, bad=_pattern: (
                refuse(400)
                if call.operation == op and re.search(bad, str(call.fields.get("email")))
                else Service.wanted_address(self, call)
            ),
        )
for _part, _which, _pattern in (("deep-domain", "four labels", _LATE[0][2]), *_LATE[1:]):
    row(
        f"gravatar-{_part}-refused",
        f"gravatar_email takes no address {_which}.",
        "update-user/success",
        gravatar_address=lambda self, call, value, bad=_pattern: (
            refuse(400) if re.search(bad, value) else Service.gravatar_address(self, call, value)
        ),
    )

# -- the profile ----------------------------------------------------------------------------------

for _name, _sentence, _theirs in (
    ("own", "gravatar_email must not be among the addresses of the account.", False),
    ("foreign", "gravatar_email must not be an address of somebody else.", True),
):
    row(
        f"gravatar-{_name}-refused",
        _sentence,
        "update-user/success",
        gravatar_address=lambda self, call, value, theirs=_theirs: (
            refuse(400)
            if any(
                one.email == value and (one.username != call.username) is theirs
                for one in self.store.rows
                if not one.is_primary
            )
            else Service.gravatar_address(self, call, value)
        ),
    )
row(
    "name-taken",
    "A full_name that somebody else has is refused.",
    "update-user/success",
    text=lambda self, call, name, value: (
        refuse(400)
        if name == "full_name"
        and any(
            one.full_name == value and one.username != call.username
            for one in self.store.users.values()
        )
        else Service.text(self, call, name, value)
    ),
)


@defect(
    "update_user takes addresses, and they become those of the account.",
    "update-user/read-only-members",
)
class AddressesSettable(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, changes)
        given = call.fields.get("emails")
        for one in given if isinstance(given, list) else ():
            if isinstance(one, dict) and isinstance(one.get("email"), str):
                self.store.add_address(call.username, str(one["email"]), verified=True)


@defect("A JSON Patch is carried out.", ids("invalid-body/not-an-object", WRITING))
class JsonPatchTaken(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        steps = loaded if isinstance(loaded, list) else []
        if steps and all(isinstance(one, dict) and {"op", "path"} <= one.keys() for one in steps):
            return {
                str(one["path"])[1:]: one.get("value") for one in steps if isinstance(one, dict)
            }
        return super().an_object(call, loaded)


for _name, _sentence, _change in (
    (
        "undefined-dropped",
        "The texts undefined, None and nil become empty.",
        lambda text: "" if text in ("undefined", "None", "nil") else text,
    ),
    (
        "float-read",
        "A text that reads like a number with an exponent is one.",
        lambda text: str(float(text)) if re.fullmatch(r"\d+e\d+", text) else text,
    ),
    (
        "date-read",
        "A text that reads like a date becomes a date-time.",
        lambda text: f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text,
    ),
    (
        "formula-guarded",
        "A text that a spreadsheet would run gets an apostrophe.",
        lambda text: f"'{text}" if text[:1] in "=+@" and text else text,
    ),
    (
        "json-read",
        "A text that reads like JSON is read.",
        lambda text: "" if text in ("[]", "{}", '""') else text,
    ),
):
    row(
        f"text-{_name}",
        _sentence,
        "update-user/any-script",
        tidy=lambda self, name, value, change=_change: (
            change(value) if name in PROFILE[:3] else value
        ),
    )

# -- bodies and answers ---------------------------------------------------------------------------

row(
    "json-space-refused",
    "JSON must begin with its brace.",
    ids("success", WRITING),
    json_text=lambda self, body: body.decode() if body[:1] in b'{["0tfn' else refuse(400),
)


@defect(
    "A writing request that does not ask for JSON is answered with a page.",
    ("update-user/json", "add-email/json", "update-email/json"),
)
class WritesAnswerPages(Service):
    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        if (
            call.operation in WRITING
            and "json" not in call.headers.get("accept", "")
            and reply.body
        ):
            reply.header("Content-Type", "text/html")
        return reply


@defect("A user has a further member that is NaN.", "get-user/json", also="get-user/members")
class UserHasNan(Service):
    def user_view(self, call: Call, user: Any) -> dict[str, Json]:
        return {**super().user_view(call, user), "karma": float("nan")}
