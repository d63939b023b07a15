"""No password and no token stands in a log line or an error, wherever it was sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest

from tests.support import (
    EMAILS,
    FORM,
    USER,
    Json,
    MockServer,
    basic,
    bearer,
    check,
    head,
    write_yaml,
)

# Each begins with letters that stand nowhere else, so that a piece of one is found as well.
PASSWORD = 'XQa/password of "ada" + more'
LOGIN_PASSWORD = "XQb:further:password"
TOKENS = {"good": "XQc.token-that-is-good", "expired": "XQd_expired", "revoked": "XQe~revoked="}
CONTROL_TOKEN = "XQf-control-token"
MARKS = ("XQa", "XQb", "XQc", "XQd", "XQe", "XQf")

LOGINS = {"ada": PASSWORD, "further": LOGIN_PASSWORD}
ENCODED = [base64.b64encode(f"{name}:{word}".encode()).decode() for name, word in LOGINS.items()]
SECRETS = [PASSWORD, LOGIN_PASSWORD, *TOKENS.values(), CONTROL_TOKEN, *ENCODED]

FIXTURES: Json = {
    "accounts": [
        {
            "username": "ada",
            "password": PASSWORD,
            "emails": [{"email": "ada@example.com", "primary": True}],
        }
    ],
    "logins": [{"name": "further", "password": LOGIN_PASSWORD, "username": "ada"}],
    "tokens": [
        {"token": TOKENS["good"], "username": "ada", "scopes": ["profile_write", "email_write"]},
        {
            "token": TOKENS["expired"],
            "username": "ada",
            "scopes": [],
            "expires_at": "2014-08-01T00:00:00Z",
        },
        {"token": TOKENS["revoked"], "username": "ada", "scopes": [], "revoked": True},
    ],
}
ADA = basic("ada", PASSWORD)
USER_PATH = USER.replace("{username}", "ada")
EMAILS_PATH = EMAILS.replace("{username}", "ada")
CONTROL = bearer(CONTROL_TOKEN)


def in_every_way() -> Iterator[str]:
    """Each secret alone; and some among other text, and where a message may cut it off."""
    yield from SECRETS
    for secret in (PASSWORD, ENCODED[0]):
        yield f"a {secret} b"
        for length in (30, 36, 70, 76, 92, 96, 192, 196):
            yield "x" * length + secret


def requests(server: MockServer, text: str) -> Iterator[httpx.Response]:
    """Every request that might have its text repeated."""
    quoted = quote(text, safe="")
    send = server.send
    for path in (
        f"/{quoted}",
        f"/{quoted}/",
        f"/{quote(quoted)}",
        USER.replace("{username}", quoted),
        f"{USER.replace('{username}', quoted)}emails",
        f"{USER_PATH}{quoted}",
        f"{USER_PATH}?access_token={quoted}",
        f"/nothing?access_token={quoted}",
        f"/_mock/{quoted}",
    ):
        yield send("GET", path, ADA)
        yield send("OPTIONS", path)
    for name in (
        "Accept",
        "Content-Type",
        "Content-Encoding",
        "Cookie",
        "Host",
        "Origin",
        "Prefer",
        "User-Agent",
        "X-Mock-Sandbox",
    ):
        yield send("PATCH", USER_PATH, ADA, headers={name: text}, content=b"{")
        yield send("GET", "/_mock/state", CONTROL, headers={name: text})
    for authorization in (
        text,
        f"Basic {text}",
        f"Bearer {text}",
        f"Bearer  {text} {text}",
        f"Token {text}",
        basic(text, text),
        basic("ada", text),
        basic(text, ""),
    ):
        yield send("GET", USER_PATH, authorization)
        yield send("GET", "/_mock/tokens", authorization)
    bodies: list[Any] = [
        text,
        [text],
        {text: text},
        {"gravatar_email": text},
        {"gravatar_email": [text], text: 1},
        {"email": text},
        {"email": "ada@example.com", "verified": text},
        {"email": "ada@example.com", "primary": {text: text}},
    ]
    for body in bodies:
        for method, path in (("PATCH", USER_PATH), ("POST", EMAILS_PATH), ("PATCH", EMAILS_PATH)):
            yield send(method, path, ADA, json=body)
        if isinstance(body, dict):
            yield send("DELETE", EMAILS_PATH, ADA, data={k: str(v) for k, v in body.items()})
    for media_type in ("application/json", FORM, "multipart/form-data; boundary=b"):
        content = f"{quoted}={quoted}&gravatar_email={quoted}".encode()
        headers = {"Content-Type": media_type}
        yield send("PATCH", USER_PATH, ADA, headers=headers, content=content)
    wishes: list[Any] = [
        {"username": text, "scopes": [text]},
        {"username": "ada", "scopes": [text, [text]], text: text},
        {"username": "ada", "scopes": text, "expires_in": text},
    ]
    for wish in wishes:
        yield send("POST", "/_mock/tokens", CONTROL, json=wish)
    states: list[Any] = [
        {"accounts": text, text: text},
        {"accounts": [{"username": f"{text}/", "password": [text], "id": text, text: 1}]},
        {"accounts": [{"username": "a", "password": text, "emails": [{"email": text}]}]},
        {"accounts": [], "logins": [{"name": f":{text}", "password": text, "username": text}]},
        {"accounts": [], "tokens": [{"token": f" {text}", "username": text, "scopes": [text]}]},
    ]
    for state in states:
        yield send("PUT", "/_mock/state", CONTROL, json=state)
    yield send("DELETE", f"/_mock/tokens/{quoted}x", CONTROL)
    yield send("DELETE", f"/_mock/tokens/{quoted}", CONTROL)


def leaks(text: str) -> list[str]:
    """The secrets, or the beginnings of them, that a text gives away, however they are written."""
    readings = {text, unquote(text), unquote(unquote(text))}
    if text.startswith("{"):
        readings.add(json.dumps(json.loads(text), ensure_ascii=False))
    everything = "\n".join(readings).lower()
    marks = [mark for mark in MARKS if mark.lower() in everything]
    return marks + [one for one in ENCODED if one[:12].lower() in everything]


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_secret_stands_in_a_log_line_or_an_error(tmp_path: Path, style: str) -> None:
    file = write_yaml(tmp_path / "fixtures.yaml", FIXTURES)
    options = ["--fixtures", str(file), "--control-token", CONTROL_TOKEN, "--log-format", style]
    told: dict[str, str] = {}  # what was told, and to whom
    with MockServer(*options) as server, server.recording() as lines:
        for text in in_every_way():
            for answer in requests(server, text):
                to = f"{answer.request.method} {answer.request.url}"
                told |= {f"{name}: {value}": to for name, value in answer.headers.items()}
                if answer.is_error:
                    told[answer.text] = to
    assert lines
    told |= dict.fromkeys(lines, "the log")
    # An origin is sent back to the page that it names.
    found = {
        one: to
        for one, to in told.items()
        if leaks(one) and not one.startswith("access-control-allow-origin")
    }
    sample = "\n".join(f"{to}: {leaks(one)} in {one}" for one, to in list(found.items())[:20])
    assert not found, f"{len(found)} leaks, such as\n{sample}"


def test_no_secret_stands_in_an_answer_to_what_is_no_http(server: MockServer) -> None:
    for garbage in (b"janedoe-password\r\n\r\n", head("GET", "/ janedoe-all")):
        assert b"janedoe" not in server.raw_bytes(garbage)


def test_a_minted_token_is_a_secret_too(server: MockServer) -> None:
    token = server.mint("johndoe", [])
    with server.recording() as lines:
        answer = server.send("GET", f"/{token}")
        server.send("DELETE", f"/_mock/tokens/{token}")
    assert token not in answer.text
    assert not any(token in line for line in lines)


def test_no_secret_stands_in_what_check_prints() -> None:
    done = check()
    assert "janedoe-password" not in done.stdout
    assert "janedoe-all" not in done.stdout


@pytest.mark.parametrize("password", [12345678, ["hidden-12345678"], {"is": "hidden-12345678"}])
def test_a_password_in_a_state_that_is_refused_is_not_repeated(
    server: MockServer, password: object
) -> None:
    account = {"username": "ada", "password": password, "emails": []}
    token = {"token": "hidden 12345678", "username": "ada", "scopes": []}
    with server.recording() as lines:
        answer = server.send("PUT", "/_mock/state", json={"accounts": [account], "tokens": [token]})
    assert answer.status_code == 400
    assert "12345678" not in answer.text + "".join(lines)
