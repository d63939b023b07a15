"""Defects in who is taken for whom: missing, malformed, wrong, expired and revoked credentials."""

from __future__ import annotations

from functools import partial
from typing import Any

from conformance.selftest.changes import defect, row, table
from conformance.selftest.overrides import (
    Memory,
    Override,
    admits,
    after,
    by_form,
    by_percent,
    crashes,
    each,
    instead,
    refuses,
)
from conformance.selftest.reference.calls import Call, Caller
from conformance.selftest.reference.routes import OPERATIONS
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import SCOPES

MISSING, MALFORMED = "*/unauthenticated/missing", "*/unauthenticated/malformed"
WRONG, STALE = "*/unauthenticated/wrong", "*/unauthenticated/{expired,revoked}"
FIRST = "*/order/unauthenticated-first */documented-answers"
ANY_TOKEN = f"{MALFORMED} {FIRST}"
"""Other requirements for which the suite sends a token that was never issued."""


def right(service: Service, username: str) -> str:
    """Return the password of a user; nothing that anybody sends if there is no such user."""
    user = service.store.user(username)
    return "\0nobody" if user is None else user.password


# -- no credentials -------------------------------------------------------------------------------


def _as_owner(_self: Service, call: Call) -> Caller:
    return Caller(call.username, "basic")


table(
    MISSING,
    {
        "missing-is-owner: Without a login, one is taken for the user in the path.": {
            "stranger": _as_owner
        },
        "missing-is-403-or-302: By turns, a missing login is 403, or sent to a page.": each(
            OPERATIONS,
            refuses("missing", 403),
            refuses("missing", 302, ("Location", "/login/")),
        ),
    },
    also=FIRST,
)
row(
    "missing-is-owner-for-forms ({update-user,*-email}/unauthenticated/missing): A form needs no login.",
    **instead("stranger", by_form, _as_owner),
)


@defect(
    "A connection stays logged in.", "{get-user,list-emails}/unauthenticated/missing", also=FIRST
)
class ConnectionLoggedIn(Memory):
    def caller(self, call: Call) -> Caller:
        self.memory[call.connection] = caller = super().caller(call)
        return caller

    def stranger(self, call: Call) -> Caller:
        return self.memory.get(call.connection) or super().stranger(call)


# -- malformed credentials ------------------------------------------------------------------------


def _any_scheme(self: Service, call: Call) -> Caller:
    word = call.headers.get("authorization", "").rpartition(" ")[2]
    if word and self.token(word) is not None:
        return self.bearer(call, word)
    return self.basic(call, word) if word else self.stranger(call)


def _sent(bad: Any) -> Any:
    return crashes("caller", lambda self, call: bad(call.headers.get("authorization", "x y")))


table(
    MALFORMED,
    {
        "malformed-fails: By turns, five kinds of malformed logins are 500, or all are 400.": (
            *(
                refuses(
                    "malformed", 500, when=lambda _self, _call, of, problem=problem: of == problem
                )
                for problem in ("no Base64", "no UTF-8", "no colon")
            ),
            _sent(lambda text: len(text.split()) == 1),
            _sent(lambda text: text.count(" ") > 1),
            refuses("malformed", 400),
        ),
        "malformed-accepted: By turns, plain text, any scheme, % or more words are taken.": (
            instead(
                "decoded",
                lambda self, call, encoded: ":" in encoded,
                lambda self, call, encoded: encoded.partition(":")[::2],
            ),
            {"caller": _any_scheme},
            {
                "token": lambda self, text: next(
                    (one for key, one in self.store.tokens.items() if by_percent(text, key)), None
                )
            },
            {"token": lambda self, text: Service.token(self, text.split(" ")[0])},
            {"basic": lambda self, call, pair: Service.basic(self, call, pair.split(" ")[0])},
            {"token": lambda self, text: Service.token(self, text.split(",")[0])},
        ),
    },
    lambda kinds: each(OPERATIONS, *kinds),
    also=FIRST,
)

# -- wrong passwords ------------------------------------------------------------------------------

_fits = partial(admits, "password_fits")

