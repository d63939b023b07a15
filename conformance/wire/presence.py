"""The presence of a target: a wrong address, a login page or a closed site is no broken implementation."""

from __future__ import annotations

import html
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from conformance.wire.client import GATEWAY
from conformance.wire.exchange import Exchange

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_WEB = {
    200: "check host and path of base_url: they lead to a web page",
    403: "a firewall refuses whoever runs the suite: let its requests pass",
}
"""The fix where web pages with a status are all that comes."""
_READ = 20_000  # characters of a page in which its title is looked for
_TITLE = 100  # characters of a title that are told


def absence(exchanges: Sequence[Exchange]) -> str:
    """Return the reason why the API is not at this address at all, with the fix; empty if it may be.

    That is so if all requests got the same answer, with and without credentials, and it is none that an
    implementation gives: 404, a redirect, a web page, or an error of a gateway. Where a single one got
    another answer, something is there, and it is to be judged.

    Args:
        exchanges: The first ones of a run, of more than one operation; some without credentials.
    """
    logins = {one.credentials.authorization is not None for one in exchanges}
    paths = {one.request.path for one in exchanges}
    answers = {(one.status, one.media_type) for one in exchanges}
    if len(logins) < 2 or len(paths) < 2 or len(answers) != 1:
        return ""
    first = exchanges[0]
    kind, fix = _kind(first)
    if not kind:
        return ""
    title = title_of(first)
    page = f" and the page {title!r}" if title else ""
    return (
        f"every request is answered {kind}{page}, with and without credentials: "
        f"the API is not there; {fix}"
    )


def told_briefly(answer: Exchange) -> str:
    """Describe an answer by its status, where it leads, and the title of its page."""
    title, to = title_of(answer), answer.header("Location")
    return (
        f"{answer.status}{f' to {to}' if to else ''}{f' with the page {title!r}' if title else ''}"
    )


def _kind(answer: Exchange) -> tuple[str, str]:
    """Return what kind of an answer it is, with the fix; nothing for one of an implementation."""
    status = answer.status
    if status in _REDIRECTS:
        to = urljoin(answer.url, answer.header("Location") or "")
        asked, led = urlsplit(answer.url), urlsplit(to)
        fix = "a login page stands before it: let requests with credentials of the API pass"
        if led.hostname == asked.hostname and led.path == asked.path:
            fix = f"set base_url to {led.scheme}://{led.netloc}…"
        return f"{status} to {to}", fix
    if status == 404:
        place = urlsplit(answer.url).path
        return "404", f"check the path of base_url, before /api/…: {place} was asked for"
    if status in GATEWAY:
        return str(status), "the target is closed or down: run again when it is back"
    if answer.media_type in _PAGES and answer.response.body.lstrip()[:1] == b"<":
        if status in _WEB:
            return str(status), _WEB[status]
        if status == 400 and b"certificate" in answer.response.body.lower():
            fix = "name a client certificate: tls: {client_cert: cert.pem, client_key: key.pem}"
            return "400", fix
    return "", ""


def title_of(answer: Exchange) -> str:
    """Return the title of a web page, or its first heading; empty if it has none."""
    if answer.media_type not in _PAGES:
        return ""
    text = answer.response.body[:_READ].decode("utf-8", "replace")
    lower = text.lower()
    for tag in ("title", "h1"):
        start = lower.find(f"<{tag}")
        begin = lower.find(">", start) + 1
        end = lower.find(f"</{tag}", begin)
        if start >= 0 and begin and end > begin:
            return " ".join(html.unescape(text[begin:end]).split())[:_TITLE]
    return ""
