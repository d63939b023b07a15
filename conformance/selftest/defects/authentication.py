"""Defects in who is taken for whom: missing, malformed, wrong, expired and revoked credentials."""

from __future__ import annotations

from typing import Any

from conformance.catalogue.requirements import slug
from conformance.selftest.changes import Ids, defect, ids, row
from conformance.selftest.overrides import accepted, admits, crashes, denies, refuses
from conformance.selftest.reference.calls import Call, Caller, Refusal
from conformance.selftest.reference.routes import EMAILS, OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import SCOPES

MISSING = ids("unauthenticated/missing", OPERATIONS)
MALFORMED = ids("unauthenticated/malformed", OPERATIONS)
WRONG = ids("unauthenticated/wrong", OPERATIONS)
FIRST = ids("order/unauthenticated-first", OPERATIONS)
CHALLENGE = ids("unauthenticated/challenge", OPERATIONS)
ANY_TOKEN = (*MALFORMED, *FIRST, *ids("documented-answers", OPERATIONS))
"""Where else the suite sends a token that was never issued."""
DONE = accepted(WRONG)


def right(service: Service, username: str) -> str | None:
    """Return the password of a user; None if there is no such user."""
    user = service.store.user(username)
    return None if user is None else user.password


# -- no credentials -------------------------------------------------------------------------------

for _name, _operations in (
    ("missing-is-owner", OPERATIONS),
    ("login-forgotten-on-list-emails", ["list_emails"]),
    ("login-forgotten-on-delete-email", ["delete_email"]),
):
    _breaks = ids("unauthenticated/missing", _operations)
    row(
        _name,
        f"Without a login, one is taken for the user in the path: in {', '.join(_operations)}.",
        _breaks,
        also=ids("order/unauthenticated-first", _operations),
        misnamed=accepted(_breaks),
        stranger=lambda self, call, operations=_operations: (
            Caller(call.username, "basic")
            if call.operation in operations
            else Service.stranger(self, call)
        ),
    )
row(
    "missing-is-owner-for-forms",
    "A form without credentials is taken for one of the user in the path.",
    ids("unauthenticated/missing", WRITING),
    misnamed=DONE,
    stranger=lambda self, call: (
        Caller(call.username, "basic") if call.is_form else Service.stranger(self, call)
    ),
)
for _name, _sentence, _status, *_headers in (
    ("is-403", "A missing login is 403, as from a session-based framework.", 403),
    ("is-302", "A missing login is sent to a login page.", 302, ("Location", "/account/login/")),
):
    row(
        f"missing-{_name}",
        _sentence,
        MISSING,
        also=FIRST,
        **refuses("missing", _status, *_headers),
    )


@defect(
    "A connection stays logged in.",
    ids("unauthenticated/missing", READING),
    also=ids("order/unauthenticated-first", READING),
)
class ConnectionLoggedIn(Service):
    def __init__(self) -> None:
        super().__init__()
        self.connected: dict[int, Caller] = {}

    def caller(self, call: Call) -> Caller:
        self.connected[call.connection] = super().caller(call)
        return self.connected[call.connection]

    def stranger(self, call: Call) -> Caller:
        return self.connected.get(call.connection) or super().stranger(call)


# -- malformed credentials ------------------------------------------------------------------------

for _name, _problem in (("base64", "no Base64"), ("utf8", "no UTF-8"), ("colon", "no colon")):
    row(
        f"basic-no-{_name}-crashes",
        f"Basic credentials with {_problem} are 500: the error is not caught.",
        MALFORMED,
        **refuses(
            "malformed", 500, when=lambda self, call, is_so, problem=_problem: is_so == problem
        ),
    )
row(
    "malformed-is-400",
    "Credentials that cannot be read, or of an unknown scheme, are 400.",
    MALFORMED,
    **refuses("malformed", 400),
)
row(
    "bare-scheme-crashes",
    "A scheme with nothing after it is 500: the header was split in two.",
    MALFORMED,
    **crashes(
        "caller", lambda self, call: len(call.headers.get("authorization", "x y").split()) == 1
    ),
)
row(
    "many-words-crash",
    "More than two words in Authorization are 500.",
    MALFORMED,
    **crashes("caller", lambda self, call: call.headers.get("authorization", "").count(" ") > 1),
)
row(
    "token-beyond-ascii-crashes",
    "A token beyond ASCII is 500.",
    ids("documented-answers", OPERATIONS),
    **crashes("token", lambda self, text: not text.isascii()),
)
row(
    "basic-without-base64-accepted",
    "Basic credentials are taken in plain text too.",
    MALFORMED,
    misnamed=DONE,
    decoded=lambda self, call, encoded: (
        encoded.partition(":")[::2] if ":" in encoded else Service.decoded(self, call, encoded)
    ),
)


