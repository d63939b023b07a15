"""The first line of a request, read into its ASGI scope."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import httptools

from mockserver.pipeline.request import Scope
from mockserver.server.parsing import RequestParser, malformed

_ASGI = {"version": "3.0", "spec_version": "2.3"}
_KEPT = 1024  # targets that are not read again,
_SHORT = 200  # each of so many bytes at most


def scope_of(parser: RequestParser) -> Scope:
    """Return what ASGI says of a request whose header was read. Raises Problem: 400."""
    is_short = len(parser.url) <= _SHORT
    read = _read_target if is_short else _read_target.__wrapped__
    target = read(parser.method, parser.url)
    headers = parser.headers
    if target.authority is not None:  # RFC 9112, section 3.2.2: the target counts, and not Host
        headers = [(b"host", target.authority), *(one for one in headers if one[0] != b"host")]
    return {
        "type": "http",
        "asgi": _ASGI,
        "http_version": parser.version,
        "scheme": "http",
        "method": target.method,
        "root_path": "",
        "path": target.path,
        "raw_path": target.raw_path,
        "query_string": target.query,
        "headers": headers,
    }


class _Target(NamedTuple):
    """A method and its target, as ASGI has them; the authority is that of a target in absolute form."""

    method: str
    path: str
    raw_path: bytes
    query: bytes
    authority: bytes | None


@lru_cache(_KEPT)
def _read_target(method: bytes, target: bytes) -> _Target:
    """Return what a request is about, by its first line. Raises Problem: 400."""
    authority = None
    try:
        url = httptools.parse_url(target)
        raw_path = url.path
        if url.userinfo is not None:  # RFC 9110, section 4.2.4
            raise malformed("its target holds a login; send that in Authorization")
        if url.schema is not None:
            authority = target.split(b"/", 3)[2].partition(b"?")[0]
            bare = b"/" if method != b"OPTIONS" or url.query else b"*"  # RFC 9112, section 3.2.4
            raw_path = raw_path or bare
        path = raw_path.decode("ascii")
    except (httptools.HttpParserInvalidURLError, AttributeError, UnicodeDecodeError):
        raise malformed() from None
    if path == "*" and method != b"OPTIONS":
        raise malformed("only OPTIONS takes * in place of a path")
    decoded = unquote(path) if "%" in path else path
    return _Target(method.decode("ascii"), decoded, raw_path, url.query or b"", authority)
