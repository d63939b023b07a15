"""The control API of a running server, called with what Python brings along."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

__tracebackhide__ = True  # A failure points at the line of the test, and shows no argument of ours.

_TIMEOUT = 30.0  # seconds


class MockServerError(Exception):
    """The mock server does not answer, or did not start; `str()` says why."""


class ControlError(Exception):
    """The control API refused a call; `str()` says which, and why."""

    def __init__(self, call: str, status: int, problem: Any) -> None:
        detail = problem.get("detail") if isinstance(problem, dict) else problem
        errors = problem.get("errors", []) if isinstance(problem, dict) else []
        lines = [f"{call} was refused with {status}: {detail}"]
        if len(errors) > 1:
            lines += [f"  {error['pointer']} {error['detail']}" for error in errors]
        super().__init__("\n".join(lines))
        self.status = status
        self.problem = problem


@dataclass
class Control:
    """A running server, or a sandbox of it.

    Attributes:
        url: Its base URL, without a slash at the end.
        token: Its control token, if it asks for one.
        last_words: Returns why it is gone, once it does not answer; None where that is unknown.
        epoch: The epoch of the sandbox, from the first answer on; each later request sends it back.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    last_words: Callable[[], str | None] = field(default=lambda: None, repr=False, compare=False)
    epoch: str | None = None

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send a request; return the status and the JSON data of the answer.

        A connection of its own for each: nothing that threads or forks could share by accident.

        Raises:
            MockServerError: There is no answer.
            ControlError: The world of the sandbox is lost.
        """
        import http.client  # noqa: PLC0415 - 9 ms that no run pays which does not come here

        target = urlsplit(self.url)
        secure = target.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        if self.epoch is not None:
            headers["X-Mock-Epoch"] = self.epoch
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = connect(target.hostname or "", target.port, timeout=_TIMEOUT)
        try:
            connection.request(method, target.path + path, content, headers)
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            reason = self.last_words() or str(error) or type(error).__name__
            raise MockServerError(
                f"the mock server at {self.url} does not answer: {reason}"
            ) from None
        finally:
            connection.close()
        try:
            found = json.loads(data) if data else None
        except ValueError:
            found = data.decode("utf-8", "replace")
        if answer.status == 410:
            raise ControlError(f"{method} {path}", answer.status, found)
        self.epoch = self.epoch or answer.headers.get("X-Mock-Epoch")
        return answer.status, found

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request that must succeed; return the JSON data of the answer.

        Raises:
            MockServerError: There is no answer.
            ControlError: It is a refusal.
        """
        status, data = self.ask(method, path, body)
        if status >= 300:
            raise ControlError(f"{method} {path}", status, data)
        return data

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """All scopes of the contract that is served."""
        contract = self.call("GET", "/openapi.json")
        schemes = contract.get("components", {}).get("securitySchemes", {})
        return tuple(
            scope
            for scheme in schemes.values()
            for flow in scheme.get("flows", {}).values()
            for scope in flow.get("scopes", {})
        )
