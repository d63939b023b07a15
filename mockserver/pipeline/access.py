"""Access: the caller, the account and the scope; 401, 404 and 403, in this order.

The rules come from the contract: an operation's `security` and its `x-owner`, compiled once.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from accounts_contract import Operation
from mockserver.accounts.world import Account, Caller, Token, World, normal_form
from mockserver.pipeline.credentials import (
    BasicCredentials,
    BearerToken,
    Malformed,
    parse_authorization,
    unset_hint,
)
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.problems import Headers, Problem
from mockserver.pipeline.request import REQUEST, App, Receive, Request, Scope, Send

# Compared with what is sent for an unknown name, so that the answer takes as long as for a known one.
_NOBODY = "no password at all"

_BASIC_CHALLENGE = re.compile(rb'Basic (realm="[^"]*"), charset="UTF-8"(?:, (?=Bearer))?')
_SCRIPT_MODES = (b"cors", b"same-origin")

_OF_TOKENS = ("token-unknown", "token-revoked", "token-expired")
"""The refusals whose challenge says `invalid_token`."""

_UNSAYABLE = re.compile(r"[^ !#-\[\]-~]")


Admit = Callable[[Request, Outcome], None]
"""Lets a request in, and notes who is calling; or raises the Problem that refuses it."""


class Access:
    """The stage that lets requests in, or refuses them."""

    __slots__ = ("_admit", "_app")

    def __init__(self, app: App, *, admit: Admit) -> None:
        self._app = app
        self._admit = admit

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on that may come in."""
        self._admit(scope[REQUEST], scope[OUTCOME])
        return self._app(scope, receive, send)


class AccessRule:
    """The access rule of one operation, compiled from the contract."""

    __slots__ = ("_alternatives", "_basic", "_bearer", "_owner", "_public", "_realm")

    def __init__(self, operation: Operation, realm: str) -> None:
        self._owner = operation.owner
        self._public = not operation.security
        self._basic = any(one.kind == "basic" for one in operation.security)
        self._alternatives = [one.scopes for one in operation.security if one.kind == "bearer"]
        self._bearer = bool(self._alternatives)
        self._realm = realm.replace("\\", "").replace('"', "'")

    def admit(self, request: Request, outcome: Outcome) -> None:
        """Let a request in, and note who is calling.

        Raises:
            Problem: 401 with a challenge, 404 or 403, in this order; a missing scope comes with its challenge.
        """
        if self._public:
            return
        world, authorization = request.sandbox.world, request.headers.get(b"authorization")
        caller = outcome.caller = self._caller(world, authorization)
        owner = None if self._owner is None else outcome.params[self._owner]
        if owner is not None:
            if owner not in world.accounts:
                detail = f"no account has the username {owner[:100]!r}"
                raise Problem(404, "user-unknown", detail)
            if caller.username != owner:
                detail = (
                    f"you are logged in as {caller.username}, and this account is {owner}'s; "
                    "an account is open to its owner alone"
                )
                raise Problem(403, "not-the-owner", detail)
        if caller.token is not None:
            self._check_scopes(caller.token)

    def _caller(self, world: World, authorization: bytes | None) -> Caller:
        if authorization is None:
            detail = f"this operation needs credentials: send an Authorization header with {self._ways()}"
            raise self._unauthorized("credentials-missing", detail)
        now = time.time()
        known = world.caller(authorization, now)
        if known is not None and (self._basic if known.token is None else self._bearer):
            return known
        caller = self._authenticate(world, authorization, now)
        world.remember(authorization, caller)
        return caller

    def _authenticate(self, world: World, authorization: bytes, now: float) -> Caller:
        try:
            credentials = parse_authorization(authorization)
        except Malformed as error:
            detail = f"the Authorization header cannot be read: {error}"
            raise self._unauthorized("credentials-malformed", detail) from None
        if isinstance(credentials, BearerToken):
            if not self._bearer:
                detail = f"this operation takes no Bearer token, but {self._ways()}"
                raise self._unauthorized("credentials-malformed", detail)
            return self._token(world, credentials, now)
        if not self._basic:
            detail = f"this operation takes no HTTP Basic, but {self._ways()}"
            raise self._unauthorized("credentials-malformed", detail)
        return self._login(world, credentials)

    def _token(self, world: World, credentials: BearerToken, now: float) -> Caller:
        token = world.find_token(credentials.token)
        if token is None:
            detail = f"nobody has this Bearer token{unset_hint(credentials.token)}"
            raise self._unauthorized("token-unknown", detail, bearer=True)
        if token.revoked:
            raise self._unauthorized("token-revoked", "this Bearer token was revoked", bearer=True)
        if token.is_expired(now):
            raise self._unauthorized("token-expired", "this Bearer token has expired", bearer=True)
        account = world.accounts[token.username]
        if not account.is_active:
            raise self._inactive(account, bearer=True)
        return Caller(token.username, token)

    def _login(self, world: World, credentials: BasicCredentials) -> Caller:
        for name, password in credentials.readings:
            account = log_in(world, name, password)
            if account is not None:
                if not account.is_active:
                    raise self._inactive(account)
                return Caller(account.username, None)
        said = [part for reading in credentials.readings for part in reading]
        detail = f"no account has this name and password (HTTP Basic){unset_hint(*said)}"
        raise self._unauthorized("credentials-wrong", detail)

    def _check_scopes(self, token: Token) -> None:
        for needed in self._alternatives:
            if needed.issubset(token.scopes):
                return
        has = f"has {' '.join(token.scopes)}" if token.scopes else "has no scope"
        detail = f"this operation needs the scope {self._scope()}, and the token {has}"
        raise Problem(403, "scope-missing", detail, headers=self._scope_challenge())

    @property
    def challenge(self) -> list[tuple[bytes, bytes]]:
        """The field that asks for credentials; none where nobody has to log in."""
        return [] if self._public else self._challenge()

    def challenge_of(self, example: Any) -> list[tuple[bytes, bytes]] | None:
        """Return the field that a documented refusal comes with where the rule refuses so; None for any other example."""
        code = example.get("code") if isinstance(example, dict) else None
        if not self._bearer:
            return None
        if code == "scope-missing":
            return self._scope_challenge()
        if code in _OF_TOKENS:
            return self._challenge(str(example.get("detail", code)))
        return None

    def _scope(self) -> str:
        return " ".join(sorted(self._alternatives[0]))

    def _scope_challenge(self) -> list[tuple[bytes, bytes]]:
        scope = self._scope()
        challenge = (
            f'Bearer realm="{self._realm}", error="insufficient_scope", '
            f'error_description="the scope {scope} is missing", scope="{scope}"'
        )
        return _www_authenticate(challenge)

    def _inactive(self, account: Account, *, bearer: bool = False) -> Problem:
        detail = f"the account {account.username} is not active, so its credentials are refused"
        return self._unauthorized("account-inactive", detail, bearer=bearer)

    def _unauthorized(self, code: str, detail: str, *, bearer: bool = False) -> Problem:
        return Problem(401, code, detail, headers=self._challenge(detail if bearer else None))

    def _challenge(self, wrong: str | None = None) -> list[tuple[bytes, bytes]]:
        """Return a challenge for each scheme (RFC 9110, section 15.5.2), with the fault of a token (RFC 6750, section 3).

        Both challenges stand in one field: clients that read a single field see them both.
        """
        challenges = []
        if self._basic:
            challenges.append(basic_challenge(self._realm))
        if self._bearer:
            error = f', error="invalid_token", error_description="{plain(wrong)}"' if wrong else ""
            challenges.append(f'Bearer realm="{self._realm}"{error}')
        return _www_authenticate(", ".join(challenges))

    def _ways(self) -> str:
        ways = ["HTTP Basic"] if self._basic else []
        if self._bearer:
            ways.append("a Bearer token")
        return " or ".join(ways)


