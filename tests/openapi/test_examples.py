"""The named examples of the contract, replayed: the server answers what the contract shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support import (
    BY_ID,
    CONTRACT,
    JANE,
    JOHN,
    OPERATIONS,
    Json,
    MockServer,
    Operation,
    basic,
    bearer,
    responses,
)

DOCUMENTED_LOGIN = basic("username", "password")
OTHER = {"email": "jane.doe+other@example.com"}

Replay = Callable[[MockServer, Operation], httpx.Response]


def example(reference: Json) -> Any:
    """The value of a named example."""
    name = reference["$ref"].rpartition("/")[2]
    return CONTRACT["components"]["examples"][name]["value"]


def examples(part: str) -> list[Any]:
    """The examples of all requests, of all answers of success, or of all refusals."""
    found = []
    for operation in OPERATIONS:
        raw = CONTRACT["paths"][operation.template][operation.method.lower()]
        contents = (
            {"request": raw.get("requestBody", {})} if part == "request" else responses(operation)
        )
        for status, described in contents.items():
            if part == "request" or status.startswith("2") == (part == "success"):
                for media_type, media in described.get("content", {}).items():
                    for name, reference in media["examples"].items():
                        found.append(
                            pytest.param(
                                operation,
                                status,
                                name,
                                example(reference),
                                id=f"{operation.id}-{status}-{media_type}-{name}",
                            )
                        )
    return found


def send(authorization: str | None, username: str = "janedoe", body: Json | None = None) -> Replay:
    """Sends a request with a body: the given one, or one that johndoe may send."""

    def replay(server: MockServer, operation: Operation) -> httpx.Response:
        content = operation.body if body is None else body
        return server.send(operation.method, operation.path(username), authorization, json=content)

    return replay


def send_bytes(content: bytes, content_type: str = "application/json") -> Replay:
    def replay(server: MockServer, operation: Operation) -> httpx.Response:
        headers = {"Content-Type": content_type}
        return server.send(
            operation.method, operation.path("janedoe"), JANE, headers=headers, content=content
        )

    return replay


REPLAYS: dict[str, Replay] = {
    "credentialsMissing": send(None),
    "credentialsWrong": send(basic("janedoe", "wrong")),
    "tokenUnknown": send(bearer("nobody")),
    "tokenExpired": send(bearer("janedoe-expired")),
    "notTheOwner": send(JOHN),
    "scopeMissing": send(bearer("janedoe-none")),
    "userUnknown": send(JANE, "nobody"),
    "addressUnknown": send(JANE, body={"email": "nobody@example.com", "verified": True}),
    "memberOfWrongType": send(JANE, body={"full_name": 3}),
    "addressMissing": send(JANE, body={}),
    "addressTaken": send(JANE, body={"email": "jane.doe@example.com"}),
    "cannotUnverify": send(JANE, body={"email": "jane.doe@example.com", "verified": False}),
    "primaryAddress": send(JANE, body={"email": "jane.doe@example.com"}),
    "bodyMalformed": send_bytes(b"{"),
    "bodyTooLarge": send_bytes(b" " * (1024 * 1024 + 1)),
    "mediaTypeUnsupported": send_bytes(b"x", "text/plain"),
}


@pytest.mark.parametrize(("operation", "status", "name", "shown"), examples("refusal"))
def test_a_refusal_is_what_the_contract_shows(
    server: MockServer, operation: Operation, status: str, name: str, shown: Json
) -> None:
    answer = REPLAYS[name](server, operation)
    assert answer.status_code == int(status)
    assert answer.json() == shown


@pytest.mark.parametrize(("operation", "status", "name", "shown"), examples("success"))
def test_a_success_is_what_the_contract_shows(
    server: MockServer, operation: Operation, status: str, name: str, shown: Json
) -> None:
    if name == "documentedUpdatedEmail":
        server.send("POST", operation.path("janedoe"), JANE, json=OTHER)
    answer = send(DOCUMENTED_LOGIN, body=documented_body(operation))(server, operation)
    assert answer.status_code == int(status)
    assert answer.json() == shown


def documented_body(operation: Operation) -> Json | None:
    """The documented request of an operation."""
    if operation.body is None:
        return None
    raw = CONTRACT["paths"][operation.template][operation.method.lower()]
    [reference] = raw["requestBody"]["content"]["application/json"]["examples"].values()
    body: Json = example(reference)
    return body


@pytest.mark.parametrize(("operation", "where", "name", "shown"), examples("request"))
def test_a_request_that_the_contract_shows_succeeds(
    server: MockServer, operation: Operation, where: str, name: str, shown: Json
) -> None:
    del where, name
    if operation.id in ("update_email", "delete_email"):
        server.send("POST", operation.path("janedoe"), JANE, json=OTHER)
    answer = send(DOCUMENTED_LOGIN, body=shown)(server, operation)
    assert answer.status_code == operation.success


def test_every_operation_shows_its_documented_exchange() -> None:
    shown = {
        operation.id: [
            name
            for where in (
                raw.get("requestBody", {}).get("content", {}).get("application/json", {}),
                raw["responses"][str(operation.success)]
                .get("content", {})
                .get("application/json", {}),
            )
            for name in where.get("examples", {})
        ]
        for operation in BY_ID.values()
        for raw in [CONTRACT["paths"][operation.template][operation.method.lower()]]
    }
    documented = {
        "get_user": ["documentedUser"],
        "update_user": ["documentedUserUpdate", "documentedUpdatedUser"],
        "list_emails": ["documentedEmails"],
        "add_email": ["documentedNewEmail", "documentedAddedEmail"],
        "update_email": ["documentedEmailUpdate", "documentedUpdatedEmail"],
        "delete_email": ["documentedEmailRemoval"],
    }
    assert {name: shown[name] for name in documented} == documented
