"""Defects in what becomes of texts."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

from conformance.selftest.changes import row, table
from conformance.selftest.overrides import crashes
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.calls import Call, Json
from conformance.selftest.reference.service import Service

SCRIPT = "update-user/any-script"
DECODING = "update-user/form-decoding"
URL = "update-user/sets-profile-url"
DOCUMENTED = "update-user/documented-answers"
SUCCESS = "update-user/success"
SETS = "update-user/{sets-*,json-charset,answers-stored,others-untouched}"
FORM = "update-user/form"
TEXTS = PROFILE[:3]

Spoil = Callable[[str], str]

# -- texts that are changed on their way into the store ------------------------------------------------


def _changing(members: Any, when: Any = None) -> Any:
    """Return what makes overrides of a change: texts, in forms or in JSON only, are stored otherwise."""

    def make(change: Spoil) -> dict[str, Any]:
        def text(self: Service, call: Call, name: str, value: Json) -> str:
            stored = Service.text(self, call, name, value)
            meant = name in members and when in (None, call.is_form)
            return change(stored) if meant else stored

        return {"text": text}

    return make


def _put(pattern: str, replacement: str) -> Spoil:
    return lambda text: re.sub(pattern, replacement, text)


_PLAIN = {0x2019: "'", 0x2013: "-", 0x2014: "-", 0x201C: '"', 0x201D: '"'}

table(
    SCRIPT,
    {
        "text-without-emoji: Characters of four bytes are dropped.": _put("[^\0-\uffff]", ""),
        "text-composed: Texts are normalized to NFC.": partial(unicodedata.normalize, "NFC"),
        "text-decomposed: Texts are normalized to NFD.": partial(unicodedata.normalize, "NFD"),
        "text-escaped: & < > are escaped for HTML.": html.escape,
        "text-unescaped: HTML's escapes are resolved.": html.unescape,
        "text-without-tags: What looks like markup is cut out.": _put("<[^>]*>", ""),
        "text-quotes-slashed: Quotes get a backslash.": _put("(['\"])", r"\\\1"),
        "text-backslash-resolved: Backslashes are resolved.": _put(r"\\(.)", r"\1"),
        "text-plain-typography: Curly quotes and dashes become plain.": lambda text: text.translate(
            _PLAIN
        ),
        "text-no-break-spaces: No-break spaces become spaces.": _put("\xa0", " "),
        "text-spaces-collapsed: Several spaces in a row become one.": _put(" +", " "),
        "text-nothing-read: The texts null, undefined, None and nil become empty.": _put(
            "^(null|undefined|None|nil)$", ""
        ),
        "text-number-trimmed: Digits lose their leading zeros.": _put(r"^0+(?=\d+$)", ""),
        "text-float-read: A text that reads like a number with an exponent is one.": lambda text: (
            str(float(text)) if re.fullmatch(r"\d+e\d+", text) else text
        ),
        "text-date-read: A text that reads like a date becomes a date-time.": _put(
            r"^\d{4}-\d\d-\d\d$", r"\g<0>T00:00:00Z"
        ),
        "text-formula-guarded: A text that a spreadsheet would run gets an apostrophe.": _put(
            "^[=+@]", r"'\g<0>"
        ),
        "text-unquoted: A text in quotes loses them.": _put('^"(.*)"$', r"\1"),
        "text-line-feeds-read: A backslash and an n are a line feed.": _put(r"\\n", "\n"),
        "text-last-backslash-lost: A backslash at the end is lost.": _put(r"\\$", ""),
        "text-markdown-read: Stars around a word are taken for markup.": _put(r"\*(\w+)\*", r"\1"),
        "text-digits-western: Digits of other scripts become those of ASCII.": lambda text: re.sub(
            r"\d", lambda digit: str(int(digit[0])), text
        ),
        "text-wide-spaces: Ideographic spaces become spaces.": _put("\u3000", " "),
        "text-json-read: A text that reads like JSON is read.": _put(r'^(\[\]|{}|"")$', ""),
        "text-title-cased: Texts get capitals.": str.title,
        "text-cut-at-255-bytes: Texts are cut after 255 bytes.": (
            lambda text: text.encode()[:255].decode(errors="ignore")
        ),
    },
    _changing(TEXTS),
    also=(SETS, DECODING, FORM),
)
table(
    SCRIPT,
    {
        "json-percent-decoded: Percent signs are decoded in JSON too.": unquote,
        "json-plus-is-space: A plus becomes a space in JSON too.": _put(r"\+", " "),
    },
    _changing(TEXTS, when=False),
    also=SETS,
)
table(
    URL,
    {
        "url-always-https: A profile_url is made https.": _put("^http:", "https:"),
        "url-decoded: Percent signs in a profile_url are decoded.": unquote,
        "url-without-slash: A profile_url loses the slash at its end.": _put("/$", ""),
        "url-without-fragment: A profile_url loses its fragment.": _put("#.*", ""),
        "url-without-query: A profile_url loses its query.": _put(r"\?[^#]*", ""),
        "url-lower-cased: A profile_url is put into lower case.": str.lower,
        "url-query-names-once: Of a name that stands twice in the query, the last value stays.": _put(
            r"(\w+)=[^&#]*&(?=\1=)", ""
        ),
        "url-slashes-collapsed: Several slashes in the path become one.": _put(
            "(?<!^http:)(?<!^https:)//+", "/"
        ),
    },
    _changing(["profile_url"]),
    also=(SETS, DECODING, FORM),
)
row(
    f"form-as-latin ({DECODING}): Forms are read as Latin-1.",
    also=(SETS, FORM),
    form_text=lambda self, encoded: Service.form_text(self, encoded).encode().decode("latin-1"),
)
row(
    f'text-zero-is-nothing ({SCRIPT}): The text "0" counts as not sent.',
    also=(SETS, DECODING),
    save_profile=lambda self, call, changes: Service.save_profile(
        self, call, {name: value for name, value in changes.items() if value != "0"}
    ),
)
row(
    f"json-escapes-dropped ({SCRIPT}): Escapes of characters in JSON lose their backslash.",
    json_text=lambda self, body: body.decode().replace("\\u", "u"),
)


# -- texts that are refused, or crash ------------------------------------------------------------------


def _refusing(members: Any, status: int = 400) -> Any:
    """Return what makes overrides of a condition: such texts are refused."""
    return lambda bad: crashes(
        "text",
        lambda self, call, name, value: name in members and isinstance(value, str) and bad(value),
        status,
    )


row(
    f"text-one-letter-refused ({SCRIPT}): A text of one character is refused.",
    also=(SUCCESS, FORM, DECODING),
    **_refusing(TEXTS)(lambda text: len(text) == 1),
)
table(
    URL,
    {
        "url-http-refused: A profile_url must be https.": "^http:",
        "url-hyphen-refused: The host of a profile_url must have no hyphen.": "//[^/]*-",
        "url-long-refused: A profile_url of 60 characters is refused.": ".{60}",
    },
    lambda pattern: _refusing(["profile_url"])(re.compile(pattern).search),
    also=(SUCCESS, FORM),
)
row(
    f"text-right-to-left-crashes ({SCRIPT}): A text of right-to-left script is 500.",
    also=(SUCCESS, FORM, DOCUMENTED, DECODING),
    **_refusing(TEXTS, 500)(
        lambda text: any(unicodedata.bidirectional(one) in ("R", "AL") for one in text)
    ),
)
