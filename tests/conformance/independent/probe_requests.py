"""The requests by which `probe` tells whether a change changes anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from tests.conformance.independent.frame import NEEDED_SCOPE

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
USERS = "/api/v1.1/users"
LONG = "mallory.archer+of.the.interceptions@mail.department.example.org"
BELOW = "\N{MUSICAL SYMBOL G CLEF} ñ n\u0303 ﬁ <b>&amp; 'x' \"y\" a\\b  %41+1\u200d\ufe0f\xa0\u2019"
TEXTS = (
    BELOW,
    "x" * 64,
    "é" * 40,
    "007",
    "null",
    "None",
    "true",
    "O",
    "שלום عالم",
    "Ж",
    "mary ann",
)
PLACES = {
    "get_user": ("GET", ""),
    "update_user": ("PATCH", ""),
    "list_emails": ("GET", "emails/"),
    "add_email": ("POST", "emails/"),
    "update_email": ("PATCH", "emails/"),
    "delete_email": ("DELETE", "emails/"),
}


class Request(NamedTuple):
    """What is sent. `fresh` asks for a new connection."""

    operation: str
    login: str | None
    body: bytes | None = None
    media_type: str = JSON
    username: str = "mallory"
    fresh: bool = False
    more: tuple[tuple[str, str], ...] = ()
    query: str = ""


def basic(username: str, password: str | None = None) -> str:
    pair = f"{username}:{username + '-pw' if password is None else password}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def bearer(name: str) -> str:
    return f"Bearer {name}"


def js(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def form(**fields: str) -> bytes:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in fields.items()).encode()


def encoded(fields: dict[str, str], media_type: str) -> bytes:
    return js(fields) if media_type == JSON else form(**fields)


MALLORY, TRENTINO = basic("mallory"), basic("trentino")
ALL, OTHERS = bearer("mallory-all"), bearer("trentino-all")


def state(username: str = "mallory") -> Iterator[Request]:
    """What a user has now."""
    login = basic(username)
    yield Request("get_user", login, username=username)
    yield Request("list_emails", login, username=username)
    yield Request("list_emails", bearer(f"{username}-all"), username=username)


def bodies(number: int) -> dict[str, bytes | None]:
    """A good body for each operation."""
    return {
        "get_user": None,
        "list_emails": None,
        "update_user": js({"company": f"Company {number}"}),
        "add_email": js({"email": f"new{number}@example.org"}),
        "update_email": js({"email": "mallory.spare@example.org", "verified": True}),
        "delete_email": js({"email": "mallory.spare@example.org"}),
    }


def access() -> Iterator[Request]:
    """Good, bad and foreign credentials, each at all six."""
    yield from state()
    yield from state("trentino")
    tokens = [*sorted(set(NEEDED_SCOPE.values())), "expired", "revoked", "none", "all"]
    bad = (
        None,
        "mallory-all",
        "Basic !!!",
        "Basic bWFsbG9yeQ==",
        "Basic /zpw",
        "Bearer",
        "Bearer x",
    )
    wrong = ("MALLORY-PW", "mallory-pw-too", "trentino-pw", "mallory-px")
    logins = [*bad, basic("nobody"), *(basic("mallory", one) for one in wrong)]
    logins += ["Basic " + base64.b64encode(b"mallory:").decode(), bearer("mallory-all-of-it")]
    logins += [bearer(f"mallory-{one}") for one in tokens]
    logins += [bearer("mallory-two"), TRENTINO, OTHERS, MALLORY, bearer("trentino-none")]
    for number, login in enumerate(logins):
        for operation, body in bodies(number).items():
            yield Request(operation, login, body)
            if operation == "delete_email":
                yield Request("add_email", ALL, body)
        yield from state()
    for operation, body in bodies(0).items():
        yield Request(operation, None, body, fresh=True)
        for login in (None, TRENTINO, OTHERS):
            yield Request(operation, login, body, username="nobody", fresh=True)
            yield Request(operation, login, body, username="%00%E4%B8%AD")
        for login in (None, TRENTINO, bearer("mallory-none")):
            yield Request(operation, login, b"[" if body else None, fresh=True)
            yield Request(operation, login, b"{}" if body else None, username="nobody")
            yield Request(operation, login, js({"email": 1, "company": 2}) if body else None)
    body = js({"email": "mallory.spare@example.org", "primary": True})
    yield Request("update_email", bearer("mallory-none"), body)
    yield Request("update_email", bearer("mallory-none"), js({"email": "far@example.org"}))
    yield Request(
        "update_email", TRENTINO, js({"email": "mallory@example.org"}), username="trentino"
    )
    yield Request("delete_email", TRENTINO, js({"email": "new1@example.org"}), username="trentino")
    yield from state()
    yield from state("trentino")


def profile() -> Iterator[Request]:
    """Texts, types and refusals in update_user."""
    for media_type in (JSON, FORM):
        for text in TEXTS:
            three = {"full_name": text, "location": text, "company": text}
            yield Request("update_user", ALL, encoded(three, media_type), media_type)
            yield from state()
        url = "http://example.com/A%20b?c=d&e#f"
        five = {"full_name": "A", "location": "B", "company": "C", "profile_url": url}
        five["gravatar_email"] = f"five{len(media_type)}@example.org"
        yield Request("update_user", MALLORY, encoded(five, media_type), media_type)
        yield from state()
    for address in (
        "a@example.org",
        "b@example.org",
        "b@example.com",
        "",
        "no",
        "@a.b",
        "a@",
        "a b@c.d",
    ):
        both = {"location": "At " + address, "gravatar_email": address}
        yield Request("update_user", MALLORY, js(both))
        yield Request("update_user", MALLORY, js({"gravatar_email": address}))
        yield Request("update_user", MALLORY, form(gravatar_email=address), FORM)
        yield from state()
    for value in (1, 1.5, True, None, ["a", "b"], {"a": "b"}):
        for name in ("full_name", "location", "company", "profile_url", "gravatar_email"):
            yield Request("update_user", ALL, js({"company": "K", "location": "L", name: value}))
        yield from state()
    more = {"id": 1, "type": "Org", "is_active": False, "date_joined": "2000-01-01T00:00:00Z"}
    more |= {"email": "me@example.org", "gravatar_url": "http://a.b/c"}
    yield Request("update_user", ALL, js(more))
    yield from state()
    yield Request("update_user", ALL, js({"profile_url": "https://example.org"}))
    yield Request("update_user", ALL, js({"profile_url": "https://example.org"}))
    yield Request("update_user", ALL, form(company="no others"), FORM)
    yield Request("update_user", ALL, js({"location": "x" * 300, "company": "\0"}))
    yield Request("update_user", ALL, rb'{"company": "\u00e9 \ud800"}')
    yield Request("update_user", ALL, rb'{"company": "\u00e9"}')
    yield Request("update_user", ALL, rb'{"company": " a\u0001 "}')
    yield Request("update_user", ALL, js({"company": "x" * 1000, "zip": ""}))
    yield Request("update_user", ALL, js({"company": ""}))
    yield Request("update_user", ALL, b"{}", "text/plain")
    yield Request("update_user", ALL, b'{"company": "none"}', "")
    yield from state()
    yield from state("trentino")


def emails() -> Iterator[Request]:
    """A life of addresses."""
    good = (
        "a.b+c@example.org",
        "Upper@Example.org",
        "a_b@example.org",
        "axb@example.org",
        "9-a@a.b.example.museum",
        LONG,
    )
    for address in (*good, "a@example.org", "a.b.c.d@example.org"):
        yield Request("add_email", ALL, js({"email": address}))
        yield Request("list_emails", ALL)
    yield Request("add_email", ALL, js({"email": "a.b+c@example.org"}))
    yield Request("add_email", ALL, js({"email": "upper@example.org"}))
    for address in (
        "",
        "no",
        "@a.b",
        "a@",
        "a b@c.d",
        "a\tb@c.d",
        "a\nb@c.d",
        "a@b@c.d",
        " a@b.c ",
    ):
        yield Request("add_email", ALL, js({"email": address}))
        yield Request("update_email", ALL, js({"email": address, "verified": True}))
        yield Request("delete_email", ALL, js({"email": address}))
        yield Request("list_emails", ALL)
    for value in (1, None, {"a": 1}, ["list@example.org"]):
        for operation in ("add_email", "update_email", "delete_email"):
            yield Request(operation, ALL, js({"email": value}))
    yield Request("add_email", MALLORY, js({"email": "ver@example.org", "verified": True}))
    yield Request("add_email", ALL, js({"email": "pri@example.org", "primary": True}))
    yield from state()
    first, second = good[0], good[2]
    flags: tuple[object, ...] = (False, "true", "false", 1, 0, None, "x", [], [1], {})
    for flag in flags:
        for name in ("verified", "primary"):
            yield Request("update_email", ALL, js({"email": first, name: flag}))
            yield Request("list_emails", ALL)
    for name, other in (("verified", "primary"), ("primary", "verified")):
        yield Request("update_email", ALL, js({"email": first, name: False, other: True}))
        yield Request("update_email", ALL, js({"email": "mallory@example.org", name: False}))
        yield from state()
        yield Request("update_email", ALL, form(email=second, **{name: "false"}), FORM)
        yield Request("update_email", ALL, form(email=second, **{name: "true"}), FORM)
        yield from state()
        yield Request("update_email", ALL, js({"email": "far@example.org", name: True}))
        yield Request("list_emails", ALL)
    yield Request("update_email", MALLORY, js({"email": first}))
    yield Request("update_email", MALLORY, js({"email": first, "verified": True, "primary": True}))
    yield from state()
    yield Request("update_email", MALLORY, js({"email": first, "verified": True}))
    yield Request("add_email", MALLORY, js({"email": first}))
    yield Request("update_email", MALLORY, js({"email": first, "primary": True}))
    yield Request("add_email", OTHERS, js({"email": "their@example.net"}), username="trentino")
    yield Request("delete_email", ALL, js({"email": "their@example.net"}))
    yield from state("trentino")
    yield from state()
    for address in (first, "mallory@example.org"):
        yield Request("delete_email", ALL, js({"email": address.upper()}))
        yield Request("delete_email", MALLORY, js({"email": first}))
        yield Request("delete_email", ALL, form(email=first), FORM)
        yield from state()
        yield Request("update_email", MALLORY, js({"email": address, "primary": True}))
    yield Request(
        "update_email", MALLORY, js({"email": "mallory.spare@example.org", "primary": True})
    )
    yield Request("delete_email", MALLORY, js({"email": "mallory@example.org"}))
    yield from deletions(second)


def deletions(second: str) -> Iterator[Request]:
    """Deleting, and adding again."""
    yield Request("update_email", ALL, js({"email": second, "verified": True}))
    for again in range(2):
        yield Request("delete_email", ALL, form(email=second), FORM)
        yield Request("delete_email", ALL, js({"email": second}), fresh=True)
        yield Request("update_email", ALL, js({"email": second, "verified": True}))
        yield from state()
        yield Request("add_email", ALL, form(email=second), FORM)
        yield from state()
        if again:
            yield Request("add_email", OTHERS, js({"email": second}), username="trentino")
            yield Request("delete_email", ALL, js({"email": second}))
            yield from state("trentino")
    for body in (b"{}", b"", js({"email": ""})):
        yield Request("delete_email", ALL, body)
        yield Request("list_emails", ALL)
    yield Request("delete_email", ALL, b"", FORM)


def reading() -> Iterator[Request]:
    """Bodies, well and badly made."""
    malformed: tuple[bytes, ...] = (
        b"{",
        b"{'company': 'q'}",
        b'{"company": "t",}',
        b'{"company": "t"} x',
        b"[]",
        b"[{}]",
    )
    malformed += (
        b'"a@example.net"',
        b"1",
        b"null",
        b"",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
    )
    malformed += (b"[" * 600, b'{"a": ' * 2000, b'{"a": NaN}', b'{"company": "c" /* c */}')
    malformed += (b'{"company": "a\nb"}', b'{"company": "cut"', b'{"zip": 1e300}', b"true", b" ")
    malformed += (b'{"company": "1", "company": "2"}', b'{"company": "' + b"x" * 9000 + b'"}')
    for body in malformed:
        for operation in ("update_user", "add_email", "update_email", "delete_email"):
            yield Request(operation, ALL, body)
        yield Request("get_user", ALL)
    for media_type in (f"{JSON}; charset=utf-8", f"{FORM}; charset=utf-8"):
        body = js({"company": "C"}) if JSON in media_type else b"company=C+D%2BE%c3%a9;location=x=y"
        yield Request("update_user", ALL, body, media_type)
    for body in (
        b"company=%FF",
        b"company=%zz",
        b"company",
        b"company=+a%2Bb",
        b"location=a=b&company=12",
    ):
        yield Request("update_user", ALL, body, FORM)
    yield Request("get_user", ALL, more=(("X-Long", "x" * 2000),))
    yield Request("get_user", ALL, username="x" * 400)
    yield Request("OPTIONS", ALL)
    yield Request("HEAD", ALL)
    yield Request("PUT", ALL)
    yield Request("get_user", ALL, username="../elsewhere")
    yield Request("get_user", ALL, username="mallory/emails")
    yield Request("slashless", ALL)
    yield Request("get_user", ALL, more=(("Accept-Encoding", "gzip"),))
    yield Request("update_user", ALL, js({"username": "malice", "password": "new"}))
    yield from state()
    yield Request("get_user", basic("malice", "mallory-pw"), username="malice")


def corners() -> Iterator[Request]:
    """One user, one way in, and values that look alike."""
    passwords = ("a\0b", "p\xe4ss", "' OR '1'='1", "x" * 100)
    logins = [*(basic("mallory", one) for one in passwords), basic("mallory-all", "")]
    logins += ["Bearer \xe9", "Bearer a b", "Basic bWFsbG9yeTp4eA"]
    for login in logins:
        yield Request("get_user", login)
    for login in (basic("trentino", "wrong"), bearer("trentino-none")):
        yield Request("get_user", login, username="trentino")
    yield Request("get_user", bearer("mallory-expired"), username="nobody")
    body = form(company="by form")
    yield Request("update_user", OTHERS, body, FORM)
    yield Request("update_user", MALLORY, body, FORM, username="nobody")
    yield Request("update_email", TRENTINO, form(email="no"), FORM)
    yield Request("delete_email", TRENTINO, js({"email": "far@example.org"}))
    yield Request("add_email", bearer("mallory-email_read"), form(email="r@example.org"), FORM)
    yield Request("update_user", ALL, js({"company": "beside", "unknown": 1}))
    for name, values in (
        ("gravatar_email", ("g.a@example.org", "ga@example.org", "ga+b@example.org")),
        ("gravatar_email", ("g_a@example.org", "g@a.b.c.example.org")),
        ("profile_url", ("http://a-b.example.org/", "http://example.org/~" + "x" * 60)),
        ("location", ("0",)),
    ):
        for value in values:
            yield Request("update_user", ALL, js({name: value}))
            yield from state()
    yield from lists()


def lists() -> Iterator[Request]:
    """Addresses that begin or end alike, that both have, or that are many."""
    both = js({"email": "both@example.org"})
    verified = js({"email": "both@example.org", "verified": True})
    names = ("admin", "alike", "alike.b", "b.alike", *(f"many{number}" for number in range(60)))
    for name in names:
        yield Request("add_email", ALL, js({"email": f"{name}@example.org"}))
    yield from state()
    yield Request("update_email", ALL, js({"email": "alike@example.org", "verified": True}))
    yield Request("update_email", ALL, js({"email": "alike@example.org"}))
    yield from state()
    yield Request("add_email", ALL, both)
    yield Request("add_email", OTHERS, both, username="trentino")
    yield Request("update_email", ALL, form(verified="true", email="both@example.org"), FORM)
    yield from state("trentino")
    yield Request("update_email", ALL, verified)
    yield Request("update_email", OTHERS, verified, username="trentino")
    yield Request("update_email", ALL, js({"email": "both@example.org", "primary": True}))
    yield from state("trentino")
    yield Request("delete_email", ALL)
    yield Request("delete_email", ALL, b"{}", query="?email=many1@example.org")
    yield from state()
