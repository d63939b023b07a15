"""Credentials of a request: a login of the target file, or a value that must be refused."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.target.redaction import Redactor
from conformance.target.target import Account, Scopes, Target


@dataclass(frozen=True, slots=True)
class Credentials:
    """The value of an Authorization header, and its origin.

    Attributes:
        label: Their name in reports: "owner, Basic", "owner, token (email_read)".
        authorization: The header's value; None to send none.
        curl: The arguments of curl, with $TOKEN or $PASSWORD for the secret.
        role: Their account: owner, other, or none.
        scopes: Of a token; None otherwise.
        key: Their key in the target file.
    """

    label: str
    authorization: str | None = field(repr=False)
    curl: str = ""
    role: str = ""
    scopes: Scopes | None = None
    key: str = ""


ELSEWHERE = "owner elsewhere"
"""The role of the owner's logins at the other user's account, as labels have it."""
NOBODY = Credentials("no credentials", None)


def basic(username: str, password: str) -> str:
    """Return the value of Authorization for a name and a password (RFC 7617, in UTF-8)."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode('ascii')}"


def password_of(account: Account) -> Credentials | None:
    """Return the account's Basic login; None if the target file has no password."""
    if account.password is None:
        return None
    return Credentials(
        label=f"{account.role}, Basic",
        authorization=basic(account.username, account.password),
        curl=f'-u "{account.username}:$PASSWORD"',
        role=account.role,
        key=f"accounts.{account.role}.password",
    )


def token_of(account: Account, scopes: Scopes, token: str) -> Credentials:
    """Return a token of the account as credentials."""
    return Credentials(
        label=token_label(account.role, scopes),
        authorization=f"Bearer {token}",
        curl='-H "Authorization: Bearer $TOKEN"',
        role=account.role,
        scopes=scopes,
        key=f'accounts.{account.role}.tokens["{" ".join(sorted(scopes))}"]',
    )


def logins_of(account: Account) -> Iterator[Credentials]:
    """Yield the logins of an account in the target file: Basic, then each token."""
    login = password_of(account)
    if login is not None:
        yield login
    for scopes, token in account.tokens.items():
        yield token_of(account, scopes, token)


def unusable(label: str, authorization: str, redact: Redactor, curl: str = "") -> Credentials:
    """Make credentials that no server may accept, and keep their value out of reports."""
    scheme, _, value = authorization.partition(" ")
    if value:
        redact.add(value)
    return Credentials(label, authorization, curl or f'-H "Authorization: {scheme} $UNUSABLE"')


def malformed(target: Target) -> Iterator[Credentials]:
    """Yield Authorization headers that are malformed, or of a scheme that no operation takes."""
    yield Credentials("Basic without a value", "Basic", '-H "Authorization: Basic"')
    yield Credentials("Bearer without a value", "Bearer", '-H "Authorization: Bearer"')
    yield Credentials("an empty header", "", '-H "Authorization;"')
    yield Credentials("no scheme we know", "garbage", '-H "Authorization: garbage"')
    yield Credentials("Basic, no Base64", "Basic %%%", '-H "Authorization: Basic %%%"')
    no_colon = base64.b64encode(target.owner.username.encode()).decode("ascii")
    yield Credentials(
        "Basic without a colon", f"Basic {no_colon}", f'-H "Authorization: Basic {no_colon}"'
    )
    no_text = base64.b64encode(b"\xff\xfe:\xff\xfe").decode("ascii")
    yield Credentials("Basic, no UTF-8", f"Basic {no_text}", f'-H "Authorization: Basic {no_text}"')
    padless = base64.b64encode(b"nobody:at-all").decode("ascii").rstrip("=")
    yield Credentials(
        "Basic, Base64 cut short",
        f"Basic {padless[:-1]}",
        f'-H "Authorization: Basic {padless[:-1]}"',
    )
    yield Credentials("a colon alone", "Basic Og==", '-H "Authorization: Basic Og=="')
    words = "not one word"
    yield Credentials(
        "Bearer, many words", f"Bearer {words}", f'-H "Authorization: Bearer {words}"'
    )
    yield Credentials("Bearer, a pattern", "Bearer %", '-H "Authorization: Bearer %"')
    owner = target.owner
    token = _widest_token(owner)
    if token:
        yield unusable("the token with a word behind it", f"Bearer {token} x", target.redact)
        yield unusable("the token twice, with a comma", f"Bearer {token},{token}", target.redact)
        for scheme in ("Digest", "Klingon"):
            yield unusable(f"the token as {scheme}", f"{scheme} {token}", target.redact)
        yield unusable("the token as Basic", f"Basic {token}", target.redact)
        yield unusable(
            "the token without a scheme", token, target.redact, '-H "Authorization: $TOKEN"'
        )
    if owner.password is not None:
        value = basic(owner.username, owner.password).removeprefix("Basic ")
        yield unusable("the Basic login with a word behind it", f"Basic {value} x", target.redact)
        yield unusable("the Basic login as Bearer", f"Bearer {value}", target.redact)
        yield unusable("the Basic login as Digest", f"Digest {value}", target.redact)
        plain = f"Basic {owner.username}:{owner.password}"
        if plain.isascii():
            yield unusable("the Basic login without Base64", plain, target.redact)


