"""Who is calling."""

from __future__ import annotations

import base64

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import BOTH, CREDENTIALS, DOCUMENTED
from conformance.selftest.reference.routes import NEEDED_SCOPE, READING
from conformance.selftest.reference.calls import Call, Caller, Refusal
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Token


def anonymous(operation: str) -> None:
    """Declare: an operation works without a login."""

    @defect(f"{operation} needs no login.", CREDENTIALS, f"anonymous_{operation}")
    class Anonymous(Service):
        def stranger(self, call: Call) -> Caller:
            if call.operation == operation and "authorization" not in call.headers:
                return Caller(call.username, "basic")
            return super().stranger(call)


def scheme_refused(operation: str, scheme: str) -> None:
    """Declare: an operation does not know one of the two schemes."""

    @defect(f"{operation} does not take {scheme}.", BOTH, f"no_{scheme}_for_{operation}")
    class Refused(Service):
        def caller(self, call: Call) -> Caller:
            caller = super().caller(call)
            if call.operation == operation and caller.scheme == scheme:
                raise self.unauthorized(call, "another scheme, please")
            return caller


for _operation in NEEDED_SCOPE:
    anonymous(_operation)
for _operation, _scheme in (
    ("get_user", "bearer"),
    ("update_user", "basic"),
    ("list_emails", "basic"),
    ("add_email", "bearer"),
    ("update_email", "bearer"),
    ("delete_email", "basic"),
):
    scheme_refused(_operation, _scheme)


@defect("A missing login is 403.", CREDENTIALS)
class MissingLoginForbidden(Service):
    def stranger(self, call: Call) -> Caller:
        raise Refusal(403, "log in first")


@defect("A missing login is a redirect to a login page.", CREDENTIALS)
class MissingLoginRedirected(Service):
    def stranger(self, call: Call) -> Caller:
        raise Refusal(302, "log in first", ("Location", "/account/login/"))


@defect("Basic credentials that are no base64 are 500.", DOCUMENTED)
class BrokenBase64Crashes(Service):
    def decoded(self, call: Call, encoded: str) -> tuple[str, str]:
        base64.b64decode(encoded, validate=True)
        return super().decoded(call, encoded)


@defect("Basic credentials that are no base64 are 400.", CREDENTIALS)
class BrokenBase64BadRequest(Service):
    def decoded(self, call: Call, encoded: str) -> tuple[str, str]:
        try:
            base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise Refusal(400, "no base64") from error
        return super().decoded(call, encoded)


@defect("Basic credentials without a colon are 500.", DOCUMENTED)
class NoColonCrashes(Service):
    def decoded(self, call: Call, encoded: str) -> tuple[str, str]:
        try:
            return super().decoded(call, encoded)
        except Refusal as refusal:
            if "colon" in refusal.reason:
                raise ValueError("not enough values to unpack") from refusal
            raise


@defect("Basic credentials that are no UTF-8 are 500.", DOCUMENTED)
class ForeignBytesCrash(Service):
    def decoded(self, call: Call, encoded: str) -> tuple[str, str]:
        try:
            return super().decoded(call, encoded)
        except Refusal as refusal:
            if isinstance(refusal.__cause__, UnicodeDecodeError):
                raise refusal.__cause__ from None
            raise


@defect("Any password will do.", CREDENTIALS)
class AnyPassword(Service):
    def password_fits(self, username: str, password: str) -> bool:
        return self.store.user(username) is not None


@defect("An empty password will do.", CREDENTIALS)
class EmptyPassword(Service):
    def password_fits(self, username: str, password: str) -> bool:
        known = self.store.user(username) is not None
        return (known and not password) or super().password_fits(username, password)


@defect("Passwords are compared without regard to case.", CREDENTIALS)
class PasswordCase(Service):
    def password_fits(self, username: str, password: str) -> bool:
        return super().password_fits(username, password.lower())


@defect("Only the first eight characters of a password count.", CREDENTIALS)
class PasswordCut(Service):
    def password_fits(self, username: str, password: str) -> bool:
        user = self.store.user(username)
        return user is not None and user.password[:8] == password[:8]


