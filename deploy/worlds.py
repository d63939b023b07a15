"""The clients of `make fleet`: each world has one, who knows what must be in it, and so sees what is wrong."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from clients.steps import StepError

CLIENTS = 64
JANES = "/api/v1.1/users/janedoe/"
LOGIN = {"Authorization": "Bearer janedoe-all", "Content-Type": "application/json"}

Json = Any


@dataclass
class World:
    """A sandbox, as its one client knows it.

    Attributes:
        name: What it is called.
        replica: The replica that has answered for it.
        epoch: Its epoch; None until an answer has named one.
        full_name: The name that was set last.
        emails: The addresses that were added.
        unanswered: The requests that found no replica, or lost it on the way.
        why: The last answer in place of one.
        losses: The times that a loss was told.
    """

    name: str
    replica: str | None = None
    epoch: str | None = None
    full_name: str = "Jane Doe"
    emails: list[str] = field(default_factory=list)
    unanswered: int = 0
    why: str = ""
    losses: int = 0

    def step(self, connection: HTTPConnection, number: int) -> None:
        """Send one request, and compare. Raises StepError for what should not be."""
        kind = ("name", "add", "list", "read", "list")[number % 5]
        value = f"{self.name}-{number}"
        method, path, body, expected = {
            "read": ("GET", JANES, None, 200),
            "name": ("PATCH", JANES, {"full_name": value}, 200),
            "list": ("GET", f"{JANES}emails/", None, 200),
            "add": ("POST", f"{JANES}emails/", {"email": f"{value}@example.com"}, 201),
        }[kind]
        status, data = self.ask(connection, method, path, body)
        if status in (0, 502, 503):
            self.unanswered += 1
            self.why = f"{status} {data}"
        elif status == 410 and data["code"] == "sandbox-lost":
            self.losses += 1
            self.epoch, self.full_name, self.emails = None, "Jane Doe", []
        elif status != expected:
            raise StepError(f"{self.name}: {method} {path} was answered with {status} {data}")
        elif kind == "add":
            self.emails.append(data["email"])
        elif kind == "list":
            self._compare([one["email"] for one in data], ["jane.doe@example.com", *self.emails])
        else:
            self.full_name = value if kind == "name" else self.full_name
            self._compare(data["full_name"], self.full_name)

    def _compare(self, found: object, expected: object) -> None:
        if found != expected:
            raise StepError(f"{self.name}: {found} in place of {expected}")

    def ask(
        self, connection: HTTPConnection, method: str, path: str, body: Json = None, **more: str
    ) -> tuple[int, Json]:
        """Send a request; return the status, 0 for none, and the data of the answer.

        Raises:
            StepError: It comes from another replica than those before.
        """
        headers = {**LOGIN, **more}
        if self.epoch is not None:
            headers["X-Mock-Epoch"] = self.epoch
        if random.random() < 0.5:  # noqa: S311 - no secret
            path = f"/~{self.name}{path}"
        else:
            headers["X-Mock-Sandbox"] = self.name
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            return 0, repr(error)
        if answer.status not in (502, 503):
            replica = answer.headers["X-Mock-Replica"]
            if self.replica not in (None, replica):
                raise StepError(f"{self.name}: on {replica}, and it was on {self.replica}")
            self.replica = replica
            self.epoch = answer.headers.get("X-Mock-Epoch", self.epoch)
        with suppress(ValueError):
            return answer.status, json.loads(data)
        return answer.status, data


@dataclass
class Load:
    """The clients, each with its worlds.

    Attributes:
        worlds: All worlds.
        faults: What should not have been.
        requests: The number of requests so far.
    """

    port: int
    worlds: list[World]
    faults: list[str] = field(default_factory=list)
    requests: int = 0

    def run(self, steps: int) -> None:
        """Send so many requests in each world."""
        with self.running(steps):
            pass

    @contextmanager
    def running(self, steps: int) -> Iterator[None]:
        """Send so many requests in each world while the block runs, and wait for the last of them."""
        with ThreadPoolExecutor(CLIENTS) as clients:
            shares = [self.worlds[number::CLIENTS] for number in range(CLIENTS)]
            running = [clients.submit(self._client, share, steps) for share in shares]
            yield
        for one in running:
            one.result()
        self.requests += steps * len(self.worlds)
        if self.faults:
            shown = "\n".join(self.faults[:10])
            raise StepError(f"{len(self.faults)} answers are wrong:\n{shown}")

    def _client(self, worlds: Sequence[World], steps: int) -> None:
        with connected(self.port) as connection:
            for number in range(steps):
                for world in worlds:
                    try:
                        world.step(connection, self.requests + number)
                    except StepError as error:
                        self.faults.append(str(error))

    def on(self, replica: str) -> list[World]:
        """Return the worlds of a replica."""
        return [one for one in self.worlds if one.replica == replica]


def connected(port: int) -> closing[HTTPConnection]:
    """Return a connection to a port of this machine, which a `with` block closes in the end."""
    return closing(HTTPConnection("127.0.0.1", port, timeout=90))
