"""No password and no token stands in the journal, wherever it was sent."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from mockserver.sandboxes.journal import MAX_SHOWN
from mockserver.sandboxes.redaction import HIDDEN
from tests.mockserver.sandboxed import Sandboxed
from tests.support import FORM, JOHN, JOHNS, JSON, USER, basic, bearer

CANARY = "s3cret/canary+1=="
PASSWORD = 'pass"word\\ü%41'


def with_canaries(sandbox: Sandboxed) -> None:
    """Give johndoe a password and a token that are easy to find."""
    state = sandbox.state()
    state["accounts"][1]["password"] = PASSWORD
    token = {"token": CANARY, "username": "johndoe", "scopes": ["profile_read", "profile_write"]}
    state["tokens"].append(token)
    sandbox.control("PUT", "state", state)


def spill(sandbox: Sandboxed, secret: str) -> None:
    """Send a secret in all places where one might."""
    encoded = quote(secret, safe="")
    fully = "".join(f"%{byte:02X}" for byte in secret.encode())
    escaped = "".join(f"\\u{ord(character):04x}" for character in secret)
    token = bearer(CANARY)
    plain = secret.encode().decode("latin-1") if secret.isascii() else encoded
    for path in (f"{JOHNS}?q={encoded}", f"{JOHNS}?{fully}", f"/x/{encoded}/", f"/x/{fully}"):
        sandbox.send("GET", path, token, headers={"X-Mine": plain, "Cookie": f"a={plain}"})
    sandbox.send("GET", USER.replace("{username}", encoded), token)
    sandbox.send("PATCH", JOHNS, token, json={"location": f"is {secret}!", secret: 1})
    sandbox.send("PATCH", JOHNS, token, json={"location": secret, "company": [secret]})
    for content, media in (
        (f'{{"location": "{escaped}"}}', JSON),
        (f"location={encoded}&{encoded}=1", FORM),
        (f"location={fully}", FORM),
        (secret, "text/plain"),
        (f'{{"location": "{"x" * (MAX_SHOWN - 20)}{secret}"}}', JSON),
        (f'{{"location": "{"x" * (MAX_SHOWN + 1015)}{secret}{"y" * 3000}"}}', JSON),
    ):
        headers = {"Content-Type": media}
        sandbox.send("PATCH", JOHNS, token, content=content.encode(), headers=headers)


def everything_about(sandbox: Sandboxed, secret: str) -> str:
    """All that the journal gives away."""
    texts = [sandbox.send("GET", f"/_mock/{path}").text for path in ("requests", "requests.har")]
    wanted = {"requests": [{"operation": "update_user", "body": {"location": secret}, "times": 99}]}
    texts.append(sandbox.send("POST", "/_mock/requests/verify", json=wanted).text)
    return "\n".join(texts)


def spellings(secret: str) -> list[str]:
    """How a secret may look, whole or cut."""
    return [
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        "".join(f"%{byte:02X}" for byte in secret.encode()),
        secret[:9],
    ]


@pytest.mark.parametrize("secret", [CANARY, PASSWORD, "johndoe-all"])
def test_no_secret_stands_in_the_journal(sandbox: Sandboxed, secret: str) -> None:
    with_canaries(sandbox)
    spill(sandbox, secret)
    told = everything_about(sandbox, secret)
    assert HIDDEN in told
    assert [one for one in spellings(secret)[:-1] if one in told] == []
    if secret == CANARY:
        assert secret[:9] not in told


def test_no_login_stands_in_the_journal_as_basic_encodes_it(sandbox: Sandboxed) -> None:
    for login in ("johndoe:johndoe-password", "username:password"):
        encoded = base64.b64encode(login.encode()).decode()
        sandbox.send("GET", f"{JOHNS}?basic={encoded}", f"Basic {encoded}")
        sandbox.send("PATCH", JOHNS, JOHN, json={"location": encoded})
        assert encoded.rstrip("=") not in everything_about(sandbox, encoded)


@pytest.mark.parametrize("leave", ["reset", "scenarios/inactive", "snapshots/s/restore", "state"])
def test_a_minted_token_is_a_secret_also_when_its_world_is_gone(
    sandbox: Sandboxed, leave: str
) -> None:
    sandbox.control("POST", "snapshots/s")
    fresh = sandbox.state()
    wish = {"username": "johndoe", "scopes": ["profile_write"]}
    token = sandbox.control("POST", "tokens", wish)["access_token"]
    sandbox.send("PATCH", JOHNS, bearer(token), json={"location": token})
    sandbox.control(
        "PUT" if leave == "state" else "POST", leave, fresh if leave == "state" else None
    )
    sandbox.send("GET", f"{JOHNS}?token={token}", bearer(token))
    assert token not in everything_about(sandbox, token)


def test_a_revoked_token_stays_a_secret(sandbox: Sandboxed) -> None:
    sandbox.control("DELETE", "tokens/johndoe-all")
    sandbox.send("GET", f"{JOHNS}?token=johndoe-all")
    assert "johndoe-all" not in everything_about(sandbox, "johndoe-all")


def test_a_word_of_a_sentence_is_no_secret(sandbox: Sandboxed) -> None:
    sandbox.send("GET", JOHNS, basic("johndoe", "wrong"))
    assert "this name and password" in sandbox.last()["response"]["body"]
