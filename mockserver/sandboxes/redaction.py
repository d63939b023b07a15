"""Keeping secrets out of what is logged or repeated: by value, wherever they stand, and by name.

What is repeated is redacted piece by piece, each piece before it is cut to a length or put into a
sentence of ours: the sentence itself holds no secret, even where a password is a word of it.

Secrets that nobody knows, such as a key for another service, are recognized by their names, where what was
sent is shown. That works on texts, which may be cut or broken: what is no JSON may hold a password as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, unquote_plus

HIDDEN = "***"

_LONG_ENOUGH = 6
# A shorter secret is hidden only where it is all of a text: hiding it in every word says more than it hides.

_PUBLIC = frozenset({"password"})
# The password of the documented login, which is also the name of a member: everybody knows it.

_FEW = 100  # secrets that are looked for one by one

_WORD = re.compile(r"[a-z]+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)


_SECRET_FIELD = re.compile(
    r"token|secret|password|api[-_]?key|session|auth(?!ors?\b)|^cookie$", re.IGNORECASE
)
_READABLE_FIELDS = frozenset({"www-authenticate", "proxy-authenticate"})  # they ask for a login
_SECRET_NAME = re.compile(r"password|passwd|secret|token|api[-_]?key", re.IGNORECASE)

# None of these goes back over what it has read: a hostile text takes no longer than another one.
_NAME_TO_TEXT = re.compile(r"""(["'])\s*+:\s*+\\*+(["'])""")
_REST_OF_TEXT = {
    '"': re.compile(r"""(?:[^"\\]++|\\.?)*+""", re.DOTALL),
    "'": re.compile(r"""(?:[^'\\]++|\\.?)*+""", re.DOTALL),
}
_BOUNDARY = re.compile(r"^--[^\r\n]++", re.MULTILINE)
_PART_NAME = re.compile(r"""(?<![a-z])name="?([^"\r\n]*+)""", re.IGNORECASE)


Heads = dict[str, dict[int, set[str]]]
"""Secrets by how they begin and how long they are: thousands may begin alike, as tokens of one service do."""


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
        self._by_head: Heads = {}
        self._folded: Heads = {}
        for secret in dict.fromkeys(secrets):
            if secret in _PUBLIC:
                continue
            if len(secret) < _LONG_ENOUGH:
                self._short.add(secret)
                continue
            _add(self._by_head, secret)
            _add(self._folded, secret.lower())

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
            not _is_prose(plain, at, end)
            for at in _heads_in(plain, self._folded)
            for end in _ends(self._folded, plain, at)
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
            for end in sorted(_ends(self._by_head, text, start), reverse=True):
                if not _is_prose(text, start, end):
                    pieces += (text[done:start], HIDDEN)
                    done = end
                    break
        return "".join((*pieces, text[done:])) if pieces else text


def _add(heads: Heads, secret: str) -> None:
    heads.setdefault(secret[:_LONG_ENOUGH], {}).setdefault(len(secret), set()).add(secret)


def _ends(heads: Heads, text: str, start: int) -> Iterator[int]:
    """Where each secret ends that begins at a place where a head stands."""
    for length, alike in heads[text[start : start + _LONG_ENOUGH]].items():
        if text[start : start + length] in alike:
            yield start + length


def _heads_in(text: str, heads: Heads) -> list[int]:
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
    if not escape[1]:
        return str(escape[2])
    character = chr(int(escape[1], 16))
    # Half of a pair is no text that could be written; it stays as it is escaped.
    return escape[0] if "\ud800" <= character <= "\udfff" else character


def is_secret_field(name: str) -> bool:
    """Whether the name of a header field says that its value is a secret."""
    return bool(_SECRET_FIELD.search(name)) and name.lower() not in _READABLE_FIELDS


def is_secret_name(name: str) -> bool:
    """Whether the name of a parameter or of a member says that its value is a secret."""
    return bool(_SECRET_NAME.search(name))


def hide_value(name: str, value: Any) -> Any:
    """The value of a member, or three asterisks if it is a text and the name says that it is a secret."""
    return HIDDEN if isinstance(value, str) and is_secret_name(name) else value


def hide_parameters(text: str) -> str:
    """A query, or a url-encoded form, without the values of parameters that are secrets by their names."""
    return "&".join(map(_parameter, text.split("&")))


def hide_in_body(text: str) -> str:
    """A body, as JSON or as a form, without the texts in it that are secrets by their names.

    What it is, it shows itself: not every client names the media type that it sends.
    """
    text = _hide_in_json(text)
    if text.lstrip()[:1] in ("{", "[", '"'):
        return text
    boundary = _BOUNDARY.search(text)
    if boundary is not None:
        return boundary[0].join(map(_part, text.split(boundary[0])))
    return hide_parameters(text)


def _parameter(text: str) -> str:
    name, equals, _ = text.partition("=")
    return f"{name}={HIDDEN}" if equals and is_secret_name(unquote_plus(name)) else text


def _part(text: str) -> str:
    """A part of a multipart form."""
    line = "\r\n" if "\r\n" in text else "\n"
    head, blank, value = text.partition(line * 2)
    name = _PART_NAME.search(head)
    if not blank or name is None or not is_secret_name(name[1]):
        return text
    return f"{head}{blank}{HIDDEN}{value[len(value.rstrip()) :]}"


def _hide_in_json(text: str) -> str:
    pieces: list[str] = []
    done = at = 0
    while found := _NAME_TO_TEXT.search(text, at):
        name = text[text.rfind(found[1], 0, found.start()) + 1 : found.start()]
        at = found.start(2)
        if is_secret_name(_ESCAPE.sub(_unescaped, name)):
            pieces += (text[done : found.end()], HIDDEN)
            rest = _REST_OF_TEXT[found[2]].match(text, found.end())
            done = at = found.end() if rest is None else rest.end()
    return "".join((*pieces, text[done:])) if pieces else text
