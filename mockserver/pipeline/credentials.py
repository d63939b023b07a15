"""The credentials in an `Authorization` field: HTTP Basic (RFC 7617) or a Bearer token (RFC 6750)."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from dataclasses import dataclass, field

from mockserver.accounts.world import normal_form

_TOKEN68 = re.compile(rb"[A-Za-z0-9._~+/-]+=*")
_SECOND = re.compile(rb",\s*+(?:basic|bearer)\s", re.IGNORECASE)
_UNSET = frozenset({"undefined", "null", "nan", "none", "nil", "[object object]"})


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """A name and a password, in each reading of the bytes that may be meant."""

    readings: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token, not yet looked up."""

    token: str = field(repr=False)


class Malformed(Exception):
    """An `Authorization` field that cannot be read; `str()` says why, and repeats nothing of it."""


def parse_authorization(value: bytes) -> BasicCredentials | BearerToken:
    """Read the value of an `Authorization` field.

    Raises:
        Malformed: It is neither of both schemes, or breaks the form of its own.
    """
    scheme, _, rest = value.strip().partition(b" ")
    rest = rest.strip()
    name = scheme.lower()
    if name == b"bearer" and _TOKEN68.fullmatch(rest):
        return BearerToken(rest.decode("ascii"))
    if _SECOND.search(value):
        raise Malformed("it holds two logins, or came twice; send one")
    if name == b"bearer":
        said = "after 'Bearer ' there must be one token, without quotes or spaces"
        if rest.lower().startswith(b"bearer "):
            said += "; 'Bearer ' stands there twice"
        raise Malformed(said + unset_hint(rest.decode("latin-1")))
    if name == b"basic":
        return _basic(rest)
    bare = "; put 'Bearer ' before a token" if not rest and _TOKEN68.fullmatch(scheme) else ""
    raise Malformed(f"the scheme must be Basic or Bearer{bare}")


def unset_hint(*texts: str) -> str:
    """Return the likely cause of credentials that are the text of a variable without a value; or nothing."""
    for text in texts:
        if text.lower() in _UNSET:
            return f"; it is the text '{text}', as of a variable that was not set"
    return ""


def _basic(value: bytes) -> BasicCredentials:
    try:
        decoded = a2b_base64(value, strict_mode=True)
    except Error:
        plain = (
            "; it stands there as it is: encode it, in JavaScript by btoa" if b":" in value else ""
        )
        raise Malformed(f"after 'Basic ' there must be name:password in Base64{plain}") from None
    if b":" not in decoded:
        raise Malformed("the Base64 after 'Basic ' must hold name:password, and has no colon")
    name, _, password = decoded.partition(b":")
    readings = []
    # Our challenge asks for UTF-8; older clients send ISO 8859-1 all the same (RFC 7617, section 3).
    for encoding in ("utf-8", "iso-8859-1"):
        try:
            reading = (normal_form(name.decode(encoding)), normal_form(password.decode(encoding)))
        except UnicodeDecodeError:
            continue
        if reading not in readings:
            readings.append(reading)
    return BasicCredentials(tuple(readings))
