"""Defects in who is taken for whom: missing, malformed, wrong, expired and revoked credentials."""

from __future__ import annotations

from functools import partial

from conformance.selftest.changes import defect, ids, row, table
from conformance.selftest.overrides import (
    Memory,
    admits,
    by_form,
    by_percent,
    crashes,
    instead,
    refuses,
)
from conformance.selftest.reference.calls import Call, Caller, Refusal, refuse
from conformance.selftest.reference.routes import READING, WRITING
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import SCOPES

MISSING, MALFORMED = "*/unauthenticated/missing", "*/unauthenticated/malformed"
WRONG, CHALLENGE = "*/unauthenticated/wrong", "*/unauthenticated/challenge"
FIRST = "*/order/unauthenticated-first"
ANY_TOKEN = f"{MALFORMED} {FIRST} */documented-answers"
"""Other requirements for which the suite sends a token that was never issued."""


def right(service: Service, username: str) -> str:
    """Return the password of a user; nothing that anybody sends if there is no such user."""
    user = service.store.user(username)
    return "\0nobody" if user is None else user.password


# -- no credentials -------------------------------------------------------------------------------


def _as_owner(_self: Service, call: Call) -> Caller:
    return Caller(call.username, "basic")


row(
    "missing-is-owner",
    "Without a login, one is taken for the user in the path.",
    MISSING,
    also=FIRST,
    stranger=_as_owner,
)
table(
    MISSING,
    {
        "missing-is-403: A missing login is 403, as from a session-based framework.": (403,),
        "missing-is-302: A missing login is sent to a login page.": (302, ("Location", "/login/")),
    },
    lambda refusal: refuses("missing", *refusal),
    also=FIRST,
)


@defect(
    "A connection stays logged in.",
    ids("unauthenticated/missing", READING),
    also=FIRST,
)
class ConnectionLoggedIn(Memory):
    def caller(self, call: Call) -> Caller:
        self.memory[call.connection] = caller = super().caller(call)
        return caller

    def stranger(self, call: Call) -> Caller:
        return self.memory.get(call.connection) or super().stranger(call)


# -- malformed credentials ------------------------------------------------------------------------

table(
    MALFORMED,
    {
        "basic-no-base64-crashes: Basic credentials with no Base64 are 500.": "no Base64",
        "basic-no-utf8-crashes: Basic credentials with no UTF-8 are 500.": "no UTF-8",
        "basic-no-colon-crashes: Basic credentials with no colon are 500.": "no colon",
    },
    lambda problem: refuses("malformed", 500, when=lambda _self, _call, of: of == problem),
)
table(
    MALFORMED,
    {
        "malformed-is-400: Credentials that cannot be read, or of an unknown scheme, are 400.": (
            refuses("malformed", 400)
        ),
        "bare-scheme-crashes: A scheme with nothing after it is 500: the header is split.": crashes(
            "caller", lambda self, call: len(call.headers.get("authorization", "x y").split()) == 1
        ),
        "many-words-crash: More than two words in Authorization are 500.": crashes(
            "caller", lambda self, call: call.headers.get("authorization", "").count(" ") > 1
        ),
    },
)
row(
    *("missing-is-owner-for-forms", "A form needs no login."),
    ids("unauthenticated/missing", WRITING),
    **instead("stranger", by_form, _as_owner),
)
row(
    *("basic-without-base64-accepted", "In Basic, plain text is taken.", MALFORMED),
    **instead(
        "decoded",
        lambda self, call, encoded: ":" in encoded,
        lambda self, call, encoded: encoded.partition(":")[::2],
    ),
)


@defect("The word before a token or a login is not looked at.", MALFORMED)
class SchemeIgnored(Service):
    def caller(self, call: Call) -> Caller:
        word = call.headers.get("authorization", "").rpartition(" ")[2]
        if word and self.token(word) is not None:
            return self.bearer(call, word)
        return self.basic(call, word) if word else self.stranger(call)


@defect("Unreadable credentials count as the owner's.", MALFORMED)
class MalformedIsOwner(Service):
    def caller(self, call: Call) -> Caller:
        try:
            return super().caller(call)
        except Refusal as refusal:
            if "malformed" in refusal.reason:
                return Caller(call.username, "basic")
            raise


# -- wrong passwords ------------------------------------------------------------------------------

table(
    WRONG,
    {
        "password-not-checked: With Basic, the name alone logs in.": lambda self, name, password: (
            self.store.user(name)
        ),
        "password-ignores-case: Passwords are compared without regard to case.": (
            lambda self, name, password: password.lower() == right(self, name).lower()
        ),
        "password-by-its-beginning: Only the first eight characters of a password count.": (
            lambda self, name, password: password[:8] == right(self, name)[:8]
        ),
        "password-prefix-accepted: A beginning of the password is enough.": (
            lambda self, name, password: password[3:] and right(self, name).startswith(password)
        ),
        "password-empty-accepted: An empty password is always right.": (
            lambda self, name, password: not password and self.store.user(name)
        ),
        "password-of-anybody: The password of any user opens every account.": (
            lambda self, name, password: (
                self.store.user(name)
                and any(one.password == password for one in self.store.users.values())
            )
        ),
        "password-injected: A quote in a password ends the query, and what follows it is run.": (
            lambda self, name, password: "' OR '1'='1" in password
        ),
        "other-any-password: Any password opens the second account.": (
            lambda self, name, password: name == self.seed.users[1].username
        ),
    },
    partial(admits, "password_fits"),
    also=FIRST,
)
table(
    WRONG,
    {
        "odd-password-crashes: A password with a NUL, beyond ASCII or over 72 bytes is 500.": (
            crashes(
                "password_fits",
                lambda self, name, password: (
                    "\0" in password or not password.isascii() or len(password.encode()) > 72
                ),
            )
        ),
        "wrong-password-is-403: A wrong password is 403.": refuses(
            "wrong_login", 403, when=lambda self, call, name: self.store.user(name)
        ),
        "unknown-name-is-404: A login with an unknown name is 404.": refuses(
            "wrong_login", 404, when=lambda self, call, name: not self.store.user(name)
        ),
    },
    also=f"{FIRST} {MALFORMED}",
)


