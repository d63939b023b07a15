"""The caller (401), the account in the path (404), ownership and scopes (403)."""

from __future__ import annotations

import base64
import time

from conformance.selftest.reference.calls import Call, Caller, Refusal
from conformance.selftest.reference.routes import NEEDED_SCOPE, Routes
from conformance.selftest.reference.store import Token

CHALLENGES = ('Basic realm="accounts", charset="UTF-8"', 'Bearer realm="accounts"')


class Access(Routes):
    """Authentication, ownership and scopes."""

    def admit(self, call: Call) -> None:
        """Refuse with 401, then 404, then 403."""
        call.caller = self.caller(call)
        self.check_existence(call)
        self.check_owner(call)
        self.check_scope(call)

    def caller(self, call: Call) -> Caller:
        scheme, _space, rest = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return self.basic(call, rest.strip())
        if scheme.lower() == "bearer":
            return self.bearer(call, rest.strip())
        if "authorization" in call.headers:
            raise self.malformed(call, "no scheme that is known here")
        return self.stranger(call)

    def stranger(self, call: Call) -> Caller:
        """Answer for a request without credentials."""
        raise self.missing(call)

    def missing(self, call: Call) -> Refusal:
        return self.unauthorized(call, "a login is needed: Basic or Bearer")

    def malformed(self, call: Call, problem: str) -> Refusal:
        return self.unauthorized(call, f"malformed credentials: {problem}")

    def unauthorized(self, call: Call, reason: str) -> Refusal:
        return Refusal(401, reason, *(("WWW-Authenticate", one) for one in CHALLENGES))

    def basic(self, call: Call, encoded: str) -> Caller:
        username, password = self.decoded(call, encoded)
        if not self.password_fits(username, password):
            raise self.wrong_login(call, username)
        return Caller(username, "basic")

    def wrong_login(self, call: Call, username: str) -> Refusal:
        return self.unauthorized(call, "no such username with this password")

    def decoded(self, call: Call, encoded: str) -> tuple[str, str]:
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except UnicodeDecodeError as error:
            raise self.malformed(call, "no UTF-8") from error
        except ValueError as error:
            raise self.malformed(call, "no Base64") from error
        username, colon, password = pair.partition(":")
        if not colon:
            raise self.malformed(call, "no colon")
        return username, password

    def password_fits(self, username: str, password: str) -> bool:
        user = self.store.user(username)
        return user is not None and user.password == password

    def bearer(self, call: Call, text: str) -> Caller:
        token = self.token(text)
        if token is None:
            raise self.unknown_token(call, text)
        if not self.alive(call, token):
            raise self.stale_token(call, token)
        return Caller(token.username, "bearer", self.scopes(token))

    def unknown_token(self, call: Call, text: str) -> Refusal:
        return self.unauthorized(call, "this token is unknown")

    def stale_token(self, call: Call, token: Token) -> Refusal:
        return self.unauthorized(call, "this token is no longer good")

    def token(self, text: str) -> Token | None:
        return self.store.tokens.get(text)

    def alive(self, call: Call, token: Token) -> bool:
        return not self.expired(call, token) and not self.revoked(call, token)

    def expired(self, call: Call, token: Token) -> bool:
        return token.expires < time.time()

    def revoked(self, call: Call, token: Token) -> bool:
        return token.revoked

    def scopes(self, token: Token) -> frozenset[str]:
        return token.scopes

    def check_existence(self, call: Call) -> None:
        if self.store.user(call.username) is None:
            raise self.unknown_user(call)

    def unknown_user(self, call: Call) -> Refusal:
        return Refusal(404, f"nobody is called {call.username}")

    def check_owner(self, call: Call) -> None:
        if not self.owns(call):
            raise self.not_owner(call)

    def owns(self, call: Call) -> bool:
        return call.caller.username == call.username

    def not_owner(self, call: Call) -> Refusal:
        return Refusal(403, f"this is not the account of {call.caller.username}")

    def check_scope(self, call: Call) -> None:
        if not self.may(call):
            raise self.lacks_scope(call)

    def may(self, call: Call) -> bool:
        """Tell whether the scopes suffice. Basic carries none, and needs none."""
        return call.caller.scheme == "basic" or self.token_may(call, call.caller.scopes)

    def token_may(self, call: Call, scopes: frozenset[str]) -> bool:
        return NEEDED_SCOPE[call.operation] in scopes

    def lacks_scope(self, call: Call) -> Refusal:
        scope = NEEDED_SCOPE[call.operation]
        challenge = f'Bearer realm="accounts", error="insufficient_scope", scope="{scope}"'
        return Refusal(403, f"this needs a token with {scope}", ("WWW-Authenticate", challenge))
