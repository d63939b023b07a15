"""Forms as JSON data: url-encoded, and multipart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import FormParser, parse_options_header

from accounts_contract import MediaType, Violation, format_pointer
from mockserver.pipeline.problems import MAX_ERRORS, Problem

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def read_urlencoded(raw: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a url-encoded form. Raises Problem: 400."""
    try:
        text = raw.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", encoding="utf-8")
    except UnicodeDecodeError:
        raise malformed("the form is not UTF-8 once it is decoded") from None
    except ValueError as error:
        raise malformed(f"the form cannot be read: {error}") from None


def read_multipart(content_type: bytes, raw: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a multipart form.

    Args:
        content_type: The value of `Content-Type`, which names the boundary.
        raw: The bytes.

    Raises:
        Problem: 400; they are no such form, or not all of one.
    """
    boundary = option(content_type, b"boundary")
    if not boundary:
        raise malformed(
            "the Content-Type of a multipart form must name its boundary: leave Content-Type out, and the "
            "client writes it, with the boundary of the body (fetch and axios with FormData, curl -F)"
        )
    pairs: list[tuple[bytes, bytes]] = []
    ends: list[bool] = []

    def keep(field: Any) -> None:
        pairs.append((field.field_name, field.value or b""))

    def keep_file(file: Any) -> None:
        file.file_object.seek(0)
        pairs.append((file.field_name, file.file_object.read()))

    try:
        parser = FormParser(MULTIPART, keep, keep_file, lambda: ends.append(True), boundary)
        parser.write(raw)
        parser.finalize()
    except FormParserError as error:
        raise malformed(f"the multipart form cannot be read: {error}") from None
    if not ends:
        raise malformed("the multipart form does not end with its closing boundary")
    texts = []
    for number, (name, value) in enumerate(pairs, 1):
        try:
            texts.append((name.decode("utf-8"), value.decode("utf-8")))
        except UnicodeDecodeError:
            raise malformed(f"part {number} of the multipart form is not UTF-8") from None
    return texts


def option(content_type: bytes, name: bytes) -> bytes | None:
    """Return a parameter of a media type, such as the charset; None if it has none of the name."""
    _, options = parse_options_header(content_type)
    return options.get(name)


def typed(media: MediaType, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return a form as an object: each value in the JSON type of its schema, where it can be read so.

    Raises:
        Problem: 400; it is JSON under the name of a form, or gives a member twice.
    """
    if pairs and pairs[0][0].lstrip()[:1] in ("{", "["):
        # As `curl -d` and PowerShell send it by default.
        raise malformed(
            f"this is JSON, sent as a form: send the header Content-Type: {JSON} with it "
            f"(curl -H 'Content-Type: {JSON}')"
        )
    types = media.schema.member_types
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


def explained(
    media: MediaType, raw: bytes, form: Mapping[str, Any], violations: list[Violation]
) -> list[Violation]:
    """Return the violations of a form, each with its likely cause, and one for each member.

    Args:
        media: The media type.
        raw: The form as it was sent.
        form: The form as it was read.
        violations: The breaches of its schema.
    """
    types = media.schema.member_types
    found: dict[str, Violation] = {}
    for one in violations:
        name, hint = one.pointer.removeprefix("/"), ""
        value = form.get(name)
        if isinstance(value, str):
            if "boolean" in types.get(name, ()):
                hint = "; in a form, write true or false, in small letters"
            elif media.name == URLENCODED and " " in value and b"+" in raw:
                hint = "; in a form, + is read as a space: write %2B (curl --data-urlencode)"
        found.setdefault(one.pointer, Violation(one.pointer, one.detail + hint))
    return list(found.values())


def malformed(detail: str) -> Problem:
    """Return the 400 for bytes that are not of their media type."""
    return Problem(400, "body-malformed", detail)
