"""Requests and answers as plain data, and layers around an application that change them on their way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from mockserver.exchange import App, Message, Receive, Scope, Send

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

_PATH = re.compile(r"/api/v1\.1/users/([^/]+)/(emails/)?")
_OPERATIONS = {
    ("GET", False): "get_user",
    ("PATCH", False): "update_user",
    ("GET", True): "list_emails",
    ("POST", True): "add_email",
    ("PATCH", True): "update_email",
    ("DELETE", True): "delete_email",
}

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request. The path is percent-encoded; the header names are in lower case."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes = b""
    query: bytes = b""

    @property
    def operation(self) -> str:
        """The operationId that it is meant for; empty if there is none."""
        match = _PATH.fullmatch(self.path)
        return "" if match is None else _OPERATIONS.get((self.method, bool(match[2])), "")

    @property
    def username(self) -> str:
        """The username in the path; empty if there is none."""
        match = _PATH.fullmatch(self.path)
        return "" if match is None else unquote(match[1])

    @property
    def media_type(self) -> str:
        """The media type of the body, without its parameters; empty if it is not said."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def is_form(self) -> bool:
        """Whether the body is a URL-encoded form."""
        return self.media_type == FORM

    def header(self, name: str) -> str:
        """The value of a header field; empty if it is not there."""
        wanted = name.encode("latin-1")
        return next((value.decode("latin-1") for key, value in self.headers if key == wanted), "")

    def has(self, name: str) -> bool:
        """Whether a header field is there."""
        return any(key == name.encode("latin-1") for key, _ in self.headers)

    def members(self) -> dict[str, Any] | None:
        """The members of the body, be it JSON or a form; None if it is no object, or unreadable."""
        try:
            if self.is_form:
                return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True))
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return data if isinstance(data, dict) else None

    def with_header(self, name: str, value: str | None) -> Request:
        """The request with a header field in place of its namesakes; None: without it."""
        key = name.encode("latin-1")
        kept = tuple(field for field in self.headers if field[0] != key)
        added = () if value is None else ((key, value.encode("latin-1")),)
        return replace(self, headers=kept + added)

    def with_username(self, username: str) -> Request:
        """The request with another username in its path."""
        match = _PATH.fullmatch(self.path)
        if match is None:
            return self
        path = f"/api/v1.1/users/{quote(username, safe='')}/{match[2] or ''}"
        return replace(self, path=path)

    def with_body(self, body: bytes) -> Request:
        """The request with another body, and the length that belongs to it."""
        changed = replace(self, body=body)
        return changed.with_header("content-length", str(len(body)))

    def with_members(self, members: dict[str, Any]) -> Request:
        """The request with other members, in the media type that it has."""
        if self.is_form:
            return self.with_body(urlencode(members).encode("ascii"))
        return self.with_body(json.dumps(members).encode("ascii"))


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; the header names are in lower case."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    @property
    def code(self) -> str:
        """The mock server's word for the problem; empty if it is none."""
        if self.status < 400:
            return ""
        data = self.json()
        return str(data.get("code", "")) if isinstance(data, dict) else ""

    def header(self, name: str) -> str:
        """The value of a header field; empty if it is not there."""
        wanted = name.encode("latin-1")
        return next((value.decode("latin-1") for key, value in self.headers if key == wanted), "")

    def json(self) -> Any:
        """The body as JSON data; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def with_header(self, name: str, *values: str) -> Response:
        """The answer with a header field in place of its namesakes, once per value."""
        key = name.encode("latin-1")
        kept = tuple(field for field in self.headers if field[0] != key)
        return replace(self, headers=kept + tuple((key, one.encode("latin-1")) for one in values))

    def with_body(self, body: bytes) -> Response:
        """The answer with another body, and the length that belongs to it."""
        return replace(self, body=body).with_header("content-length", str(len(body)))

    def with_json(self, data: Any) -> Response:
        """The answer with other JSON data."""
        return self.with_body(json.dumps(data, ensure_ascii=False).encode("utf-8"))


def answer(status: int, data: Any = None, media_type: str = JSON) -> Response:
    """An answer made up from nothing; a refusal, if no data are given."""
    if data is None:
        data = {"detail": f"refused with {status}", "code": "made-up"}
    return Response(status).with_header("content-type", media_type).with_json(data)


Forward = Callable[[Request], Coroutine[Any, Any, Response]]
Layer = Callable[[Request, Forward], Coroutine[Any, Any, Response]]
"""Takes a request and what would answer it; gives the answer that is sent."""


def layered(app: App, layers: Sequence[Layer]) -> App:
    """An application with layers around it; the first one is the outermost."""
    forward = _forward(app)
    for layer in reversed(layers):
        forward = _through(layer, forward)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        headers = tuple((bytes(name).lower(), bytes(value)) for name, value in scope["headers"])
        query = scope.get("query_string", b"")
        response = await forward(Request(scope["method"], path, headers, body, query))
        await _send(response, send)

    return serve


def ask(app: App, request: Request) -> Response:
    """What an application answers, without a server and without an event loop: nothing in it waits."""
    coroutine = _forward(app)(request)
    try:
        coroutine.send(None)
    except StopIteration as done:
        response: Response = done.value
        return response
    coroutine.close()
    raise RuntimeError("the application waits for something, and there is nothing to wait for")


def _through(layer: Layer, forward: Forward) -> Forward:
    async def through(request: Request) -> Response:
        return await layer(request, forward)

    return through


def _forward(app: App) -> Forward:
    async def forward(request: Request) -> Response:
        # A scope of its own: the server's shortcut for whole answers would pass the layers by.
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(request.path),
            "raw_path": request.path.encode("latin-1"),
            "query_string": request.query,
            "root_path": "",
            "headers": list(request.headers),
        }
        incoming = iter([{"type": "http.request", "body": request.body}])
        outgoing: list[Message] = []

        async def receive() -> Message:
            return next(incoming, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            outgoing.append(message)

        await app(scope, receive, send)
        start, *parts = outgoing
        body = b"".join(part.get("body", b"") for part in parts)
        return Response(start["status"], tuple(start["headers"]), body)

    return forward


async def _read(receive: Receive) -> bytes | None:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send(response: Response, send: Send) -> None:
    headers = list(response.headers)
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
