"""Secrets are found however a target escapes them, and in a time that grows with the text alone."""

from __future__ import annotations

import html
import itertools
import json
import time
from collections.abc import Callable, Sequence
from html.entities import codepoint2name
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.target.redaction import LONGEST, MASK, Redactor

PASSWORD = "c4n/ry+p&ss <wörd>'\"\\%41🦊"
TOKEN = "c4n4ry-T0KEN-zAy0BxC1wDv2EuF3"


def _utf_16(character: str) -> str:
    return json.dumps(character)[1:-1] if ord(character) > 0xFF else f"\\u{ord(character):04X}"


ESCAPES: Sequence[Callable[[str], str]] = (
    lambda one: one,
    lambda one: quote(one, safe=""),
    lambda one: "".join(f"%{byte:02x}" for byte in one.encode()),
    lambda one: "".join(f"\\x{byte:02x}" for byte in one.encode()),
    lambda one: "".join(f"\\{byte:03o}" for byte in one.encode()),
    lambda one: json.dumps(one)[1:-1],
    _utf_16,
    lambda one: f"\\U{ord(one):08x}",
    lambda one: f"\\u{{{ord(one):x}}}",
    lambda one: f"\\{one}" if one in "/\"'\\" else one,
    html.escape,
    lambda one: f"&#{ord(one)};",
    lambda one: f"&#x{ord(one):X};",
    lambda one: f"&#X{ord(one):06x};",
    lambda one: f"&{codepoint2name[ord(one)]};" if ord(one) in codepoint2name else one,
    lambda one: "+" if one == " " else one,
)
"""Spellings of a character."""


def escaped(text: str, ways: Sequence[int]) -> str:
    """A text, each character of which is written in the next of some ways."""
    return "".join(
        ESCAPES[way](character) for character, way in zip(text, itertools.cycle(ways), strict=False)
    )


WAYS = st.lists(st.integers(0, len(ESCAPES) - 1), min_size=1, max_size=40)
SYNTAX = frozenset("0123456789abcdefABCDEFxXuU&#;%\\{}")
SECRETS = st.text(
    st.sampled_from("ab1/\\%&<>\"'+;# un\n王é🦊") | st.characters(exclude_categories=["Cs"]),
    min_size=4,
    max_size=30,
).filter(lambda secret: not set(secret) <= SYNTAX)  # "0000" stands in escapes of anything


@given(SECRETS | st.sampled_from([PASSWORD, TOKEN]), WAYS, st.none() | WAYS)
@example(PASSWORD, [0, 1, 6, 11], [0, 2])
@example("\\n%41&lt;", [0, 2], [0, 0, 1])
@settings(deadline=None, max_examples=400)
def test_no_mixture_of_escapes_shows_a_secret(
    secret: str, ways: list[int], again: list[int] | None
) -> None:
    written = escaped(secret, ways)
    if again is not None:  # what is escaped may be escaped again, in as many ways
        written = escaped(written, again)

    assert Redactor([secret])(f"before <{written}> after") == f"before <{MASK}> after"


@pytest.mark.parametrize("layers", [2, 3, 4])
@pytest.mark.parametrize("escape", [json.dumps, html.escape, quote], ids=["JSON", "HTML", "a URL"])
def test_escapes_of_escapes_are_read_too(escape: Callable[[str], str], layers: int) -> None:
    written = PASSWORD
    for _ in range(layers):
        written = escape(written)

    hidden = Redactor([PASSWORD])(f"({written})")

    assert MASK in hidden
    assert len(hidden) < 60


@given(st.text(st.sampled_from("abc &%\\u+;#0123xlt<>")))
@settings(deadline=None)
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert Redactor([PASSWORD, TOKEN])(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tab ab, (ab) \\u0022ab\\u0022", f"tab {MASK}, ({MASK}) \\u0022{MASK}\\u0022"),
        ("&lt;ab&gt; a%62 xa%62", f"&lt;{MASK}&gt; {MASK} xa%62"),
    ],
)
def test_a_short_secret_is_hidden_where_it_stands_alone(text: str, shown: str) -> None:
    assert Redactor(["ab"])(text) == shown


UNITS = (
    "\\",
    "%",
    "%25",
    "%2525",
    "&",
    "&amp;",
    "&#x0",
    "\\u005c",
    "%5Cu00",
    "+",
    "\xe7",
    TOKEN[:-1],
)


@pytest.mark.parametrize("unit", UNITS)
def test_a_hostile_text_takes_a_time_that_is_bounded(unit: str) -> None:
    redact = Redactor([PASSWORD, TOKEN, "ab"])
    start = time.monotonic()

    redact((unit * 200_000)[:200_000])

    assert time.monotonic() - start < 10


@pytest.mark.parametrize("place", ["beginning", "end"])
def test_a_long_text_shows_no_half_of_a_secret(place: str) -> None:
    written = escaped(TOKEN, [6])
    for shift in (0, 1, len(written) // 2, len(written) - 1):
        cut = LONGEST // 2 - shift
        filler = "-" * (3 * LONGEST)
        text = (
            "-" * cut + written + filler if place == "beginning" else filler + written + "-" * cut
        )

        hidden = Redactor([TOKEN])(text)

        assert "u0063" not in hidden
        assert len(hidden) < LONGEST + 100