def basic_challenge(realm: str) -> str:
    """Return the challenge of HTTP Basic (RFC 7617, section 2)."""
    return f'Basic realm="{realm}", charset="UTF-8"'


def plain(text: str) -> str:
    """Return a text in the characters that an `error_description` may have (RFC 6749, section 5.2; RFC 6750, section 3)."""
    return _UNSAYABLE.sub("?", text.replace('"', "'"))


def without_login_box(request: Request, headers: Headers) -> Headers:
    """Return the fields of a 401 without a Basic challenge, if a page's script has asked.

    A browser that gets one opens its own login box, and the script waits for it. Other challenges open none, and
    one of them is enough (RFC 9110, section 15.5.2). Browsers tell by `Sec-Fetch-Mode` who asks, but not on the
    plain-HTTP addresses of other machines.
    """
    if request.headers.get(b"sec-fetch-mode") not in _SCRIPT_MODES:
        return headers
    return [
        (name, _BASIC_CHALLENGE.sub(b"", value) or _BASIC_CHALLENGE.sub(rb"Bearer \1", value))
        if name == b"www-authenticate"
        else (name, value)
        for name, value in headers
    ]


def log_in(world: World, name: str, password: str) -> Account | None:
    """Return the account that a name and a password open, active or not; None if they open none."""
    login = world.find_login(name)
    expected = _NOBODY if login is None else login.password
    is_right = same(password, normal_form(expected))
    return world.accounts[login.username] if is_right and login is not None else None


def same(one: str, other: str) -> bool:
    """Tell whether two secrets are equal, in a time that does not show how much of them is."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


def _www_authenticate(value: str) -> list[tuple[bytes, bytes]]:
    # A field value is ASCII without control characters (RFC 9110, section 5.5).
    plain = "".join(character if " " <= character <= "~" else "?" for character in value)
    return [(b"www-authenticate", plain.encode("ascii"))]
