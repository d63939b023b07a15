"""Requests as they are sent, and refusals as they should come back."""

from __future__ import annotations

import base64
from typing import Any, Protocol

import httpx

from tests.support.contract import Operation
from tests.support.files import Json
from tests.support.servers import Reply

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PROBLEM = "application/problem+json"


def basic(name: str, password: str, encoding: str = "utf-8") -> str:
    """Return an `Authorization` by HTTP Basic."""
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode(encoding)).decode()}"


def bearer(token: str) -> str:
    """Return an `Authorization` by a Bearer token."""
    return f"Bearer {token}"


JANE = basic("janedoe", "janedoe-password")
JOHN = basic("johndoe", "johndoe-password")


class Caller(Protocol):
    """A sender of requests: to a server, or into a sandbox of it."""

    def send(
        self, method: str, path: str, authorization: str | None = None, **more: Any
    ) -> httpx.Response: ...


def call(
    server: Caller,
    operation: Operation,
    authorization: str | None,
    username: str = "johndoe",
) -> httpx.Response:
    """Send a valid request of an operation."""
    return server.send(
        operation.method, operation.path(username), authorization, json=operation.body
    )


APP = "http://app.example.com"
"""The origin of a page of somebody else."""


def preflight(
    server: Caller, path: str, method: str = "GET", origin: str = APP, **fields: str
) -> httpx.Response:
    """Ask, as a browser does for a page, whether it may send a request."""
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
    }
    return server.send("OPTIONS", path, headers={"Origin": origin, **asked, **fields})


def names(field: str) -> set[str]:
    """Return the names that a header field lists, in small letters."""
    return {name.strip().lower() for name in field.split(",")}


def head(method: str, path: str, *fields: str, last: bool = True) -> bytes:
    """Return the bytes of a request's header, one field a string; `last`: no other request follows."""
    close = ["Connection: close"] if last else []
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *close, *fields]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")


def problem(answer: httpx.Response | Reply, status: int, code: str | None = None) -> Json:
    """Return the problem of a refusal, after a look at its form."""
    found = answer.status if isinstance(answer, Reply) else answer.status_code
    data = answer.json()
    assert found == status, data
    assert answer.headers["content-type"] == PROBLEM
    assert set(data) - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert data["status"] == status
    assert len(data["detail"]) > 10
    if code is not None:
        assert data["code"] == code, data
    assert isinstance(data, dict)
    return data


def pointers(answer: httpx.Response | Reply) -> list[str]:
    """Return the places that a refusal names."""
    return [error["pointer"] for error in problem(answer, 400).get("errors", [])]
