"""What was taken in can be written out again: what cannot is refused, and nothing answers with a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mockserver.sandboxed import Sandboxed
from tests.support import JANE, JANES, JSON, Json, MockServer, problem

SHOWN = ("state", "faults", "requests", "requests.har", "tokens")


def readable(server: MockServer) -> None:
    """Everything that is stored can be read."""
    for page in SHOWN:
        assert server.send("GET", f"/_mock/{page}").status_code == 200, page


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def account(username: str, email: str = "someone@example.com", **members: Any) -> Json:
    emails = [{"email": email, "primary": True}]
    return {"username": username, "password": "a-password", "emails": emails, **members}


@pytest.mark.parametrize("levels", [1, 98])
def test_a_fault_with_a_nested_body_is_stored_and_shown(server: MockServer, levels: int) -> None:
    wish = f'{{"code": 500, "body": {nested(levels)}}}'
    added = server.send("POST", "/_mock/faults", content=wish, headers={"Content-Type": JSON})
    assert added.status_code == 201
    assert server.send("GET", JANES, JANE).json() == json.loads(nested(levels))
    assert server.send("GET", "/_mock/faults").json()[0]["body"] == json.loads(nested(levels))


@pytest.mark.parametrize("levels", [100, 253, 1000, 100_000])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_mock/faults", '{{"code": 500, "body": {}}}'),
        ("POST", "/_mock/requests/verify", '{{"requests": [{{"body": {{"a": {}}}}}]}}'),
        ("PUT", "/_mock/state", '{{"accounts": {}}}'),
        ("POST", "/_mock/tokens", '{{"username": "janedoe", "scopes": {}}}'),
        ("PATCH", JANES, '{{"full_name": "x", "more": {}}}'),
        ("PATCH", JANES, "{}"),
    ],
)
def test_a_body_that_is_nested_too_deeply_is_refused(
    server: MockServer, method: str, path: str, body: str, levels: int
) -> None:
    sent = body.format(nested(levels + 1))
    with server.unchanged():
        answer = server.send(method, path, JANE, content=sent, headers={"Content-Type": JSON})
    problem(answer, 400, "body-malformed")
    readable(server)


@pytest.mark.parametrize(
    "accounts",
    [
        [account("first", id=2**53 - 1), account("second", "other@example.com")],
        [account("first", id=2**53 - 1), account("second", "other@example.com", id=1)],
        [account("ünï"), account("%zz", "other@example.com"), account("a?b#c", "3@example.com")],
        [account("many", more_emails=10_000)],
        [account("\0\U0001f600", full_name="\U0001f600\0\x85")],
    ],
)
def test_a_state_that_is_taken_can_be_read_and_put_back(
    server: MockServer, accounts: list[Json]
) -> None:
    stored = server.put_state({"accounts": accounts})
    assert server.state() == stored == server.put_state(stored)
    assert len({one["id"] for one in stored["accounts"]}) == len(accounts)
    readable(server)


@pytest.mark.parametrize(
    "accounts",
    [
        [account("with@sign", more_emails=1)],
        [account("x" * 255, more_emails=1)],
        [account("one", more_emails=1), account("two", "more-1@one.example.com")],
        [account("one", more_emails=1), account("ONE", "other@example.com", more_emails=1)],
        [account(f"user-{n}", f"{n}@example.com", more_emails=10_000) for n in range(11)],
    ],
)
def test_addresses_that_cannot_be_made_up_are_refused(
    server: MockServer, accounts: list[Json]
) -> None:
    with server.unchanged():
        answer = server.send("PUT", "/_mock/state", json={"accounts": accounts})
    problem(answer, 400, "body-invalid")


@given(
    st.lists(
        st.sampled_from(
            [
                r"\ud800",
                r"\udfff",
                r"\ud83d\ude00",
                r"janedoe-p\u0061ssword",
                "\\",
                '"',
                "\x00",
                "é",
            ]
        ),
        min_size=1,
        max_size=8,
    ).map("".join)
)
def test_halves_of_characters_beside_a_secret_do_not_close_the_journal(
    server_process: MockServer, text: str
) -> None:
    sandbox = Sandboxed(server_process)
    body = f'{{"full_name": "{text}"}}'.encode()
    sandbox.send("PATCH", JANES, JANE, content=body, headers={"Content-Type": JSON})
    sandbox.send("GET", f"{JANES}?{text.encode('unicode_escape').decode()}".replace('"', "%22"))
    for page in ("requests", "requests.har"):
        assert sandbox.send("GET", f"/_mock/{page}").status_code == 200
