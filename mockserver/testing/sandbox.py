"""A sandbox of the mock server, as a test sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, Self, TypedDict, Unpack, cast
from urllib.parse import quote

from mockserver.testing.control import Control, ControlError
from mockserver.testing.journal import Details, Expectation, Request, entry, mismatch

__tracebackhide__ = True  # A failure points at the line of the test, and shows no argument of ours.

Json = dict[str, Any]
FaultKind = Literal["reset", "truncate", "garbage", "contract"]


class Rule(TypedDict, total=False):
    """A rule by which something goes wrong; members that are left out, or None, ask for nothing.

    Attributes:
        code: The status to answer with, in place of the operation.
        wait: Seconds to wait first, or a distribution: `{"uniform": [0.2, 0.9]}`.
        fault: The kind of corrupted answer: the connection is reset, the body breaks off, it is no
            JSON, or it breaks the contract.
        times: For so many requests; for ever, if left out.
        method: For this method only.
        username: For the paths of this account only.
        probability: How likely it is to fire.
        seed: Makes the same requests fail each time.
        retry_after: The `Retry-After` that goes with `code`, in seconds.
        body: The JSON body that goes with `code`; the contract's first example, if left out.
        example: The name of a documented example to answer with, in place of the operation.
        headers: Header fields of the answer, in place of those of their names.
    """

    code: int | None
    wait: float | Mapping[str, Any] | None
    fault: FaultKind | None
    times: int | None
    method: str | None
    username: str | None
    probability: float | None
    seed: int | None
    retry_after: int | None
    body: Any
    example: str | None
    headers: Mapping[str, str] | None


class Fault:
    """A rule by which something goes wrong; as a context manager, only within the block.

    Attributes:
        id: What the server calls it.
    """

    def __init__(self, control: Control, rule: Mapping[str, Any]) -> None:
        self.id: str = rule["id"]
        self._control = control
        self._rule = rule

    @property
    def hits(self) -> int:
        """The number of times it has fired, also when it is removed."""
        self._look()
        return int(self._rule["hits"])

    @property
    def remaining(self) -> int | None:
        """The number of times it will still fire; None for ever."""
        self._look()
        found: int | None = self._rule["remaining"]
        return found

    def remove(self) -> None:
        """Remove the rule: it fires no more. Removing it twice does no harm."""
        self._look()
        self._control.ask("DELETE", f"/_mock/faults/{self.id}")

    def _look(self) -> None:
        for rule in self._control.call("GET", "/_mock/faults"):
            if rule["id"] == self.id:
                self._rule = rule

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def __repr__(self) -> str:
        return f"<Fault {dict(self._rule)}>"


class AccountsMock:
    """A sandbox: accounts, tokens, faults and a journal that nobody else sees.

    Nothing is sent to the server to make one: it is there as soon as it is named. From the first call on, each
    is for that world alone: if the server has lost it, the call raises ControlError, with the reason.

    Attributes:
        name: What the sandbox is called.
        url: Its base URL, for the code under test; without a slash at the end.
        server_url: The server's base URL, for code that sends `headers` instead.
        dropped: Whether `drop` was called.
    """

    def __init__(self, server: Control, name: str) -> None:
        self.name = name
        self.server_url = server.url
        self.url = f"{server.url}/~{name}"
        self.dropped = False
        self._server = server
        self._control = replace(server, url=self.url)

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields that lead a request to `server_url` into the sandbox, and into this world of it alone."""
        self.enter()
        return {"X-Mock-Sandbox": self.name, "X-Mock-Epoch": str(self._control.epoch)}

    def enter(self) -> None:
        """Have the world made, if no call has done so; from then on its loss is told."""
        if self._control.epoch is None:
            self._control.call("GET", "/_mock/health")

    def token(
        self,
        username: str = "janedoe",
        scopes: str | Iterable[str] | None = None,
        *,
        expires_in: int = 3600,
    ) -> str:
        """Mint a Bearer token.

        Args:
            username: The account that it opens.
            scopes: What it may do, as a list or separated by spaces; everything, if left out.
            expires_in: How many seconds it lives; with 0 it has expired already.
        """
        if scopes is None:
            scopes = self._server.scopes
        wanted = scopes.split() if isinstance(scopes, str) else list(scopes)
        wish = {"username": username, "scopes": wanted, "expires_in": expires_in}
        return str(self._control.call("POST", "/_mock/tokens", wish)["access_token"])

    def bearer(
        self,
        username: str = "janedoe",
        scopes: str | Iterable[str] | None = None,
        *,
        expires_in: int = 3600,
    ) -> dict[str, str]:
        """Return the header field with a new Bearer token; see `token`."""
        token = self.token(username, scopes, expires_in=expires_in)
        return {"Authorization": f"Bearer {token}"}

    def expire(self, token: str) -> None:
        """Have a token expire at once: a session that ends in the middle of a test."""
        self._control.call("POST", f"/_mock/tokens/{quote(token, safe='')}/expire")

    def login(self, username: str = "janedoe") -> tuple[str, str]:
        """Return name and password for HTTP Basic, in the form that HTTP clients take as `auth`.

        Raises:
            LookupError: There is no such account now.
        """
        accounts = {one["username"]: one["password"] for one in self.state()["accounts"]}
        if username not in accounts:
            raise LookupError(f"no account is called {username}; there are: {', '.join(accounts)}")
        return username, accounts[username]

    def reset(self) -> None:
        """Go back to the fixtures, without faults, and with an empty journal. Snapshots stay."""
        self._control.call("POST", "/_mock/reset")

    def state(self) -> Json:
        """Return the whole world of the sandbox, in the format of the fixtures."""
        found: Json = self._control.call("GET", "/_mock/state")
        return found

    def set_state(self, state: Mapping[str, Any]) -> Json:
        """Replace everything that the sandbox knows; gives it with all defaults filled in."""
        found: Json = self._control.call("PUT", "/_mock/state", state)
        return found

    def scenarios(self) -> dict[str, str]:
        """Return the named starting points, each with its purpose."""
        return {
            one["name"]: one["description"] for one in self._control.call("GET", "/_mock/scenarios")
        }

    def scenario(self, name: str) -> None:
        """Start from a scenario, with its faults. Those of the test, and the journal, stay."""
        self._control.call("POST", f"/_mock/scenarios/{quote(name, safe='')}")

    def snapshot(self, name: str) -> None:
        """Keep the state under a name."""
        self._control.call("POST", f"/_mock/snapshots/{quote(name, safe='')}")

    def restore(self, name: str) -> None:
        """Go back to the state that `snapshot` kept."""
        self._control.call("POST", f"/_mock/snapshots/{quote(name, safe='')}/restore")

    def fault(self, operation: str | None = None, **rule: Unpack[Rule]) -> Fault:
        """Make something go wrong; at least one of `code`, `example`, `headers`, `wait` and `fault` says what.

        Args:
            operation: In which operation, by its id; in all, if left out.
            rule: The rest of the rule; see `Rule`.
        """
        given = {name: value for name, value in rule.items() if value is not None}
        if operation is not None:
            given["operation"] = operation
        return Fault(self._control, self._control.call("POST", "/_mock/faults", given))

    def requests(self) -> list[Request]:
        """Return the requests to the sandbox, the newest last, without those to the control API."""
        return [entry(one) for one in self._control.call("GET", "/_mock/requests")]

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._control.call("DELETE", "/_mock/requests")

    def verify(self, *expected: Expectation, in_order: bool = False) -> None:
        """Assert on the journal.

        Args:
            expected: What must have been asked, each at least once, or `times`.
            in_order: Whether it must have come in this order.

        Raises:
            AssertionError: It is not so; the message has the nearest requests and their differences.
        """
        wanted = {"requests": expected, "in_order": in_order}
        status, answer = self._control.ask("POST", "/_mock/requests/verify", wanted)
        if status == 409:
            raise AssertionError(mismatch(answer, self.requests(), self.url))
        if status != 200:
            raise ControlError("POST /_mock/requests/verify", status, answer)

    def assert_called(self, operation: str | None = None, **expected: Unpack[Details]) -> None:
        """Assert that a request has come: at least once, or as often as `times` says.

        Args:
            operation: The operation, by its id in the contract.
            expected: What else it must have: `method`, `path`, `username` (who calls), `status`,
                `code`, and in `body` the members that its body must have at least.

        Raises:
            AssertionError: It has not; the message has the nearest requests and their differences.
        """
        self.verify(_expectation(operation, expected))

    def assert_not_called(self, operation: str | None = None, **expected: Unpack[Details]) -> None:
        """Assert that no such request has come; see `assert_called`."""
        self.verify({**_expectation(operation, expected), "times": 0})

    def drop(self) -> None:
        """Have the server forget the sandbox. Raises ControlError if its world was lost before."""
        self.dropped = True
        # Within the sandbox, so that a balancer leads it there.
        self._control.ask("DELETE", f"/_mock/sandboxes/{self.name}")
        self._control.epoch = None

    def __repr__(self) -> str:
        return f"<AccountsMock {self.url}>"


def _expectation(operation: str | None, details: Details) -> Expectation:
    named = {} if operation is None else {"operation": operation}
    return cast("Expectation", {**named, **details})
