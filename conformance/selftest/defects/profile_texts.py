"""Defects in what becomes of texts."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from conformance.selftest.changes import defect, row
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Json, Refusal
from conformance.selftest.reference.service import Service

SCRIPT = "update-user/any-script"
DECODING = "update-user/form-decoding"
URL = "update-user/sets-profile-url"
DOCUMENTED = "update-user/documented-answers"
SUCCESS = "update-user/success"
SETS, FORM = "update-user/sets-*", "update-user/form"
TEXTS = PROFILE[:3]

Spoil = Callable[[str], str]

# -- texts that are changed on their way into the store ------------------------------------------------


def _corrupted(
    name: str,
    sentence: str,
    change: Spoil,
    member: str = "",
    form: Any = None,
) -> None:
    """Declare a defect: texts are not stored as they were sent (all or one; in forms or in JSON only)."""

    def text(self: Service, call: Call, name: str, value: Json) -> str:
        stored = Service.text(self, call, name, value)
        meant = name == member if member else name in TEXTS
        return change(stored) if meant and form in (None, call.is_form) else stored

    breaks = URL if member == "profile_url" else SCRIPT
    in_forms = () if form is False else (DECODING, FORM)
    row(name, sentence, breaks, also=(SETS, *in_forms), text=text)


def _replaced(characters: Mapping[int, str | None]) -> Spoil:
    return lambda text: text.translate(characters)


def _put(pattern: str, replacement: str) -> Spoil:
    return lambda text: re.sub(pattern, replacement, text)


def _normal(form: Any) -> Spoil:
    return lambda text: unicodedata.normalize(form, text)


def _encoded(encoding: str) -> Spoil:
    return lambda text: text.encode(encoding, "replace").decode(encoding)


def _first_bytes(count: int) -> Spoil:
    return lambda text: text.encode()[:count].decode(errors="ignore")


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", plain))


_PLAIN = {0x2019: "'", 0x2013: "-", 0x2014: "-", 0x201C: '"', 0x201D: '"'}

for _name, _sentence, _change in (
    ("question-marks", "Characters outside Latin-1 become ?.", _encoded("latin-1")),
    (
        "as-latin",
        "Texts are stored as UTF-8 and read as Latin-1.",
        lambda text: text.encode().decode("latin-1"),
    ),
    ("without-emoji", "Characters of four bytes are dropped.", _put("[^\0-\uffff]", "")),
    ("composed", "Texts are normalized to NFC.", _normal("NFC")),
    ("decomposed", "Texts are normalized to NFD.", _normal("NFD")),
    ("folded", "Accents are dropped.", _folded),
    ("unescaped", "HTML's escapes are resolved.", html.unescape),
    ("without-tags", "What looks like markup is cut out.", _put("<[^>]*>", "")),
    ("quotes-slashed", "Quotes get a backslash.", _put("(['\"])", r"\\\1")),
    ("backslash-resolved", "Backslashes are resolved.", _put(r"\\(.)", r"\1")),
    ("plain-typography", "Curly quotes and dashes become plain.", _replaced(_PLAIN)),
    ("no-break-spaces", "No-break spaces become spaces.", _replaced({0xA0: " "})),
    ("spaces-collapsed", "Several spaces in a row become one.", _put(" +", " ")),
    ("null-is-empty", "The texts null and None become empty.", _put("^(null|None)$", "")),
    ("number-trimmed", "Digits lose their leading zeros.", _put(r"^0+(?=\d+$)", "")),
    ("cut-at-63", "Texts are cut after 63 characters.", lambda text: text[:63]),
    ("cut-at-255-bytes", "Texts are cut after 255 bytes.", _first_bytes(255)),
):
    _corrupted(f"text-{_name}", _sentence, _change)

_corrupted("text-escaped", "& < > are escaped for HTML.", html.escape)
_corrupted(
    "location-title-cased",
    "Locations get capitals.",
    str.title,
    "location",
)
_corrupted("json-percent-decoded", "Percent signs are decoded in JSON too.", unquote, form=False)
_corrupted(
    "json-plus-is-space", "A plus becomes a space in JSON too.", _put(r"\+", " "), form=False
)

for _name, _sentence, _change in (
    ("always-https", "A profile_url is made https.", _put("^http:", "https:")),
    ("decoded", "Percent signs in a profile_url are decoded.", unquote),
    ("without-slash", "A profile_url loses the slash at its end.", _put("/$", "")),
    ("without-fragment", "A profile_url loses its fragment.", _put("#.*", "")),
):
    _corrupted(f"url-{_name}", _sentence, _change, "profile_url")

for _name, _sentence, _change in (
    ("lower-cased", "A profile_url is put into lower case.", str.lower),
    ("without-query", "A profile_url loses its query.", _put(r"\?[^#]*", "")),
):
    _corrupted(f"url-{_name}", _sentence, _change, "profile_url")

row(
    "form-as-latin",
    "Forms are read as Latin-1.",
    DECODING,
    also=(SETS, FORM),
    form_text=lambda self, encoded: Service.form_text(self, encoded).encode().decode("latin-1"),
)
row(
    "json-escapes-dropped",
    "Escapes of characters in JSON lose their backslash.",
    SCRIPT,
    json_text=lambda self, body: body.decode().replace("\\u", "u"),
)


@defect('The text "0" counts as not sent.', SCRIPT, also=SETS)
class TextZeroIsNothing(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, {k: v for k, v in changes.items() if v != "0"})


# -- texts that are refused, or crash ------------------------------------------------------------------


def _refused(
    name: str, sentence: str, breaks: Any, bad: Callable[[str], Any], status: int = 400, **more: Any
) -> None:
    """Declare a defect: some texts, or some values of profile_url, are refused or answered with 500."""
    members = PROFILE[3:4] if name.startswith("url-") else TEXTS

    def text(self: Service, call: Call, member: str, value: Json) -> str:
        if member in members and isinstance(value, str) and bad(value):
            raise Refusal(status, f"not this {member}, please")
        return Service.text(self, call, member, value)

    row(name, sentence, breaks, text=text, **more)


def _right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(one) in ("R", "AL") for one in text)


def _over(count: int) -> Callable[[str], bool]:
    return lambda text: len(text) > count


def _with(pattern: str) -> Callable[[str], Any]:
    return re.compile(pattern).search


for _name, _sentence, _bad in (
    ("other-scripts-refused", "Texts beyond ASCII are refused.", _with("[^\0-\x7f]")),
    ("punctuation-refused", "Apostrophes and the like are refused.", _with("['\"<>;]")),
    ("one-letter-refused", "A text of one character is refused.", lambda text: len(text) == 1),
    ("long-refused", "Texts over 50 characters are refused.", _over(50)),
):
    _refused(f"text-{_name}", _sentence, SCRIPT, _bad, also=(SUCCESS, FORM, DECODING))

for _name, _sentence, _bad in (
    ("http-refused", "A profile_url must be https.", _with("^http:")),
    ("hyphen-refused", "The host of a profile_url must have no hyphen.", _with("//[^/]*-")),
    ("long-refused", "A profile_url of over 60 characters is refused.", _over(60)),
):
    _refused(f"url-{_name}", _sentence, URL, _bad, also=(SUCCESS, FORM))

for _name, _sentence, _bad in (
    ("four-bytes-crash", "Characters of four bytes are 500.", _with("[^\0-\uffff]")),
    ("right-to-left-crashes", "A text of right-to-left script is 500.", _right_to_left),
):
    _refused(
        f"text-{_name}", _sentence, SCRIPT, _bad, 500, also=(SUCCESS, FORM, DOCUMENTED, DECODING)
    )

# -- texts that are read as something else ---------------------------------------------------------


for _name, _sentence, _change in (
    (
        "undefined-dropped",
        "The texts undefined, None and nil become empty.",
        lambda text: "" if text in ("undefined", "None", "nil") else text,
    ),
    (
        "float-read",
        "A text that reads like a number with an exponent is one.",
        lambda text: str(float(text)) if re.fullmatch(r"\d+e\d+", text) else text,
    ),
    (
        "date-read",
        "A text that reads like a date becomes a date-time.",
        lambda text: f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text,
    ),
    (
        "formula-guarded",
        "A text that a spreadsheet would run gets an apostrophe.",
        lambda text: f"'{text}" if text[:1] in "=+@" and text else text,
    ),
    (
        "json-read",
        "A text that reads like JSON is read.",
        lambda text: "" if text in ("[]", "{}", '""') else text,
    ),
):
    row(
        f"text-{_name}",
        _sentence,
        "update-user/any-script",
        tidy=lambda self, name, value, change=_change: (
            change(value) if name in PROFILE[:3] else value
        ),
    )
