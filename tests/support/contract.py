"""The contract as data: its operations, and a valid request of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accounts_contract import Operation as Compiled
from accounts_contract import read_contract
from tests.support.files import (
    CONTRACT_FILE,
    CONTROL_FILE,
    FIXTURES_FILE,
    OAUTH_FILE,
    Json,
    read_yaml,
)

CONTRACT = read_yaml(CONTRACT_FILE)
OAUTH = read_yaml(OAUTH_FILE)
FIXTURES = read_yaml(FIXTURES_FILE)
SCOPES: tuple[str, ...] = tuple(
    CONTRACT["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]["scopes"]
)

# What johndoe may send to each operation, as the default fixtures have him.
BODIES: Mapping[str, Json] = {
    "update_user": {"full_name": "John R. Doe"},
    "add_email": {"email": "john+added@example.com"},
    "update_email": {"email": "john.new@example.com", "verified": True},
    "delete_email": {"email": "john@work.example.com"},
}


INVALID_ADDRESSES: tuple[Any, ...] = (
    *(3, 1.5, True, None, [], {}, ["a@example.com"], {"email": "a@example.com"}),
    *("", "@", "a", "a@", "@example.com", "example.com"),
    *("a b@example.com", " a@example.com", "a@example.com ", "a@exam\tple.com"),
    *("a@example.com\n", "a\u00a0b@example.com"),
)


def account(username: str, email: str | None = None, **members: Any) -> Json:
    """Return an account for fixtures, with one address and what else is given."""
    emails = [{"email": email or f"{username}@example.com", "primary": True}]
    return {"username": username, "password": f"{username}-password", "emails": emails, **members}


@dataclass(frozen=True)
class Operation:
    """An operation of the contract; `body` is one that johndoe may send."""

    id: str
    method: str
    template: str
    scope: str
    success: int
    body: Json | None
    raw: Json
    """The operation as the contract has it."""

    def path(self, username: str = "johndoe") -> str:
        return self.template.replace("{username}", username)


def each_operation(contract: Json) -> Iterator[tuple[str, str, Json]]:
    """Give the method, the path and the description of each operation."""
    for path, item in contract["paths"].items():
        for method, raw in item.items():
            if method != "parameters":
                yield method.upper(), path, raw


def operations_of(contract: Json) -> dict[str, Json]:
    """Return the operations of a contract by their ids, to be edited."""
    return {raw["operationId"]: raw for _, _, raw in each_operation(contract)}


def _operations() -> Iterator[Operation]:
    for method, template, raw in each_operation(CONTRACT):
        [scope] = next(one["oauth2"] for one in raw["security"] if "oauth2" in one)
        success = next(int(status) for status in raw["responses"] if status.startswith("2"))
        name = raw["operationId"]
        yield Operation(name, method, template, scope, success, BODIES.get(name), raw)


OPERATIONS: tuple[Operation, ...] = tuple(_operations())
BY_ID: Mapping[str, Operation] = {operation.id: operation for operation in OPERATIONS}
READ: Mapping[str, Compiled] = read_contract(CONTRACT_FILE).operations
"""The operations as the mock server and the suite have them, by their ids."""
WRITING: tuple[Operation, ...] = tuple(one for one in OPERATIONS if READ[one.id].body is not None)
"""Those that read a body."""
PATHS: tuple[str, ...] = tuple(CONTRACT["paths"])
USER = BY_ID["get_user"].template
EMAILS = BY_ID["list_emails"].template
JANES = BY_ID["get_user"].path("janedoe")
JANES_EMAILS = BY_ID["list_emails"].path("janedoe")
JOHNS = BY_ID["get_user"].path("johndoe")
JOHNS_EMAILS = BY_ID["list_emails"].path("johndoe")

CODES: Mapping[str, Mapping[str, Json]] = {
    file.stem: read_yaml(file)["components"]["schemas"][schema]["x-codes"]
    for file, schema in (
        (CONTRACT_FILE, "Problem"),
        (OAUTH_FILE, "OAuthError"),
        (CONTROL_FILE, "Problem"),
    )
}
"""Every code of an error, by the contract that explains it."""


def resolve(value: Any) -> Any:
    """A value of the contract, with its references followed."""
    while isinstance(value, dict) and "$ref" in value:
        target: Any = CONTRACT
        for key in value["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        value = target
    return value


def responses(operation: Operation) -> Mapping[str, Json]:
    """The responses of an operation by their statuses, with references followed."""
    found = operation.raw["responses"]
    return {status: resolve(response) for status, response in found.items()}


def named(value: object) -> str:
    """Return the name of a parameter in the id of a test."""
    return value.id if isinstance(value, Operation) else str(value)