@defect("The word before a token or a login is not looked at.", MALFORMED, misnamed=DONE)
class SchemeIgnored(Service):
    def caller(self, call: Call) -> Caller:
        word = call.headers.get("authorization", "").rpartition(" ")[2]
        if word and self.token(word) is not None:
            return self.bearer(call, word)
        return self.basic(call, word) if word else self.stranger(call)


@defect(
    "Credentials that cannot be read are dropped: the request goes on as the user in the path.",
    MALFORMED,
    misnamed=DONE,
)
class MalformedIsOwner(Service):
    def caller(self, call: Call) -> Caller:
        try:
            return super().caller(call)
        except Refusal as refusal:
            if "malformed" in refusal.reason:
                return Caller(call.username, "basic")
            raise


# -- wrong passwords ------------------------------------------------------------------------------

for _name, _sentence, _when in (
    (
        *("password-not-checked", "With Basic, the name alone logs in."),
        lambda self, name, password: self.store.user(name),
    ),
    (
        *("password-ignores-case", "Passwords are compared without regard to case."),
        lambda self, name, password: password.lower() == str(right(self, name)).lower(),
    ),
    (
        *("password-by-its-beginning", "Only the first eight characters of a password count."),
        lambda self, name, password: password[:8] == str(right(self, name))[:8],
    ),
    (
        *("password-prefix-accepted", "A beginning of the password is enough."),
        lambda self, name, password: (
            len(password) > 3 and str(right(self, name)).startswith(password)
        ),
    ),
    (
        *("password-empty-accepted", "An empty password is always right."),
        lambda self, name, password: not password and self.store.user(name),
    ),
    (
        *("password-of-anybody", "The password of any user opens every account."),
        lambda self, name, password: (
            self.store.user(name)
            and any(one.password == password for one in self.store.users.values())
        ),
    ),
    (
        "password-injected",
        "A quote in a password ends the query, and what follows it is run.",
        lambda self, name, password: "' OR '1'='1" in password,
    ),
    (
        *("other-any-password", "Any password opens the second account."),
        lambda self, name, password: name == self.seed.users[1].username,
    ),
):
    row(_name, _sentence, WRONG, also=FIRST, misnamed=DONE, **admits("password_fits", _when))
for _name, _sentence, _crash in (
    (
        *("nul-in-password-crashes", "A NUL in a password is 500, as from some databases."),
        lambda self, name, password: "\0" in password,
    ),
    (
        "letters-in-password-crash",
        "A password beyond ASCII is 500: it is compared in constant time.",
        lambda self, name, password: not password.isascii(),
    ),
    (
        "long-password-crashes",
        "A password of more than 72 bytes is 500: the hash takes no more.",
        lambda self, name, password: len(password.encode()) > 72,
    ),
):
    row(_name, _sentence, WRONG, **crashes("password_fits", _crash))
row(
    "wrong-password-is-403",
    "A wrong password is 403.",
    WRONG,
    also=FIRST,
    **refuses("wrong_login", 403, when=lambda self, call, name: self.store.user(name)),
)
row(
    "unknown-name-is-404",
    "A login with an unknown name is 404.",
    WRONG,
    also=MALFORMED,
    **refuses("wrong_login", 404, when=lambda self, call, name: not self.store.user(name)),
)


@defect("After one good login, the username alone is enough.", WRONG, also=FIRST, misnamed=DONE)
class LoginRemembered(Service):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def password_fits(self, username: str, password: str) -> bool:
        if super().password_fits(username, password):
            self.seen.add(username)
        return username in self.seen


