"""Secrets are hidden by their names, wherever a request is shown: the journal, HAR, events, verification.

Only names count: a header field, member, field or parameter that is called password, token, secret and the
like. That works on texts, which may be cut or broken: what is no JSON may hold a password as well. The one
secret that is hidden by its value is the control token, as it opens the server itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote_plus

HIDDEN = "***"

Hide = Callable[[Any], Any]
"""Hides the control token in the texts of JSON data."""

_DEEPEST = 100  # levels of what is shown; a client may send more than can be written

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)

_SECRET_FIELD = re.compile(
    r"token|secret|password|api[-_]?key|session|auth(?!ors?\b)|^(?:set-)?cookie$", re.IGNORECASE
)
_READABLE_FIELDS = frozenset({"www-authenticate", "proxy-authenticate"})  # they ask for a login
_SECRET_NAME = re.compile(r"password|passwd|secret|token(?!_type)|api[-_]?key", re.IGNORECASE)

# None of these goes back over what it has read: a hostile text takes no longer than another one.
_NAME_TO_TEXT = re.compile(r"""(["'])\s*+:\s*+\\*+(["'])""")
_REST_OF_TEXT = {
    '"': re.compile(r"""(?:[^"\\]++|\\.?)*+""", re.DOTALL),
    "'": re.compile(r"""(?:[^'\\]++|\\.?)*+""", re.DOTALL),
}
_BOUNDARY = re.compile(r"^--[^\r\n]++", re.MULTILINE)
_PART_NAME = re.compile(r"""(?<![a-z])name="?([^"\r\n]*+)""", re.IGNORECASE)


def token_hider(token: str | None) -> Hide:
    """Return the function that hides the control token, where it stands as a word of its own."""
    if not token:
        return lambda data: data
    spellings = {token, quote(token, safe=""), json.dumps(token)[1:-1]}
    alternatives = "|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])")

    def hide(data: Any) -> Any:
        if isinstance(data, str):
            return pattern.sub(HIDDEN, data)
        if isinstance(data, dict):
            return {name: hide(value) for name, value in data.items()}
        return [hide(value) for value in data] if isinstance(data, list) else data

    return hide


def is_secret_field(name: str) -> bool:
    """Tell whether the name of a header field says that its value is a secret."""
    return bool(_SECRET_FIELD.search(name)) and name.lower() not in _READABLE_FIELDS


def is_secret_name(name: str) -> bool:
    """Tell whether the name of a parameter or of a member says that its value is a secret."""
    return bool(_SECRET_NAME.search(name))


def hide_value(name: str, value: Any) -> Any:
    """Return the value of a member; three asterisks for a text whose name says that it is a secret."""
    return HIDDEN if isinstance(value, str) and is_secret_name(name) else value


def hide_in_data(data: Any, depth: int = _DEEPEST) -> Any:
    """Return JSON data without the texts in it that are secrets by their names."""
    if isinstance(data, (dict, list)) and not depth:
        return "(nested too deeply to be shown)"
    if isinstance(data, dict):
        return {
            name: hide_in_data(hide_value(name, value), depth - 1) for name, value in data.items()
        }
    return [hide_in_data(value, depth - 1) for value in data] if isinstance(data, list) else data


def hide_parameters(text: str) -> str:
    """Return a query, or a url-encoded form, without the values of parameters that are secrets by their names."""
    return "&".join(map(_parameter, text.split("&")))


def hide_in_body(text: str) -> str:
    """Return a body, as JSON or as a form, without the texts in it that are secrets by their names.

    Its kind is told by its text: not every client names the media type that it sends.
    """
    text = _hide_in_json(text)
    if text.lstrip()[:1] in ("{", "[", '"'):
        return text
    boundary = _BOUNDARY.search(text)
    if boundary is not None:
        return boundary[0].join(map(_part, text.split(boundary[0])))
    return hide_parameters(text)


def _unescaped(escape: re.Match[str]) -> str:
    if not escape[1]:
        return str(escape[2])
    character = chr(int(escape[1], 16))
    # Half of a pair is no text that could be written; it stays as it is escaped.
    return escape[0] if "\ud800" <= character <= "\udfff" else character


def _parameter(text: str) -> str:
    name, equals, _ = text.partition("=")
    return f"{name}={HIDDEN}" if equals and is_secret_name(unquote_plus(name)) else text


def _part(text: str) -> str:
    """Return a part of a multipart form, its value hidden if its name asks for it."""
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
