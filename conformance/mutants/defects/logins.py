"""Defects in who is taken for whom: missing, malformed, wrong, expired and revoked credentials."""

from __future__ import annotations

import base64
from binascii import Error

from conformance.mutants.access import (
    ALL,
    EMAILS,
    ON_ADDRESSES,
    PROFILE,
    READS,
    SCOPE,
    WRITES,
    Visit,
    admits,
    answers_refusal,
    operation,
    refuses,
    security,
)
from conformance.mutants.builds import Mutant, ids, together

_MISSING = ids("unauthenticated/missing", ALL)
_MALFORMED = ids("unauthenticated/malformed", ALL)
_WRONG = ids("unauthenticated/wrong", ALL)
_EXPIRED = ids("unauthenticated/expired", ALL)
_REVOKED = ids("unauthenticated/revoked", ALL)


def _base64(seen: Visit) -> bytes | None:
    try:
        return base64.b64decode(seen.value, validate=True)
    except (Error, ValueError):
        return None


def _unreadable(seen: Visit) -> bool:
    return seen.scheme == "basic" and _base64(seen) is None


def _without_colon(seen: Visit) -> bool:
    decoded = _base64(seen) if seen.scheme == "basic" else None
    return decoded is not None and b":" not in decoded


def _any_scheme(seen: Visit) -> str:
    """Whose token or password stands in the last word, whatever stands before it."""
    token = seen.world.find_token(seen.request.header("authorization").split(" ")[-1])
    if token is not None:
        return token.username
    decoded = _base64(seen) or b""
    name, _, password = decoded.decode("latin-1").partition(":")
    account = seen.world.accounts.get(name)
    return name if account is not None and account.password == password else ""


def _without_base64(seen: Visit) -> str:
    name, _, password = seen.value.partition(":")
    account = seen.world.accounts.get(name)
    return name if seen.scheme == "basic" and account and account.password == password else ""


def _is_bare(seen: Visit) -> bool:
    return seen.request.has("authorization") and not seen.value


def _token_as_password(seen: Visit) -> str:
    token = seen.world.find_token(seen.password) or seen.world.find_token(seen.name)
    good = token is not None and not token.revoked and token.expires_at is None
    return token.username if token is not None and good else ""


def _near(seen: Visit, sent: str, *, prefix: bool) -> str:
    """Whose token is nearly the one that was sent."""
    for token in seen.world.tokens.values():
        known = token.token
        if token.revoked or token.expires_at is not None or token.scopes == ():
            continue
        if (prefix and sent[:20] == known[:20]) or (not prefix and sent.lower() == known.lower()):
            return token.username
    return ""


def _bearer_value(seen: Visit) -> str:
    return seen.value if seen.scheme == "bearer" and seen.token is None else ""


def _unknown_token(seen: Visit) -> bool:
    return seen.scheme == "bearer" and bool(seen.value) and seen.token is None


def _unknown_name(seen: Visit) -> bool:
    return bool(seen.name) and seen.name not in seen.world.accounts


def _expired(seen: Visit) -> bool:
    return seen.token is not None and seen.token.expires_at is not None


def _revoked(seen: Visit) -> bool:
    return seen.token is not None and seen.token.revoked


_PROFILE_SCOPES = frozenset({"profile_read", "profile_write"})
_EMAIL_SCOPES = frozenset({"email_read", "email_write"})


