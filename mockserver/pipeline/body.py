"""Bodies of requests: from bytes in one of the documented media types to JSON data."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from itertools import islice
from typing import Any

import orjson

from accounts_contract import Body, MediaType, Violation, format_pointer
from mockserver.pipeline.answer import RESPONSE_WRITER
from mockserver.pipeline.forms import (
    JSON,
    MULTIPART,
    URLENCODED,
    malformed,
    option,
    read_multipart,
    read_urlencoded,
    typed,
)
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.problems import MAX_ERRORS, Headers, Problem
from mockserver.pipeline.request import REQUEST, App, Receive, Request, Scope, Send

_DEEPEST = 100
"""Levels of lists and objects in a body; fewer than what can be written out again."""


class BodyReader:
    """The stage that reads the bodies of one operation, as its contract describes them.

    Args:
        app: The next stage.
        body: The body, as the contract has it.
        strict: Whether members that are not documented are refused.
    """

    __slots__ = ("_accept", "_app", "_default", "_media", "_required", "_strict")

    def __init__(self, app: App, *, body: Body, strict: bool) -> None:
        self._app = app
        self._strict = strict
        self._required = body.required
        self._media = body.content
        self._accept = ", ".join(body.content)
        # A body without Content-Type, as in the documented PATCH examples, is read as JSON.
        self._default = body.content.get(JSON)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Leave the body as JSON data in the outcome, and pass the request on. Raises Problem: 415, 413 or 400."""
        request: Request = scope[REQUEST]
        outcome: Outcome = scope[OUTCOME]
        headers = request.headers
        content_type = headers.get(b"content-type", b"")
        media = self._media_type(content_type, headers.get(b"content-encoding", b""))
        writer = scope.get("extensions", {}).get(RESPONSE_WRITER)
        raw = b"" if writer is None or writer.is_gone else writer.unread
        if not raw:
            return self._wait(media, scope, receive, send)
        outcome.was_read, outcome.body = True, raw
        outcome.data = self._checked(media, read_body(media, content_type, raw), outcome)
        return self._app(scope, receive, send)

    async def _wait(self, media: MediaType, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on as soon as the body is here, or known to be empty."""
        request: Request = scope[REQUEST]
        outcome: Outcome = scope[OUTCOME]
        raw = await request.read(outcome)
        if raw or self._required:
            body = read_body(media, request.headers.get(b"content-type", b""), raw)
            outcome.data = self._checked(media, body, outcome)
        await self._app(scope, receive, send)

    def _checked(self, media: MediaType, body: Any, outcome: Outcome) -> Any:
        """Return a body that its schema allows. Raises Problem: 400."""
        schema = media.schema
        if schema is None:
            return body
        violations = [] if schema.is_valid(body) else schema.violations(body)
        known = schema.known_members
        if known is not None and isinstance(body, dict) and not known.issuperset(body):
            # Some of them are enough: there may be very many.
            unknown = list(islice((one for one in body if one not in known), MAX_ERRORS))
            if self._strict:
                named = {violation.pointer for violation in violations}
                found = [_unknown_member(name, known) for name in unknown]
                violations += [one for one in found if one.pointer not in named]
            else:
                names = ", ".join(name[:40] for name in unknown[:10])
                outcome.notes.append(f"ignored members: {names}")
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
            detail = f"{what} is not read here; send one of: {self._accept}"
            raise self._unsupported(detail)
        if name != MULTIPART and b"charset" in content_type.lower():
            charset = option(content_type, b"charset")
            if charset and charset.lower() not in (b"utf-8", b"utf8", b"us-ascii"):
                raise self._unsupported("the body must be UTF-8: send charset=utf-8, or no charset")
        return media

    def _unsupported(self, detail: str) -> Problem:
        return Problem(415, "media-type-unsupported", detail, headers=accept(self._media))


def accept(content: Mapping[str, MediaType]) -> Headers:
    """Return the field that names the media types that are read."""
    return [(b"accept", ", ".join(content).encode("latin-1"))]


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
    if not raw.strip():
        raise Problem(400, "body-missing", "the body is empty: send a JSON object")
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        detail = f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise malformed(detail) from None
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST and _is_deep(data):
        raise malformed(f"the body is nested more than {_DEEPEST} levels deep; use fewer")
    return data


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


def _unknown_member(name: str, known: frozenset[str]) -> Violation:
    detail = f"is not documented (documented are {', '.join(sorted(known))})"
    return Violation(format_pointer([name]), detail)
