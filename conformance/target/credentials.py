"""Credentials of a request: a login of the target file, or a value that must be refused.

`curl` is their argument for a POSIX shell. Each secret is a variable there, named as in the target file:
$OWNER_EMAIL_WRITE, $OTHER_PASSWORD.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

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
NOBODY = Credentials("no credentials", None)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as it is sent, and as a shell makes it within double quotes."""

    sent: str
    shown: str

    def piped(self, sent: str, command: str) -> _Text:
        """Return the output of a shell's command that reads this text."""
        return _Text(sent, f'$(printf %s "{self.shown}" | {command})')


def _text(*parts: str | _Text) -> _Text:
    """Join texts; a plain one is quoted for the shell."""
    texts = [
        _Text(one, "".join(f"\\{sign}" if sign in '\\"$`' else sign for sign in one))
        if isinstance(one, str)
        else one
        for one in parts
    ]
    return _Text("".join(one.sent for one in texts), "".join(one.shown for one in texts))


def _secret(account: Account, key: str | Scopes, secret: str) -> _Text:
    """Return a secret of the target file; a shell has it as a variable."""
    return _Text(secret, f"${{{account.variable(key)}}}")


def _header(*parts: str | _Text) -> tuple[str, str]:
    """Return a value of Authorization, and the arguments of curl for it."""
    value = _text(*parts)
    name = "Authorization: " if value.sent else "Authorization;"
    return value.sent, f'-H "{name}{value.shown}"'


def _basic(username: str | _Text, password: str | _Text) -> tuple[str, str]:
    """Return the value of Authorization for a name and a password (RFC 7617, in UTF-8), and curl's arguments."""
    login = _text(username, ":", password)
    return f"Basic {_base64(login.sent)}", f'-u "{login.shown}"'


def plain(label: str, authorization: str) -> Credentials:
    """Make credentials without a secret in them."""
    return Credentials(label, *_header(authorization))


def _hidden(redact: Redactor, label: str, made: tuple[str, str]) -> Credentials:
    """Make credentials that no server may accept from a secret, and keep their value out of reports."""
    value = made[0].partition(" ")[2]
    if len(value) >= _TELLING:
        redact.add(value)
    return Credentials(label, *made)


def password_of(account: Account) -> Credentials | None:
    """Return the account's Basic login; None if the target file has no password."""
    if account.password is None:
        return None
    return Credentials(
        f"{account.role}, Basic",
        *_basic(account.username, _secret(account, "password", account.password)),
        role=account.role,
        key=f"accounts.{account.role}.password",
        hint=_password_hint(account.password),
    )


def token_of(account: Account, scopes: Scopes, token: str) -> Credentials:
    """Return a token of the account as credentials."""
    return Credentials(
        token_label(account.role, scopes),
        *_header("Bearer ", _secret(account, scopes, token)),
        role=account.role,
        scopes=scopes,
        key=f'accounts.{account.role}.tokens["{" ".join(sorted(scopes))}"]',
    )


def token_label(role: str, scopes: Scopes) -> str:
    """Return the label of a token in reports."""
    return f"{role}, token ({' '.join(sorted(scopes)) or 'no scope'})"


def logins_of(account: Account) -> Iterator[Credentials]:
    """Yield the logins of an account in the target file: Basic, then each token."""
    login = password_of(account)
    if login is not None:
        yield login
    for scopes, token in account.tokens.items():
        yield token_of(account, scopes, token)


def stale_token(account: Account, state: str, redact: Redactor) -> Credentials | None:
    """Return the `expired` or `revoked` token of an account; None if the target file has none."""
    token = account.expired_token if state == "expired" else account.revoked_token
    if token is None:
        return None
    made = _header("Bearer ", _secret(account, f"{state}_token", token))
    return _hidden(redact, f"{account.role}, {state} token", made)


def malformed(target: Target) -> Iterator[Credentials]:
    """Yield Authorization headers that are malformed, or of a scheme that no operation takes."""
    no_text = base64.b64encode(b"\xff\xfe:\xff\xfe").decode("ascii")
    for label, value in (
        ("Basic without a value", "Basic"),
        ("Bearer without a value", "Bearer"),
        ("an empty header", ""),
        ("no scheme we know", "garbage"),
        ("Basic, no Base64", "Basic %%%"),
        ("Basic without a colon", f"Basic {_base64(target.owner.username)}"),
        ("Basic, no UTF-8", f"Basic {no_text}"),
        ("Basic, Base64 cut short", f"Basic {_base64('nobody:at-all').rstrip('=')[:-1]}"),
        ("a colon alone", "Basic Og=="),
        ("Bearer, many words", "Bearer not one word"),
        ("Bearer, a pattern", "Bearer %"),
    ):
        yield plain(label, value)
    owner, hidden = target.owner, partial(_hidden, target.redact)
    if token := _widest_token(owner):
        for label, made in (
            ("the token with a word behind it", _header("Bearer ", token, " x")),
            ("the token with a word before it", _header("Bearer x ", token)),
            ("the token twice, with a comma", _header("Bearer ", token, ",", token)),
            ("the token behind another login", _header("Basic Og==, Bearer ", token)),
            ("the token as Digest", _header("Digest ", token)),
            ("the token as Klingon", _header("Klingon ", token)),
            ("the token as Basic", _header("Basic ", token)),
            ("the token without a scheme", _header(token)),
        ):
            yield hidden(label, made)
    if owner.password is not None:
        login = _text(owner.username, ":", _secret(owner, "password", owner.password))
        coded = login.piped(_base64(login.sent), "base64 | tr -d '\\n'")
        for label, made in (
            ("the Basic login with a word behind it", _header("Basic ", coded, " x")),
            ("the Basic login with a word before it", _header("Basic x ", coded)),
            ("the Basic login as Bearer", _header("Bearer ", coded)),
            ("the Basic login as Digest", _header("Digest ", coded)),
        ):
            yield hidden(label, made)
        if login.sent.isascii():
            yield hidden("the Basic login without Base64", _header("Basic ", login))


