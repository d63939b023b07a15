"""Errors as answers: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson

from accounts_contract import Violation

Headers = list[tuple[bytes, bytes]]

MAX_ERRORS = 100
"""The most violations that a problem names."""

# The names of RFC 9110; older versions of Python have others.
_PHRASES = {413: "Content Too Large", 414: "URI Too Long"}


class Problem(Exception):
    """A request that is answered with an error.

    Args:
        status: The HTTP status.
        code: The kind of problem as a word for programs.
        detail: A sentence for a person: what is wrong, and the likely fix.
        errors: Each violation in the body, with its place; the first hundred are kept.
        headers: Further header fields of the response.
        more: Further members of the body.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[Violation] = (),
        headers: Headers | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors[:MAX_ERRORS]
        self.headers: Headers = headers or []
        self.more = more or {}

    def data(self) -> dict[str, object]:
        """Return the problem as JSON data, with our members `code` and `errors` beside the standard ones."""
        data: dict[str, object] = {
            "type": "about:blank",
            "title": _PHRASES.get(self.status) or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors:
            data["errors"] = [
                {"pointer": error.pointer, "detail": error.detail} for error in self.errors
            ]
        return {**data, **self.more}

    def body(self) -> bytes:
        """Return the problem as the bytes of a response."""
        return orjson.dumps(self.data())
