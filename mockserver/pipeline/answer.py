"""The answer to a request, and the doors of the server by which it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from mockserver.pipeline.problems import Headers

RESPONSE_WRITER = "mockserver.server.exchange"
"""The ASGI extension by which our server does more than ASGI can: it sends a whole answer at once (`reply`),
half of it (`truncate`), breaks the connection (`reset`), or lets it not be used again (`part`, `keep_alive`).
`unread` is a body that is here, whole, and was not read, `is_on_its_way` says whether one still comes, and `is_gone`
whether the client may have hung up."""

STREAMING = "mockserver.streaming"
"""Stands in the ASGI scope of a request whose answer never ends by itself."""


class Stream(Protocol):
    """An answer that comes piece by piece."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces."""

    def close(self) -> None:
        """End it: the client is gone, or the server is going."""


@dataclass(slots=True)
class Answer:
    """An answer, ready to be sent.

    Attributes:
        status: The HTTP status.
        headers: The header fields, all but the content length.
        body: The body.
        stream: Stands in place of the body: pieces for as long as the client listens.
        broken: How the connection breaks: "reset" or "truncate"; None: it does not.
    """

    status: int
    headers: Headers
    body: bytes
    stream: Stream | None = None
    broken: str | None = None


def json_answer(body: bytes) -> Answer:
    """Return the answer with JSON that was written already."""
    return Answer(200, [(b"content-type", b"application/json")], body)


def json_list(entries: Iterable[Any]) -> bytes:
    """Return JSON data as a list, each entry written for itself."""
    written = bytearray(b"[")
    for entry in entries:
        # Kept until the end, each would hold the kilobytes around it too, in which it was written.
        written += orjson.dumps(entry)
        written += b","
    written[max(1, len(written) - 1) :] = b"]"
    return bytes(written)
