"""Bodies of requests: from bytes in one of the documented media types to JSON data."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Awaitable, Collection
from itertools import islice
from typing import Any

import orjson

from accounts_contract import Body, MediaType, Operation, Violation, format_pointer
from mockserver.pipeline.forms import (
    JSON,
    MULTIPART,
    URLENCODED,
    explained,
    malformed,
    option,
    read_multipart,
    read_urlencoded,
    typed,
)
from mockserver.pipeline.off_loop import off_loop
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.problems import MAX_ERRORS, Headers, Problem
from mockserver.pipeline.request import MAX_BODY, REQUEST, App, Receive, Request, Scope, Send

# Between two objects of a list. No string can hold it: the quote would end that, and behind a string stands one of the
# signs that are left out here.
_NEXT_OBJECT = re.compile(rb'\}[ \t\r\n]{0,999},[ \t\r\n]{0,999}\{[ \t\r\n]{0,999}"[^ \t\r\n,:\]}]')
_LONGEST_STEP = 256 * 1024  # bytes of one object: the parser of large bodies reads them at once
_FORM = re.compile(rb"[A-Za-z_%+\[\]-]++=")

_LARGE = 32 * 1024  # bytes; reading more takes longer than the others should wait

_DEEPEST = 100
"""Levels of lists and objects in a body; fewer than what can be written out again."""

_ALIKE = 0.75  # of difflib: two letters in each other's place are alike, half of a name is not


class BodyReader:
    """The stage that reads the bodies of one operation, as its contract describes them.

    Args:
        app: The next stage.
        operation: The operation, as the contract has it.
        body: Its body.
        strict: Whether members that are not documented are refused.
        most: The largest body that is read, in bytes. Of more than usual the operation itself checks the schema,
            part by part.
    """

    __slots__ = ("_accept", "_app", "_default", "_media", "_most", "_required", "_strict")

    def __init__(
        self, app: App, *, operation: Operation, body: Body, strict: bool, most: int = MAX_BODY
    ) -> None:
        self._app = app
        self._most = most
        self._strict = strict
        self._required = body.required
        self._media = body.content
        self._accept = accept(operation)
        # A body without Content-Type, as in the documented PATCH examples, is read as JSON.
        self._default = body.content.get(JSON)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Leave the body as JSON data in the outcome, and pass the request on. Raises Problem: 415, 413 or 400."""
        request: Request = scope[REQUEST]
        outcome: Outcome = scope[OUTCOME]
        headers = request.headers
        content_type = headers.get(b"content-type", b"")
        media = self._media_type(content_type, headers.get(b"content-encoding", b""))
        writer = request.writer
        raw = b"" if writer.is_gone else writer.unread
        if not raw or len(raw) > _LARGE:
            return self._wait(media, scope, receive, send)
        outcome.was_read, outcome.body = True, raw
        outcome.data = self._checked(media, content_type, raw, outcome)
        return self._app(scope, receive, send)

    async def _wait(self, media: MediaType, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on as soon as the body is here and checked, or known to be empty."""
        request: Request = scope[REQUEST]
        outcome: Outcome = scope[OUTCOME]
        headers = request.headers
        content_type = headers.get(b"content-type", b"")
        raw = await request.read(outcome, self._most)
        if len(raw) > _LARGE:
            outcome.data = await off_loop(self._checked, media, content_type, raw, outcome)
        elif raw or self._required:
            if not raw and not {b"content-length", b"transfer-encoding"}.intersection(headers):
                _check_unframed(media)
            outcome.data = self._checked(media, content_type, raw, outcome)
        await self._app(scope, receive, send)

    def _checked(self, media: MediaType, content_type: bytes, raw: bytes, outcome: Outcome) -> Any:
        """Return a body as JSON data, its documented members alone. Raises Problem: 400."""
        body = read_body(media, content_type, raw)
        if self._most > MAX_BODY:
            return body
        schema, documented = media.schema, media.schema.known_members
        violations = [] if schema.is_valid(body) else _explained(media, raw, body)
        if isinstance(body, dict) and not documented.issuperset(body):
            # Some of them are enough: there may be very many.
            unknown = list(islice((one for one in body if one not in documented), MAX_ERRORS))
            if self._strict and not schema.is_open:
                named = {violation.pointer for violation in violations}
                found = [_unknown_member(name, documented) for name in unknown]
                violations += [one for one in found if one.pointer not in named]
            elif not schema.is_open:
                names = ", ".join(name[:40] + _meant(name, documented) for name in unknown[:10])
                outcome.notes.append(f"ignored members: {names}")
            body = {name: value for name, value in body.items() if name in documented}
        if violations:
            raise _invalid(violations)
        return body

    def _media_type(self, content_type: bytes, content_encoding: bytes) -> MediaType:
        """Return the media type of a request.

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
            detail = f"{what} is not read here; send one of: {', '.join(self._media)}"
            if name == "text/plain":
                detail += "; fetch names a text so, unless you set the header Content-Type"
            raise self._unsupported(detail)
        if name != MULTIPART and b"charset" in content_type.lower():
            charset = option(content_type, b"charset")
            if charset and charset.lower() not in (b"utf-8", b"utf8", b"us-ascii"):
                raise self._unsupported("the body must be UTF-8: send charset=utf-8, or no charset")
        return media

    def _unsupported(self, detail: str) -> Problem:
        return Problem(415, "media-type-unsupported", detail, headers=self._accept)


def accept(operation: Operation) -> Headers:
    """Return the fields that name the media types which an operation reads (RFC 9110, 15.5.16; RFC 5789, 2.2)."""
    names = media_types(operation)
    return [
        (b"accept", names),
        *([(b"accept-patch", names)] if operation.method == "patch" else []),
    ]


def media_types(operation: Operation) -> bytes:
    """Return the media types that an operation reads, as a header field lists them."""
    content = () if operation.body is None else operation.body.content
    return ", ".join(content).encode("latin-1")


def read_body(media: MediaType, content_type: bytes, raw: bytes) -> Any:
    """Return the JSON data of a body; a form gives an object, typed as its schema asks.

    Args:
        media: The media type, as the contract has it.
        content_type: The value of `Content-Type`, which names the boundary of a multipart form.
        raw: The bytes.

    Raises:
        Problem: 400; the bytes are not of the media type.
    """
    if media.name == URLENCODED:
        return typed(media, read_urlencoded(raw))
    if media.name == MULTIPART:
        return typed(media, read_multipart(content_type, raw))
    try:
        data = orjson.loads(raw) if len(raw) <= MAX_BODY else _loads_large(raw)
    except orjson.JSONDecodeError as error:
        if not raw.strip():
            raise Problem(400, "body-missing", "the body is empty: send a JSON object") from None
        detail = f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        if raw.startswith(b"[object "):
            detail += "; it is the text of a JavaScript object: write that with JSON.stringify"
        elif _FORM.match(raw):
            detail += f"; it looks like a form, which needs the header Content-Type: {URLENCODED}"
        raise malformed(detail) from None
    if len(raw) > _DEEPEST and raw.count(b"[") + raw.count(b"{") > _DEEPEST and _is_deep(data):
        raise malformed(f"the body is nested more than {_DEEPEST} levels deep; use fewer")
    return data


def _loads_large(raw: bytes) -> Any:
    """Return the JSON data of a large text, read by a parser that steps through Python at each object.

    Raises:
        JSONDecodeError: It is no JSON, by the same strict reading as that of smaller ones.
    """
    at = 0
    while len(raw) - at > _LONGEST_STEP:
        found = _last_between_objects(raw, at + 1, at + 1 + _LONGEST_STEP)
        if found < 0:
            raise malformed("the body holds a list or a text of more than 256 KiB; send less")
        at = found
    try:
        return json.loads(
            raw.decode("utf-8"), object_pairs_hook=_plain, parse_constant=_no_constant
        )
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError(f"{error}"[:100], "", 0) from None


def _last_between_objects(raw: bytes, start: int, end: int) -> int:
    """Return where, in a part of a text, the last object ends that another one follows; -1 if there is none."""
    while (found := raw.rfind(b"}", start, end)) >= 0:
        if _NEXT_OBJECT.match(raw, found) is not None:
            break
        end = found
    return found


def _plain(members: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, value in members:
        for text in (name, value):
            if isinstance(text, str) and not text.isascii():
                text.encode()  # half of a pair of surrogates is no text that could be written again
    return dict(members)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _check_unframed(media: MediaType) -> None:
    """Refuse a body that is needed, and has no framing (RFC 9112, section 6.3). Raises Problem: 400."""
    if media.name == JSON or not media.schema.is_valid({}):
        detail = (
            "the body is missing: the request has neither Content-Length nor Transfer-Encoding; Node's "
            "http.request leaves them out of a DELETE, so set Content-Length there"
        )
        raise Problem(400, "body-missing", detail)


def _is_deep(data: Any) -> bool:
    """Tell whether JSON data has more levels of lists and objects than are read."""
    level: list[Any] = [[data]]
    for _ in range(_DEEPEST + 1):
        inside = [one.values() if isinstance(one, dict) else one for one in level]
        level = [part for parts in inside for part in parts if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _invalid(violations: list[Violation]) -> Problem:
    sentences = [
        f"{one.pointer.removeprefix('/') or 'the body'} {one.detail}" for one in violations[:5]
    ]
    if len(violations) > 5:
        sentences.append(f"and {len(violations) - 5} more")
    return Problem(400, "body-invalid", "; ".join(sentences), violations)


def _explained(media: MediaType, raw: bytes, body: Any) -> list[Violation]:
    """Return the breaches of the schema, with their likely causes."""
    violations = media.schema.violations(body)
    if not isinstance(body, dict):
        return violations
    if media.name != JSON:
        violations = explained(media, raw, body, violations)
    sent = list(islice(body, MAX_ERRORS))
    for index, one in enumerate(violations):
        name = one.pointer.removeprefix("/")
        other = _alike(name, sent) if name and name not in body else None
        if other is not None:
            detail = f"{one.detail}; {other[:40]!r} is another name"
            violations[index] = Violation(one.pointer, detail)
    return violations


def _meant(name: str, known: Collection[str]) -> str:
    """Ask whether another member was meant, whose name is alike."""
    found = _alike(name, known)
    return f" (did you mean {found}?)" if found is not None else ""


def _alike(name: str, names: Collection[str]) -> str | None:
    """Return the name that differs from one in its capitals or signs, or by a slip of the pen; None if none does."""
    by_letters = {_letters(one): one for one in names}
    close = difflib.get_close_matches(_letters(name), by_letters, n=1, cutoff=_ALIKE)
    return by_letters[close[0]] if close else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name[:100])).lower()


def _unknown_member(name: str, known: frozenset[str]) -> Violation:
    detail = f"is not documented (documented are {', '.join(sorted(known))}){_meant(name, known)}"
    return Violation(format_pointer([name]), detail)