table(
    WRONG,
    {
        "other-any-password: Any password opens the second account.": _fits(
            lambda self, name, password: name == self.seed.users[1].username
        ),
        "password-roughly: By turns, six kinds of passwords that are only alike are right.": each(
            OPERATIONS,
            _fits(lambda self, name, one: one.lower() == right(self, name).lower()),
            _fits(lambda self, name, one: one[:8] == right(self, name)[:8]),
            _fits(lambda self, name, one: one[3:] and right(self, name).startswith(one)),
            _fits(lambda self, name, one: not one and self.store.user(name)),
            _fits(
                lambda self, name, one: (
                    self.store.user(name)
                    and any(user.password == one for user in self.store.users.values())
                )
            ),
            _fits(lambda self, name, one: "' OR '1'='1" in one),
        ),
        "password-ends-at-colon: What stands behind a second colon does not count.": after(
            "decoded", lambda self, call, encoded, pair: (pair[0], pair[1].partition(":")[0])
        ),
        "wrong-login-otherwise: By turns, a wrong login is 403, or 404, or an odd one 500.": each(
            OPERATIONS,
            crashes(
                "password_fits",
                lambda self, name, one: "\0" in one or not one.isascii() or len(one.encode()) > 72,
            ),
            refuses("wrong_login", 403, when=lambda self, call, name: self.store.user(name)),
            refuses("wrong_login", 404, when=lambda self, call, name: not self.store.user(name)),
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


# -- unknown tokens -------------------------------------------------------------------------------


class TokenAsPassword(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        for word in filter(None, self.decoded(call, encoded)):
            if self.token(word) is not None:
                return self.bearer(call, word)
        return super().basic(call, encoded)


def _alike(fits: Any) -> Any:
    """Find a token that is only alike."""
    return {
        "token": lambda self, text: (
            Service.token(self, text)
            or next((one for key, one in self.store.tokens.items() if fits(key, text)), None)
        )
    }


table(
    WRONG,
    {
        "token-roughly: By turns, tokens that are alike or in Basic are taken, others 500 or 403.": each(
            OPERATIONS,
            _alike(lambda key, text: key.lower() == text.lower()),
            _alike(lambda key, text: key[:20] == text[:20]),
            _alike(lambda key, text: text.startswith(key)),
            TokenAsPassword,
            crashes("token", lambda self, text: text in ("constructor", "__proto__")),
            refuses("unknown_token", 403),
        ),
        "any-token-is-owner: Any token is good for everything: its signature is not verified.": instead(
            "bearer",
            lambda self, call, text: self.token(text) is None,
            lambda self, call, text: Caller(call.username, "bearer", frozenset(SCOPES)),
        ),
    },
    also=ANY_TOKEN,
)

# -- good credentials refused ---------------------------------------------------------------------


def _without(scheme: str, other: str) -> Override:
    """Refuse a scheme for the profile, and another one for the addresses."""
    return crashes(
        "check_existence",
        lambda self, call: call.caller.scheme == (scheme if "user" in call.operation else other),
        401,
    )


table(
    "",
    {
        "profile-without-tokens (*-user/bearer-accepted {list-emails,*-email}/basic-accepted): "
        "The profile takes no Bearer, the addresses no Basic.": _without("bearer", "basic"),
        "addresses-without-tokens ({list-emails,*-email}/bearer-accepted *-user/basic-accepted): "
        "The addresses take no Bearer, the profile no Basic.": _without("basic", "bearer"),
    },
    # What the suite asks for with Basic, and cannot have without it.
    also=(
        "*/success */form */forbidden/owner-basic */not-found/username *-user/* *-email/*",
        "*/order/access-before-body update-user/read-only-members list-emails/*",
    ),
)

# -- the challenge --------------------------------------------------------------------------------

table(
    "",
    {
        "stale-accepted (*/{expired,revoked}): Expired and revoked tokens are accepted.": {
            "alive": lambda self, call, token: True
        },
        "stale-is-403 (*/{expired,revoked}): "
        "By turns, old tokens are 403, so on other accounts, or 404 on none.": each(
            OPERATIONS,
            refuses("stale_token", 403),
            refuses(
                *("stale_token", 403),
                when=lambda self, call, token: token.username != call.username,
            ),
            refuses(
                *("stale_token", 404),
                when=lambda self, call, token: not self.store.user(call.username),
            ),
        ),
        "token-beyond-ascii-crashes (*/documented-answers): A token beyond ASCII is 500.": crashes(
            "token", lambda self, text: not text.isascii()
        ),
        "no-challenge (*/unauthenticated/challenge): "
        "By turns, a 401 has no WWW-Authenticate, or one for Basic alone.": each(
            OPERATIONS,
            refuses("unauthorized", 401),
            refuses("unauthorized", 401, ("WWW-Authenticate", 'Basic realm="accounts"')),
        ),
    },
)