def wrong_password(account: Account, tag: str) -> Credentials:
    """Combine an account's name with a password that no user has."""
    whose = "" if account.role == "owner" else f" of the {account.role} user"
    return Credentials(f"a wrong password{whose}", *_basic(account.username, f"{tag}-wrong"))


def wrong(target: Target, tag: str) -> Iterator[Credentials]:
    """Yield well-formed credentials of no user."""
    owner, other, hidden = target.owner, target.other, partial(_hidden, target.redact)
    yield plain("an unknown token", f"Bearer {tag}-was-never-issued")
    word = "constructor"  # an object of JavaScript inherits it
    yield plain(f"Bearer {word}", f"Bearer {word}")
    name, nobody = owner.username, f"{tag}-nobody"
    yield Credentials("an unknown name", *_basic(nobody, "no-password"))
    yield wrong_password(owner, tag)
    for label, guess in (
        ("an empty password", ""),
        ("a wrong password with letters beyond ASCII", f"{tag}-wr\u00f6ng-\u738b"),
        ("a wrong password of a hundred characters", f"{tag}-{'x' * 100}"),
        ("a wrong password that a careless query would run", "' OR '1'='1"),
        ("the username as password", name),
    ):
        if guess != owner.password:
            yield Credentials(label, *_basic(name, guess))
    yield plain("a wrong password with a NUL in it", _basic(name, f"{tag}\0wrong")[0])
    if owner.password:
        password = _secret(owner, "password", owner.password)
        for label, near in _near(password):
            target.redact.add(near.sent)
            yield hidden(f"the password {label}", _basic(name, near))
        yield hidden("an unknown name with the owner's password", _basic(nobody, password))
    if other is not None and other.password is not None and other.password != owner.password:
        password = _secret(other, "password", other.password)
        yield hidden("the owner's name with the other user's password", _basic(name, password))
    token = _widest_token(owner)
    if token is not None and token.sent != owner.password:
        yield hidden("a token as the password", _basic(name, token))
        yield hidden("a token as the username", _basic(token, ""))
    for label, altered in _near_token(token) if token is not None else ():
        yield hidden(f"the token {label}", _header("Bearer ", altered))


def _widest_token(account: Account) -> _Text | None:
    """Return the token with the most scopes: where it is taken nevertheless, the effect shows."""
    if not account.tokens:
        return None
    scopes = max(account.tokens, key=len)
    return _secret(account, scopes, account.tokens[scopes])


def _near(password: _Text) -> Iterator[tuple[str, _Text]]:
    """Yield passwords that are nearly right, but for bytes that a hash may cut off (bcrypt: 72)."""
    text = password.sent
    if len(text.encode()) < 60:
        if len(text) >= 2:
            yield "without its last character", _Text(text[:-1], f"{password.shown[:-1]}%?}}")
        yield "with a character more", _text(password, "x")
        yield "with a colon and more", _text(password, ":x")
    if text.isascii():
        yield from _in_the_other_case(password)


def _near_token(token: _Text) -> Iterator[tuple[str, _Text]]:
    """Yield tokens that are nearly right, but for a last character that may carry no bits in Base64."""
    text = token.sent
    if len(text) < 4:
        return
    middle = len(text) // 2
    front = token.piped(text[:middle], f"cut -c 1-{middle}")
    back = token.piped(text[middle + 1 :], f"cut -c {middle + 2}-")
    yield "cut in half", front
    other = "A" if text[middle] != "A" else "B"
    yield "with another character in it", _text(front, other, back)
    yield "sent twice over", _text(token, token)
    yield from _in_the_other_case(token)


def _in_the_other_case(secret: _Text) -> Iterator[tuple[str, _Text]]:
    swapped = secret.sent.swapcase()
    if swapped != secret.sent:
        yield "in the other case", secret.piped(swapped, "tr 'a-zA-Z' 'A-Za-z'")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


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
