"""The named answers of the contracts, replayed: each operation gives those that its contract shows.

The documented exchanges are replayed in mockserver/accounts/test_documented_examples.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from accounts_contract.documents import follow
from tests.mockserver.oauth.app import REVOKE, TOKEN, App, public
from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import CONTROL
from tests.support import (
    BY_ID,
    CONTRACT,
    JANE,
    JOHN,
    OAUTH,
    Json,
    MockServer,
    basic,
    bearer,
    operations_of,
)

MADE = ("access_token", "refresh_token", "version")
"""Members whose values are another each time."""

Replay = Callable[[Sandboxed, str], httpx.Response]
"""Something that gets an example from an operation."""


def send(authorization: str | None, username: str = "janedoe", **more: Any) -> Replay:
    """Send a request with a body: the given one, or one that johndoe may send."""

    def replay(sandbox: Sandboxed, name: str) -> httpx.Response:
        one = BY_ID[name]
        body = more or {"json": one.body}
        return sandbox.send(one.method, one.path(username), authorization, **body)

    return replay


def refresh(times: int = 1, **fields: str) -> Replay:
    def replay(sandbox: Sandboxed, _: str) -> httpx.Response:
        return [public(sandbox).refresh("janedoe-refresh", **fields) for _ in range(times)][-1]

    return replay


def wrong_secret(sandbox: Sandboxed, operation: str) -> httpx.Response:
    fields = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    path = {"request_token": TOKEN, "revoke": REVOKE}[operation]
    return sandbox.send("POST", path, basic("TestClientID", "x"), data=fields)


REPLAYS: dict[str, Replay] = {
    "credentialsMissing": send(None),
    "credentialsWrong": send(basic("janedoe", "wrong")),
    "tokenUnknown": send(bearer("nobody")),
    "tokenExpired": send(bearer("janedoe-expired")),
    "notTheOwner": send(JOHN),
    "scopeMissing": send(bearer("janedoe-none")),
    "userUnknown": send(JANE, "nobody"),
    "addressUnknown": send(JANE, json={"email": "nobody@example.com", "verified": True}),
    "memberOfWrongType": send(JANE, json={"full_name": 3}),
    "addressMissing": send(JANE, json={}),
    "addressTaken": send(JANE, json={"email": "jane.doe@example.com"}),
    "cannotUnverify": send(JANE, json={"email": "jane.doe@example.com", "verified": False}),
    "primaryAddress": send(JANE, json={"email": "jane.doe@example.com"}),
    "bodyMalformed": send(JANE, content=b"{"),
    "bodyTooLarge": send(JANE, content=b" " * (1024 * 1024 + 1)),
    "mediaTypeUnsupported": send(JANE, content=b"x", headers={"Content-Type": "text/plain"}),
    "tokens": refresh(),
    "codeUnknown": lambda sandbox, _: App(sandbox).exchange("nobodys"),
    "refreshTokenUsed": refresh(times=2),
    "scopeTooWide": refresh(scope="email_write"),
    "grantTypeUnknown": lambda sandbox, _: App(sandbox).token(grant_type="x"),
    "secretWrong": wrong_secret,
    "tokenMissing": lambda sandbox, _: App(sandbox).revoke(token_type_hint="x"),
    "tokenOfAnotherClient": lambda sandbox, _: App(sandbox).revoke(token="janedoe-refresh"),
    "answers": lambda sandbox, _: sandbox.send("GET", "/_mock/health"),
    "neverCame": lambda sandbox, _: sandbox.send(
        "POST", "/_mock/requests/verify", json={"requests": [{"operation": "list_emails"}]}
    ),
}


def examples() -> Iterator[tuple[str, int, str, Json]]:
    """Give each example of an answer: its operation, the status, its name and its value."""
    for document in (CONTRACT, OAUTH, CONTROL):

        def found(one: Json, document: Json = document) -> Json:
            return dict(follow(document, one["$ref"])) if "$ref" in one else one

        for name, raw in operations_of(document).items():
            for status, answer in raw["responses"].items():
                for media in found(answer).get("content", {}).values():
                    assert "example" not in media, "an example has a name"
                    for example, one in media.get("examples", {}).items():
                        if not example.startswith("documented"):
                            yield name, int(status), example, found(one)["value"]


EXAMPLES = list(examples())


@pytest.mark.parametrize(
    ("operation", "status", "name", "shown"),
    [pytest.param(*one, id=f"{one[0]}-{one[1]}-{one[2]}") for one in EXAMPLES],
)
def test_an_operation_gives_the_answer_that_its_contract_shows(
    server: MockServer, operation: str, status: int, name: str, shown: Json
) -> None:
    answer = REPLAYS[name](Sandboxed(server), operation)
    assert answer.status_code == status
    assert stable(answer.json()) == stable(shown)


def stable(body: Json) -> Json:
    return {name: name if name in MADE else value for name, value in body.items()}


def test_every_replay_is_of_an_example() -> None:
    assert {name for _, _, name, _ in EXAMPLES} == set(REPLAYS)
