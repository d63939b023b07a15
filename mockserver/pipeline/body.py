"""Bodies of requests: from bytes in one of the documented media types to JSON data."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import parse_qsl

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from accounts_contract import Body, MediaType, Violation, format_pointer
from mockserver.pipeline.problems import MAX_ERRORS, Headers, Problem

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_DEEPEST = 100
"""Levels of lists and objects in a body; fewer than what can be written out again."""


class BodyReader:
    """Reads the bodies of one operation, as its contract describes them."""

    __slots__ = ("_accept", "_default", "_media", "required")

    def __init__(self, body: Body) -> None:
        self.required = body.required
        self._media = body.content
        self._accept = ", ".join(body.content)
        # A body without Content-Type, as in the documented PATCH examples, is read as JSON.
        self._default = body.content.get(JSON)

    def media_type(self, content_type: bytes, content_encoding: bytes) -> MediaType:
        """The media type of a request.

        Args:
            content_type: The value of `Content-Type`.
            content_encoding: The value of `Content-Encoding`.

        Raises:
            Problem: 415, which names the media types that are read.
        """
        if content_encoding and content_encoding.strip().lower() != b"identity":
            detail = "a compressed body is not read here: send it without Content-Encoding"
            headers = [(b"accept-encoding", b"identity")]
            raise Problem(415, "content-encoding-unsupported", detail, headers=headers)
        if content_type == b"application/json" and self._default is not None:
            return self._default
        name = content_type.partition(b";")[0].strip().lower().decode("latin-1")
        media = self._media.get(name) if name else self._default
        if media is None:
            what = f"the media type {name[:100]!r}" if name else "a body without Content-Type"
            detail = f"{what} is not read here; send one of: {self._accept}"
            raise self._unsupported(detail)
        if name != MULTIPART and b"charset" in content_type.lower():
            charset = _option(content_type, b"charset")
            if charset and charset.lower() not in (b"utf-8", b"utf8", b"us-ascii"):
                raise self._unsupported("the body must be UTF-8: send charset=utf-8, or no charset")
        return media

    def _unsupported(self, detail: str) -> Problem:
        return Problem(415, "media-type-unsupported", detail, headers=self.accept)

    @property
    def accept(self) -> Headers:
        """The field that says which media types are read."""
        return [(b"accept", self._accept.encode("latin-1"))]


def read_body(media: MediaType, content_type: bytes, raw: bytes) -> Any:
    """The JSON data that a body holds; a form gives an object, typed as its schema asks.

    Args:
        media: The media type, as the contract has it.
        content_type: The value of `Content-Type`, which names the boundary of a multipart form.
        raw: The bytes.

    Raises:
        Problem: 400; the bytes are not of the media type.
    """
    if media.name == URLENCODED:
        return _typed(media, _urlencoded(raw))
    if media.name == MULTIPART:
        return _typed(media, read_multipart(content_type, raw))
    if not raw.strip():
        raise Problem(400, "body-missing", "the body is empty: send a JSON object")
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        detail = f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise _malformed(detail) from None
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST and _is_deep(data):
        raise _malformed(f"the body is nested more than {_DEEPEST} levels deep; use fewer")
    return data


def _is_deep(data: Any) -> bool:
    """Whether JSON data has more levels of lists and objects than are read."""
    level: list[Any] = [[data]]
    for _ in range(_DEEPEST + 1):
        inside = [one.values() if isinstance(one, dict) else one for one in level]
        level = [part for parts in inside for part in parts if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _urlencoded(raw: bytes) -> list[tuple[str, str]]:
    try:
        text = raw.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", encoding="utf-8")
    except UnicodeDecodeError:
        raise _malformed("the form is not UTF-8 once it is decoded") from None
    except ValueError as error:
        raise _malformed(f"the form cannot be read: {error}") from None


def read_multipart(content_type: bytes, raw: bytes) -> list[tuple[str, str]]:
    """The names and values of a multipart form.

    Args:
        content_type: The value of `Content-Type`, which names the boundary.
        raw: The bytes.

    Raises:
        Problem: 400; they are no such form, or not all of one.
    """
    boundary = _option(content_type, b"boundary")
    if not boundary:
        raise _malformed("the Content-Type of a multipart form must name its boundary")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(raw)
        parser.finalize()
    except FormParserError as error:
        raise _malformed(f"the multipart form cannot be read: {error}") from None
    if not parts.ended:
        raise _malformed("the multipart form does not end with its closing boundary")
    pairs = []
    for number, (headers, content) in enumerate(parts.found, 1):
        _, options = parse_options_header(headers.get(b"content-disposition"))
        if b"name" not in options:
            raise _malformed(f"part {number} of the multipart form has no name")
        try:
            pairs.append((options[b"name"].decode("utf-8"), content.decode("utf-8")))
        except UnicodeDecodeError:
            raise _malformed(f"part {number} of the multipart form is not UTF-8") from None
    return pairs


class _Parts:
    """Collects the parts of a multipart form as the parser comes upon them."""

    def __init__(self) -> None:
        self.found: list[tuple[dict[bytes, bytes], bytearray]] = []
        self.ended = False
        self._name = bytearray()
        self._value = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": lambda: self.found.append(({}, bytearray())),
            "on_part_data": lambda data, start, end: self.found[-1][1].extend(data[start:end]),
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_end": self._end,
        }

    def _header(self) -> None:
        self.found[-1][0][bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        self.ended = True


def _option(content_type: bytes, name: bytes) -> bytes | None:
    _, options = parse_options_header(content_type)
    return options.get(name)


def _typed(media: MediaType, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A form as an object: each value in the JSON type that the schema asks for, where it can be read so.

    Raises:
        Problem: 400; it is JSON under the name of a form, or gives a member twice.
    """
    if pairs and pairs[0][0].lstrip()[:1] in ("{", "["):
        # As `curl -d` and PowerShell send it, who are not told otherwise.
        raise _malformed(
            f"this is JSON, sent as a form: send the header Content-Type: {JSON} with it "
            f"(curl -H 'Content-Type: {JSON}')"
        )
    types = media.schema.member_types if media.schema is not None else {}
    form: dict[str, Any] = {}
    twice: list[str] = []
    for name, text in pairs:
        kinds = types.get(name, frozenset())
        value = _value(text, kinds)
        if "array" in kinds:
            form.setdefault(name, []).append(value)
        elif name in form:
            twice.append(name)
        else:
            form[name] = value
    if twice:
        detail = "is given more than once"
        names = list(dict.fromkeys(twice))[:MAX_ERRORS]
        violations = [Violation(format_pointer([name]), detail) for name in names]
        raise Problem(400, "body-invalid", f"{names[0]} {detail}", violations)
    return form


def _value(text: str, kinds: frozenset[str]) -> Any:
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    if "integer" in kinds and text.removeprefix("-").isdecimal() and len(text) < 20:
        return int(text)
    if "number" in kinds:
        try:
            number = float(text)
        except ValueError:
            return text
        return number if math.isfinite(number) else text
    return text


def _malformed(detail: str) -> Problem:
    return Problem(400, "body-malformed", detail)
