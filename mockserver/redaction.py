"""Keeping secrets out of what is logged or repeated: by value, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterable

HIDDEN = "***"

_LONG_ENOUGH = 6
# A shorter secret is hidden only where it stands alone: hiding it in every word says more than it hides.


def redact(text: str, secrets: Iterable[str]) -> str:
    """A text with each secret that occurs in it replaced by three asterisks."""
    for secret in secrets:
        if secret in text and (len(secret) >= _LONG_ENOUGH or secret == text):
            text = text.replace(secret, HIDDEN)
    return text
