"""The pages of the token flow: the question to the user, and a refusal. They need no script, and no other file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mockserver.pipeline.answer import Answer

_PAGES = Path(__file__).parent / "pages"
_PALETTE = Path(__file__).parents[1] / "console" / "palette.css"
_STYLE = _PALETTE.read_text("utf-8") + (_PAGES / "page.css").read_text("utf-8")
_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals["style"] = Markup(_STYLE)  # noqa: S704 - it is ours

_LOOPBACK = "http://localhost:* http://127.0.0.1:*"


def question(
    status: int,
    redirect_uri: str,
    *,
    client: str,
    scopes: Mapping[str, str],
    fields: Iterable[tuple[str, str]],
    username: str,
    wrong: str,
) -> Answer:
    """Return the page that asks a user to log in, and to allow or deny.

    Args:
        status: The HTTP status.
        redirect_uri: The address to which the user is sent afterwards.
        client: The id of the client.
        scopes: What it asks for, each with its description.
        fields: The authorization request, which the form repeats.
        username: What was typed before.
        wrong: What was wrong with it.
    """
    page = _ENVIRONMENT.get_template("question.html").render(
        client=client,
        scopes=scopes,
        fields=fields,
        username=username,
        wrong=wrong,
        redirect_uri=redirect_uri,
    )
    return _answer(status, page, f"'self' {_source(redirect_uri)}")


def refusal(status: int, code: str, detail: str) -> Answer:
    """Return the page that says what is wrong with a request."""
    page = _ENVIRONMENT.get_template("refusal.html").render(code=code, detail=detail)
    return _answer(status, page, "'none'")


def _answer(status: int, page: str, form_action: str) -> Answer:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; "
        f"form-action {form_action}; frame-ancestors 'none'"
    )
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode()),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        # With no-referrer the form would come with `Origin: null`.
        (b"referrer-policy", b"same-origin"),
    ]
    return Answer(status, headers, page.encode("utf-8", "replace"))


def _source(redirect_uri: str) -> str:
    """Return the source of a policy to which the form may lead: browsers hold redirects to it too.

    On a developer's machine the client may lead on from there to a page on another port.
    """
    parts = urlsplit(redirect_uri)
    if parts.hostname in ("localhost", "127.0.0.1"):
        return _LOOPBACK
    # No source names an IPv6 address, or anything but the scheme of an app.
    if parts.scheme not in ("http", "https") or ":" in (parts.hostname or ":"):
        return f"{parts.scheme}: {_LOOPBACK}"
    return f"{parts.scheme}://{parts.netloc} {_LOOPBACK}"
