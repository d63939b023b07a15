"""Pages of other origins, and their access (the Fetch standard, "CORS protocol")."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass

from mockserver.pipeline.answer import Answer
from mockserver.pipeline.problems import Headers, Problem
from mockserver.pipeline.request import TOKEN, Request

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    "Accept",
    "Prefer",
    "X-Mock-Sandbox",
    "X-Mock-Epoch",
)
_EXPOSED = (
    b"WWW-Authenticate, Allow, Accept, Accept-Patch, Retry-After, Preference-Applied, X-Mock-Epoch, "
    b"Content-Length, Date"
)
_NAMED = frozenset({b"content-type", *_EXPOSED.lower().split(b", ")})  # or readable by every page
_SECONDS = b"600"


# RFC 9110, section 7.2: a name or an address, and a port.
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\[\]:@/?#,\s]+)(:[0-9]*)?")


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    """The hosts and origins that may use the control API.

    Attributes:
        origins: The origins that `--allow-origin` names.
        hosts: The host names that `--allow-host` names, in lower case, and the one we are bound to.
    """

    origins: Collection[str] = ()
    hosts: Collection[str] = ()

    def check(self, request: Request) -> None:
        """Refuse a request to the control API that a foreign page may have made.

        A page whose own name was rebound to our address sends that name as `Host`; a page of another
        origin sends its `Origin`, or says in `Sec-Fetch-Site` that it is one.

        Raises:
            Problem: 403.
        """
        host = request.headers.get(b"host", b"").decode("latin-1")
        if not self._knows(host):
            shown = host[:200]
            detail = f"the control API answers to loopback names only, not to {shown!r}; allow it with --allow-host"
            raise Problem(403, "host-not-allowed", detail)
        origin, page = request.headers.get(b"origin"), None
        if origin is not None:
            shown = origin.decode("latin-1")[:200]
            page = None if self.may_read(request, origin) else f"a page of {shown!r}"
        elif request.headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site"):
            page = "a page of another origin"
        if page is not None:
            detail = f"{page} must not use the control API; allow it with --allow-origin"
            raise Problem(403, "origin-not-allowed", detail)

    def may_read(self, request: Request, origin: bytes) -> bool:
        """Tell whether a page of an origin may use the control API: our own pages, and the allowed ones."""
        name = origin.decode("latin-1")
        if name in self.origins:
            return True
        host = request.headers.get(b"host", b"").decode("latin-1")
        return name in (f"http://{host}", f"https://{host}")

    def _knows(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].strip("[]").lower()
        if name in self.hosts or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False


def is_preflight(request: Request) -> bool:
    """Tell whether a request only asks if a page may send another one."""
    headers = request.headers
    return (
        request.method == "OPTIONS"
        and b"origin" in headers
        and b"access-control-request-method" in headers
    )


def may_be_reset(request: Request) -> bool:
    """Tell whether a preflight is for a request that a fault may reset, by its own wish or in a sandbox.

    The preflight itself names neither, so nothing but the names of the fields says so.
    """
    return not {"prefer", "x-mock-sandbox"}.isdisjoint(map(str.lower, _asked(request)))


def _asked(request: Request) -> list[str]:
    """Return the names of the header fields that a preflight asks for."""
    asked = request.headers.get(b"access-control-request-headers", b"").decode("latin-1")
    return [name.strip() for name in asked.split(",")]


def preflight(request: Request) -> Answer:
    """Return the answer to a preflight, which is never authenticated."""
    known = set(map(str.lower, _ALLOWED_HEADERS))
    others = dict.fromkeys(name for name in _asked(request) if name.lower() not in known)
    names = [*_ALLOWED_HEADERS, *(one for one in others if TOKEN.fullmatch(one.encode("latin-1")))]
    # Whatever is asked for: a method that nothing takes is refused in words that the page can read.
    method = request.headers[b"access-control-request-method"]
    methods = _METHODS
    if TOKEN.fullmatch(method) and method not in methods.split(b", "):
        methods += b", " + method
    headers: Headers = [
        (b"access-control-allow-methods", methods),
        (b"access-control-allow-headers", ", ".join(names).encode("latin-1")),
        (b"access-control-max-age", _SECONDS),
    ]
    if b"access-control-request-private-network" in request.headers:
        headers.append((b"access-control-allow-private-network", b"true"))
    return Answer(204, headers, b"")


def cors_headers(origin: bytes, headers: Headers) -> Headers:
    """Return the fields that let a page of another origin read an answer with these header fields.

    The origin is named, not `*`, so that requests with credentials work too; so are the fields of a fault rule.
    """
    others = [name for name, _ in headers if name not in _NAMED]
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b", ".join((_EXPOSED, *others))),
        (b"vary", b"Origin"),
    ]
