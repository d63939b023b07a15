"""Wrong answers about who is calling, where few look: odd passwords and tokens, orders of checks."""

from __future__ import annotations

import binascii
import hmac
import re

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    CREDENTIALS,
    DOCUMENTED,
    ORDER,
)
from conformance.selftest.reference.calls import Call, Caller
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Token


@defect("Any password opens the second account.", CREDENTIALS)
class SecondAnyPassword(Service):
    def password_fits(self, username: str, password: str) -> bool:
        return username == self.seed.users[1][0] or super().password_fits(username, password)


@defect("The name in Basic is compared with the path before the password is looked at.", ORDER)
class PathBeforePassword(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        username, _password = self.decoded(call, encoded)
        if self.store.user(username) and username != call.username:
            self.check_existence(call)
            raise self.not_owner(call)
        return super().basic(call, encoded)


@defect("Someone else's token is 403 before its age is looked at.", ORDER)
class PathBeforeAge(Service):
    def alive(self, call: Call, token: Token) -> bool:
        if token.username != call.username:
            self.check_existence(call)
            raise self.not_owner(call)
        return super().alive(call, token)


@defect("An unknown username is 404 before the age of a token is looked at.", ORDER)
class UnknownBeforeAge(Service):
    def alive(self, call: Call, token: Token) -> bool:
        self.check_existence(call)
        return super().alive(call, token)


@defect("A NUL in a password is 500.", DOCUMENTED)
class NulPasswordCrashes(Service):
    def password_fits(self, username: str, password: str) -> bool:
        if "\0" in username + password:
            raise ValueError("a string literal cannot contain NUL (0x00) characters")
        return super().password_fits(username, password)


@defect("A password that is not ASCII is 500: it is compared in constant time.", DOCUMENTED)
class ForeignPasswordCrashes(Service):
    def password_fits(self, username: str, password: str) -> bool:
        user = self.store.user(username)
        return user is not None and hmac.compare_digest(user.password, password)


@defect("A token that is not ASCII is 500.", DOCUMENTED)
class ForeignTokenCrashes(Service):
    def token(self, text: str) -> Token | None:
        text.encode("ascii")
        return super().token(text)


@defect("Three words in Authorization are 500.", DOCUMENTED)
class ThreeWordsCrash(Service):
    def caller(self, call: Call) -> Caller:
        words = call.headers.get("authorization", "").split(" ")
        if len(words) > 1:
            _scheme, _value = words
        return super().caller(call)


@defect("Base64 that lacks its padding is 500.", DOCUMENTED)
class LackingPaddingCrashes(Service):
    def decoded(self, call: Call, encoded: str) -> tuple[str, str]:
        if re.fullmatch("[A-Za-z0-9+/]+", encoded) and len(encoded) % 4:
            raise binascii.Error("Incorrect padding")
        return super().decoded(call, encoded)


@defect("A token is good as a username with an empty password.", CREDENTIALS)
class TokenAsUsername(Service):
    def basic(self, call: Call, encoded: str) -> Caller:
        username, _password = self.decoded(call, encoded)
        token = self.token(username)
        if token and self.alive(call, token):
            return Caller(token.username, "bearer", self.scopes(token))
        return super().basic(call, encoded)


@defect("A quote in a password ends the statement: it can be injected.", CREDENTIALS)
class PasswordInjected(Service):
    def password_fits(self, username: str, password: str) -> bool:
        injected = re.search(r"'\s*OR\s*'?(\w+)'?\s*=\s*'?\1", password, re.IGNORECASE)
        return bool(injected) or super().password_fits(username, password)


@defect("A long password is 500: the hash takes 72 bytes.", DOCUMENTED)
class LongPasswordCrashes(Service):
    def password_fits(self, username: str, password: str) -> bool:
        if len(password.encode()) > 72:
            raise ValueError("password cannot be longer than 72 bytes")
        return super().password_fits(username, password)
