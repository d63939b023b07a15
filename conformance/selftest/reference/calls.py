"""One call, one reply, and the refusal of a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
BODILESS = (204, 304)


class Caller(NamedTuple):
    """The user who calls. A password has no scopes; a token has some, or none."""

    username: str
    scheme: str
    scopes: frozenset[str] = frozenset()


class Route(NamedTuple):
    """The operation that a request asks for, and the account in its path."""

    operation: str
    username: str


NOBODY = Caller("", "none")
NOWHERE = Route("", "")


@dataclass
class Call:
    """One request, and what has been found out about it on its way; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    connection: int = 0
    route: Route = NOWHERE
    caller: Caller = NOBODY
    fields: dict[str, Json] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        return self.route.operation

    @property
    def username(self) -> str:
        return self.route.username

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_form(self) -> bool:
        return self.media_type == "application/x-www-form-urlencoded"


@dataclass
class Reply:
    """One response."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str, value: str) -> None:
        """Set a header: what stood under that name is gone."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        self.headers.append((name, value))

    def data(self) -> Any:
        """Return the JSON data of the body."""
        return json.loads(self.body)


class Refusal(Exception):
    """The request is refused; nothing of it is kept."""

    def __init__(self, status: int, reason: str, *headers: tuple[str, str]) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers


def refuse(status: int, reason: str = "this is refused") -> NoReturn:
    """Refuse the request, where a statement has no place."""
    raise Refusal(status, reason)