MUTANTS = (
    # -- nobody -----------------------------------------------------------------------------------
    Mutant(
        "missing-is-owner",
        "Who sends no credentials is taken for the user in the path.",
        _MISSING,
        admits(lambda seen: not seen.request.has("authorization") and seen.request.username),
    ),
    Mutant(
        "missing-is-403",
        "Who sends no credentials gets 403, as from a session-based framework.",
        _MISSING,
        answers_refusal("credentials-missing", 403),
    ),
    Mutant(
        "missing-is-redirected",
        "Who sends no credentials is redirected to a login page.",
        _MISSING,
        answers_refusal("credentials-missing", 302, location="/accounts/login/"),
    ),
    Mutant(
        "missing-is-owner-for-forms",
        "A form without credentials is taken for one of the user in the path.",
        ids("unauthenticated/missing", WRITES),
        admits(
            lambda seen: (
                not seen.request.has("authorization")
                and seen.request.is_form
                and seen.request.username
            ),
            WRITES,
        ),
    ),
    Mutant(
        "missing-is-404-on-reads",
        "Reading without credentials is answered with 404, to hide the account.",
        ids("unauthenticated/missing", READS),
        answers_refusal("credentials-missing", 404, READS),
    ),
    *(
        Mutant(
            f"login-forgotten-on-{name.replace('_', '-')}",
            f"{name} asks nobody to log in.",
            ids("unauthenticated/missing", [name]),
            operation(security(), name),
            family="login-forgotten",
        )
        for name in ALL
    ),
    # -- malformed --------------------------------------------------------------------------------
    Mutant(
        "basic-no-base64-crashes",
        "Basic credentials that are no Base64 are answered with 500: the decoder's error is not caught.",
        _MALFORMED,
        refuses(_unreadable, 500),
    ),
    Mutant(
        "basic-no-colon-crashes",
        "Basic credentials without a colon are answered with 500: two values were to be unpacked.",
        _MALFORMED,
        refuses(_without_colon, 500),
    ),
    Mutant(
        "basic-without-base64-accepted",
        "Basic credentials are taken in plain text, without Base64.",
        _MALFORMED,
        admits(_without_base64),
    ),
    Mutant(
        "malformed-is-400",
        "A malformed Authorization is answered with 400.",
        _MALFORMED,
        answers_refusal("credentials-malformed", 400),
    ),
    Mutant(
        "malformed-is-403",
        "An unknown scheme is answered with 403.",
        _MALFORMED,
        answers_refusal("credentials-malformed", 403),
    ),
    Mutant(
        "scheme-ignored",
        "The word before the token or password is not looked at.",
        _MALFORMED,
        admits(lambda seen: seen.scheme not in ("basic", "bearer") and _any_scheme(seen)),
    ),
    Mutant(
        "malformed-is-anonymous-owner",
        "Credentials that cannot be read are dropped, and the request goes on as the user in the path.",
        _MALFORMED,
        admits(lambda seen: (_unreadable(seen) or _without_colon(seen)) and seen.request.username),
    ),
    Mutant(
        "bare-scheme-crashes",
        "A scheme with nothing after it is answered with 500: the header was split in two.",
        _MALFORMED,
        refuses(_is_bare, 500),
    ),
    # -- wrong ------------------------------------------------------------------------------------
    Mutant(
        "password-not-checked",
        "With Basic, the name alone logs in.",
        _WRONG,
        admits(lambda seen: seen.name),
    ),
    Mutant(
        "password-ignores-case",
        "Passwords are compared without regard to case.",
        _WRONG,
        admits(lambda seen: seen.password.lower() == seen.right.lower() and seen.name),
    ),
    Mutant(
        "password-by-its-beginning",
        "Only the first eight characters of a password count.",
        _WRONG,
        admits(lambda seen: bool(seen.right) and seen.password[:8] == seen.right[:8] and seen.name),
    ),
    Mutant(
        "password-prefix-accepted",
        "A beginning of the password is enough.",
        _WRONG,
        admits(
            lambda seen: (
                len(seen.password) > 3 and seen.right.startswith(seen.password) and seen.name
            )
        ),
    ),
    Mutant(
        "password-empty-accepted",
        "An empty password is always right.",
        _WRONG,
        admits(lambda seen: not seen.password and seen.name),
    ),
    Mutant(
        "password-of-anybody",
        "The password of any user opens every account.",
        _WRONG,
        admits(
            lambda seen: (
                any(account.password == seen.password for account in seen.world.accounts.values())
                and seen.name
            )
        ),
    ),
    Mutant(
        "token-as-password",
        "A token is taken as the password, or as the name, in Basic.",
        _WRONG,
        admits(_token_as_password),
    ),
    Mutant(
        "wrong-password-is-403",
        "A wrong password is answered with 403.",
        _WRONG,
        answers_refusal("credentials-wrong", 403),
    ),
    Mutant(
        "unknown-name-is-404",
        "A login with an unknown name is answered with 404.",
        _WRONG,
        refuses(_unknown_name, 404),
    ),
    Mutant(
        "unknown-name-crashes",
        "A login with an unknown name is answered with 500: there is no user to compare with.",
        _WRONG,
        refuses(_unknown_name, 500),
    ),
    Mutant(
        "unknown-token-crashes",
        "A token that was never issued is answered with 500.",
        _WRONG,
        refuses(_unknown_token, 500),
    ),
    Mutant(
        "unknown-token-is-403",
        "A token that was never issued is answered with 403: the scope is looked up before the token.",
        _WRONG,
        answers_refusal("token-unknown", 403),
    ),
    Mutant(
        "any-token-is-owner",
        "Any token is good: its signature is not verified.",
        _WRONG,
        admits(lambda seen: _unknown_token(seen) and seen.request.username),
    ),
    Mutant(
        "token-ignores-case",
        "Tokens are compared without regard to case, as some databases do.",
        _WRONG,
        admits(lambda seen: _near(seen, _bearer_value(seen), prefix=False)),
    ),
    Mutant(
        "token-by-its-beginning",
        "Only the first twenty characters of a token are looked up.",
        _WRONG,
        admits(lambda seen: _near(seen, _bearer_value(seen), prefix=True)),
    ),
    # -- expired and revoked ----------------------------------------------------------------------
    Mutant("expired-accepted", "Expired tokens are accepted.", _EXPIRED, admits(_expired)),
    Mutant(
        "expired-is-403",
        "An expired token is answered with 403.",
        _EXPIRED,
        answers_refusal("token-expired", 403),
    ),
    Mutant(
        "expired-reads",
        "Expired tokens still read.",
        ids("unauthenticated/expired", READS),
        admits(_expired, READS),
    ),
    Mutant("revoked-accepted", "Revoked tokens are accepted.", _REVOKED, admits(_revoked)),
    Mutant(
        "revoked-writes",
        "Revoked tokens still write: only reading looks them up.",
        ids("unauthenticated/revoked", WRITES),
        admits(_revoked, WRITES),
    ),
    Mutant(
        "revoked-is-400",
        "A revoked token is answered with 400, as the token endpoint does.",
        _REVOKED,
        answers_refusal("token-revoked", 400),
    ),
    # -- good credentials refused -----------------------------------------------------------------
    Mutant(
        "basic-refused-on-profile",
        "The two operations of the profile take tokens only.",
        ids("basic-accepted", PROFILE),
        refuses(lambda seen: seen.scheme == "basic", 401, PROFILE),
    ),
    Mutant(
        "basic-refused-on-addresses",
        "The four operations of the addresses take tokens only.",
        ids("basic-accepted", EMAILS),
        refuses(lambda seen: seen.scheme == "basic", 401, EMAILS),
    ),
    Mutant(
        "basic-reads-only",
        "Basic may read, and is refused with 403 where it writes.",
        ids("basic-accepted", WRITES),
        refuses(
            lambda seen: seen.right != "" and seen.asks_as == seen.request.username, 403, WRITES
        ),
    ),
    Mutant(
        "bearer-refused-on-profile",
        "The two operations of the profile take HTTP Basic only.",
        ids("bearer-accepted", PROFILE),
        operation(security("basic"), *PROFILE),
    ),
    Mutant(
        "bearer-refused-on-addresses",
        "The four operations of the addresses take HTTP Basic only.",
        ids("bearer-accepted", EMAILS),
        operation(security("basic"), *EMAILS),
    ),
    Mutant(
        "all-scopes-refused",
        "A token must have the scope and no other: one with all scopes is refused.",
        ids("bearer-accepted", ALL),
        refuses(lambda seen: len(seen.scopes) == len(set(SCOPE.values())), 403),
    ),
    Mutant(
        "first-scope-counts",
        "Of a token's scopes only the first one is looked at.",
        ids("bearer-accepted", ["update_user", *EMAILS]),
        refuses(
            lambda seen: (
                len(seen.scopes) > 1
                and seen.token is not None
                and not seen.token.revoked
                and seen.token.expires_at is None
                and min(seen.scopes, key=list(dict.fromkeys(SCOPE.values())).index)
                != SCOPE[seen.request.operation]
            ),
            403,
        ),
    ),
    Mutant(
        "write-needs-read-too",
        "Writing needs the scope for reading as well.",
        ids("bearer-accepted", WRITES),
        together(
            operation(security("basic", _PROFILE_SCOPES), "update_user"),
            operation(security("basic", _EMAIL_SCOPES), *ON_ADDRESSES),
        ),
    ),
)
