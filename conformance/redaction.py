"""Secrets are taken out of every text by their values, in all the forms in which they travel."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "[secret]"
_SHORT = 4  # a secret shorter than that is only taken out where it stands alone


class Redactor:
    """Knows the secrets of a run. It starts with some and learns others, such as minted tokens."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, *secrets: str) -> None:
        """Learn secrets; empty ones are none."""
        new = {secret for secret in secrets if secret} - self._secrets
        if new:
            self._secrets |= new
            self._pattern = None

    def __call__(self, text: str) -> str:
        """A text without its secrets. Call it before a text is cut: half a secret is not found."""
        if not self._secrets or not text:
            return text
        if self._pattern is None:
            self._pattern = _compile(self._secrets)
        return self._pattern.sub(MASK, text)


def _compile(secrets: Iterable[str]) -> re.Pattern[str]:
    parts: set[str] = set()
    for secret in secrets:
        for form in _forms(secret):
            escaped = re.escape(form)
            alone = len(form) < _SHORT
            parts.add(rf"(?<![^\W_]){escaped}(?![^\W_])" if alone else escaped)
    # The longest first: a secret that begins with another is taken out whole.
    return re.compile("|".join(sorted(parts, key=lambda part: (-len(part), part))))


def _forms(secret: str) -> Iterator[str]:
    """How a secret may stand in a text: as it is, escaped, percent-encoded, in Base64."""
    raw = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield raw.decode("latin-1")
    yield quote(raw, safe="")
    yield quote_plus(raw)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    if len(raw) >= _SHORT:
        yield from _base64_forms(raw)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """The Base64 of a secret wherever it begins in the encoded bytes, without what neighbours share."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode("ascii").rstrip("=")
        begin = (0, 2, 3)[before]
        rest = (before + len(raw)) % 3
        end = len(encoded) - (1 if rest else 0)
        for text in {encoded[begin:end], encoded[begin:end].translate(_URL_SAFE)}:
            if len(text) >= _SHORT:
                yield text


_URL_SAFE = str.maketrans("+/", "-_")
