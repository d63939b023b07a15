"""A fixed script of requests that tells a modified server from the mock server.

It judges nothing: it only shows that each mutant and each variation really changes an answer, or what
is stored.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from urllib.parse import quote, urlencode

from conformance.mutants.access import ALL, SCOPE, basic
from conformance.mutants.builds import Change, Witness, build_app
from conformance.mutants.messages import FORM, JSON, Request, Response, ask
from conformance.mutants.scene import OTHER, OWNER, UNKNOWN, sandboxes, scope_sets, secret
from mockserver.world import World

_METHODS = {
    "get_user": "GET",
    "update_user": "PATCH",
    "list_emails": "GET",
    "add_email": "POST",
    "update_email": "PATCH",
    "delete_email": "DELETE",
}
_SECOND = f"{OWNER}@work.example.com"
_THIRD = f"{OWNER}.new@example.com"
_PRIMARY = f"{OWNER}@example.com"
_BODIES: dict[str, Any] = {
    "update_user": {"full_name": "Somebody Else", "company": "Ltd."},
    "add_email": {"email": "one.more@example.com"},
    "update_email": {"email": _THIRD, "verified": True},
    "delete_email": {"email": _SECOND},
}


@dataclass(frozen=True)
class Seen:
    """What was answered to one request of the script, and what was stored afterwards."""

    request: Request
    response: Response
    world: World


class Unmeant(Exception):
    """A mutant failed otherwise than it was meant to; the text is the traceback."""


def observe(change: Change | None) -> Iterator[Seen]:
    """Send the script to the mock server with a change, request by request.

    Raises:
        Unmeant: The server failed in a way that the change did not mean.
    """
    witness = Witness()
    served = sandboxes()
    sandbox = served.common
    app = build_app(change, served, witness)
    for request in script(sandbox.world):
        if request is None:
            sandbox.reset()
            continue
        response = ask(app, request)
        if b"response-breaks-contract" in response.body:
            witness.defects.append(response.body.decode("utf-8"))
        if witness.defects:
            raise Unmeant(witness.defects[0])
        yield Seen(request, response, sandbox.world.copy())


def difference(change: Change, base: Sequence[Seen]) -> Seen | None:
    """The first answer or state in which a change tells; None if it never does.

    Args:
        change: The change.
        base: What was seen of the mock server without a change.
    """
    return next((new for old, new in zip(base, observe(change), strict=True) if old != new), None)


def script(world: World) -> Iterator[Request | None]:
    """The requests; None: go back to the first state."""
    owner, other = basic(world, OWNER), basic(world, OTHER)
    yield from _access(owner, other)
    for operation in _BODIES:
        for content, media_type in _odd_bodies(operation):
            yield _request(operation, OWNER, owner, content, media_type)
            yield _request("get_user", OWNER, owner)
            yield _request("list_emails", OWNER, owner)
            yield None
    for update in _updates():
        yield from _both_ways("update_user", update, owner)
        yield _request("get_user", OWNER, owner)
        yield _request("get_user", OTHER, other)
    yield None
    reading = _token(OWNER, "profile_read")
    for value in ("first", "second"):
        yield _request("get_user", OWNER, reading)
        yield from _both_ways("update_user", {"full_name": value, "unknown": value}, owner)
        yield _request("get_user", OWNER, reading)
    picture = json.dumps({"gravatar_email": "theirs@example.com"}).encode("ascii")
    yield _request("update_user", OTHER, other, picture)
    theirs = json.dumps({"email": f"{OTHER}.new@example.com", "verified": True}).encode("ascii")
    yield _request("update_email", OTHER, other, theirs)
    yield None
    for operation, body in _story():
        yield from _both_ways(operation, body, owner)
        yield _request("list_emails", OWNER, owner)
        yield _request("get_user", OWNER, owner)
    for address in (_PRIMARY, _PRIMARY.upper(), f" {_PRIMARY} "):
        for authorization in (owner, _token(OWNER, "email_write")):
            yield None
            yield from _both_ways("delete_email", {"email": address}, authorization)
    yield None
    for method in ("POST", "HEAD", "OPTIONS"):
        yield Request(method, f"/api/v1.1/users/{OWNER}/", ((b"authorization", owner.encode()),))
        yield Request(method, f"/api/v1.1/users/{OWNER}", ((b"authorization", owner.encode()),))
    yield Request("PUT", f"/api/v1.1/users/{OWNER}/emails/")
    yield _request("get_user", OWNER, owner).with_header("x-long", "x" * 2000)
    for number in range(60):  # more than a page
        more = json.dumps({"email": f"page.{number}@example.com"}).encode("ascii")
        yield _request("add_email", OWNER, owner, more)
    yield _request("list_emails", OWNER, owner)
    for operation in ("add_email", "update_email", "delete_email"):
        asked = _request(operation, OWNER, owner, b"{}")
        yield replace(asked, query=f"email={_THIRD}".encode("ascii"))


def _access(owner: str, other: str) -> Iterator[Request | None]:
    """Every operation with every login, at every account, with good bodies and bad ones."""
    some = (None, owner, _token(OWNER, "none"), other)
    for operation in ALL:
        for authorization in _logins(owner, other):
            yield _request(operation, OWNER, authorization)
            if operation != "get_user":
                yield None
        for path in (UNKNOWN, OTHER, "odd name\u00e9", "nul\0", "x" * 300):
            for authorization in some:
                yield _request(operation, path, authorization)
        yield None
        for authorization in (_basic(OTHER, "wrong"), _token(OTHER, "none")):
            yield _request(operation, OTHER, authorization)
            yield None
        for authorization in (_basic(OWNER, "wrong"), f"Bearer {secret(OWNER, 'expired')}"):
            yield _request(operation, OTHER, authorization)
        more = (_token(OTHER, SCOPE[operation]), _token(OWNER, "email_read"))
        for authorization in (*some, *more) if operation in _BODIES else ():
            form = urlencode({k: str(v) for k, v in _BODIES[operation].items()}).lower()
            yield _request(operation, OWNER, authorization, form.encode("ascii"), FORM)
            yield None
        for path, authorization, content in product((OWNER, UNKNOWN), some, (b"[", b"{}")):
            if operation in _BODIES:
                yield _request(operation, path, authorization, content)
                yield _request(operation, path, authorization, b"email=&gravatar_email=x", FORM)
        for address in (_PRIMARY, "unknown@example.com") if operation in _BODIES else ():
            yield _request(operation, OWNER, other, json.dumps({"email": address}).encode("ascii"))


def _token(username: str, *scopes: str) -> str:
    words = () if scopes == ("none",) else scopes
    return f"Bearer {secret(username, *sorted(words))}"


def _logins(owner: str, other: str) -> Iterator[str | None]:
    password, token = secret(OWNER, "password"), secret(OWNER, *sorted(set(SCOPE.values())))
    yield from (None, owner, other)
    yield from (_basic(OWNER, word) for word in ("wr\0ng", "wr\u00f6ng", "x" * 100, "' OR '1'='1"))
    yield from (_basic(token, ""), "Bearer many odd words", "Bearer odd-\xe9")
    for scopes in scope_sets():
        yield f"Bearer {secret(OWNER, *sorted(scopes))}"
    yield _token(OTHER, *set(SCOPE.values()))
    for word in ("expired", "revoked"):
        yield f"Bearer {secret(OWNER, word)}"
    yield from ("", "Basic", "Bearer", "Bearer ", "Basic ???", "Basic bm9jb2xvbg==", "Digest x")
    yield f"Token {token}"
    yield f"Basic {OWNER}:{password}"
    for name, word in (
        (OWNER, "wrong"),
        (OWNER, ""),
        (OWNER, password.swapcase()),
        (OWNER, password[:-3]),
        (OWNER, f"{password}x"),
        (OWNER, secret(OTHER, "password")),
        (OWNER, token),
        ("nobody", password),
    ):
        yield _basic(name, word)
    for word in ("never-issued", token.swapcase(), f"{token}x"):
        yield f"Bearer {word}"


def _basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode('ascii')}"


def _request(
    operation: str,
    username: str,
    authorization: str | None,
    body: bytes | None = None,
    media_type: str = JSON,
) -> Request:
    tail = "" if operation in ("get_user", "update_user") else "emails/"
    headers: list[tuple[bytes, bytes]] = []
    if authorization is not None:
        headers.append((b"authorization", authorization.encode("latin-1")))
    if operation in _BODIES:
        if body is None:
            body = json.dumps(_BODIES[operation]).encode("ascii")
        headers.append((b"content-length", str(len(body)).encode("ascii")))
        if media_type:
            headers.append((b"content-type", media_type.encode("ascii")))
    path = f"/api/v1.1/users/{quote(username, safe='')}/{tail}"
    return Request(_METHODS[operation], path, tuple(headers), body or b"")


def _both_ways(operation: str, members: Any, authorization: str) -> Iterator[Request]:
    """As JSON and as a form."""
    raw = json.dumps(members).encode("ascii")
    yield _request(operation, OWNER, authorization, raw)
    words = {
        name: {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
        for name, value in members.items()
        if isinstance(value, str | bool)
    }
    form = urlencode(words, errors="replace").encode("ascii")
    yield _request(operation, OWNER, authorization, form, FORM)


def _odd_bodies(operation: str) -> Iterator[tuple[bytes, str]]:
    good = json.dumps(_BODIES[operation]).encode("ascii")
    for media_type in ("", f"{JSON}; charset=utf-8", "text/plain"):
        yield good, media_type
    yield b"", ""
    yield _MULTIPART, "multipart/form-data; boundary=x"
    for raw in (
        b"", b"{", b"nonsense", good[:-1], good + b" x", good[:-1] + b",}", good.replace(b'"', b"'"),
        b"[]", b"[" + good + b"]", b"null", b"true", b"5", b'"x@example.com"', json.dumps(good.decode()).encode(),
        b"/* x */" + good, good[:-1] + b', "x": "a\nb"}', b"[" * 3000, b'{"a":' * 3000, b"\xef\xbb\xbf" + good,
    ):  # fmt: skip  # many values, few lines
        yield raw, JSON
    yield good.replace(b"e", b"\xe9", 1), JSON
    yield good[:-2] + b'\xff"}', JSON
    for members in ({}, {"unknown": 1}):
        yield json.dumps({**_BODIES[operation], **members} if members else {}).encode(), JSON
    for raw in (
        b"",
        b"x=1",
        b"email=%E9",
        b"full_name=%E9&company=a%3Bb%3Dc%26d",
        b"email=a%zz@example.com",
    ):
        yield raw, FORM
    text = urlencode({k: str(v).lower() for k, v in _BODIES[operation].items()}).encode("ascii")
    yield text, FORM
    yield text + b"&" + text, FORM
    yield b"full_name=C%2b&email=a%2bb@example.com", FORM
    yield text, f"{FORM}; charset=utf-8"


_MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nx@example.com\r\n--x--\r\n'
)
_TEXTS = (
    "", " x ", "x", "0", "007", "null", "b" * 64, "\u6f22" * 64, "\U0001f600" * 64, "c" * 100, "d" * 2000, "e" * 6000,
    "caf\u00e9 cafe\u0301", "\ufb01\uff21", "\u041f\u0440\u0438\u0432\u0435\u0442", "<b>&amp;</b>", "O'Neil \"x\" \\n", "two  spaces", "a%41b+c",
    "MiXed case", "a;b=c&d", "\x01\x00", "\ud800", "\u2014 5\xa0% \u2764\ufe0f",
)  # fmt: skip  # many values, few lines


def _updates() -> Iterator[dict[str, Any]]:
    yield {}
    for name in ("full_name", "location", "company"):
        yield {name: "alone"}
    for text in _TEXTS:
        yield {"full_name": text, "location": text, "company": text}
    for url in (
        "http://ex-am-ple.example.com/",
        "http://Example.com/Path/?q=1",
        "https://example.com/",
        "https://example.com",
        "https://example.com/%41#x",
        "javascript:1",
    ):
        yield {"profile_url": url}
    for address in (
        "one@example.com",
        "two@example.com",
        "two@example.org",
        "two@example.com",
        "two+a@example.com",
        "",
        "no",
        "a@",
        "@b",
        "a b@c",
        "x" * 300 + "@b.c",
    ):
        yield {"gravatar_email": address}
    wrong: tuple[Any, ...] = (None, 5, 1.5, True, [], ["x"], {}, 1e300, 10**30)
    for name in ("full_name", "location", "company", "profile_url", "gravatar_email"):
        for value in wrong:
            yield {"location": f"{name} {value}"[:60], name: value, "company": "beside"}
    yield {"company": "valid", "gravatar_email": "invalid", "location": "valid"}
    yield {"company": "both", "location": "both", "gravatar_email": "three@example.com"}
    read_only: tuple[tuple[str, Any], ...] = (
        ("id", 99), ("username", "renamed"), ("url", "https://example.com/"), ("type", "Admin"),
        ("date_joined", "2001-01-01T00:00:00Z"), ("gravatar_url", "https://example.com/x.png"),
        ("email", "renamed@example.com"), ("is_active", False), ("password", "another"),
    )  # fmt: skip  # many values, few lines
    yield from ({name: value} for name, value in read_only)


def _story() -> Iterator[tuple[str, dict[str, Any]]]:
    new = "a.b_c-d+e@mail.example.company"
    yield "update_email", {"email": _THIRD, "verified": True, "primary": False}
    yield "add_email", {"email": new}
    yield "add_email", {"email": new, "verified": True, "primary": True}
    yield "add_email", {"email": _SECOND}
    yield "add_email", {"email": "1@example.com", "verified": True}
    yield "add_email", {"email": "2.x@example.com", "primary": True}
    for address in (
        "a_c@example.com", "abc@example.com", "abc@example.com.br", "m.o.s@example.com", "abc+tag@example.com",
        "ABC@example.com", "Upper@Example.com", "l" * 40 + "@example.com.invalid", f"{OTHER}.new@example.com",
        "", "no", "@", "a@", "@b", "a b@example.com", "a@example.com b", "a@b\n", " a@b.example.com ",
        "exotic!#$@[127.0.0.1]", "a@\u00e9.example.com", "q" * 300 + "@example.com", "1.2.3@4.example.com",
    ):  # fmt: skip  # many values, few lines
        yield "add_email", {"email": address}
    wrong: tuple[Any, ...] = (None, 5, [], ["l1@example.com", "l2@example.com"], {"a": "b"})
    for value in wrong:
        yield "add_email", {"email": value}
        yield "update_email", {"email": value, "verified": True}
        yield "delete_email", {"email": value}
    yield "update_email", {"email": new}
    yield "update_email", {"email": "1@example.com", "primary": True}
    for name in ("verified", "primary"):
        flags: tuple[Any, ...] = (False, True, None, "true", 1)
        for flag in flags:
            yield "update_email", {"email": new, name: flag}
        yield (
            "update_email",
            {"email": new, "verified": name == "primary", "primary": name == "verified"},
        )
    yield "update_email", {"email": _THIRD, "verified": True, "primary": True}
    yield "update_email", {"email": _PRIMARY, "verified": True}
    yield "update_email", {"email": _PRIMARY, "primary": True}
    yield "update_email", {"email": _PRIMARY, "verified": True}
    yield "update_email", {"email": _SECOND, "primary": True}
    yield "delete_email", {"email": _SECOND}
    yield "delete_email", {"email": _PRIMARY}
    for address in ("nobody@example.com", f"{OTHER}.new@example.com", "no", "", _THIRD.upper()):
        yield "update_email", {"email": address, "verified": True}
        yield "delete_email", {"email": address}
    yield "delete_email", {"email": "a_c@example.com"}
    yield "delete_email", {"email": "abc@example.com"}
    yield "delete_email", {"email": "Upper@Example.com"}
    again = {"email": "again@example.com"}
    yield "add_email", again
    yield "update_email", {**again, "verified": True}
    yield "delete_email", again
    yield "add_email", again
    yield "update_email", {**again, "verified": True}
    for address in ("likex1@example.com", "like_1@example.com"):
        yield "add_email", {"email": address}
    yield "update_email", {"email": "like_1@example.com", "verified": True}
    shared = {"email": f"{OTHER}.new@example.com"}
    yield "update_email", {**shared, "verified": True, "primary": True}
    yield "update_email", {"email": "like_1@example.com", "primary": True}
    yield "delete_email", {"email": "likex1@example.com"}
    yield "delete_email", {"email": _SECOND}
    yield "delete_email", {"email": f"x{_PRIMARY}"}
    yield "add_email", {"email": _SECOND}
    yield "update_email", {"verified": True}
    yield "delete_email", {}
    yield "add_email", {}