def wrong_password(account: Account, tag: str, redact: Redactor) -> Credentials:
    """Combine an account's name with a password that no user has."""
    whose = "" if account.role == "owner" else f" of the {account.role} user"
    return unusable(f"a wrong password{whose}", basic(account.username, f"{tag}-wrong"), redact)


def wrong(target: Target, tag: str) -> Iterator[Credentials]:
    """Yield well-formed credentials of no user."""
    redact = target.redact
    owner = target.owner
    never = f"{tag}-was-never-issued"
    yield unusable("an unknown token", f"Bearer {never}", redact)
    word = "constructor"  # an object of JavaScript inherits it
    yield Credentials(f"Bearer {word}", f"Bearer {word}", f'-H "Authorization: Bearer {word}"')
    yield unusable("an unknown name", basic(f"{tag}-nobody", "no-password"), redact)
    yield wrong_password(target.owner, tag, redact)
    yield unusable("an empty password", basic(owner.username, ""), redact)
    for label, password in (
        ("with letters beyond ASCII", f"{tag}-wr\u00f6ng-\u738b"),
        ("with a NUL in it", f"{tag}\0wrong"),
        ("of a hundred characters", f"{tag}-{'x' * 100}"),
        ("that a careless query would run", "' OR '1'='1"),
    ):
        if password != owner.password:
            login = basic(owner.username, password)
            yield unusable(f"a wrong password {label}", login, redact)
    if owner.password != owner.username:
        yield unusable("the username as password", basic(owner.username, owner.username), redact)
    if owner.password:
        for label, password in _near(owner.password):
            redact.add(password)
            yield unusable(f"the password {label}", basic(owner.username, password), redact)
        nobody = basic(f"{tag}-nobody", owner.password)
        yield unusable("an unknown name with the owner's password", nobody, redact)
    if target.other is not None and target.other.password not in (None, owner.password):
        theirs = basic(owner.username, str(target.other.password))
        yield unusable("the owner's name with the other user's password", theirs, redact)
    token = _widest_token(owner)
    if token and token != owner.password:
        yield unusable("a token as the password", basic(owner.username, token), redact)
        yield unusable("a token as the username", basic(token, ""), redact)
    for label, altered in _near_token(token):
        yield unusable(f"the token {label}", f"Bearer {altered}", redact)


def _widest_token(account: Account) -> str:
    """Return the token with the most scopes: where it is taken nevertheless, the effect shows."""
    return account.tokens[max(account.tokens, key=len)] if any(account.tokens) else ""


def _near(password: str) -> Iterator[tuple[str, str]]:
    """Yield passwords that are nearly right, but for bytes that a hash may cut off (bcrypt: 72)."""
    if len(password) >= 2:
        yield "without its last character", password[:-1]
    if len(password.encode()) < 60:
        yield "with a character more", f"{password}x"
    if password.swapcase() != password and password.isascii():
        yield "in the other case", password.swapcase()


def _near_token(token: str) -> Iterator[tuple[str, str]]:
    """Yield tokens that are nearly right, but for a last character that may carry no bits in Base64."""
    if len(token) < 4:
        return
    yield "cut in half", token[: len(token) // 2]
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    yield "with another character in it", token[:middle] + other + token[middle + 1 :]
    yield "sent twice over", token + token
    if token.swapcase() != token:
        yield "in the other case", token.swapcase()


def token_label(role: str, scopes: Scopes) -> str:
    """Return the label of a token in reports."""
    return f"{role}, token ({' '.join(sorted(scopes)) or 'no scope'})"
