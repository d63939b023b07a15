"""Keeping secrets out of what is logged or repeated: by value, wherever they stand.

What is repeated is redacted piece by piece, each piece before it is cut to a length or put into a
sentence of ours: the sentence itself holds no secret, even where a password is a word of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, unquote_plus

HIDDEN = "***"

_LONG_ENOUGH = 6
# A shorter secret is hidden only where it is all of a text: hiding it in every word says more than it hides.

_PUBLIC = frozenset({"password"})
# The password of the documented login, which is also the name of a member: everybody knows it.

_FEW = 100  # secrets that are looked for one by one

_WORD = re.compile(r"[a-z]+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)


class Redactor:
    """Hides secrets in texts, also where they are percent-encoded or escaped as JSON does it.

    A secret that is a plain word, such as the documented password `password`, is hidden where it is a
    value, and left where it is a word of a sentence.

    Args:
        secrets: What to hide.
    """

    __slots__ = ("_by_head", "_folded", "_short")

    def __init__(self, secrets: Iterable[str]) -> None:
        self._short: set[str] = set()
        self._by_head: dict[str, list[str]] = {}
        self._folded: dict[str, list[str]] = {}
        for secret in dict.fromkeys(secrets):
            if secret in _PUBLIC:
                continue
            if len(secret) < _LONG_ENOUGH:
                self._short.add(secret)
                continue
            self._by_head.setdefault(secret[:_LONG_ENOUGH], []).append(secret)
            folded = secret.lower()
            self._folded.setdefault(folded[:_LONG_ENOUGH], []).append(folded)
        for alike in self._by_head.values():
            alike.sort(key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """A text with three asterisks in place of each secret."""
        text = self._hide(text)
        if "%" in text:
            text = self._hide_decoded(text, unquote_plus(text, errors="replace"))
        if "\\" in text:
            text = self._hide_decoded(text, _ESCAPE.sub(_unescaped, text))
        return HIDDEN if self._is_respelled_in(text) else text

    def _is_respelled_in(self, text: str) -> bool:
        """Whether a secret stands in a text in other case, or escaped more than once."""
        plain = unquote(unquote(text)).replace("~1", "/").replace("~0", "~").lower()
        plain = plain.replace('\\"', '"').replace("\\\\", "\\")
        return any(
            plain.startswith(secret, at) and not _is_prose(plain, at, at + len(secret))
            for at in _heads_in(plain, self._folded)
            for secret in self._folded[plain[at : at + _LONG_ENOUGH]]
        )

    def _hide_decoded(self, text: str, decoded: str) -> str:
        hidden = self._hide(decoded)
        return text if hidden == decoded else hidden

    def _hide(self, text: str) -> str:
        if text in self._short:
            return HIDDEN
        pieces: list[str] = []
        done = 0
        for start in _heads_in(text, self._by_head):
            if start < done:
                continue
            for secret in self._by_head[text[start : start + _LONG_ENOUGH]]:
                end = start + len(secret)
                if text.startswith(secret, start) and not _is_prose(text, start, end):
                    pieces += (text[done:start], HIDDEN)
                    done = end
                    break
        return "".join((*pieces, text[done:])) if pieces else text


def _heads_in(text: str, heads: Mapping[str, list[str]]) -> list[int]:
    """Where one of the heads stands: there a secret may begin."""
    if len(heads) <= _FEW:
        return sorted(at for head in heads if head in text for at in _places(head, text))
    # One look-up a character, however many secrets there are.
    last = len(text) - _LONG_ENOUGH
    return [at for at in range(last + 1) if text[at : at + _LONG_ENOUGH] in heads]


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _is_prose(text: str, start: int, end: int) -> bool:
    """Whether a part of a text is a word, or a part of one, rather than a value."""
    if not _WORD.fullmatch(text, start, end):
        return False
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return any(beside == " " or beside.isalnum() for beside in (before, after))


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else str(escape[2])
