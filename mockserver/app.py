"""The wiring: contracts, rules and middleware become one ASGI application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from accounts_contract import Contract, Operation
from mockserver.accounts.operations import RULES, Rule
from mockserver.control import faults, pages, requests, tokens, verification, worlds
from mockserver.control import sandboxes as sandboxes_control
from mockserver.control.access import ControlAccess
from mockserver.docs.served_contract import own_servers
from mockserver.pipeline.access import Access, AccessRule
from mockserver.pipeline.body import BodyReader, accept
from mockserver.pipeline.connexion_doors import ConnexionMiddleware, Resolver
from mockserver.pipeline.cors import OriginPolicy
from mockserver.pipeline.faults import Faults
from mockserver.pipeline.front_door import FrontDoor, Reporter
from mockserver.pipeline.operation import AccountOperation, ControlOperation, Handler
from mockserver.pipeline.problems import Headers
from mockserver.pipeline.request import App, Message
from mockserver.pipeline.response_check import ResponseCheck
from mockserver.pipeline.routing import RoutingMiddleware, allow
from mockserver.pipeline.sandbox import SandboxRequired
from mockserver.pipeline.stages import Compile, StagesMiddleware
from mockserver.sandboxes.hiding import token_hider
from mockserver.sandboxes.sandbox import Sandboxes

Stage = Callable[[App], App]
"""Puts a stage around the next one."""


@dataclass(frozen=True)
class Settings:
    """The settings of a server.

    Attributes:
        strict: Whether members that are not documented are refused.
        policy: The origins and hosts that may use the control API.
        control_token: The token that the control API asks for; None: it is open.
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
    """Return the mock server as an ASGI application; everything is compiled before it returns.

    Args:
        contract: The contract of the Accounts API; `read_contract` and `check_rules` have passed it.
        control: The contract of the control API.
        sandboxes: The worlds to serve.
        settings: The settings.
        reporter: The log.
    """
    app = ConnexionMiddleware(
        _nothing_here,
        import_name=__name__,
        middlewares=[
            partial(FrontDoor, sandboxes=sandboxes, policy=settings.policy, reporter=reporter),
            RoutingMiddleware,
            StagesMiddleware,
        ],
    )
    handlers = _control_handlers(contract, control, sandboxes, settings)
    # Connexion looks an operation up in the last of them first, and a miss costs a microsecond.
    for api, functions, stages in (
        (control, handlers, _control_stages(control, settings)),
        (contract, RULES, _account_stages(contract, settings)),
    ):
        app.add_api(_outline(api), resolver=Resolver(functions.__getitem__), stages=stages)
    return cast("App", app)


def _account_stages(contract: Contract, settings: Settings) -> Compile:
    """Return what puts the stages of an operation of the Accounts API together."""

    def compile_stages(name: str, rule: Rule) -> App:
        operation = contract.operations[name]
        access = AccessRule(operation, contract.title)
        headers = _headers_of_statuses(contract, operation, access)
        return _in_order(
            SandboxRequired if settings.require_sandbox else None,
            partial(Faults, operation=operation, admit=access.admit, headers=headers),
            partial(ResponseCheck, operation=operation),
            partial(Access, admit=access.admit),
            _body_stage(operation, strict=settings.strict),
            innermost=AccountOperation(operation, rule),
        )

    return compile_stages


def _control_stages(control: Contract, settings: Settings) -> Compile:
    """Return what puts the stages of an operation of the control API together."""
    access = ControlAccess(settings.policy, settings.control_token)
    shared = _shared(control)

    def compile_stages(name: str, handler: Handler) -> App:
        operation = control.operations[name]
        return _in_order(
            SandboxRequired if settings.require_sandbox and name not in shared else None,
            partial(ResponseCheck, operation=operation),
            partial(Access, admit=access.admit) if operation.security else None,
            _body_stage(operation, strict=True),
            innermost=ControlOperation(handler),
        )

    return compile_stages


def _body_stage(operation: Operation, *, strict: bool) -> Stage | None:
    return (
        None if operation.body is None else partial(BodyReader, body=operation.body, strict=strict)
    )


def _in_order(*stages: Stage | None, innermost: App) -> App:
    """Put stages around the innermost one, the first of them outermost."""
    app = innermost
    for stage in reversed(stages):
        if stage is not None:
            app = stage(app)
    return app


def _control_handlers(
    contract: Contract, control: Contract, sandboxes: Sandboxes, settings: Settings
) -> Mapping[str, Handler]:
    hide = token_hider(settings.control_token)
    return {
        **pages.handlers(contract, control),
        **worlds.handlers(contract, control),
        **tokens.handlers(contract),
        **faults.handlers(contract),
        **requests.handlers(hide),
        **verification.handlers(contract, hide),
        **sandboxes_control.handlers(sandboxes),
    }


def _shared(control: Contract) -> frozenset[str]:
    """Return the operations of the control API that belong to no sandbox (`x-shared`)."""
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
        """Ignore the confirmation: the application has no start-up of its own."""

    await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)


def _outline(contract: Contract) -> dict[str, Any]:
    """Return the part of a contract that connexion gets: paths, operations, parameters and security.

    It checks each document that it gets; with schemas and examples that takes longer than all the rest of
    `create_app`.
    """
    data = contract.document.data
    paths: dict[str, dict[str, Any]] = {}
    for operation in contract.operations.values():
        raw = data["paths"][operation.path][operation.method]
        paths.setdefault(operation.path, {})[operation.method] = {
            "operationId": operation.id,
            "parameters": [
                {
                    "name": one.name,
                    "in": one.location,
                    "required": one.location == "path",
                    "schema": {},
                }
                for one in operation.parameters
            ],
            "security": raw.get("security", data.get("security", [])),
            "responses": {"default": {"description": "as the contract says"}},
        }
    schemes = data.get("components", {}).get("securitySchemes", {})
    # The path of the servers stands before all others. Connexion fills its copy in; ours stays as it was read.
    return deepcopy(
        {
            "openapi": data["openapi"],
            "info": {"title": contract.title, "version": "1"},
            "servers": own_servers(data),
            "paths": paths,
            "components": {"securitySchemes": schemes},
        }
    )


def _headers_of_statuses(
    contract: Contract, operation: Operation, access: AccessRule
) -> Mapping[int, Headers]:
    """Return the header fields that belong to a status, wherever it comes from (RFC 9110, section 15.5)."""
    beside = [one for one in contract.operations.values() if one.path == operation.path]
    methods = allow(one.method.upper() for one in beside)
    headers = {401: access.challenge, 405: [(b"allow", methods.encode("ascii"))]}
    return headers if operation.body is None else {**headers, 415: accept(operation.body.content)}


async def _nothing_here(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("no operation took this request")
