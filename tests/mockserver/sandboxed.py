"""A caller in a sandbox, and the steering of that sandbox."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support import BY_ID, JOHN, Json, MockServer, Operation, head


@dataclass
class Sandboxed:
    """A caller who names a sandbox; the common world has the empty name."""

    server: MockServer
    name: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}")

    @property
    def prefix(self) -> str:
        return f"/~{self.name}" if self.name else ""

    def send(
        self, method: str, path: str, authorization: str | None = None, **more: Any
    ) -> httpx.Response:
        """Send a request, as `MockServer.send` does, below the prefix of the sandbox."""
        return self.server.send(method, self.prefix + path, authorization, **more)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use the control API; gives the JSON data of its answer."""
        more = {} if body is None else {"json": body}
        answer = self.send(method, f"/_mock/{path}", **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def state(self) -> Json:
        return dict(self.control("GET", "state"))

    def wish(
        self, prefer: str, operation: Operation = BY_ID["get_user"], **fields: str
    ) -> httpx.Response:
        """Send a valid request that wishes something; `fields` are further header fields."""
        headers = {"Prefer": prefer, **fields}
        path = operation.path()
        return self.send(operation.method, path, JOHN, headers=headers, json=operation.body)

    def requests(self) -> list[Json]:
        """The journal."""
        return list(self.control("GET", "requests"))

    def last(self) -> Json:
        """The last entry of the journal."""
        return self.requests()[-1]

    def fault(self, **rule: Any) -> Json:
        """Add a rule."""
        return dict(self.control("POST", "faults", rule))

    def faults(self) -> list[Json]:
        return list(self.control("GET", "faults"))

    def fill(self, requests: int, more: int = 0) -> None:
        """Send so many requests at once, to a path that leads nowhere, with so many bytes more."""
        asked = ("GET", f"{self.prefix}/x", f"X-More: {'x' * more}")
        self.server.raw_bytes(head(*asked, last=False) * (requests - 1) + head(*asked))

    def verify(self, *requests: Json, in_order: bool = False) -> list[Json]:
        """The mismatches of some expectations."""
        wanted = {"requests": list(requests), "in_order": in_order}
        answer = self.send("POST", "/_mock/requests/verify", json=wanted)
        if answer.status_code == 200:
            assert answer.json() == {"verified": True}
            return []
        data = answer.json()
        mismatches = list(data.pop("mismatches"))
        assert data["code"] == "not-as-expected"
        assert answer.status_code == 409
        assert mismatches
        return mismatches
