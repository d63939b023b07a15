"""What becomes of texts."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import DOCUMENTED, TEXT
from conformance.selftest.reference.calls import Call, Json, Refusal
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.service import Service


def mangled(
    name: str, sentence: str, change: Callable[[str], str], *members: str, form: bool | None = None
) -> None:
    """Declare: some texts are not stored as they were sent (in forms only, in JSON only)."""

    @defect(sentence, TEXT, name)
    class Mangled(Service):
        def text(self, call: Call, name: str, value: Json) -> str:
            text = super().text(call, name, value)
            here = name in (members or PROFILE[:3]) and form in {None, call.is_form}
            return change(text) if here else text


def unaccented(text: str) -> str:
    """é as e."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(one for one in parts if ord(one) not in ACCENTS))


ACCENTS = range(0x300, 0x370)

mangled("text_ascii", "Other than ASCII becomes ?.", lambda t: t.encode("ascii", "replace").decode())  # fmt: skip  # one row, one line
mangled("text_latin1", "Other than Latin-1 becomes ?.", lambda t: t.encode("latin-1", "replace").decode("latin-1"))  # fmt: skip  # one row, one line
mangled("text_three_bytes", "Characters of four bytes are dropped.", lambda t: "".join(c for c in t if c < "\U00010000"))  # fmt: skip  # one row, one line
mangled("text_nfc", "Texts are normalized to NFC.", lambda t: unicodedata.normalize("NFC", t))
mangled("text_nfd", "Texts are normalized to NFD.", lambda t: unicodedata.normalize("NFD", t))
mangled("text_nfkc", "Texts are normalized to NFKC.", lambda t: unicodedata.normalize("NFKC", t))
mangled("text_unaccented", "Accents are dropped.", unaccented)
mangled("text_escaped", "& < > are escaped for HTML.", html.escape)
mangled("text_tags", "HTML tags are cut out.", lambda t: re.sub(r"<[^>]*>", "", t))
mangled("text_unescaped", "HTML entities are resolved.", html.unescape)
mangled("text_titled", "Full names get capital initials.", str.title, "full_name")
mangled("text_lowered", "A profile_url is lowered.", str.lower, "profile_url")
mangled("text_spaces", "Double spaces become single ones.", lambda t: re.sub(" +", " ", t))
mangled("text_percent", "Percent escapes are decoded in JSON.", unquote, form=False)
mangled("url_percent", "Percent escapes in a profile_url are decoded.", unquote, "profile_url")
mangled("text_plus", "+ becomes a space in JSON.", lambda t: t.replace("+", " "), form=False)
mangled("text_quotes", "Single quotes are doubled.", lambda t: t.replace("'", "''"))
mangled("text_backslashes", "Backslashes are dropped.", lambda t: t.replace("\\", ""))
mangled("text_slashes", "Quotes get a backslash.", lambda t: t.replace('"', '\\"'))
mangled("text_cut_30", "Full names are cut after 30 characters.", lambda t: t[:30], "full_name")
mangled("text_cut_60", "Texts are cut after 60 characters.", lambda t: t[:60])
mangled("text_cut_bytes", "Texts are cut after 64 bytes.", lambda t: t.encode()[:64].decode("utf-8", "ignore"))  # fmt: skip  # one row, one line
mangled("url_slash", "A profile_url without path gets a slash.", lambda t: t + "/" * (t.count("/") == 2), "profile_url")  # fmt: skip  # one row, one line
mangled("url_query", "A profile_url loses its query.", lambda t: t.partition("?")[0], "profile_url")
mangled("url_fragment", "A profile_url loses its fragment.", lambda t: t.partition("#")[0], "profile_url")  # fmt: skip  # one row, one line
mangled("url_https", "http becomes https in a profile_url.", lambda t: t.replace("http:", "https:"), "profile_url")  # fmt: skip  # one row, one line
mangled("form_latin1", "Forms are read as Latin-1.", lambda t: t.encode().decode("latin-1"), form=True)  # fmt: skip  # one row, one line
mangled("text_joiners", "Zero-width joiners are dropped.", lambda t: t.replace("\u200d", ""))
mangled("text_formats", "Invisible format characters are dropped.", lambda t: "".join(c for c in t if unicodedata.category(c) != "Cf"))  # fmt: skip  # one row, one line
mangled("text_variants", "Variation selectors are dropped.", lambda t: t.replace("\ufe0f", ""))
mangled("text_number", "Digits lose their leading zeros.", lambda t: t.lstrip("0") if t.isdigit() else t)  # fmt: skip  # one row, one line
mangled("text_null", "The texts null and None become empty.", lambda t: "" if t in {"null", "None"} else t)  # fmt: skip  # one row, one line
mangled("text_company_only", "Company is stored in ASCII.", lambda t: t.encode("ascii", "ignore").decode(), "company")  # fmt: skip  # one row, one line
mangled("text_nbsp", "No-break spaces become spaces.", lambda t: t.replace("\xa0", " "))
mangled("text_dashes", "Typographic quotes and dashes become plain.", lambda t: t.translate({0x2019: "'", 0x2014: "-", 0x201C: '"', 0x201D: '"'}))  # fmt: skip  # one row, one line


@defect("Texts other than ASCII are refused.", "takes any of `full_name`, `location`, `company`")
class OtherScriptsRefused(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if isinstance(value, str) and not value.isascii():
            raise Refusal(400, "ASCII, please")
        return super().text(call, name, value)


@defect("Characters of four bytes are 500.", DOCUMENTED)
class FourBytesCrash(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if isinstance(value, str) and any(char > "\uffff" for char in value):
            raise ValueError("Incorrect string value")
        return super().text(call, name, value)


RTL = ("R", "AL")


@defect("A text of right-to-left script is 500.", DOCUMENTED)
class RightToLeftCrashes(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if isinstance(value, str) and any(unicodedata.bidirectional(c) in RTL for c in value):
            raise ValueError("right to left")
        return super().text(call, name, value)


@defect(
    "A full name of one character is refused.", "takes any of `full_name`, `location`, `company`"
)
class ShortNameRefused(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if isinstance(value, str) and name == "full_name" and len(value) == 1:
            raise Refusal(400, "too short")
        return super().text(call, name, value)


@defect("Texts over 50 characters are refused.", "takes any of `full_name`, `location`, `company`")
class LongRefused(Service):
    longest_text = 50


@defect("A profile_url must be https.", "takes any of `full_name`, `location`, `company`")
class HttpRefused(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if name == "profile_url" and str(value).startswith("http:"):
            raise Refusal(400, "https, please")
        return super().text(call, name, value)


@defect("A text longer than the database column is 500.", DOCUMENTED)
class LongTextCrashes(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if isinstance(value, str) and len(value) > 255:
            raise ValueError("value too long for type character varying(255)")
        return super().text(call, name, value)


@defect("A NUL in a text is 500.", DOCUMENTED)
class NulTextCrashes(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("a string literal cannot contain NUL (0x00) characters")
        return super().text(call, name, value)


@defect("A lone surrogate in a text is 500.", DOCUMENTED)
class SurrogateCrashes(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if isinstance(value, str):
            value.encode()
        return super().text(call, name, value)


@defect("A text of 64 characters is 500: the column is shorter.", DOCUMENTED)
class LongValidCrashes(Service):
    def save_member(self, call: Call, name: str, value: str) -> None:
        if name == "company" and len(value) > 60:
            raise ValueError("value too long")
        super().save_member(call, name, value)