@defect("The password of any user opens any account.", CREDENTIALS)
class PasswordOfAnyone(Service):
    def password_fits(self, username: str, password: str) -> bool:
        known = self.store.user(username) is not None
        return known and any(one.password == password for one in self.store.users())


@defect("After one good login, the username alone is enough.", CREDENTIALS)
class LoginRemembered(Service):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def password_fits(self, username: str, password: str) -> bool:
        if super().password_fits(username, password):
            self.seen.add(username)
        return username in self.seen


@defect("A connection stays logged in.", CREDENTIALS)
class ConnectionLoggedIn(Service):
    def __init__(self) -> None:
        super().__init__()
        self.connected: dict[int, Caller] = {}

    def caller(self, call: Call) -> Caller:
        self.connected[call.connection] = super().caller(call)
        return self.connected[call.connection]

    def stranger(self, call: Call) -> Caller:
        return self.connected.get(call.connection) or super().stranger(call)


@defect("A login with an unknown username is 404.", CREDENTIALS)
class UnknownLoginNotFound(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        if self.store.user(self.decoded(call, encoded)[0]) is None:
            raise Refusal(404, "no such user")
        return super().basic(call, encoded)


@defect("A wrong password is 403.", CREDENTIALS)
class WrongPasswordForbidden(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        if not self.password_fits(*self.decoded(call, encoded)):
            raise Refusal(403, "wrong password")
        return super().basic(call, encoded)


@defect("An unknown token is 403.", CREDENTIALS)
class UnknownTokenForbidden(Service):
    def bearer(self, call: Call, text: str) -> Caller:
        if self.token(text) is None:
            raise Refusal(403, "unknown token")
        return super().bearer(call, text)


@defect("An empty Bearer token is 500.", DOCUMENTED)
class EmptyTokenCrashes(Service):
    def bearer(self, call: Call, text: str) -> Caller:
        return super().bearer(call, text[0] + text[1:])


@defect("A token is known by how it begins.", CREDENTIALS)
class TokenByPrefix(Service):
    def token(self, text: str) -> Token | None:
        fits = (one for one in self.store.tokens() if text.startswith(one.token))
        return super().token(text) or next(fits, None)


@defect("A token needs no scheme before it.", CREDENTIALS)
class TokenWithoutScheme(Service):
    def stranger(self, call: Call) -> Caller:
        return self.bearer(call, call.headers.get("authorization", ""))


@defect("An expired token still works.", CREDENTIALS)
class ExpiredTaken(Service):
    def expired(self, call: Call, token: Token) -> bool:
        return False


@defect("An expired token still reads.", CREDENTIALS)
class ExpiredReads(Service):
    def expired(self, call: Call, token: Token) -> bool:
        return call.operation not in READING and super().expired(call, token)


@defect("An expired token still deletes addresses.", CREDENTIALS)
class ExpiredDeletes(Service):
    def expired(self, call: Call, token: Token) -> bool:
        return call.operation != "delete_email" and super().expired(call, token)


@defect("An expired token is 403.", CREDENTIALS)
class ExpiredForbidden(Service):
    def expired(self, call: Call, token: Token) -> bool:
        if super().expired(call, token):
            raise Refusal(403, "expired")
        return False


@defect("A revoked token still works.", CREDENTIALS)
class RevokedTaken(Service):
    def revoked(self, call: Call, token: Token) -> bool:
        return False


@defect("A revoked token still updates addresses.", CREDENTIALS)
class RevokedUpdatesEmail(Service):
    def revoked(self, call: Call, token: Token) -> bool:
        return call.operation != "update_email" and super().revoked(call, token)


@defect("A revoked token still updates the profile, and is answered with 401.", CREDENTIALS)
class RevokedWrites(Service):
    def bearer(self, call: Call, text: str) -> Caller:
        token = self.token(text)
        if token and token.revoked and call.operation == "update_user":
            call.fields = self.fields(call)
            call.caller = Caller(token.username, "bearer")
            self.save_profile(call, self.profile_changes(call))
            self.store.keep()
        return super().bearer(call, text)