@defect("After one good login, the username alone is enough.", WRONG, also=FIRST)
class LoginRemembered(Memory):
    def password_fits(self, username: str, password: str) -> bool:
        if super().password_fits(username, password):
            self.memory[username] = True
        return username in self.memory


@defect("In Basic, a token is good as the name, or as the password.", WRONG)
class TokenAsPassword(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        for word in filter(None, self.decoded(call, encoded)):
            if self.token(word) is not None:
                return self.bearer(call, word)
        return super().basic(call, encoded)


# -- unknown tokens -------------------------------------------------------------------------------

table(
    WRONG,
    {
        "token-ignores-case: Tokens are compared without regard to case.": lambda one, text: (
            one.token.lower() == text.lower()
        ),
        "token-by-its-beginning: Only the first twenty characters of a token are looked up.": (
            lambda one, text: one.token[:20] == text[:20]
        ),
        "token-with-more-behind-it: A token may have anything behind it.": lambda one, text: (
            text.startswith(one.token)
        ),
    },
    lambda fits: {
        "token": lambda self, text: (
            Service.token(self, text)
            or next((one for one in self.store.tokens.values() if fits(one, text)), None)
        )
    },
    also=MALFORMED,
)
row(
    "unknown-token-is-403",
    "A token that was never issued is 403: its scopes are asked for first.",
    WRONG,
    also=ANY_TOKEN,
    **refuses("unknown_token", 403),
)
row(
    "any-token-is-owner",
    "Any token is good for everything: its signature is not verified.",
    WRONG,
    also=ANY_TOKEN,
    **instead(
        "bearer",
        lambda self, call, text: self.token(text) is None,
        lambda self, call, text: Caller(call.username, "bearer", frozenset(SCOPES)),
    ),
)

# -- expired and revoked tokens -------------------------------------------------------------------

table(
    "*/unauthenticated/{expired,revoked}",
    {
        "stale-accepted: Expired and revoked tokens are accepted.": {
            "alive": lambda self, call, token: True
        },
        "stale-is-403: Expired and revoked tokens are 403.": refuses("stale_token", 403),
    },
)
row(
    "token-beyond-ascii-crashes",
    "A token beyond ASCII is 500.",
    "*/documented-answers",
    **crashes("token", lambda self, text: not text.isascii()),
)

# -- good credentials refused ---------------------------------------------------------------------

# What the suite asks for with Basic, and cannot have without it.
BASIC_NEEDED = (
    "*/success */form */forbidden/owner-basic */not-found/username */order/access-before-body",
    "update-user/read-only-members list-emails/complete update-email/verifies",
    "delete-email/primary-refused",
)
PROFILE, ADDRESSES = ("get_user", "update_user"), ("list_emails", *WRITING[1:])

for _some, _others, _on, _elsewhere, _about in (
    (PROFILE, ADDRESSES, "profile", "addresses", "*-user/*"),
    (ADDRESSES, PROFILE, "addresses", "profile", "*-email/* list-emails/*"),
):
    row(
        f"{_on}-without-tokens",
        f"The {_on} takes no Bearer, the {_elsewhere} no Basic.",
        (*ids("bearer-accepted", _some), *ids("basic-accepted", _others)),
        also=(*BASIC_NEEDED, _about),
        **crashes(
            "check_existence",
            lambda self, call, some=_some: (
                (call.caller.scheme == "bearer") == (call.operation in some)
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

table(
    CHALLENGE,
    {
        "no-challenge: A 401 has no WWW-Authenticate.": (),
        "basic-challenge-only: A 401 challenges for Basic alone.": (
            ("WWW-Authenticate", 'Basic realm="accounts"'),
        ),
    },
    lambda headers: refuses("unauthorized", 401, *headers),
)

# -- more than a token or a login, or less ---------------------------------------------------------


table(
    MALFORMED,
    {
        "token-by-like: A percent sign in a token stands for anything.": {
            "token": lambda self, text: next(
                (one for key, one in self.store.tokens.items() if by_percent(text, key)), None
            )
        },
        "words-behind-token: What follows a token after a space is not looked at.": {
            "token": lambda self, text: Service.token(self, text.split(" ")[0])
        },
        "words-behind-basic: What follows a Basic login after a space is not looked at.": {
            "basic": lambda self, call, encoded: Service.basic(self, call, encoded.split(" ")[0])
        },
        "first-of-two-tokens: Of two credentials with a comma between, the first one counts.": {
            "token": lambda self, text: Service.token(self, text.split(",")[0])
        },
    },
)
row(
    "inherited-token-crashes",
    "A token that objects inherit in JavaScript is 500.",
    WRONG,
    also="*/documented-answers",
    token=lambda self, text: (
        refuse(500) if text in ("constructor", "__proto__") else Service.token(self, text)
    ),
)
