"""Credentials of a request: a login of the target file, or a value that must be refused.

`curl` is their argument for a POSIX shell. Each secret is a variable there, named as in the target file:
$OWNER_EMAIL_WRITE, $OTHER_PASSWORD.
"""

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
        curl: The arguments of curl, with a variable for each secret.
        role: Their account: owner, other, or none.
        scopes: Of a token; None otherwise.
        key: Their key in the target file.
        hint: The likely reason, should the target refuse them at all times.
    """

    label: str
    authorization: str | None = field(repr=False)
    curl: str = ""
    role: str = ""
    scopes: Scopes | None = None
    key: str = ""
    hint: str = ""


_TELLING = 8  # characters: a shorter part of a secret may be a part of a name
ELSEWHERE = "owner elsewhere"
"""The role of the owner's logins at the other user's account, as labels have it."""
NOBODY = Credentials("no credentials", None)


def basic(username: str, password: str) -> str:
    """Return the value of Authorization for a name and a password (RFC 7617, in UTF-8)."""
    return f"Basic {_base64(f'{username}:{password}')}"


def password_of(account: Account) -> Credentials | None:
    """Return the account's Basic login; None if the target file has no password."""
    if account.password is None:
        return None
    return Credentials(
        label=f"{account.role}, Basic",
        authorization=basic(account.username, account.password),
        curl=_curl_login(account.username, _variable(account, "password")),
        role=account.role,
        key=f"accounts.{account.role}.password",
        hint=_password_hint(account.password),
    )


