"""A recorded exchange: one request and its answer, to be judged and shown."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.target.credentials import Credentials
from conformance.wire.transport import ReceivedResponse, SentRequest

_SHOWN = 2000  # bytes of a request's body that a curl line repeats
JSON_MEDIA_TYPE = re.compile(r"(?:application|text)/json|[^/]+/[^/]+\+json")


class NotJson(ValueError):
    """A body that is no JSON; the message says why."""


@dataclass(frozen=True)
class Exchange:
    """A request that was sent and the answer that came.

    `operation` is the operationId, or empty; `url` is the whole URL.
    """

    operation: str
    url: str
    request: SentRequest = field(repr=False)
    response: ReceivedResponse = field(repr=False)
    credentials: Credentials = field(repr=False)
    secret_headers: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.response.status

    def header(self, name: str) -> str | None:
        """Return a header of the answer, its fields joined by commas; None if it is absent."""
        values = [value for key, value in self.response.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """The media type of the answer without its parameters, in lower case."""
        return (self.header("Content-Type") or "").split(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """True for a JSON media type in the answer."""
        return JSON_MEDIA_TYPE.fullmatch(self.media_type) is not None

    def json(self) -> Any:
        """Return the body of the answer as JSON data. Raises NotJson."""
        try:
            return json.loads(self.response.body.decode("utf-8-sig"), parse_constant=_refuse)
        except UnicodeDecodeError:
            raise NotJson("the body is no UTF-8") from None
        except RecursionError:
            raise NotJson("the body is nested too deeply") from None
        except ValueError as error:
            raise NotJson(f"the body is no JSON: {error}") from None

    def curl(self) -> str:
        """Return the request as a command line, with $TOKEN or $PASSWORD for secrets."""
        return " ".join(self._curl())

    def _curl(self) -> Iterator[str]:
        yield f"curl -i -X {self.request.method} {shlex.quote(self.url)}"
        if self.credentials.curl:
            yield self.credentials.curl
        for name, value in self.request.headers:
            if name.lower() in ("authorization", "accept-encoding", "user-agent"):
                continue
            if name in self.secret_headers:
                yield f'-H "{name}: $HEADER"'
            else:
                yield f"-H {shlex.quote(f'{name}: {value}')}"
        if self.request.body is not None:
            if not any(name.lower() == "content-type" for name, _ in self.request.headers):
                yield "-H 'Content-Type;'"
            yield f"--data-binary {_shell_bytes(self.request.body)}"

    def describe(self) -> str:
        """Describe the answer: its status, its media type and its body."""
        text = self.response.body.decode("utf-8", "replace")
        kind = self.media_type or "no Content-Type"
        return f"{self.status} ({kind}) {text}" if text else f"{self.status}, no body"


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _shell_bytes(body: bytes) -> str:
    """Quote bytes for a shell; as $'…' where they are no printable text."""
    if len(body) > _SHOWN:
        return f"@BODY  # {len(body)} bytes that begin with {_shell_bytes(body[:60])}"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and (text or not body) and not text.startswith("@"):
        return shlex.quote(text)
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\" else f"\\x{byte:02x}"
        for byte in body
    )
    return f"$'{escaped}'"
