"""The first line of a request, read into its ASGI scope."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote

import httptools

from mockserver.pipeline.request import Scope
from mockserver.server.parsing import RequestParser, malformed

_KEPT = 1024  # targets that are not read again,
_SHORT = 200  # each of so many bytes at most


def scope_of(parser: RequestParser) -> Scope:
    """Return what ASGI says of a request whose header was read. Raises Problem: 400."""
    is_short = len(parser.url) <= _SHORT
    read = _read_target if is_short else _read_target.__wrapped__
    scope, authority = read(parser.method, parser.url)
    headers = parser.headers
    if authority is not None:  # RFC 9112, section 3.2.2: the target counts, and not Host
        headers = [(b"host", authority), *(one for one in headers if one[0] != b"host")]
    return {**scope, "http_version": parser.version, "headers": headers}


@lru_cache(_KEPT)
def _read_target(method: bytes, target: bytes) -> tuple[Scope, bytes | None]:
    """Return what ASGI says of a first line, and the authority of a target in absolute form. Raises Problem: 400."""
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
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "scheme": "http",
        "method": method.decode("ascii"),
        "root_path": "",
        "path": unquote(path) if "%" in path else path,
        "raw_path": raw_path,
        "query_string": url.query or b"",
    }
    return scope, authority
