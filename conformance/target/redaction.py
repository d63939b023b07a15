"""Redaction of secrets by their values, in all escapes in which a target may repeat them.

No list of escaped forms would be complete, so a text is decoded. Each place has several readings: its own
character, and each character that an escape beginning there stands for, at any depth. A secret is masked
wherever such readings spell it.
"""

from __future__ import annotations

import base64
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from html.entities import html5
from typing import Any

MASK = "[secret]"
LONGEST = 40_000
"""Characters of a text that are kept, from its beginning and its end: no report has more."""
_MARGIN = 10_000  # characters beyond the cut in which the rest of a secret is looked for
_SHORT = 4  # a secret shorter than that is only taken out where it stands alone
_MOST = 12  # readings of a place: nothing real is escaped more often

# The beginnings of escapes; + is a space in a form. A byte of UTF-8 and half a pair are half a character.
_BEGINNINGS = re.compile("[\\\\%&+\xc2-\xf4\ud800-\udbff]")
_HEX = frozenset("0123456789abcdefABCDEF")
_DIGITS = frozenset("0123456789")
_OCTAL = frozenset("01234567")
_LETTERS = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_TAILS = frozenset(map(chr, range(0x80, 0xC0)))
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}

_END = ""  # the key of a trie's node where a secret ends; its value: whether it must stand alone
_Trie = dict[str, Any]


class Redactor:
    """The secrets of a run: those of the target file, and later ones such as minted tokens."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._trie: _Trie = {}
        self._longest = 0
        for secret in secrets:
            self.add(secret)

    def add(self, *secrets: str) -> None:
        """Add secrets; empty ones are ignored."""
        with self._lock:
            new = {secret for secret in secrets if secret} - self._secrets
            if new:
                self._secrets |= new
                self._pattern = None

    def __call__(self, text: str) -> str:
        """Mask the secrets in a text. Call it before a text is cut: half a secret is not found.

        The time is in proportion to the text. The middle of a text longer than LONGEST is left out.
        """
        if not self._secrets or not text:
            return text
        if len(text) <= LONGEST:
            return self._hidden(text)
        half = LONGEST // 2
        begin = self._hidden(text[: half + _MARGIN], last=half)
        end = self._hidden(text[-half - _MARGIN :], first=_MARGIN)
        return f"{begin} … [{len(text) - LONGEST:,} characters left out] … {end}"

    def _hidden(self, text: str, first: int = 0, last: int | None = None) -> str:
        """Return the part of a text from `first` to `last`, with its secrets masked."""
        last = len(text) if last is None else last
        pieces = []
        for start, end in self._places(text):
            if end > first and start < last:
                pieces += [text[first : max(first, start)], MASK]
                first = end
        return "".join((*pieces, text[first:last]))

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Find the secrets in a text: the start and end of each, in order."""
        with self._lock:  # another thread may add a secret meanwhile
            if self._pattern is None:
                self._pattern, self._trie, self._longest = _compiled(frozenset(self._secrets))
            pattern = self._pattern
        found = [match.span() for match in pattern.finditer(text)]
        readings = _Readings(text)
        place = 0
        for (
            escape
        ) in readings.escapes:  # no secret that is escaped begins far before its first escape
            place = max(place, escape - self._longest)
            while place <= escape:
                end = self._end(readings, place)
                if end:
                    found.append((place, end))
                place = end or place + 1
        yield from sorted(found)

    def _end(self, readings: _Readings, start: int) -> int:
        """Return the end of the longest secret that a reading of the text spells from here; 0 for none."""
        longest = 0
        ways = [(self._trie, start)]
        seen = set()
        while ways:
            node, place = ways.pop()
            if (
                place > longest
                and _END in node
                and (not node[_END] or readings.stands_alone(start, place))
            ):
                longest = place
            for character, end in readings.at(place):
                below = node.get(character)
                if below is not None and (id(below), end) not in seen:
                    seen.add((id(below), end))
                    ways.append((below, end))
        return longest


