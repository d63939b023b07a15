"""The operations of the token flow as handlers, and the stage before them.

What they need, oauthlib and the templates of the pages, is loaded when somebody first comes here: the start of
the server does not wait for it, nor does any other request.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from accounts_contract import Contract, Operation
from mockserver.pipeline.access import basic_challenge, plain
from mockserver.pipeline.off_loop import off_loop
from mockserver.pipeline.operation import Handler
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.problems import Headers, Problem
from mockserver.pipeline.request import App, Receive, Request, Scope, Send

_ENDPOINTS = "mockserver.oauth.endpoints"

PAGES = frozenset({"authorize", "decide"})
"""The operations that are for the user's browser alone: no page of another origin may read them (RFC 9700, 2.6)."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The token flow, as its contract has it.

    Attributes:
        title: The title of the contract.
        scopes: The scopes of the Accounts API, each with its description.
        default_scope: The scopes of an authorization request that names none.
        known: The parameters that each operation knows; others are ignored (RFC 6749, section 3.1).
    """

    title: str
    scopes: Mapping[str, str]
    default_scope: str
    known: Mapping[str, frozenset[str]]


class TokenError(Problem):
    """A refusal in the form of RFC 6749, section 5.2."""

    def data(self) -> dict[str, object]:
        """Return the refusal as JSON data."""
        return {"error": self.code, "error_description": plain(self.detail)}


class TokenFlow:
    """The stage before the operations: it loads them, and gives refusals of a body the form of OAuth 2."""

    __slots__ = ("_app", "_endpoints", "_is_page")

    def __init__(self, app: App, *, operation: str) -> None:
        self._app = app
        self._is_page = operation in PAGES
        self._endpoints: ModuleType | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if self._endpoints is None:
            # Not asked of sys.modules: it has what is still being loaded, too.
            self._endpoints = await off_loop(import_module, _ENDPOINTS)
        try:
            await self._app(scope, receive, send)
        except Problem as problem:
            if self._is_page and problem.status in (400, 403):
                self._endpoints.refuse(scope[OUTCOME], problem)
            elif problem.status == 400 and not isinstance(problem, TokenError):
                raise TokenError(400, "invalid_request", problem.detail) from None
            else:
                raise


def handlers(oauth: Contract, scopes: Mapping[str, str]) -> Mapping[str, Handler]:
    """Return the operations.

    Args:
        oauth: The contract of the token flow.
        scopes: The scopes of the Accounts API, each with its description.
    """
    scope = oauth.document.data["components"]["parameters"]["scope"]["schema"]
    known = {name: frozenset(_parameters(one)) for name, one in oauth.operations.items()}
    flow = Flow(oauth.title, scopes, scope["default"], known)

    def handler(name: str) -> Handler:
        def handle(request: Request, outcome: Outcome) -> Any:
            return getattr(sys.modules[_ENDPOINTS], name)(request, outcome, flow)

        return handle

    return {
        "authorize": handler("authorize"),
        "decide": handler("authorize"),
        "request_token": handler("request_token"),
        "revoke": handler("revoke"),
    }


def _parameters(operation: Operation) -> Iterator[str]:
    """Give the parameters of an operation, in its query and in its body."""
    yield from (one.name for one in operation.parameters)
    for media in () if operation.body is None else operation.body.content.values():
        yield from media.schema.member_types


def challenge(title: str) -> Headers:
    """Return the field that asks a client for its login (RFC 6749, section 5.2)."""
    return [(b"www-authenticate", basic_challenge(title).encode())]


def client_refused(flow: Flow, detail: str) -> TokenError:
    """Return the refusal of a client, with a challenge."""
    return TokenError(401, "invalid_client", detail, headers=challenge(flow.title))