def token_of(account: Account, scopes: Scopes, token: str) -> Credentials:
    """Return a token of the account as credentials."""
    return Credentials(
        label=token_label(account.role, scopes),
        authorization=f"Bearer {token}",
        curl=_curl_header(f"Bearer {_variable(account, scopes)}"),
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
    if len(value) >= _TELLING:
        redact.add(value)
    return Credentials(label, authorization, curl or _curl_header(f"{scheme} $UNUSABLE"))


def stale_token(account: Account, state: str, redact: Redactor) -> Credentials | None:
    """Return the `expired` or `revoked` token of an account; None if the target file has none."""
    token = account.expired_token if state == "expired" else account.revoked_token
    if token is None:
        return None
    shown = _curl_header(f"Bearer {_variable(account, f'{state}_token')}")
    return unusable(f"{account.role}, {state} token", f"Bearer {token}", redact, shown)


def _plain(label: str, authorization: str) -> Credentials:
    """Make credentials without a secret in them."""
    return Credentials(label, authorization, _curl_header(_quoted(authorization)))


def malformed(target: Target) -> Iterator[Credentials]:
    """Yield Authorization headers that are malformed, or of a scheme that no operation takes."""
    yield _plain("Basic without a value", "Basic")
    yield _plain("Bearer without a value", "Bearer")
    yield Credentials("an empty header", "", '-H "Authorization;"')
    yield _plain("no scheme we know", "garbage")
    yield _plain("Basic, no Base64", "Basic %%%")
    yield _plain("Basic without a colon", f"Basic {_base64(target.owner.username)}")
    no_text = base64.b64encode(b"\xff\xfe:\xff\xfe").decode("ascii")
    yield _plain("Basic, no UTF-8", f"Basic {no_text}")
    yield _plain("Basic, Base64 cut short", f"Basic {_base64('nobody:at-all').rstrip('=')[:-1]}")
    yield _plain("a colon alone", "Basic Og==")
    yield _plain("Bearer, many words", "Bearer not one word")
    yield _plain("Bearer, a pattern", "Bearer %")
    owner, redact = target.owner, target.redact
    token, known = _widest_token(owner)
    if token:
        for label, before, behind in (
            ("the token with a word behind it", "Bearer ", " x"),
            ("the token with a word before it", "Bearer x ", ""),
            ("the token twice, with a comma", "Bearer ", f",{token}"),
            ("the token behind another login", "Basic Og==, Bearer ", ""),
            ("the token as Digest", "Digest ", ""),
            ("the token as Klingon", "Klingon ", ""),
            ("the token as Basic", "Basic ", ""),
            ("the token without a scheme", "", ""),
        ):
            shown = f"{before}{known}{behind.replace(token, known)}"
            yield unusable(label, f"{before}{token}{behind}", redact, _curl_header(shown))
    if owner.password is not None:
        value = _base64(f"{owner.username}:{owner.password}")
        plain = f"{_quoted(owner.username)}:{_variable(owner, 'password')}"
        coded = _output_of(plain, "base64 | tr -d '\\n'")
        for label, before, behind in (
            ("the Basic login with a word behind it", "Basic ", " x"),
            ("the Basic login with a word before it", "Basic x ", ""),
            ("the Basic login as Bearer", "Bearer ", ""),
            ("the Basic login as Digest", "Digest ", ""),
        ):
            header = _curl_header(f"{before}{coded}{behind}")
            yield unusable(label, f"{before}{value}{behind}", redact, header)
        bare = f"Basic {owner.username}:{owner.password}"
        if bare.isascii():
            header = _curl_header(f"Basic {plain}")
            yield unusable("the Basic login without Base64", bare, redact, header)


def wrong_password(account: Account, tag: str, redact: Redactor) -> Credentials:
    """Combine an account's name with a password that no user has."""
    whose = "" if account.role == "owner" else f" of the {account.role} user"
    return _wrong_login(f"a wrong password{whose}", account.username, f"{tag}-wrong", redact)


def _wrong_login(label: str, username: str, password: str, redact: Redactor) -> Credentials:
    curl = _curl_login(username, _quoted(password))
    return unusable(label, basic(username, password), redact, curl)


def wrong(target: Target, tag: str) -> Iterator[Credentials]:
    """Yield well-formed credentials of no user."""
    owner, redact = target.owner, target.redact
    yield _plain("an unknown token", f"Bearer {tag}-was-never-issued")
    word = "constructor"  # an object of JavaScript inherits it
    yield _plain(f"Bearer {word}", f"Bearer {word}")
    yield _wrong_login("an unknown name", f"{tag}-nobody", "no-password", redact)
    yield wrong_password(owner, tag, redact)
    for label, password in (
        ("an empty password", ""),
        ("a wrong password with letters beyond ASCII", f"{tag}-wr\u00f6ng-\u738b"),
        ("a wrong password of a hundred characters", f"{tag}-{'x' * 100}"),
        ("a wrong password that a careless query would run", "' OR '1'='1"),
        ("the username as password", owner.username),
    ):
        if password != owner.password:
            yield _wrong_login(label, owner.username, password, redact)
    yield _plain("a wrong password with a NUL in it", basic(owner.username, f"{tag}\0wrong"))
    if owner.password:
        known = _variable(owner, "password")
        for label, password, shown in _near(owner.password, known):
            redact.add(password)
            yield unusable(
                f"the password {label}",
                basic(owner.username, password),
                redact,
                _curl_login(owner.username, shown),
            )
        nobody = f"{tag}-nobody"
        yield unusable(
            "an unknown name with the owner's password",
            basic(nobody, owner.password),
            redact,
            _curl_login(nobody, known),
        )
    other = target.other
    if other is not None and other.password is not None and other.password != owner.password:
        yield unusable(
            "the owner's name with the other user's password",
            basic(owner.username, other.password),
            redact,
            _curl_login(owner.username, _variable(other, "password")),
        )
    token, known = _widest_token(owner)
    if token and token != owner.password:
        login = _curl_login(owner.username, known)
        yield unusable("a token as the password", basic(owner.username, token), redact, login)
        yield unusable("a token as the username", basic(token, ""), redact, f'-u "{known}:"')
    for label, altered, shown in _near_token(token, known):
        yield unusable(
            f"the token {label}", f"Bearer {altered}", redact, _curl_header(f"Bearer {shown}")
        )


def _widest_token(account: Account) -> tuple[str, str]:
    """Return the token with the most scopes and its variable: where it is taken nevertheless, the effect shows."""
    if not any(account.tokens):
        return "", ""
    scopes = max(account.tokens, key=len)
    return account.tokens[scopes], _variable(account, scopes)


def _near(password: str, known: str) -> Iterator[tuple[str, str, str]]:
    """Yield passwords that are nearly right, but for bytes that a hash may cut off (bcrypt: 72)."""
    if len(password.encode()) < 60:
        if len(password) >= 2:
            yield "without its last character", password[:-1], f"{known[:-1]}%?}}"
        yield "with a character more", f"{password}x", f"{known}x"
        yield "with a colon and more", f"{password}:x", f"{known}:x"
    if password.swapcase() != password and password.isascii():
        yield "in the other case", password.swapcase(), _swapped(known)


def _near_token(token: str, known: str) -> Iterator[tuple[str, str, str]]:
    """Yield tokens that are nearly right, but for a last character that may carry no bits in Base64."""
    if len(token) < 4:
        return
    middle = len(token) // 2
    front = _output_of(known, f"cut -c 1-{middle}")
    back = _output_of(known, f"cut -c {middle + 2}-")
    yield "cut in half", token[:middle], front
    other = "A" if token[middle] != "A" else "B"
    altered = token[:middle] + other + token[middle + 1 :]
    yield "with another character in it", altered, f"{front}{other}{back}"
    yield "sent twice over", token + token, known + known
    if token.swapcase() != token:
        yield "in the other case", token.swapcase(), _swapped(known)


def token_label(role: str, scopes: Scopes) -> str:
    """Return the label of a token in reports."""
    return f"{role}, token ({' '.join(sorted(scopes)) or 'no scope'})"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


# -- curl, in a shell ------------------------------------------------------------------------------


def _variable(account: Account, secret: str | Scopes) -> str:
    return f"${{{account.variable(secret)}}}"


def _quoted(text: str) -> str:
    """Quote a text for double quotes."""
    return "".join(f"\\{one}" if one in '\\"$`' else one for one in text)


def _curl_login(username: str, password: str) -> str:
    return f'-u "{_quoted(username)}:{password}"'


def _curl_header(value: str) -> str:
    return f'-H "Authorization: {value}"'


def _output_of(text: str, command: str) -> str:
    """Substitute the output of a command that reads a text, which is fit for double quotes."""
    return f'$(printf %s "{text}" | {command})'


def _swapped(known: str) -> str:
    return _output_of(known, "tr 'a-zA-Z' 'A-Za-z'")


def _password_hint(password: str) -> str:
    """Name what a server may do wrong with a right password."""
    if ":" in password:
        return "the password has a colon: a server splits name and password at the first one (RFC 7617, section 2)"
    if not password.isascii():
        return (
            "the password has letters beyond ASCII, which are sent in UTF-8 (RFC 7617, section 2.1)"
        )
    if password != password.strip():
        return "the password begins or ends with white space, which is sent too"
    return ""
