"""The mock server as a process, and its use from outside."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, Self

import httpx

from tests.support.contract import CODES
from tests.support.files import ROOT, Json
from tests.support.waiting import PATIENCE, Lines

PROGRAM = ("-m", "mockserver")


@dataclass(frozen=True)
class Reply:
    """A response, as read from a socket."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class MockServer:
    """A mock server in a process of its own, and its use from outside.

    Args:
        options: Further options of `mockserver serve`.
        defaults: The options before those.
        program: The arguments of Python.
        environment: Further environment variables.
    """

    def __init__(
        self,
        *options: str,
        defaults: Sequence[str] = ("--port", "0", "--log-format", "json"),
        program: Sequence[str] = PROGRAM,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program, "serve", *defaults, *options],
            cwd=ROOT,
            env=clean_environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.out = Lines(self.process.stdout)
        self.log = Lines(self.process.stderr)
        try:
            self.out.find(bool)
        except AssertionError:
            self.kill()
            raise AssertionError("\n".join(self.log[:]) or "the server said nothing") from None
        self.ready = self.out[:][0]
        self.url = self._url()
        self.client = client_of(self.url)

    def _url(self) -> str:
        if self.ready.startswith("{"):
            return str(json.loads(self.ready)["url"])
        return next(word for word in self.ready.split() if word.startswith("http://"))

    @property
    def port(self) -> int:
        return httpx.URL(self.url).port or 80

    def send(
        self,
        method: str,
        path: str,
        authorization: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> httpx.Response:
        """Send a request; `json`, `data`, `files` and `content` are httpx's.

        Of an answer that never ends, the header is all that is read.
        """
        fields = dict(headers or {})
        if authorization is not None:
            fields["Authorization"] = authorization
        with self.client.stream(method, path, headers=fields, **body) as answer:
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                answer.read()
                _check_code(answer)
        return answer

    def connect(self) -> socket.socket:
        """Open a connection of one's own."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def raw_bytes(self, request: bytes) -> bytes:
        """Send bytes, and read until the server closes the connection."""
        with self.connect() as connection, connection.makefile("rb") as stream:
            connection.sendall(request)
            return stream.read()

    def raw(self, request: bytes, method: str = "GET") -> Reply:
        """Send bytes, and read one response; `method` says whether that has a body."""
        with self.connect() as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            with response:
                return Reply(response.status, response.msg, response.read())

    def state(self) -> Json:
        """Return the state."""
        return self._control("GET", "/_mock/state", 200)

    def accounts(self) -> list[Json]:
        """Return all accounts, with their addresses in order."""
        accounts: list[Json] = self.state()["accounts"]
        for account in accounts:
            account["emails"].sort(key=lambda email: email["email"])
        return accounts

    def put_state(self, state: Json) -> Json:
        """Replace the state."""
        return self._control("PUT", "/_mock/state", 200, state)

    def mint(self, username: str, scopes: Sequence[str], expires_in: int = 3600) -> str:
        """Mint a token with some scopes."""
        wish = {"username": username, "scopes": list(scopes), "expires_in": expires_in}
        return str(self._control("POST", "/_mock/tokens", 201, wish)["access_token"])

    def reset(self) -> None:
        """Go back to the fixtures."""
        assert self.send("POST", "/_mock/reset").status_code == 204

    def _control(self, method: str, path: str, status: int, body: Json | None = None) -> Json:
        answer = self.send(method, path, json=body)
        assert answer.status_code == status, answer.text
        data: Json = answer.json()
        return data

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Assert that the block leaves the state as it was."""
        before = self.state()
        yield
        assert self.state() == before

    @contextmanager
    def recording(self) -> Iterator[list[str]]:
        """Collect the lines that the server logs within the block; they are there at its end."""
        lines: list[str] = []
        start = self._mark()
        yield lines
        end = self._mark()
        last = self.log.find(lambda line: end in line)
        first = self.log.find(lambda line: start in line)
        lines.extend(self.log[first + 1 : last])

    def _mark(self) -> str:
        """Leave a mark in the log."""
        name = f"/mark-{uuid.uuid4().hex}"
        self.send("GET", name)
        return name

    def stop(self) -> int:
        """End the server as an operating system does; gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """End the server whatever it does, and let go of everything."""
        self.process.kill()
        self.process.wait()
        self.out.close()
        self.log.close()
        if hasattr(self, "client"):
            self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _check_code(answer: httpx.Response) -> None:
    """Fail the test that meets a code without a place in a contract, or with another status there."""
    if answer.headers.get("content-type") == "application/problem+json" and answer.content:
        with suppress(ValueError, AttributeError):
            code = answer.json().get("code", "wanted")
            known = [codes[code] for codes in CODES.values() if code in codes]
            statuses = [one.get("status", answer.status_code) for one in known]
            assert answer.status_code in statuses, (
                f"{code} ({answer.status_code}) is not documented"
            )


def client_of(url: str) -> httpx.Client:
    """Return a client of a server; it loads no certificates, which takes longer than most tests."""
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, verify=plain)


class StartServer(Protocol):
    """A starter of servers that are ended with the test."""

    def __call__(self, *options: str, program: Sequence[str] = ...) -> MockServer: ...


def altered(*constants: str) -> Sequence[str]:
    """Return the server as a program in which constants are others, such as `server.background.LOOK_EVERY = 0.01`."""
    changes = [f"mockserver.{one}" for one in constants]
    lines = ["import mockserver.cli", *changes, "mockserver.cli.main(prog_name='mockserver')"]
    return ("-c", "\n".join(lines))


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment without settings of the mock server; with some more variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")}
    return {**kept, **(more or {})}