class _Readings:
    """The characters that may stand at each place of a text, and where each ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[int, list[tuple[str, int]]] = {}
        self._after_others: set[int] = set()
        """Ends of escapes that stand for no letter and no digit."""
        self.escapes = [match.start() for match in _BEGINNINGS.finditer(text)]
        run = 0
        # From the end, for an escape may be written in escapes.
        for place in reversed(self.escapes):
            is_run = text[place] == "\\" and text.startswith("\\", place + 1)
            run = run + 1 if is_run else 1
            self._found[place] = self._readings(place, run if text[place] == "\\" else 1)

    def at(self, place: int) -> Sequence[tuple[str, int]]:
        """Return the readings of a place; none behind the end."""
        found = self._found.get(place)
        if found is not None:
            return found
        return [(self._text[place], place + 1)] if place < len(self._text) else ()

    def stands_alone(self, start: int, end: int) -> bool:
        """Return whether no letter or digit stands before the start or behind the end."""
        text = self._text
        before = not start or not text[start - 1].isalnum() or start in self._after_others
        return before and not text[end : end + 1].isalnum()

    def _readings(self, place: int, run: int) -> list[tuple[str, int]]:
        character = self._text[place]
        found = [(character, place + 1)]
        # A backslash is doubled with each escaping.
        found += [(character, place + length) for length in (2, 4, 8, 16) if length < run]
        if run > 1:
            found.append((character, place + run))
        for one in found:  # which grows meanwhile
            for more in self._escaped(*one):
                if len(found) < _MOST and more not in found:
                    found.append(more)
        self._after_others.update(end for one, end in found[1:] if not one.isalnum())
        return found

    def _escaped(self, beginning: str, place: int) -> Iterator[tuple[str, int]]:
        """Yield the characters that an escape with this beginning may stand for."""
        if beginning == "%":
            yield from self._number(place, _HEX, 16, 2)
            yield from self._after(place, "u", _HEX, 4)
        elif beginning == "\\" and not self._text.startswith("\\" * 4, place):
            for character, end in self.at(place):
                if not character.isalnum() or character in _CONTROLS:
                    yield _CONTROLS.get(character, character), end
            yield from self._number(place, _OCTAL, 8, 3)
            for letter, count in (("x", 2), ("u", 4), ("U", 8)):
                yield from self._after(place, letter, _HEX, count)
            for _, end in self._spelled(place, "u{"):
                yield from self._number(end, _HEX, 16, 1, 8, "}")
        elif beginning == "&":
            for _, end in self._spelled(place, "#"):
                yield from self._number(end, _DIGITS, 10, 1, 12, ";")
            for prefix in ("#x", "#X"):
                for _, end in self._spelled(place, prefix):
                    yield from self._number(end, _HEX, 16, 1, 12, ";")
            yield from self._entity(place)
        elif beginning == "+":
            yield " ", place
        else:
            yield from self._whole(beginning, place)

    def _whole(self, half: str, place: int) -> Iterator[tuple[str, int]]:
        """Complete a character from the first byte of its UTF-8, or the first of two surrogates."""
        if "\xc2" <= half <= "\xf4":
            count = 1 + (half >= "\xe0") + (half >= "\xf0")
            for rest, end in self._words(place, _TAILS, count, count):
                with suppress(UnicodeDecodeError):
                    yield f"{half}{rest}".encode("latin-1").decode(), end
        elif "\ud800" <= half <= "\udbff":
            for low, end in self.at(place):
                if "\udc00" <= low <= "\udfff":
                    yield f"{half}{low}".encode("utf-16", "surrogatepass").decode("utf-16"), end

    def _after(
        self, place: int, letter: str, digits: frozenset[str], count: int
    ) -> Iterator[tuple[str, int]]:
        for _, end in self._spelled(place, letter):
            yield from self._number(end, digits, 16, count)

    def _number(
        self,
        place: int,
        digits: frozenset[str],
        base: int,
        least: int,
        most: int = 0,
        last: str = "",
    ) -> Iterator[tuple[str, int]]:
        """Read a character by its number, which may have a terminator."""
        numbers = list(self._words(place, digits, least, most or least))
        for number, end in self._ended(numbers, last):
            if int(number, base) <= sys.maxunicode:
                yield chr(int(number, base)), end

    def _entity(self, place: int) -> Iterator[tuple[str, int]]:
        """Read a character by its name in HTML."""
        names = [
            (name, end)
            for name, end in self._words(place, _LETTERS, 2, 32)
            if name in html5 or f"{name};" in html5
        ]
        for name, end in self._ended(names, ";"):
            character = html5.get(f"{name};") or html5[name]
            if len(character) == 1:
                yield character, end

    def _ended(self, words: list[tuple[str, int]], last: str) -> list[tuple[str, int]]:
        """Choose the words with a terminator, if there are some; else the longest."""
        if not last:
            return words
        ended = [(word, after) for word, end in words for _, after in self._spelled(end, last)]
        return ended or words[-1:]

    def _spelled(self, place: int, word: str) -> list[tuple[str, int]]:
        """Find the ways to read a word from a place on."""
        ways = [("", place)]
        for letter in word:
            ways = [(letter, end) for _, at in ways for one, end in self.at(at) if one == letter][
                :_MOST
            ]
        return ways

    def _words(
        self, place: int, allowed: frozenset[str], least: int, most: int
    ) -> Iterator[tuple[str, int]]:
        """Read words of allowed characters from a place on."""
        ways = [("", place)]
        for length in range(1, most + 1):
            ways = [
                (f"{word}{one}", end)
                for word, at in ways
                for one, end in self.at(at)
                if one in allowed
            ][:_MOST]
            if length >= least:
                yield from ways


@lru_cache(maxsize=4)
def _compiled(secrets: frozenset[str]) -> tuple[re.Pattern[str], _Trie, int]:
    """Return what finds some secrets, as they are and in escapes, and the length of the longest form.

    It takes longer than many a run of few checks; one process has many runs with the same secrets.
    """
    forms = {form for secret in secrets for form in _forms(secret)}
    return _pattern(forms), _trie(forms), max(map(len, forms))


def _pattern(forms: Iterable[str]) -> re.Pattern[str]:
    # The longest first: a secret that begins with another is taken out whole.
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    parts = (
        rf"(?<![^\W_]){re.escape(form)}(?![^\W_])" if len(form) < _SHORT else re.escape(form)
        for form in ordered
    )
    return re.compile("|".join(parts))


def _trie(forms: Iterable[str]) -> _Trie:
    root: _Trie = {}
    for form in forms:
        node = root
        for character in form:
            node = node.setdefault(character, {})
        node[_END] = len(form) < _SHORT
    return root


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and in Base64, which is an encoding and no escape."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    if len(raw) >= _SHORT:
        yield from _base64_forms(raw)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield the Base64 of a secret at each offset, without the characters that neighbours share."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode("ascii").rstrip("=")
        begin = (0, 2, 3)[before]
        rest = (before + len(raw)) % 3
        end = len(encoded) - (1 if rest else 0)
        for text in {encoded[begin:end], encoded[begin:end].translate(_URL_SAFE)}:
            if len(text) >= _SHORT:
                yield text


_URL_SAFE = str.maketrans("+/", "-_")
