"""Keeping secrets out of what is logged or repeated: by value, wherever they stand.

What is repeated is redacted piece by piece, each piece before it is cut to a length or put into a
sentence of ours: the sentence itself holds no secret, even where a password is a word of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

HIDDEN = "***"

_LONG_ENOUGH = 6
# A shorter secret is hidden only where it stands alone: hiding it in every word says more than it hides.

_PUBLIC = frozenset({"password"})
# The password of the documented login, which is also the name of a member: everybody knows it.


def redact(text: str, secrets: Iterable[str]) -> str:
    """A piece of a request without the secrets in it: each is replaced by three asterisks.

    Where one stands in another spelling (percent-encoded, escaped, in other case), the whole piece is.
    """
    known = [secret for secret in secrets if secret not in _PUBLIC]
    for secret in known:
        if secret in text and (len(secret) >= _LONG_ENOUGH or secret == text):
            text = text.replace(secret, HIDDEN)
    plain = _plain(text)
    if any(len(secret) >= _LONG_ENOUGH and secret.lower() in plain for secret in known):
        return HIDDEN
    return text


def _plain(text: str) -> str:
    """A text without the escapes of URLs, of JSON and of JSON pointers, in lower case."""
    text = unquote(unquote(text)).replace("~1", "/").replace("~0", "~")
    return text.replace('\\"', '"').replace("\\\\", "\\").lower()
