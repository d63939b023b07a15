"""Values that are valid, or invalid, by anyone's reading. Everything between is left out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

TEXTS = (
    "Zoë Ångström",
    "Владимир Ильич",
    "Ελένη Παπαδοπούλου",
    "王小明",
    "田中さくら",
    "김철수",
    "محمد علي",
    "דוד לוי",
    "अनीता शर्मा",
    "สมชาย ใจดี",
    "გიორგი",
    "Երևան",
    "தமிழ்",
    'O\'Neil & Sons "Ltd"',
    "<b>bold</b> &amp; more",
    "50% off; 1+1=2, C++",
    "a/b\\c:d|e?f#g",
    "smile \U0001f600 and wave \U0001f44b",
    "\U00020bb7\u91ce\u5bb6",  # a character beyond the basic plane
    "\U00010330\U00010331\U00010332",  # Gothic
    "null",
    "true",
    "123",
    "%41%2B+%20",
    "two  spaces inside",
    "x",
    "字" * 64,
    "é" * 64,
    "Straße {{7*7}} ${HOME}",
    "-- '; DROP TABLE users",
    "Zoe\u0308 A\u030angstro\u0308m",  # decomposed letters
    "\ufb01ne \uff26\uff55\uff4c\uff4c \u00b2 \u212b",  # letters that normal forms replace
    "\U00020bb7" * 64,
    "\u201cquotes\u201d, \u2019s \u2014 and \u2013 dashes\u2026",
    "no\u00a0break, 5\u00a0%",
    "a red heart \u2764\ufe0f",  # with the selector that makes it red
    "0",
    "007",
    "tWo wOrDs",
)
"""Profile texts: 1 to 64 characters of any script, no control characters, no white space around them."""

URLS = (
    "http://example.com/",
    "https://example.com/",
    "https://www.ex-am-ple.example.org/",
    "https://a.b.c.d.example.net/x",
    "http://example.photography/~me/",
    "http://example.com/a%20b/%C3%A9?q=1+2&r=%2B#Part-2",
    "https://example.com/Mixed/Case.html?X=Y&a=+b",
    "https://7.example.org/a_b-c.d",
    "http://7.example.net/",
    f"https://example.com/{'x' * 44}",
)
"""Values of profile_url: http or https, a dotted ASCII host, a path of at least a slash, at most 64 characters."""

TELLING_TEXTS = (
    *("undefined", "None", "[]"),
    *("1e5", "2024-01-31", "yes"),
    *("=1+1", "@all", "%s {0} $1 &#65;"),
)
"""Profile texts that a parser of another language, a spreadsheet or a template would take for something else."""

SPECIAL_WORDS = {
    "JavaScript": (
        "__proto__",
        "constructor",
        "prototype",
        "toString",
        "hasOwnProperty",
        "undefined",
    ),
    "Python": ("None", "__class__", "__dict__", "__init__", "self", "kwargs", "objects", "pk"),
    "Ruby": ("nil", "class", "object_id", "instance_eval", "method_missing", "send", "_destroy"),
    "PHP": ("null", "__construct", "$this", "_method", "GLOBALS"),
    "Java": ("getClass", "hashCode", "@type", "$type"),
    "Go": ("NaN", "Inf", "interface{}"),
    "SQL": ("NULL", "users", "rowid"),
    "formats, templates and paths": ("%s", "${x}", "{{7*7}}", "..", "*", "-1"),
}
"""Words that mean something to an implementation, by the language; none that a firewall would stop.

None is a documented member: a value of another type, once taken, would stay.
"""

NO_TEXTS: tuple[Any, ...] = (None, 0, 1.5, True, False, [], ["text"], {}, {"text": "text"})
"""JSON values that are no strings."""


def no_addresses(tag: str) -> list[str]:
    """Return texts that are no addresses: without @, with nothing before or after it, with white space inside."""
    forms = (
        "{}.example.com",
        "{}@",
        "{} x@example.com",
        "{}@exam ple.com",
        "{}\tx@example.com",
        "{}\nx@example.com",
        "{}@exam\nple.com",
        "Jane <{}@example.com>",
    )
    return ["@example.com", "@", *(form.format(f"{tag}.{at}") for at, form in enumerate(forms))]


_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))", re.ASCII
)


def is_date_time(value: Any) -> bool:
    """Return whether a value is a date-time of RFC 3339, section 5.6."""
    match = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return False
    try:
        datetime.fromisoformat(match[1])
    except ValueError:
        return False
    hour, minute, second, ahead, minutes = (int(part or 0) for part in match.groups()[1:])
    # 60 is a leap second.
    return hour < 24 and minute < 60 and second <= 60 and ahead < 24 and minutes < 60
