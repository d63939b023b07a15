"""A recorded exchange: one request and its answer, to be judged and shown."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue.results import body_file
from conformance.target.credentials import Credentials
from conformance.wire.transport import ReceivedResponse, SentRequest

_SHOWN = 2000  # bytes of a request's body that a curl line has room for
_DOTS = re.compile(r"/\.\.?(?:/|$)")
JSON_MEDIA_TYPE = re.compile(r"(?:application|text)/json|[^/]+/[^/]+\+json")


class NotJson(ValueError):
    """A body that is no JSON; the message says why."""


def read_json(body: bytes) -> Any:
    """Return JSON data; a byte order mark before it is passed over. Raises NotJson."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise NotJson("the body is no UTF-8") from None
    except RecursionError:
        raise NotJson("the body is nested too deeply") from None
    except ValueError as error:
        raise NotJson(f"the body is no JSON: {error}") from None


@dataclass(frozen=True)
class Exchange:
    """A request that was sent and the answer that came.

    Attributes:
        operation: The operationId, or empty.
        url: The whole URL.
        secret_headers: The variables that stand for the values of headers in curl lines, by name.
        number: Its place in the run, in the order of sending, from 1.
    """

    operation: str
    url: str
    request: SentRequest = field(repr=False)
    response: ReceivedResponse = field(repr=False)
    credentials: Credentials = field(repr=False)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    number: int = 0

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

    @property
    def data(self) -> Any:
        """The body of the answer as JSON data; None if it is no JSON."""
        try:
            return read_json(self.response.body)
        except NotJson:
            return None

    def curl(self) -> str:
        """Return the request as a command line, with a variable for each secret."""
        return self.command()[0]

    def command(self) -> tuple[str, str, bytes]:
        """Return the request as a command line, and name and content of the file that holds its body.

        Only a body that cannot stand in the line has a file; otherwise its name and content are empty.
        """
        body = self.request.body or b""
        name = ""
        if len(body) > _SHOWN or b"\0" in body:
            name = body_file(body)
        return " ".join(self._curl(name)), name, body if name else b""

    def _curl(self, file: str) -> Iterator[str]:
        yield f"curl -i -X {self.request.method} {shlex.quote(self.url)}"
        if _DOTS.search(self.request.path):
            yield "--path-as-is"
        if self.credentials.curl:
            yield self.credentials.curl
        for name, value in self.request.headers:
            if name.lower() in ("authorization", "accept-encoding", "user-agent"):
                continue
            if name in self.secret_headers:
                yield f'-H "{name}: ${{{self.secret_headers[name]}}}"'
            else:
                yield f"-H {shlex.quote(f'{name}: {value}')}"
        names = {name.lower() for name, _ in self.request.headers}
        if "accept" not in names:
            yield "-H 'Accept:'"
        if self.request.body is not None:
            if "content-type" not in names:
                yield "-H 'Content-Type;'"
            shown = f"@{file}" if file else _shell_bytes(self.request.body)
            yield f"--data-binary {shown}"

    def describe(self) -> str:
        """Describe the answer: its status, its media type and its body."""
        text = self.response.body.decode("utf-8", "replace")
        kind = self.media_type or "no Content-Type"
        return f"{self.status} ({kind}) {text}" if text else f"{self.status}, no body"


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _shell_bytes(body: bytes) -> str:
    """Quote bytes for a shell; as $'…' where they are no printable text."""
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