@defect("In Basic, a token is good as the name, or as the password.", WRONG, misnamed=DONE)
class TokenAsPassword(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        for word in filter(None, self.decoded(call, encoded)):
            if self.token(word) is not None:
                return self.bearer(call, word)
        return super().basic(call, encoded)


# -- unknown tokens -------------------------------------------------------------------------------

row(
    "unknown-token-is-403",
    "A token that was never issued is 403: its scopes are asked for first.",
    WRONG,
    also=ANY_TOKEN,
    **refuses("unknown_token", 403),
)


def _near(name: str, sentence: str, fits: Any, also: Ids = MALFORMED) -> None:
    """Declare: a token is known that is only like one that was issued."""
    row(
        name,
        sentence,
        WRONG,
        also=also,
        misnamed=DONE,
        token=lambda self, text: (
            Service.token(self, text)
            or next((one for one in self.store.tokens.values() if fits(one, text)), None)
        ),
    )


_near(
    "token-ignores-case",
    "Tokens are compared without regard to case, as some databases do.",
    lambda one, text: one.token.lower() == text.lower(),
    also=(),
)
_near(
    "token-by-its-beginning",
    "Only the first twenty characters of a token are looked up.",
    lambda one, text: one.token[:20] == text[:20],
)
_near(
    "token-with-more-behind-it",
    "A token may have anything behind it.",
    lambda one, text: text.startswith(one.token),
)
row(
    "any-token-is-owner",
    "Any token is good for everything: its signature is not verified.",
    WRONG,
    also=ANY_TOKEN,
    misnamed=DONE,
    bearer=lambda self, call, text: (
        Service.bearer(self, call, text)
        if self.token(text)
        else Caller(call.username, "bearer", frozenset(SCOPES))
    ),
)

# -- expired and revoked tokens -------------------------------------------------------------------

for _state, _some, _verb, _status in (
    ("expired", READING, "reads", 403),
    ("revoked", WRITING, "writes", 400),
):
    _token = f"{_state.title()} tokens"
    _breaks = ids(f"unauthenticated/{_state}", OPERATIONS)
    row(
        f"{_state}-accepted",
        f"{_token} are accepted.",
        _breaks,
        misnamed=DONE,
        **denies(_state, lambda self, call, token: True),
    )
    row(
        f"{_state}-{_verb}",
        f"{_token} are still accepted by {', '.join(_some)}.",
        ids(f"unauthenticated/{_state}", _some),
        misnamed=accepted(ids(f"unauthenticated/{_state}", _some)),
        **denies(_state, lambda self, call, token, some=_some: call.operation in some),
    )
    row(
        f"{_state}-is-{_status}",
        f"{_token} are {_status}.",
        _breaks,
        **refuses(
            "stale_token",
            _status,
            when=lambda self, call, token, state=_state: token.revoked == (state == "revoked"),
        ),
    )

# -- good credentials refused ---------------------------------------------------------------------

BASIC_NEEDED = (
    *("*/success", "*/form", "*/forbidden/owner-basic", "*/not-found/username"),
    *("*/order/access-before-body", "update-user/read-only-members", "list-emails/complete"),
    *("update-email/verifies", "delete-email/primary-refused"),
)
"""What the suite asks for with Basic, and cannot have without it."""

for _scheme, _where, _operations in (
    ("basic", "profile", ("get_user", "update_user")),
    ("basic", "addresses", ("list_emails", *EMAILS)),
    ("bearer", "profile", ("get_user", "update_user")),
    ("bearer", "addresses", ("list_emails", *EMAILS)),
):
    row(
        f"{_scheme}-refused-on-{_where}",
        f"The operations of the {_where} do not take {_scheme.title()}.",
        ids(f"{_scheme}-accepted", _operations),
        also=BASIC_NEEDED if _scheme == "basic" else [f"{slug(one)}/*" for one in _operations],
        **crashes(
            "check_existence",
            lambda self, call, scheme=_scheme, operations=_operations: (
                call.caller.scheme == scheme and call.operation in operations
            ),
            401,
        ),
    )
row(
    "basic-reads-only",
    "Basic may read, and is 403 where it writes.",
    ids("basic-accepted", WRITING),
    also=BASIC_NEEDED,
    basic_may=lambda self, call: call.operation in READING,
)

# -- the challenge --------------------------------------------------------------------------------

row(
    "no-challenge",
    "A 401 has no WWW-Authenticate.",
    CHALLENGE,
    unauthorized=lambda self, call, reason: Refusal(401, reason),
)
row(
    "basic-challenge-only",
    "A 401 challenges for Basic alone.",
    CHALLENGE,
    unauthorized=lambda self, call, reason: Refusal(
        401, reason, ("WWW-Authenticate", 'Basic realm="accounts"')
    ),
)
