"""The wiring: contracts, rules and middleware become one ASGI application."""

from __future__ import annotations

import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from accounts_contract import Contract, Operation
from mockserver.accounts.operations import RULES, Rule
from mockserver.control import faults, pages, requests, tokens, verifying, worlds
from mockserver.control import sandboxes as sandboxes_control
from mockserver.control.access import ControlAccess
from mockserver.docs.served_contract import own_servers
from mockserver.pipeline.access import AccessRule
from mockserver.pipeline.connexion_doors import ConnexionMiddleware, Resolver
from mockserver.pipeline.cors import OriginPolicy
from mockserver.pipeline.exchange import App, Exchange, Message
from mockserver.pipeline.front_door import FrontDoor, Reporter, SandboxRequired
from mockserver.pipeline.operation import Admit, Endpoint, EndpointMiddleware, Handler
from mockserver.pipeline.problems import Headers
from mockserver.pipeline.routing import RoutingMiddleware, allow
from mockserver.sandboxes.hiding import token_hider
from mockserver.sandboxes.sandbox import Sandboxes


@dataclass(frozen=True)
class Settings:
    """How the server behaves.

    Attributes:
        strict: Whether members that are not documented are refused.
        policy: Who may use the control API from a browser.
        control_token: What the control API asks for; None: it is open.
        require_sandbox: Whether callers who name no sandbox are refused.
    """

    strict: bool = False
    policy: OriginPolicy = field(default_factory=OriginPolicy)
    control_token: str | None = None
    require_sandbox: bool = False


def create_app(
    contract: Contract,
    control: Contract,
    sandboxes: Sandboxes,
    settings: Settings,
    reporter: Reporter,
) -> App:
    """The mock server as an ASGI application; everything is compiled before it returns.

    Args:
        contract: The contract of the Accounts API; `read_contract` and `check_rules` have passed it.
        control: The contract of the control API.
        sandboxes: The worlds to serve.
        settings: How to behave.
        reporter: Is told of every request.
    """
    app = ConnexionMiddleware(
        _nothing_here,
        import_name=__name__,
        middlewares=[
            partial(FrontDoor, sandboxes=sandboxes, policy=settings.policy, reporter=reporter),
            RoutingMiddleware,
            *(
                [partial(SandboxRequired, shared=_shared(control))]
                if settings.require_sandbox
                else []
            ),
            EndpointMiddleware,
        ],
    )
    carried_out = {
        name: _account_handler(RULES[name], operation)
        for name, operation in contract.operations.items()
    }
    rules_of_access = {
        name: AccessRule(operation, contract.title)
        for name, operation in contract.operations.items()
    }
    endpoints = {
        name: Endpoint(
            operation,
            _account_access(rules_of_access[name]),
            carried_out[name],
            strict=settings.strict,
            can_fail=True,
            wanted_headers=_wanted_headers(contract, operation, rules_of_access[name]),
        )
        for name, operation in contract.operations.items()
    }
    _add_api(app, contract, endpoints, carried_out)
    _add_control(app, contract, control, sandboxes, settings)
    return cast("App", app)


def _add_control(
    app: ConnexionMiddleware,
    contract: Contract,
    control: Contract,
    sandboxes: Sandboxes,
    settings: Settings,
) -> None:
    hide = token_hider(settings.control_token)
    steering: dict[str, Handler] = {
        **pages.handlers(contract, control),
        **worlds.handlers(contract, control),
        **tokens.handlers(contract),
        **faults.handlers(contract),
        **requests.handlers(hide),
        **verifying.handlers(contract, hide),
        **sandboxes_control.handlers(sandboxes),
    }
    guard = ControlAccess(settings.policy, settings.control_token).check
    _add_api(
        app,
        control,
        {
            name: Endpoint(
                operation, guard if operation.security else _anybody, steering[name], strict=True
            )
            for name, operation in control.operations.items()
        },
        steering,
    )


def _shared(control: Contract) -> frozenset[str]:
    """The operations of the control API that belong to no sandbox (`x-shared`)."""
    paths = control.document.data["paths"]
    return frozenset(
        operation.id
        for operation in control.operations.values()
        if paths[operation.path][operation.method].get("x-shared")
    )


async def warm_up(app: App) -> None:
    """Have connexion build its stack, which it does at its first event, before the first request."""
    events = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Message:
        return next(events)

    async def send(message: Message) -> None:
        """Nothing to do: the application has no start-up of its own."""

    await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)


def _add_api(
    app: ConnexionMiddleware,
    contract: Contract,
    endpoints: Mapping[str, Endpoint],
    functions: Mapping[str, Handler],
) -> None:
    app.add_api(_outline(contract), resolver=Resolver(functions.__getitem__), endpoints=endpoints)


def _outline(contract: Contract) -> dict[str, Any]:
    """What connexion needs of a contract: its paths and operations.

    A whole document it would check once more, which takes longer than all the rest of `create_app`.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in contract.operations.values():
        responses = {"default": {"description": "as the contract says"}}
        methods = paths.setdefault(operation.path, {})
        methods[operation.method] = {"operationId": operation.id, "responses": responses}
    data = contract.document.data
    return {
        "openapi": data["openapi"],
        "info": {"title": contract.title, "version": "1"},
        # Their path stands before all others. Connexion fills its copy in; ours stays as it was read.
        "servers": deepcopy(own_servers(data)),
        "paths": paths,
    }


def _wanted_headers(
    contract: Contract, operation: Operation, rule: AccessRule
) -> Mapping[int, Headers]:
    """The header fields that belong to a status, wherever it comes from (RFC 9110, section 15.5)."""
    beside = [one for one in contract.operations.values() if one.path == operation.path]
    methods = allow(one.method.upper() for one in beside)
    return {401: rule.challenge, 405: [(b"allow", methods.encode("ascii"))]}


def _account_access(rule: AccessRule) -> Admit:
    owner = rule.owner

    def admit(exchange: Exchange) -> None:
        world = exchange.sandbox.world
        authorization = exchange.headers.get(b"authorization")
        caller = exchange.caller = rule.authenticate(world, authorization, time.time())
        if caller is not None:
            username = None if owner is None else exchange.params[owner]
            rule.authorize(world, caller, username)

    return admit


def _account_handler(rule: Rule, operation: Operation) -> Handler:
    username = operation.owner or "username"
    content = operation.body.content.values() if operation.body is not None else ()
    documented = {name for one in content if one.schema for name in one.schema.member_types}

    def handle(exchange: Exchange, body: Any) -> Any:
        world, params = exchange.sandbox.world, exchange.params
        if operation.writes:
            before = world.accounts.get(params[username])
            if before is not None:
                exchange.undo = partial(world.put, before)
        if operation.body is None:
            return rule(world, *params.values())
        members = body if isinstance(body, dict) else {}
        known = {name: value for name, value in members.items() if name in documented}
        return rule(world, *params.values(), known)

    return handle


def _anybody(exchange: Exchange) -> None:
    """Lets everybody in."""


async def _nothing_here(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("no endpoint took this request")
