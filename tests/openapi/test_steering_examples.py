"""The named answers of the token flow and of the control API, replayed: each operation gives those that it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from accounts_contract.documents import follow
from tests.mockserver.oauth.app import REVOKE, TOKEN, App, public
from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import CONTROL
from tests.support import OAUTH, Json, MockServer, basic

MADE = ("access_token", "refresh_token", "version")
"""Members whose values are another each time."""

Replay = Callable[[Sandboxed], httpx.Response]


def refresh(times: int = 1, **fields: str) -> Replay:
    def replay(sandbox: Sandboxed) -> httpx.Response:
        return [public(sandbox).refresh("janedoe-refresh", **fields) for _ in range(times)][-1]

    return replay


def wrong_secret(path: str) -> Replay:
    fields = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    return lambda sandbox: sandbox.send("POST", path, basic("TestClientID", "x"), data=fields)


REPLAYS: dict[tuple[str, str], Replay] = {
    ("request_token", "tokens"): refresh(),
    ("request_token", "codeUnknown"): lambda sandbox: App(sandbox).exchange("nobodys"),
    ("request_token", "refreshTokenUsed"): refresh(times=2),
    ("request_token", "scopeTooWide"): refresh(scope="email_write"),
    ("request_token", "grantTypeUnknown"): lambda sandbox: App(sandbox).token(grant_type="x"),
    ("request_token", "secretWrong"): wrong_secret(TOKEN),
    ("revoke", "tokenMissing"): lambda sandbox: App(sandbox).revoke(token_type_hint="x"),
    ("revoke", "tokenOfAnotherClient"): lambda sandbox: App(sandbox).revoke(
        token="janedoe-refresh"
    ),
    ("revoke", "secretWrong"): wrong_secret(REVOKE),
    ("get_health", "answers"): lambda sandbox: sandbox.server.send("GET", "/_mock/health"),
    ("verify_requests", "neverCame"): lambda sandbox: sandbox.send(
        "POST", "/_mock/requests/verify", json={"requests": [{"operation": "list_emails"}]}
    ),
}


def examples() -> Iterator[Any]:
    """Give each example of an answer: its operation, the status, its name and its value."""
    for document in (OAUTH, CONTROL):
        for item in document["paths"].values():
            for method, raw in item.items():
                for status, answer in raw["responses"].items() if method != "parameters" else ():
                    found = follow(document, answer["$ref"]) if "$ref" in answer else answer
                    for media in found.get("content", {}).values():
                        assert "example" not in media, "an example has a name"
                        for name, one in media.get("examples", {}).items():
                            case = (raw["operationId"], int(status), name, one["value"])
                            yield pytest.param(*case, id=f"{case[0]}-{status}-{name}")


@pytest.mark.parametrize(("operation", "status", "name", "shown"), list(examples()))
def test_an_operation_gives_the_answer_that_its_contract_shows(
    server: MockServer, operation: str, status: int, name: str, shown: Json
) -> None:
    answer = REPLAYS[operation, name](Sandboxed(server))
    assert answer.status_code == status
    assert stable(answer.json()) == stable(shown)


def stable(body: Json) -> Json:
    return {name: name if name in MADE else value for name, value in body.items()}


def test_every_replay_is_of_an_example() -> None:
    shown = {(case.values[0], case.values[2]) for case in examples()}
    assert shown == set(REPLAYS)


def test_every_member_has_a_description() -> None:
    for document in (OAUTH, CONTROL):
        for schema in document["components"]["schemas"].values():
            for name, member in schema.get("properties", {}).items():
                assert "$ref" in member or member["description"].strip().endswith("."), name
